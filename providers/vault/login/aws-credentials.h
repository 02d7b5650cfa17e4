/* SPDX-License-Identifier: MIT */
/*
 * The keys of AWS that a program has, where the official SDKs look for them.
 */
#ifndef KEYSTILE_VAULT_LOGIN_AWS_CREDENTIALS_H
#define KEYSTILE_VAULT_LOGIN_AWS_CREDENTIALS_H

#include "providers/vault/login/aws-text.h"
#include "providers/vault/vault.h"

/* In the host's memory. */
struct ks_vault_aws {
	const char *access_key, *secret_key;
	const char *session_token; /* NULL for keys that do not end */
};

/*
 * Finds them: aws-file= and aws-profile=, where the entry gives one; the variables; a token of a web identity (as a
 * pod of EKS has), for which STS gives keys; the file with profiles; a container's; the instance's own. The first
 * that is there counts, whether it works or not: the next may be somebody else. KS_OK and *ret_aws, or the result and
 * why.
 */
enum ks_result ks_vault_aws_find(struct ks_vault_call *call, const char *region, struct ks_vault_aws *ret_aws);

/* The host of STS in a region (host memory); NULL without memory. */
const char *ks_vault_aws_sts(struct ks_vault_call *call, const char *region);

/* Whether a text can be a region: it becomes a part of a host's name. */
bool ks_vault_aws_is_region(const char *text);

/*
 * For the places alone where keys may be: those that STS gives for the token of a web identity (*ret_is_there false
 * where there is no such token), and those of a container or of the machine.
 */
enum ks_result ks_vault_aws_by_web_identity(
	struct ks_vault_call *call, const char *region, struct ks_vault_aws *aws, bool *ret_is_there);
enum ks_result ks_vault_aws_of_machine(struct ks_vault_call *call, struct ks_vault_aws *aws);

/* For these: copies keys that fit to the host's memory. */
enum ks_result ks_vault_aws_keep(
	struct ks_vault_call *call, const struct ks_vault_aws_spans *spans, struct ks_vault_aws *ret_aws);

/*
 * For these: how far the file of a token may be trusted. Kubernetes lays those of EKS into a pod as links to what
 * everybody in the pod may read.
 */
int ks_vault_aws_trust(const struct ks_vault *vault, const char *path);

#endif
