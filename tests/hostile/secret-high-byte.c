/* SPDX-License-Identifier: MIT */
/* Delivers a secret with a byte above 0x7e in it. */
#include "hostile.h"

HOSTILE_SECRET("\xc3\xa9")
