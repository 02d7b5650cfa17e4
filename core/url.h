/* SPDX-License-Identifier: MIT */
/*
 * Base URLs: what may be one, and when two are the same.
 */
#ifndef KEYSTILE_CORE_URL_H
#define KEYSTILE_CORE_URL_H

#include <stdbool.h>
#include <stddef.h>

#define KS_URL_FIRST_PARTY "https://api.anthropic.com"

/*
 * Checks an API base URL: https://HOST[:PORT][/PATH], or http:// where the host is loopback (localhost, 127.0.0.0/8,
 * [::1]); HOST is a host name, an IPv4 address in four decimal parts, or an IPv6 address in brackets. No user, query,
 * fragment, backslash, blank, or byte that is not printable ASCII; in the path no `.` or `..` segment and no
 * percent-encoded dot, slash or control character; at most KS_URL_MAX bytes.
 * Returns 0, or -EINVAL and *ret_reason: a phrase without any part of the URL.
 */
int ks_url_check(const char *url, const char **ret_reason);

/*
 * Whether two URLs name the same place: scheme and host without regard to case, a default port or a trailing slash
 * as if it were not there, the path byte by byte. False where ks_url_check() refuses either.
 */
bool ks_url_equal(const char *a, const char *b);

#endif
