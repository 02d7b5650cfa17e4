/* SPDX-License-Identifier: MIT */
/* Wants to be started anew each time. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	struct ks_frame frame;

	(void)host;
	ks_frame_init(&frame, KS_FRAME_STALE, FIRST_SERIAL);
	write_frame(&frame);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
