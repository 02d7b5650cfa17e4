/* SPDX-License-Identifier: MIT */
/* Its descriptor ends before close(). */
#include "descriptor.h"

SPOIL_DESCRIPTOR(descriptor.size = offsetof(struct ks_provider, close))
