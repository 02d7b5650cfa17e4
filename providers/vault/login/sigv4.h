/* SPDX-License-Identifier: MIT */
/*
 * A request's signature as AWS wants it (docs.aws.amazon.com, "Signature Version 4 signing process"), for what has no
 * query and the path "/". Pure.
 */
#ifndef KEYSTILE_VAULT_LOGIN_SIGV4_H
#define KEYSTILE_VAULT_LOGIN_SIGV4_H

#include <stddef.h>

enum {
	KS_VAULT_SIGV4_DATE_MAX = sizeof("20150830T123600Z"),
	KS_VAULT_SIGV4_NAMES_MAX = 256, /* of the names of the headers that are signed */
	KS_VAULT_SIGV4_KEY_MAX = 128,   /* bytes of a secret key; they have 40 */
	KS_VAULT_SIGV4_SIZE = 65        /* of a signature in hexadecimal digits, with its NUL */
};

struct ks_vault_sigv4_header {
	const char *name; /* in small letters */
	const char *value;
};

struct ks_vault_sigv4 {
	const char *method, *body;
	const struct ks_vault_sigv4_header *headers; /* in the order of their names; all are signed */
	size_t header_count;
	const char *date; /* as x-amz-date has it */
	const char *region, *service;
	const char *secret_key; /* of KS_VAULT_SIGV4_KEY_MAX bytes at most */
};

/* Writes the names of the headers, as SignedHeaders wants them, and the signature. Leaves no key behind. */
void ks_vault_sigv4_sign(const struct ks_vault_sigv4 *request, char ret_names[KS_VAULT_SIGV4_NAMES_MAX],
	char ret_signature[KS_VAULT_SIGV4_SIZE]);

#endif
