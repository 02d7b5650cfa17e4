/* SPDX-License-Identifier: MIT */
/*
 * The policy: what each kind of credential may be used for, and what a secret's first bytes say it can be.
 */
#ifndef KEYSTILE_CORE_KIND_H
#define KEYSTILE_CORE_KIND_H

#include <keystile/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/problem.h"

enum ks_binding {
	KS_BOUND_NEVER,
	KS_BOUND_MAYBE,
	KS_BOUND_ALWAYS
};

/* One row of the policy table. */
struct ks_kind_rule {
	enum ks_kind kind;
	const char *name;
	uint32_t transports; /* the ceiling: nothing ever widens it */
	bool is_handle;
	enum ks_binding binding;
	enum ks_payer payer, payer_bound;
	const char *header, *header_prefix; /* for the API; NULL: never */
	const char *beta;                   /* an anthropic-beta header that must go with it, or NULL */
	const char *variable;               /* the environment variable that carries it; NULL: nothing is injected */
};

/* The row of a kind, NULL for what is none; and by index 0.. for a walk over all of them. */
const struct ks_kind_rule *ks_kind_rule(uint32_t kind);
const struct ks_kind_rule *ks_kind_rule_at(unsigned index);

/* Every payer a set of kinds can have. */
uint32_t ks_kinds_payers(uint32_t kinds);

/* What a secret can be, by its first bytes. */
struct ks_classification {
	uint32_t kinds;     /* enum ks_kind bits; 0: of no use */
	bool must_be_bound; /* only with a base URL */
	const char *name;   /* what it is, for people: "a workspace API key" */
	const char *reason; /* where kinds is 0: why, in one sentence; else NULL */
	const char *remedy; /* where kinds is 0 */
};

/*
 * `accept`: a further API-key prefix an administrator allowed (@accept=), or NULL. Never fails: what matches nothing
 * is of no use. The secret is only looked at.
 */
void ks_classify(const char *secret, size_t length, const char *accept, struct ks_classification *ret_class);

/*
 * Whether an administrator may allow this prefix: sk-ant-...-, none this version knows, and never an OAuth token's.
 * Returns 0 or -EINVAL and a problem (KS_MISCONFIGURED).
 */
int ks_accept_check(const char *prefix, struct ks_problem *problem);

/*
 * Whether the secret's bytes can be a secret at all: 1 to KS_SECRET_MAX bytes of printable ASCII without blanks.
 * Returns 0 or -EINVAL and a problem that names position and length, never a value.
 */
int ks_secret_check(const char *secret, size_t length, struct ks_problem *problem);

/* Whether a secret may be delivered as `kind`, bound or not. Returns 0 or -EINVAL with KS_INVALID and the reason. */
int ks_kind_accepts(
	uint32_t kind, const char *secret, size_t length, bool bound, const char *accept, struct ks_problem *problem);

enum {
	KS_FINGERPRINT_SECRET_MIN = 32 /* a shorter secret could be guessed from its digest */
};

#endif
