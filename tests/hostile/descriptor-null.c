/* SPDX-License-Identifier: MIT */
/* Returns no descriptor. */
#include "descriptor.h"

const struct ks_provider *keystile_provider_v1(uint32_t host_abi_minor)
{
	return host_abi_minor == UINT32_MAX ? &descriptor : 0;
}
