/* SPDX-License-Identifier: MIT */
#include "providers/vault/address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "providers/vault/memory.h"
#include "providers/vault/text.h"

static const char no_memory[] = "cannot be used: out of memory";

static bool is_done(CURLUcode code)
{
	if (code == CURLUE_OUT_OF_MEMORY)
		ks_vault_memory_fail();
	return code == CURLUE_OK;
}

/* A part of a URL; NULL where it has none, or without memory. */
static char *part_of(CURLU *url, CURLUPart part, unsigned flags)
{
	char *text = NULL;

	return is_done(curl_url_get(url, part, &text, flags)) ? text : NULL;
}

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = part_of(url, part, 0);

	curl_free(text);
	return text != NULL;
}

static CURLU *parse(const char *text)
{
	CURLU *url = curl_url();

	if (!url)
		ks_vault_memory_fail();
	else if (is_done(curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME)))
		return url;
	curl_url_cleanup(url);
	return NULL;
}

static bool is_loopback(const char *host)
{
	struct in_addr address;

	return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	       (inet_pton(AF_INET, host, &address) == 1 && (ntohl(address.s_addr) >> 24) == IN_LOOPBACKNET);
}

/* What is wrong with the parts of an http(s) address. */
static const char *check_parts(CURLU *url)
{
	char *scheme = part_of(url, CURLUPART_SCHEME, 0), *host = part_of(url, CURLUPART_HOST, 0);
	const char *fault = NULL;

	if (!scheme || !host || !host[0])
		fault = "names no host";
	else if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		fault = "is neither https://, nor http://, nor unix://";
	else if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
		fault = "holds a user or a password";
	else if (has_part(url, CURLUPART_QUERY) || has_part(url, CURLUPART_FRAGMENT))
		fault = "holds a query or a fragment";
	else if (strcmp(scheme, "http") == 0 && !is_loopback(host))
		fault = "is http:// to a host that is not this one, where anybody on the way could read the token";
	curl_free(scheme);
	curl_free(host);
	return fault;
}

static char *without_slash(const char *text)
{
	size_t length = strlen(text);

	while (length > 0 && text[length - 1] == '/')
		length--;
	return ks_vault_copy_n(text, length);
}

