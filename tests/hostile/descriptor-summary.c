/* SPDX-License-Identifier: MIT */
/* Its descriptor has another summary than its note. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.summary = "behaves well")
