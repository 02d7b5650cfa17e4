/* SPDX-License-Identifier: MIT */
/* Its descriptor does not begin with the magic number. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.magic = 0x7f454c46)