const char *ks_vault_address_parse(const char *address, char **ret_base, const char **ret_socket)
{
	static const char unix_scheme[] = "unix://";
	const char *fault = NULL, *path = NULL;
	CURLU *url = NULL;
	char *text = NULL, *base = NULL;

	if (strlen(address) > KS_VAULT_ADDRESS_MAX)
		return "is too long to be an address";
	if (strncmp(address, unix_scheme, sizeof(unix_scheme) - 1) == 0) {
		path = address + sizeof(unix_scheme) - 1;
		if (path[0] != '/' || strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
			return "names no absolute path of a socket, or one that is too long";
		base = ks_vault_copy("http://localhost");
	} else {
		url = parse(address);
		fault = url ? check_parts(url) : "is no URL";
		text = fault ? NULL : part_of(url, CURLUPART_URL, CURLU_NO_DEFAULT_PORT);
		base = text ? without_slash(text) : NULL;
	}
	curl_free(text);
	curl_url_cleanup(url);
	if (fault)
		return fault;
	if (!base)
		return no_memory;
	*ret_base = base;
	*ret_socket = path;
	return NULL;
}

const char *ks_vault_address_check(const char *address)
{
	const char *socket = NULL;
	char *base = NULL;
	const char *fault = ks_vault_address_parse(address, &base, &socket);

	ks_vault_free(base);
	return fault;
}

const char *ks_vault_proxy_check(const char *proxy)
{
	static const char *const schemes[] = {"http", "https", "socks5", "socks5h"};
	CURLU *url = parse(proxy);
	char *scheme = url ? part_of(url, CURLUPART_SCHEME, 0) : NULL,
	     *host = url ? part_of(url, CURLUPART_HOST, 0) : NULL;
	const char *fault = "is no URL of a proxy: http://, https:// or socks5://, and a host";

	for (size_t i = 0; host && host[0] && scheme && i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strcmp(scheme, schemes[i]) == 0)
			fault = NULL;
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(url);
	return fault;
}

/* Whether it is what ks_vault_address_host() makes of some URL: else no redirect is ever one to it. */
static bool is_host(const char *text)
{
	char *url = ks_vault_join("https://", text, NULL), *host = url ? ks_vault_address_host(url) : NULL;
	const bool is_it = host && strcasecmp(host, text) == 0;

	ks_vault_free(url);
	ks_vault_free(host);
	return is_it;
}

const char *ks_vault_hosts_check(const char *list)
{
	const char *fault = NULL;
	size_t length = 0;
	char *host = NULL;

	for (bool more = true; more && !fault; list += length + 1) {
		length = strcspn(list, ",");
		more = list[length] == ',';
		host = ks_vault_copy_n(list, length);
		if (!host)
			fault = no_memory;
		else if (!is_host(host))
			fault = "has a part that is no HOST, or HOST:PORT with a port other than 443";
		ks_vault_free(host);
	}
	return fault;
}

const char *ks_vault_name_check(const char *name)
{
	return is_host(name) && !strchr(name + (name[0] == '[' ? strcspn(name, "]") : 0), ':')
		       ? NULL
		       : "is no name of a host";
}

static bool same_part(CURLU *url, CURLU *other, CURLUPart part, unsigned flags)
{
	char *text = part_of(url, part, flags), *other_text = part_of(other, part, flags);
	bool is_same = text && other_text && strcasecmp(text, other_text) == 0;

	curl_free(text);
	curl_free(other_text);
	return is_same;
}

bool ks_vault_address_is_secure(const char *url)
{
	static const char https[] = "https:";

	return strncasecmp(url, https, sizeof(https) - 1) == 0;
}

bool ks_vault_address_same(const char *url, const char *other)
{
	CURLU *first = parse(url), *second = parse(other);
	bool is_same = first && second && same_part(first, second, CURLUPART_SCHEME, 0) &&
		       same_part(first, second, CURLUPART_HOST, 0) &&
		       same_part(first, second, CURLUPART_PORT, CURLU_DEFAULT_PORT);

	curl_url_cleanup(first);
	curl_url_cleanup(second);
	return is_same;
}

char *ks_vault_address_follow(const char *url, const char *location, const char **ret_reason)
{
	CURLU *from = parse(url), *to = parse(url);
	char *scheme = NULL, *host = NULL, *text = NULL, *copy = NULL;
	const char *reason = "leads to what is no URL";

	if (!from || !to || !is_done(curl_url_set(to, CURLUPART_URL, location, CURLU_NON_SUPPORT_SCHEME)))
		goto out;
	scheme = part_of(to, CURLUPART_SCHEME, 0);
	host = part_of(to, CURLUPART_HOST, 0);
	if (has_part(to, CURLUPART_USER) || has_part(to, CURLUPART_PASSWORD)) {
		reason = "leads to a URL with a user";
	} else if (!scheme || (strcmp(scheme, "https") != 0 && !same_part(from, to, CURLUPART_SCHEME, 0))) {
		reason = "leads away from https";
	} else if (strcmp(scheme, "https") != 0 && !(host && is_loopback(host))) {
		reason = "leads to http:// on a host that is not this one";
	} else {
		text = part_of(to, CURLUPART_URL, 0);
		copy = ks_vault_copy(text);
		reason = no_memory;
	}
out:
	curl_free(scheme);
	curl_free(host);
	curl_free(text);
	curl_url_cleanup(from);
	curl_url_cleanup(to);
	if (!copy)
		*ret_reason = reason;
	return copy;
}

char *ks_vault_address_host(const char *url)
{
	CURLU *parsed = parse(url);
	char *host = NULL, *port = NULL, *text = NULL;

	if (!parsed)
		return NULL;
	host = part_of(parsed, CURLUPART_HOST, 0);
	port = part_of(parsed, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
	if (host)
		text = ks_vault_join(host, port ? ":" : "", port ? port : "", NULL);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(parsed);
	return text;
}

bool ks_vault_address_listed(const char *host, const char *list)
{
	size_t length = 0;

	for (; *list; list += length + (list[length] == ',')) {
		length = strcspn(list, ",");
		if (length == strlen(host) && strncasecmp(list, host, length) == 0)
			return true;
	}
	return false;
}

const char *ks_vault_path_check(const char *path)
{
	size_t length = 0;

	if (path[0] == '/')
		return "begins with a slash";
	for (const char *at = path;; at += length + 1) {
		length = strcspn(at, "/");
		if (length == 0)
			return "ends with a slash, or has two in a row";
		if (strncmp(at, ".", length) == 0 || (length == 2 && strncmp(at, "..", 2) == 0))
			return "has a part that is . or ..";
		if (!at[length])
			return at[length - 1] == '.' ? "ends with a dot, which no server answers" : NULL;
	}
}

char *ks_vault_path_escape(const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	static const char digits[] = "0123456789ABCDEF";
	char *text = ks_vault_alloc(3 * strlen(path) + 1), *end = text;

	for (; text && *path; path++) {
		if (strchr(plain, *path)) {
			*end++ = *path;
		} else {
			*end++ = '%';
			*end++ = digits[(unsigned char)*path >> 4];
			*end++ = digits[(unsigned char)*path & 15];
		}
	}
	if (text)
		*end = '\0';
	return text;
}
