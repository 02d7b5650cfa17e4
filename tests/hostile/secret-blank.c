/* SPDX-License-Identifier: MIT */
/* Delivers a secret of two words. */
#include "hostile.h"

HOSTILE_SECRET(" ")
