/* SPDX-License-Identifier: MIT */
/* The option of its descriptor has another default than that of its note. */
#include "descriptor.h"

static const struct ks_option other_table[] = {{"depth", KS_TYPE_NUMBER, KS_OPTION_OPTIONAL, "7", "how deep"}};

SPOIL_DESCRIPTOR(descriptor.options = other_table)
