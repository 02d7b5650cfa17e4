/* SPDX-License-Identifier: MIT */
/*
 * A good note, and a good descriptor to spoil: for modules whose note and code do not go together. KS_PROVIDER makes
 * no such module, so each defines keystile_provider_v1() itself.
 */
#ifndef KEYSTILE_TESTS_DESCRIPTOR_H
#define KEYSTILE_TESTS_DESCRIPTOR_H

#include "hostile.h"

#define OPTIONS(X) X("depth", NUMBER, OPTIONAL, "", "how deep")
#define ENVIRONMENT(X) X("KEYSTILE_HOSTILE")

KS_NOTE_(0, ALL_TRANSPORTS, KS_KIND_API_KEY,
	KS_NOTE_TEXT_(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", OPTIONS, ENVIRONMENT))

static const struct ks_option option_table[] = {OPTIONS(KS_TABLE_OPTION_)};
static const char *const environment_table[] = {ENVIRONMENT(KS_TABLE_VARIABLE_)};

static struct ks_provider descriptor = {
	.size = sizeof(descriptor),
	.magic = KS_PROVIDER_MAGIC,
	.abi_major = KS_ABI_MAJOR,
	.abi_minor = KS_ABI_MINOR,
	.transports = ALL_TRANSPORTS,
	.kinds = KS_KIND_API_KEY,
	.name = HOSTILE_NAME,
	.version = "1.0.0",
	.summary = "misbehaves, for tests",
	.options = option_table,
	.option_count = 1,
	.option_stride = sizeof(option_table[0]),
	.environment = environment_table,
	.environment_count = 1,
	.resolve = resolve_well,
};

KS_EXPORT_ const struct ks_provider *keystile_provider_v1(uint32_t host_abi_minor);

/* Defines the entry point: what is done to the descriptor before it is returned. */
#define SPOIL_DESCRIPTOR(change)                                                                                     \
	const struct ks_provider *keystile_provider_v1(uint32_t host_abi_minor)                                      \
	{                                                                                                            \
		(void)host_abi_minor;                                                                                \
		change;                                                                                              \
		return &descriptor;                                                                                  \
	}

#endif
