/* SPDX-License-Identifier: MIT */
/* The option of its descriptor is explained otherwise than that of its note. */
#include "descriptor.h"

static const struct ks_option other_table[] = {{"depth", KS_TYPE_NUMBER, KS_OPTION_OPTIONAL, "", "how wide"}};

SPOIL_DESCRIPTOR(descriptor.options = other_table)
