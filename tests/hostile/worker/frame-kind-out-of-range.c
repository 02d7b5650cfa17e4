/* SPDX-License-Identifier: MIT */
/* Delivers a kind that is its own only where 32 bits of it are looked at. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	struct ks_frame frame;

	(void)host;
	put_delivery(&frame, FIRST_SERIAL);
	frame.numbers[KS_DELIVER_KIND] |= (int64_t)1 << 32;
	write_frame(&frame);
	write_done(FIRST_SERIAL, KS_OK);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
