/* SPDX-License-Identifier: MIT */
/* Writes a packet without a byte in it. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	(void)host;
	write_packet("", 0);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
