/* SPDX-License-Identifier: MIT */
/* Delivers when it is loaded, for the request that comes next. */
#include "packets.h"

__attribute__((constructor)) static void answer_early(void)
{
	struct ks_frame frame;

	write_done(OPEN_SERIAL, KS_OK);
	put_delivery(&frame, FIRST_SERIAL);
	write_frame(&frame);
	write_done(FIRST_SERIAL, KS_OK);
	wait_for_the_end();
}

static int answer(const struct ks_host *host)
{
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
