/* SPDX-License-Identifier: MIT */
/* Writes the very frame of its delivery once more. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	struct ks_frame frame;

	(void)host;
	put_delivery(&frame, FIRST_SERIAL);
	write_frame(&frame);
	write_frame(&frame);
	write_done(FIRST_SERIAL, KS_OK);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
