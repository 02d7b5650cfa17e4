/* SPDX-License-Identifier: MIT */
/* Changes the locale of the calling thread. */
#include "hostile.h"

#include <locale.h>

static int answer(const struct ks_host *host)
{
	static locale_t own;

	own = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!own || !uselocale(own))
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
