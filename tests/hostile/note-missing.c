/* SPDX-License-Identifier: MIT */
/* It carries no note. */
#include "hostile.h"

KS_EXPORT_ const struct ks_provider *keystile_provider_v1(uint32_t host_abi_minor);

const struct ks_provider *keystile_provider_v1(uint32_t host_abi_minor)
{
	(void)host_abi_minor;
	return 0;
}
