/* SPDX-License-Identifier: MIT */
#include "core/url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <keystile/types.h>
#include <netinet/in.h>
#include <string.h>

#define ALPHA "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGIT "0123456789"

/* The bytes of a host name, and those of a path (RFC 3986: pchar and the slash). */
#define HOST_BYTES ALPHA DIGIT "-._"
#define PATH_BYTES ALPHA DIGIT "-._~!$&'()*+,;=:@/%"

enum {
	HOST_MAX = 253,
	LABEL_MAX = 63,
	PORT_MAX = 65535
};

/* A piece of the URL. */
struct slice {
	const char *start;
	size_t length;
};

struct parts {
	bool secure;
	struct slice host; /* an IPv6 address with its brackets */
	unsigned port;
	struct slice path; /* "", or from the first slash on */
};

/* strcasecmp(3) follows the application's locale, and in some an I is no capital i. */
static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool equal_ignoring_case(const char *a, const char *b, size_t length)
{
	size_t at;

	for (at = 0; at < length; at++)
		if (lower(a[at]) != lower(b[at]))
			return false;
	return true;
}

static bool skip_ignoring_case(const char **text, const char *prefix)
{
	const size_t length = strlen(prefix);

	if (strlen(*text) < length || !equal_ignoring_case(*text, prefix, length))
		return false;
	*text += length;
	return true;
}

static const char *check_bytes(const char *url)
{
	size_t length = 0;

	for (; url[length]; length++) {
		if (length == KS_URL_MAX)
			return "the URL is too long";
		if (url[length] <= ' ' || url[length] > '~')
			return "the URL has a byte that is not printable ASCII, or a blank";
	}
	if (length == 0)
		return "the URL is empty";
	if (strchr(url, '\\'))
		return "the URL has a backslash";
	if (strchr(url, '?'))
		return "the URL has a query";
	if (strchr(url, '#'))
		return "the URL has a fragment";
	return NULL;
}

/* Copies the host and ends it, so that inet_pton(3) can read it. Room for HOST_MAX bytes. */
static void copy_host(char buffer[HOST_MAX + 1], struct slice host)
{
	memcpy(buffer, host.start, host.length);
	buffer[host.length] = '\0';
}

