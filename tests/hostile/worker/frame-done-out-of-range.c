/* SPDX-License-Identifier: MIT */
/* Says that it returned what no function can return. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	struct ks_frame frame;

	(void)host;
	ks_frame_init(&frame, KS_FRAME_DONE, FIRST_SERIAL);
	frame.numbers[KS_DONE_RETURNED] = (int64_t)1 << 32; /* KS_OK, were it cut */
	write_frame(&frame);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
