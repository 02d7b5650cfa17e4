/* SPDX-License-Identifier: MIT */
/* Says, after all, that it could not be loaded, in text that is not fit to be shown. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	struct ks_frame frame;

	(void)deliver_well(host);
	ks_frame_init(&frame, KS_FRAME_FAILED, FIRST_SERIAL);
	frame.numbers[KS_FAILED_RESULT] = KS_OK;
	ks_frame_add(&frame, "is\033[2J " SECRET "\nkeystile: all is well", KS_REASON_MAX);
	ks_frame_add(&frame, "do\nthis", KS_REMEDY_MAX);
	write_frame(&frame);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
