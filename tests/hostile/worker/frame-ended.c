/* SPDX-License-Identifier: MIT */
/* Says in the name of its supervisor that it ended well. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	struct ks_frame frame;

	(void)deliver_well(host);
	ks_frame_init(&frame, KS_FRAME_ENDED, 0);
	write_frame(&frame);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
