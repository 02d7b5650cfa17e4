/* SPDX-License-Identifier: MIT */
/*
 * The audit line: one datagram to the system's log socket, without syslog(3), whose state is the application's.
 */
#ifndef KEYSTILE_CORE_AUDIT_H
#define KEYSTILE_CORE_AUDIT_H

#include <stdbool.h>
#include <stddef.h>

enum {
	KS_AUDIT_LINE_MAX = 2048
};

/*
 * A line in the making, all zeros at first: `key=value` pairs separated by one space. At the first pair that does not
 * fit the line ends with `cut=yes`; that pair and all later ones are left out.
 */
struct ks_audit_line {
	char text[KS_AUDIT_LINE_MAX];
	size_t length;
	bool cut;
};

/*
 * Adds a pair; none where `value` is NULL. A value that is empty, or has a blank, quote, backslash, '=', or a byte
 * that is not printable ASCII, is put in quotes; in them quote, backslash and unprintable bytes are written \xNN.
 */
void ks_audit_add(struct ks_audit_line *line, const char *key, const char *value);
void ks_audit_add_number(struct ks_audit_line *line, const char *key, long long value);

/*
 * Sends the line as LOG_AUTHPRIV (info, or warning where `failed`), ident keystile, to the socket at `path`:
 * non-blocking, close-on-exec, opened and closed here, SIGPIPE never raised. Returns 0 or a negative errno.
 */
int ks_audit_send(const char *path, bool failed, const struct ks_audit_line *line);

#endif
