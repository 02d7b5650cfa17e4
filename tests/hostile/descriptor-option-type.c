/* SPDX-License-Identifier: MIT */
/* The option of its descriptor has another type than that of its note. */
#include "descriptor.h"

static const struct ks_option other_table[] = {{"depth", KS_TYPE_PATH, KS_OPTION_OPTIONAL, "", "how deep"}};

SPOIL_DESCRIPTOR(descriptor.options = other_table)
