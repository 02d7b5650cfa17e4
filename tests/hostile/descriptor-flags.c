/* SPDX-License-Identifier: MIT */
/* Its descriptor has another flag than its note. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.flags = KS_PROVIDER_REENTRANT)
