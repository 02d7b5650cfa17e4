/* SPDX-License-Identifier: MIT */
/* Its descriptor counts a variable, and has no table. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.environment = 0)
