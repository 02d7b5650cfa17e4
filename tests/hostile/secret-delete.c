/* SPDX-License-Identifier: MIT */
/* Delivers a secret with the byte 0x7f in it. */
#include "hostile.h"

HOSTILE_SECRET("\x7f")
