/* SPDX-License-Identifier: MIT */
/*
 * What every provider of API keys and gateways' tokens lets an entry say about them.
 */
#ifndef KEYSTILE_SUPPORT_KEY_H
#define KEYSTILE_SUPPORT_KEY_H

#include <keystile/provider.h>

#define KS_KEY_KIND_WORDS "api-key|gateway-token"

struct ks_key {
	uint32_t kind;
	const char *base_url;  /* the entry's, or NULL */
	const char *workspace; /* or NULL */
};

/* What the options of an entry mean; each word may be NULL. Returns NULL, or why `workspace` cannot be given. */
const char *ks_key_init(struct ks_key *key, const char *kind, const char *base_url, const char *workspace);

/*
 * Delivers the secret. `base_url` is what stood beside it (or NULL), and binds it where the entry names none: whoever
 * wrote the one wrote the other. Returns what resolve() is to return.
 */
int ks_key_deliver(const struct ks_key *key, const struct ks_host *host, const char *secret, size_t length,
	const char *source, const char *base_url);

#endif
