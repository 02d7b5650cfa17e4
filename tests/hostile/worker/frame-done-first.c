/* SPDX-License-Identifier: MIT */
/* Says that it is done before it answered. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	(void)host;
	write_done(FIRST_SERIAL, KS_OK);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
