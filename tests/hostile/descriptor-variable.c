/* SPDX-License-Identifier: MIT */
/* Its descriptor has another environment variable than its note. */
#include "descriptor.h"

static const char *const other_table[] = {"HOME"};

SPOIL_DESCRIPTOR(descriptor.environment = other_table)
