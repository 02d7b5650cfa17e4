/* SPDX-License-Identifier: MIT */
/* Changes the locale. */
#include "hostile.h"

#include <locale.h>

static int answer(const struct ks_host *host)
{
	if (!setlocale(LC_NUMERIC, "C.UTF-8"))
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
