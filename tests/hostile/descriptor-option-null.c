/* SPDX-License-Identifier: MIT */
/* Its descriptor counts an option, and has no table. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.options = 0)
