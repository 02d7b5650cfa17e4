/* SPDX-License-Identifier: MIT */
/* Writes a frame that only its caller sends. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	struct ks_frame frame;

	(void)host;
	ks_frame_init(&frame, KS_FRAME_REPLY, FIRST_SERIAL);
	ks_frame_add(&frame, NULL, 0);
	write_frame(&frame);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
