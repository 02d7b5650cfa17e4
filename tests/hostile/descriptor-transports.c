/* SPDX-License-Identifier: MIT */
/* Its descriptor has a narrower ceiling than its note. */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.transports = KS_TRANSPORT_CLI)
