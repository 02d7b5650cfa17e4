/* SPDX-License-Identifier: MIT */
/* Asks its caller for something, and does not read the reply, again and again. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	struct ks_frame frame;

	(void)host;
	ks_frame_init(&frame, KS_FRAME_FULL_PATH, FIRST_SERIAL);
	ks_frame_add(&frame, "/x", KS_SOURCE_MAX);
	for (int i = 0; i < 1000; i++)
		write_frame(&frame);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
