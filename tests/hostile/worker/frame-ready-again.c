/* SPDX-License-Identifier: MIT */
/* Says that it is confined by everything there is: who is not may not say so. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	struct ks_frame frame;

	ks_frame_init(&frame, KS_FRAME_READY, FIRST_SERIAL);
	frame.numbers[KS_READY_MEASURES] = UINT32_MAX;
	write_frame(&frame);
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
