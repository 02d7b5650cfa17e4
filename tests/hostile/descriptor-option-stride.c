/* SPDX-License-Identifier: MIT */
/* The options of its descriptor lie closer together than they are long. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.option_stride = 8)
