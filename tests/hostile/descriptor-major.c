/* SPDX-License-Identifier: MIT */
/* Its descriptor has another major version than its note. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.abi_major = KS_ABI_MAJOR + 1)
