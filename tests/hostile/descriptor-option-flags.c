/* SPDX-License-Identifier: MIT */
/* The option of its descriptor is required, and that of its note is not. */
#include "descriptor.h"

static const struct ks_option other_table[] = {{"depth", KS_TYPE_NUMBER, KS_OPTION_REQUIRED, "", "how deep"}};

SPOIL_DESCRIPTOR(descriptor.options = other_table)
