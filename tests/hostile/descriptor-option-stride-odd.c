/* SPDX-License-Identifier: MIT */
/* The options of its descriptor do not lie where a structure can. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.option_stride++)
