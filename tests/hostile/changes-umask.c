/* SPDX-License-Identifier: MIT */
/* Changes the umask. */
#include "hostile.h"

#include <sys/stat.h>

static int answer(const struct ks_host *host)
{
	(void)umask(umask(0) ^ 0111);
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
