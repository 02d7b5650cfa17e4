/* SPDX-License-Identifier: MIT */
/* Delivers for a request that is not the one it was asked. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	struct ks_frame frame;

	(void)host;
	put_delivery(&frame, OPEN_SERIAL);
	write_frame(&frame);
	write_done(OPEN_SERIAL, KS_OK);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
