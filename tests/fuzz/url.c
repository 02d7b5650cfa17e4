/* SPDX-License-Identifier: MIT */
/*
 * core/url.c: which URLs may be, and which are the same. The input is one URL a line, and two lines count.
 */
#include "core/url.h"

#include <ctype.h>
#include <keystile/types.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fuzz.h"

/* The host and what is behind it; NULL where the scheme is another. */
static const char *behind_scheme(const char *url, const char *scheme)
{
	return strncasecmp(url, scheme, strlen(scheme)) == 0 ? url + strlen(scheme) : NULL;
}

static bool is_loopback(const char *host)
{
	return strncasecmp(host, "localhost", 9) == 0 || strncmp(host, "127.", 4) == 0 || host[0] == '[';
}

static void check_equal(const char *a, const char *b, bool expected)
{
	PROPERTY(ks_url_equal(a, b) == expected);
	PROPERTY(ks_url_equal(b, a) == expected);
}

/* Another way to write the same. */
static void check_spelling(const char *url, const char *host)
{
	const size_t length = strlen(url), path = (size_t)(host - url) + strcspn(host, "/");
	char other[KS_URL_MAX + 2];

	for (size_t at = 0; at <= length; at++)
		other[at] = (char)(at < path ? toupper((unsigned char)url[at]) : url[at]);
	check_equal(url, other, true);
	if (length > 0 && url[length - 1] != '/' && length < KS_URL_MAX) {
		memcpy(other + length, "/", 2);
		check_equal(url, other, true);
	}
}

static bool check(const char *url)
{
	const char *reason = NULL, *secure = behind_scheme(url, "https://"), *host = secure;

	if (ks_url_check(url, &reason) < 0) {
		fuzz_reason(reason);
		check_equal(url, url, false);
		return false;
	}
	if (!secure)
		host = behind_scheme(url, "http://");
	PROPERTY(host);
	PROPERTY(secure || is_loopback(host));
	PROPERTY(strlen(url) <= KS_URL_MAX);
	PROPERTY(!strpbrk(url, "?#\\ \"<>\x7f"));
	PROPERTY(!memchr(host, '@', strcspn(host, "/")));
	PROPERTY(!strstr(host, "/../") && !strcasestr(host, "%2e") && !strcasestr(host, "%2f"));
	for (const char *at = url; *at; at++)
		PROPERTY(*at > ' ' && *at <= '~');
	check_spelling(url, host);
	return true;
}

void fuzz_target(char *bytes, size_t length)
{
	const char *end = memchr(bytes, '\n', length);
	const size_t first = end ? (size_t)(end - bytes) : length, skipped = end ? first + 1 : length;
	char *a = fuzz_string(bytes, first), *b = fuzz_string(bytes + skipped, length - skipped);
	const bool a_is_good = check(a), b_is_good = check(b);
	const bool equal = ks_url_equal(a, b);

	PROPERTY(ks_url_equal(b, a) == equal);
	PROPERTY(!equal || (a_is_good && b_is_good));
	PROPERTY(!equal || !behind_scheme(a, "https://") == !behind_scheme(b, "https://"));
	free(a);
	free(b);
}
