/* SPDX-License-Identifier: MIT */
/* Its descriptor has no name. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.name = 0)
