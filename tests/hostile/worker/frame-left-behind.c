/* SPDX-License-Identifier: MIT */
/* Answers well, and leaves the same answer for the request that comes next. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	static uint32_t serial = FIRST_SERIAL;
	struct ks_frame frame;

	(void)host;
	put_delivery(&frame, serial);
	write_frame(&frame);
	write_done(serial, KS_OK);
	write_frame(&frame);
	write_done(serial, KS_OK);
	serial++;
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
