/* SPDX-License-Identifier: MIT */
/* The option of its descriptor has another name than that of its note. */
#include "descriptor.h"

static const struct ks_option other_table[] = {{"width", KS_TYPE_NUMBER, KS_OPTION_OPTIONAL, "", "how deep"}};

SPOIL_DESCRIPTOR(descriptor.options = other_table)
