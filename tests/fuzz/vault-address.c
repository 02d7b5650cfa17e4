/* SPDX-License-Identifier: MIT */
/*
 * providers/vault/address.c: which addresses may be, where a redirect leads, and which paths there are. The input is
 * an address, a Location, a list of hosts and a path, a line each.
 */
#include "providers/vault/address.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "fuzz.h"
#include "providers/vault/memory.h"
#include "providers/vault/text.h"

enum {
	LINES = 4
};

#define HTTP "http://"
#define HTTPS "https://"

/* What is behind a beginning; NULL where the text begins otherwise. */
static const char *behind(const char *text, const char *beginning)
{
	const size_t length = strlen(beginning);

	return strncmp(text, beginning, length) == 0 ? text + length : NULL;
}

/* A phrase for people, which quotes nothing. */
static void check_phrase(const char *phrase)
{
	fuzz_reason(phrase);
	PROPERTY(!strstr(phrase, "CANARY"));
}

static bool is_loopback(const char *host)
{
	return strncmp(host, "127.", 4) == 0 || strncasecmp(host, "localhost", 9) == 0 || behind(host, "[::1]") ||
	       behind(host, "[::1%"); /* with a zone */
}

/* Returns what requests are sent to (ks_vault_free()), or NULL. */
static char *check_address(const char *address)
{
	const char *socket = NULL, *fault = NULL, *host = NULL;
	char *base = NULL, *again = NULL;

	fault = ks_vault_address_parse(address, &base, &socket);
	PROPERTY(!fault == (base != NULL));
	PROPERTY(!fault == !ks_vault_address_check(address));
	if (fault) {
		check_phrase(fault);
		return NULL;
	}
	host = behind(base, HTTPS);
	host = host ? host : behind(base, HTTP);
	PROPERTY(host && host[0]);
	PROPERTY(behind(base, HTTPS) || is_loopback(host));
	PROPERTY(!socket == !behind(address, "unix://"));
	PROPERTY(!socket || (socket[0] == '/' && strcmp(base, HTTP "localhost") == 0));
	PROPERTY(!memchr(host, '@', strcspn(host, "/")));
	PROPERTY(!strpbrk(base, "?#\r\n") && base[strlen(base) - 1] != '/');
	PROPERTY(ks_vault_address_same(base, base));
	if (strlen(base) <= KS_VAULT_ADDRESS_MAX) {
		PROPERTY(!ks_vault_address_parse(base, &again, &socket));
		PROPERTY(strcmp(base, again) == 0);
		ks_vault_free(again);
	}
	return base;
}

/* Whether the list has the host between two commas. */
static bool is_in(const char *list, const char *host)
{
	char *commas = ks_vault_join(",", list, ",", NULL), *part = ks_vault_join(",", host, ",", NULL);
	const bool found = strcasestr(commas, part) != NULL;

	ks_vault_free(commas);
	ks_vault_free(part);
	return found;
}

/* What two URLs have the same of, which requests with a token depend on. */
static void check_same(const char *url, const char *base, const char *host)
{
	char *own = ks_vault_address_host(base);

	PROPERTY(ks_vault_address_same(url, base) == ks_vault_address_same(base, url));
	PROPERTY(ks_vault_address_same(url, base) ==
		 (!behind(url, HTTPS) == !behind(base, HTTPS) && strcasecmp(host, own) == 0));
	ks_vault_free(own);
}

/* A redirect leads to https, or from here to here, and never with a user. */
static void check_location(const char *base, const char *location, const char *list)
{
	const char *reason = NULL, *authority = NULL;
	char *url = ks_vault_address_follow(base, location, &reason), *host = NULL;

	PROPERTY(!url == (reason != NULL));
	if (!url) {
		check_phrase(reason);
		return;
	}
	authority = behind(url, HTTPS);
	if (!authority) {
		authority = behind(url, HTTP);
		PROPERTY(authority && behind(base, HTTP) && is_loopback(authority));
	}
	PROPERTY(!memchr(authority, '@', strcspn(authority, "/?#")));
	host = ks_vault_address_host(url);
	PROPERTY(host && host[0]);
	/* libcurl writes a % of a host otherwise in a URL, and a zone there alone */
	PROPERTY(strchr(authority, '%') || strncmp(authority, host, strlen(host)) == 0);
	PROPERTY(ks_vault_address_listed(host, list) == is_in(list, host));
	check_same(url, base, host);
	ks_vault_free(host);
	ks_vault_free(url);
}

static void check_list(const char *list)
{
	const char *fault = ks_vault_hosts_check(list);

	if (fault)
		check_phrase(fault);
	else
		PROPERTY(list[0] && !strpbrk(list, "/@?# "));
	fault = ks_vault_proxy_check(list);
	if (fault)
		check_phrase(fault);
}

/* Each byte of `path` is in the escaped one, plain or in hexadecimal digits. */
static bool is_escaped(const char *escaped, const char *path)
{
	char digits[3] = "";

	for (; *path; path++, escaped++) {
		if (*escaped != '%') {
			if (*escaped != *path)
				return false;
			continue;
		}
		memcpy(digits, escaped + 1, 2);
		if (!isxdigit((unsigned char)digits[0]) || (char)strtol(digits, NULL, 16) != *path)
			return false;
		escaped += 2;
	}
	return *escaped == '\0';
}

/* A path stays where it is: it has no segment that a server or a proxy would take for a way up. */
static void check_path(const char *path)
{
	const char *fault = ks_vault_path_check(path);
	char *escaped = ks_vault_path_escape(path), *between = ks_vault_join("/", path, "/", NULL);

	PROPERTY(escaped && escaped[strspn(escaped, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
						    "0123456789-._~/%")] == '\0');
	PROPERTY(is_escaped(escaped, path));
	if (fault)
		check_phrase(fault);
	else
		PROPERTY(path[0] && !strstr(between, "//") && !strstr(between, "/./") && !strstr(between, "/../"));
	ks_vault_free(between);
	ks_vault_free(escaped);
}

void fuzz_target(char *bytes, size_t length)
{
	char *lines[LINES] = {NULL}, *base = NULL;
	const char *end = NULL;
	size_t size = 0;

	for (size_t i = 0; i < LINES; i++) {
		end = memchr(bytes, '\n', length);
		size = end ? (size_t)(end - bytes) : length;
		lines[i] = fuzz_string(bytes, size);
		size += end != NULL;
		bytes += size;
		length -= size;
	}
	base = check_address(lines[0]);
	if (base)
		check_location(base, lines[1], lines[2]);
	check_list(lines[2]);
	check_path(lines[3]);
	ks_vault_free(base);
	for (size_t i = 0; i < LINES; i++)
		free(lines[i]);
}
