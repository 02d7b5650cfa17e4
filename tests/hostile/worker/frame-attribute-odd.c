/* SPDX-License-Identifier: MIT */
/* Delivers a name of an attribute without its value. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	struct ks_frame frame;

	(void)host;
	put_delivery(&frame, FIRST_SERIAL);
	ks_frame_add(&frame, "workspace", KS_ATTRIBUTE_NAME_MAX);
	write_frame(&frame);
	write_done(FIRST_SERIAL, KS_OK);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
