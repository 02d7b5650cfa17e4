/* SPDX-License-Identifier: MIT */
/* Its descriptor has fewer options than its note. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.option_count = 0)
