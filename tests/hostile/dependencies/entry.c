/* SPDX-License-Identifier: MIT */
/* A library with a module's entry point, which is none of the module that needs it. */
#include <keystile/provider.h>

KS_EXPORT_ const struct ks_provider *keystile_provider_v1(uint32_t host_abi_minor);
KS_EXPORT_ int keystile_hostile_helper(void);

const struct ks_provider *keystile_provider_v1(uint32_t host_abi_minor)
{
	(void)host_abi_minor;
	return 0;
}

int keystile_hostile_helper(void)
{
	return 0;
}
