/* SPDX-License-Identifier: MIT */
/* Its descriptor has no resolve(). */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.resolve = 0)
