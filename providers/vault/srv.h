/* SPDX-License-Identifier: MIT */
/*
 * VAULT_SRV_LOOKUP: which host and port a service record of the name service gives for the server (RFC 2782). As with
 * Vault's own client, it is that of http over TCP, and where there is none the address is what it says.
 */
#ifndef KEYSTILE_VAULT_SRV_H
#define KEYSTILE_VAULT_SRV_H

#include "providers/vault/vault.h"

enum {
	KS_VAULT_ROUTE_MAX = 256 + sizeof("65535") /* of HOST:PORT; a name has 253 bytes at most */
};

/*
 * HOST:PORT to connect to in place of the address's own, or NULL. Looked up once in a call, and only for https://HOST
 * without a port: whoever answers for the name service could have a token sent to himself otherwise. The name in the
 * certificate stays the address's.
 */
const char *ks_vault_srv_route(struct ks_vault_call *call);

/*
 * Chooses from a message of the name service: the lowest priority, and among those by weight; `chance` is from 0
 * to 1. Returns 0 and *ret_route; -ENOENT for none that can be used, -EBADMSG for what is no such message. Pure.
 */
int ks_vault_srv_choose(
	const unsigned char *message, size_t length, double chance, char ret_route[KS_VAULT_ROUTE_MAX]);

#endif