static bool label_is_number(const char *label, size_t length)
{
	if (length > 1 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X'))
		return true;
	return strspn(label, DIGIT) == length;
}

/* A host whose last part is a number is an IPv4 address to every client, in one of many spellings: only one is ours.
 */
static const char *check_name(struct slice host)
{
	char name[HOST_MAX + 1];
	struct in_addr address;
	const char *label = name;

	if (host.length == 0)
		return "the URL has no host";
	if (host.length > HOST_MAX)
		return "the URL's host is too long";
	copy_host(name, host);
	if (name[strspn(name, HOST_BYTES)])
		return "the URL's host has a character that no host name has";
	for (;;) {
		const size_t length = strcspn(label, ".");

		if (length == 0 || length > LABEL_MAX || label[0] == '-' || label[length - 1] == '-')
			return "the URL's host is not a host name";
		if (!label[length]) {
			if (label_is_number(label, length) && inet_pton(AF_INET, name, &address) != 1)
				return "the URL's host is not an IPv4 address in four decimal parts";
			return NULL;
		}
		label += length + 1;
	}
}

static bool parse_ipv6(struct slice host, struct in6_addr *ret_address)
{
	char text[HOST_MAX + 1];

	if (host.length < 2 || host.length > HOST_MAX || host.start[0] != '[' || host.start[host.length - 1] != ']')
		return false;
	host.start++;
	host.length -= 2;
	copy_host(text, host);
	return inet_pton(AF_INET6, text, ret_address) == 1;
}

static bool is_loopback(struct slice host)
{
	char name[HOST_MAX + 1];
	struct in6_addr ipv6;
	struct in_addr ipv4;

	if (host.start[0] == '[')
		return parse_ipv6(host, &ipv6) && IN6_IS_ADDR_LOOPBACK(&ipv6);
	copy_host(name, host);
	if (host.length == strlen("localhost") && equal_ignoring_case(name, "localhost", host.length))
		return true;
	return inet_pton(AF_INET, name, &ipv4) == 1 && ntohl(ipv4.s_addr) >> 24 == IN_LOOPBACKNET;
}

static const char *parse_scheme(const char **text, struct parts *parts)
{
	parts->secure = skip_ignoring_case(text, "https://");
	if (parts->secure || skip_ignoring_case(text, "http://"))
		return NULL;
	return "the URL does not begin with https://";
}

static const char *parse_port(const char **text, struct parts *parts)
{
	unsigned port = 0;

	parts->port = parts->secure ? 443 : 80;
	if (**text != ':')
		return NULL;
	for ((*text)++; **text >= '0' && **text <= '9' && port <= PORT_MAX; (*text)++)
		port = port * 10 + (unsigned)(**text - '0');
	if (port == 0 || port > PORT_MAX || (**text && **text != '/'))
		return "the URL's port is not a number from 1 to 65535";
	parts->port = port;
	return NULL;
}

static const char *parse_host(const char **text, struct parts *parts)
{
	struct in6_addr address;
	const char *reason = NULL;
	const size_t length = strcspn(*text, "/");

	if (memchr(*text, '@', length))
		return "the URL has a user name";
	parts->host = (struct slice){*text, strcspn(*text, ":/")};
	if (**text == '[') {
		parts->host.length = strcspn(*text, "]") + 1;
		if (parts->host.length > length || !parse_ipv6(parts->host, &address))
			return "the URL's host is not an IPv6 address";
	} else {
		reason = check_name(parts->host);
	}
	*text += parts->host.length;
	if (!reason && **text && **text != ':' && **text != '/')
		reason = "the URL has no port or path behind its host";
	return reason;
}

static int hex_value(char c)
{
	const char *const digits = "0123456789abcdef", *found;

	found = c ? strchr(digits, lower(c)) : NULL;
	return found ? (int)(found - digits) : -1;
}

/* Dots and slashes must be seen as such by everyone: a server may decode them, or climb, before it compares paths. */
static const char *check_path(const char *path)
{
	const char *at;

	if (path[strspn(path, PATH_BYTES)])
		return "the URL's path has a character that no path has";
	for (at = path; (at = strchr(at, '%')); at += 3) {
		const int high = hex_value(at[1]), low = high < 0 ? -1 : hex_value(at[2]);
		const int byte = high * 16 + low;

		if (low < 0)
			return "the URL's path has a percent sign without two hex digits";
		if (byte == '.' || byte == '/' || byte == '\\')
			return "the URL's path has a percent-encoded dot or slash";
		if (byte < ' ' || byte == 0x7f)
			return "the URL's path has a percent-encoded control character";
	}
	for (at = path; *at == '/'; at += strcspn(at, "/")) {
		const size_t length = strcspn(++at, "/");

		if ((length == 1 && at[0] == '.') || (length == 2 && at[0] == '.' && at[1] == '.'))
			return "the URL's path has a . or .. segment";
	}
	return NULL;
}

/* Takes the URL apart. Returns NULL, or what is wrong with it. */
static const char *parse(const char *url, struct parts *parts)
{
	const char *reason = check_bytes(url), *text = url;

	if (!reason)
		reason = parse_scheme(&text, parts);
	if (!reason)
		reason = parse_host(&text, parts);
	if (!reason)
		reason = parse_port(&text, parts);
	if (!reason)
		reason = check_path(text);
	if (!reason && !parts->secure && !is_loopback(parts->host))
		reason = "the URL is http:// and its host is not loopback";
	parts->path = (struct slice){text, strlen(text)};
	if (parts->path.length > 0 && parts->path.start[parts->path.length - 1] == '/')
		parts->path.length--;
	return reason;
}

int ks_url_check(const char *url, const char **ret_reason)
{
	struct parts parts;
	const char *reason = url ? parse(url, &parts) : "there is no URL";

	if (!reason)
		return 0;
	*ret_reason = reason;
	return -EINVAL;
}

bool ks_url_equal(const char *a, const char *b)
{
	struct parts left, right;

	if (!a || !b || parse(a, &left) || parse(b, &right))
		return false;
	return left.secure == right.secure && left.port == right.port && left.host.length == right.host.length &&
	       equal_ignoring_case(left.host.start, right.host.start, left.host.length) &&
	       left.path.length == right.path.length &&
	       memcmp(left.path.start, right.path.start, left.path.length) == 0;
}
