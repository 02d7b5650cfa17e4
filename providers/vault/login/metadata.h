/* SPDX-License-Identifier: MIT */
/*
 * Where a cloud tells its machines who they are: servers at addresses that mean the machine's own host, which speak
 * plain HTTP.
 */
#ifndef KEYSTILE_VAULT_LOGIN_METADATA_H
#define KEYSTILE_VAULT_LOGIN_METADATA_H

#include "providers/vault/client.h"
#include "providers/vault/login/issuer.h"

/* Of EC2, Google Cloud and Azure alike. */
#define KS_VAULT_METADATA_HOST "169.254.169.254"

/*
 * What is wrong with a URL that a variable names for one: NULL, or a phrase. It is https://, or http:// to loopback
 * or a link-local address, or one that AWS gives to containers: nobody else is on the way there.
 */
const char *ks_vault_metadata_check(const char *url);

struct ks_vault_metadata {
	const char *cloud;        /* as messages name it */
	const char *url;          /* with its query */
	const char *name, *value; /* of the header without which nothing is told */
};

/*
 * Asks one, which answers soon or is not there: for a word, or a JSON object (ks_vault_issuer_ask_word() and
 * ks_vault_issuer_ask_json()). Where nobody answers, the remedy says that this is none of the cloud's machines.
 */
enum ks_result ks_vault_metadata_word(
	struct ks_vault_call *call, const struct ks_vault_metadata *metadata, const char **ret_word);
enum ks_result ks_vault_metadata_json(
	struct ks_vault_call *call, const struct ks_vault_metadata *metadata, json_t **ret_root);

#endif
