/* SPDX-License-Identifier: MIT */
/* Its descriptor has another minor version than its note. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.abi_minor = KS_ABI_MINOR + 1)
