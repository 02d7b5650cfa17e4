/* SPDX-License-Identifier: MIT */
/* Delivers a secret that would begin another header. */
#include "hostile.h"

HOSTILE_SECRET("\r\nx-other: ")
