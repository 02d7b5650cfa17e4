/* SPDX-License-Identifier: MIT */
/* Its descriptor has fewer variables than its note. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.environment_count = 0)
