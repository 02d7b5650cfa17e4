/* SPDX-License-Identifier: MIT */
/* Delivers a secret with a NUL in it. */
#include "hostile.h"

HOSTILE_SECRET("\0")
