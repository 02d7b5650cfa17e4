/* SPDX-License-Identifier: MIT */
#include "core/audit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

enum {
	HEAD_MAX = 48 /* "<86>keystile[1234567]: " */
};

#define CUT_MARK " cut=yes"
#define IDENT "keystile"

/* What may be added to before the mark of a cut and the final NUL. */
static size_t room(const struct ks_audit_line *line)
{
	return sizeof(line->text) - sizeof(CUT_MARK) - line->length;
}

static bool is_printable(unsigned char byte)
{
	return byte >= ' ' && byte <= '~';
}

static bool needs_quotes(const char *value)
{
	const unsigned char *at;

	for (at = (const unsigned char *)value; *at; at++)
		if (!is_printable(*at) || strchr(" \"=\\", *at))
			return true;
	return value[0] == '\0';
}

/* Adds the value in quotes at `out`. Returns its length, or `size` where it does not fit. */
static size_t quote(char *out, size_t size, const char *value)
{
	const unsigned char *byte;
	size_t length = 0;

	if (size < 3)
		return size;
	out[length++] = '"';
	for (byte = (const unsigned char *)value; *byte; byte++) {
		if (size - length < sizeof("\\xNN\""))
			return size;
		if (is_printable(*byte) && *byte != '"' && *byte != '\\')
			out[length++] = (char)*byte;
		else
			length += (size_t)snprintf(out + length, size - length, "\\x%02x", *byte);
	}
	out[length++] = '"';
	return length;
}

void ks_audit_add(struct ks_audit_line *line, const char *key, const char *value)
{
	char *const out = line->text + line->length;
	const size_t size = room(line);
	size_t length;

	if (line->cut || !value)
		return;
	length = (size_t)snprintf(out, size, "%s%s=", line->length > 0 ? " " : "", key);
	if (length < size && needs_quotes(value))
		length += quote(out + length, size - length, value);
	else if (length < size)
		length += (size_t)snprintf(out + length, size - length, "%s", value);
	line->cut = length >= size;
	if (line->cut)
		length = (size_t)snprintf(out, sizeof(CUT_MARK), "%s", line->length > 0 ? CUT_MARK : &CUT_MARK[1]);
	line->length += length;
	line->text[line->length] = '\0';
}

void ks_audit_add_number(struct ks_audit_line *line, const char *key, long long value)
{
	char text[sizeof("-9223372036854775808")];

	(void)snprintf(text, sizeof(text), "%lld", value);
	ks_audit_add(line, key, text);
}

/*
 * What syslog(3) writes to /dev/log, but for the time: the local one is a file to read and a lock of libc's, which in
 * a child of fork may be held by a thread that is not there. Who reads the socket puts the time there anyway
 * (journald, rsyslog, syslog-ng and busybox: a line without one gets that of its arrival).
 */
static size_t make_head(char head[HEAD_MAX], bool failed)
{
	const int priority = LOG_AUTHPRIV | (failed ? LOG_WARNING : LOG_INFO);

	return (size_t)snprintf(head, HEAD_MAX, "<%d>" IDENT "[%ld]: ", priority, (long)getpid());
}

int ks_audit_send(const char *path, bool failed, const struct ks_audit_line *line)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char head[HEAD_MAX];
	struct iovec pieces[2] = {{head, make_head(head, failed)}, {(char *)line->text, line->length}};
	const struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
	int fd = -1, r = 0;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	/* where no log runs, as in most containers, a socket would be made for nothing */
	if (access(path, F_OK) < 0)
		return -errno;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
		r = -errno;
	(void)close(fd);
	return r;
}
