/* SPDX-License-Identifier: MIT */
/* Says when it is loaded that all is well, and answers nothing. */
#include "packets.h"

__attribute__((constructor)) static void answer_early(void)
{
	struct ks_frame frame;

	ks_frame_init(&frame, KS_FRAME_DONE, OPEN_SERIAL);
	frame.numbers[KS_DONE_RETURNED] = KS_OK;
	write_frame(&frame);
}

static int answer(const struct ks_host *host)
{
	(void)host;
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
