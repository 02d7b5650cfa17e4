/* SPDX-License-Identifier: MIT */
/* Delivers a kind of a wider ceiling than the one it declares. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	return deliver_well(host);
}

HOSTILE(KS_KIND_SETUP_TOKEN, 0, answer)
