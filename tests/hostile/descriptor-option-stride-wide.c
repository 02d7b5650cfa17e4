/* SPDX-License-Identifier: MIT */
/* The options of its descriptor lie far outside its memory. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.option_stride = 0xfffffff8)
