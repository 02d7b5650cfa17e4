/* SPDX-License-Identifier: MIT */
/*
 * Addresses of servers, and paths on them. What is a URL, libcurl says. Without memory, what is found here is nothing
 * to go by: ks_vault_memory_failed() tells.
 */
#ifndef KEYSTILE_VAULT_ADDRESS_H
#define KEYSTILE_VAULT_ADDRESS_H

#include <stdbool.h>

enum {
	KS_VAULT_ADDRESS_MAX = 512 /* bytes of an address, so that a message holds it */
};

/*
 * Takes an address apart: https://HOST[:PORT][/PREFIX], http:// to a loopback host, or unix:///SOCKET. NULL, with
 * *ret_base (ks_vault_free(); scheme, host, port where it is not the usual one, and prefix, without a slash at the
 * end) and *ret_socket (in `address`, or NULL). Otherwise a phrase that says what is wrong with it.
 */
const char *ks_vault_address_parse(const char *address, char **ret_base, const char **ret_socket);

/* The same without a result, for a check. */
const char *ks_vault_address_check(const char *address);

/* What is wrong with the URL of a proxy, and with a list of hosts as redirects= has it: NULL, or a phrase. */
const char *ks_vault_proxy_check(const char *proxy);
const char *ks_vault_hosts_check(const char *list);

/* The same for the name in a certificate: a host without a port. */
const char *ks_vault_name_check(const char *name);

/* Whether it is https://, and so private on the way. */
bool ks_vault_address_is_secure(const char *url);

/* Whether both URLs lead to the same scheme, host and port. */
bool ks_vault_address_same(const char *url, const char *other);

/*
 * Where a Location leads that stood in the answer to `url`. Returns the URL (ks_vault_free()), or NULL and
 * *ret_reason, where it is none that may be followed: no http(s), http where `url` was https or to another machine,
 * with a user.
 */
char *ks_vault_address_follow(const char *url, const char *location, const char **ret_reason);

/* HOST[:PORT] of a URL (ks_vault_free()), or NULL. The port is left out where it is the scheme's own. */
char *ks_vault_address_host(const char *url);

/* Whether HOST[:PORT] is one of a list with commas. */
bool ks_vault_address_listed(const char *host, const char *list);

/* What a Vault has no path for: NULL, or a phrase. */
const char *ks_vault_path_check(const char *path);

/* `path` with each segment escaped for a URL (ks_vault_free()); NULL without memory. */
char *ks_vault_path_escape(const char *path);

#endif
