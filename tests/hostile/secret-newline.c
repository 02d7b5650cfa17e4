/* SPDX-License-Identifier: MIT */
/* Delivers a secret of two lines. */
#include "hostile.h"

HOSTILE_SECRET("\n")
