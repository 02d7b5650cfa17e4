/* SPDX-License-Identifier: MIT */
/* Its descriptor has one kind more than its note. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.kinds |= KS_KIND_GATEWAY_TOKEN)
