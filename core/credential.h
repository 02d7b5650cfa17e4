/* SPDX-License-Identifier: MIT */
/*
 * A delivered credential: one block of secret memory that holds the record and all of its text.
 */
#ifndef KEYSTILE_CORE_CREDENTIAL_H
#define KEYSTILE_CORE_CREDENTIAL_H

#include <keystile/keystile.h>
#include <keystile/provider.h>
#include <pthread.h>

#include "core/kind.h"

enum {
	KS_FINGERPRINT_DIGITS = 12,
	KS_PAIRS_MAX = 4 /* headers, or variables to set */
};

/* Made when it is first asked for, by whichever thread that is. Zeros are an unlocked mutex and none made yet. */
struct ks_fingerprint {
	pthread_mutex_t lock;
	char digits[KS_FINGERPRINT_DIGITS + 1];
};

struct ks_credential {
	const struct ks_kind_rule *rule;
	enum ks_transport transport; /* the one granted */
	uint32_t transports;         /* the ceiling before the request */
	enum ks_payer payer;
	const char *secret; /* NULL for a handle */
	size_t secret_length;
	const char *source, *module, *base_url;
	struct ks_fingerprint *fingerprint;
	int64_t expires_at, refresh_at;
	struct ks_pair attributes[KS_ATTRIBUTES_MAX];
	unsigned attribute_count;
	struct ks_pair headers[KS_PAIRS_MAX];
	unsigned header_count;
	struct ks_pair variables[KS_PAIRS_MAX];
	unsigned variable_count;

	/* Which entry of which context it came from, for ks_invalidate(). */
	uint64_t context; /* its serial number: it may be closed by then */
	unsigned entry;
};

/*
 * Makes a credential of a delivery that was checked before: `delivery` with its secret already stripped of a
 * newline, `transports` the ceiling, `transport` the one granted. Returns NULL when memory is short.
 */
struct ks_credential *ks_credential_new(
	const struct ks_delivery *delivery, const char *module, uint32_t transports, enum ks_transport transport);

#endif
