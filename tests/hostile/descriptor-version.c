/* SPDX-License-Identifier: MIT */
/* Its descriptor has another version than its note. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.version = "1.0.1")
