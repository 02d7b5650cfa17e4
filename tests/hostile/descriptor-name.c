/* SPDX-License-Identifier: MIT */
/* Its descriptor has another name than its note and its file. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.name = "env")
