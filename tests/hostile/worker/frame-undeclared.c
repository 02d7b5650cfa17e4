/* SPDX-License-Identifier: MIT */
/* Delivers by hand a kind that it does not declare. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	struct ks_frame frame;

	(void)host;
	put_delivery(&frame, FIRST_SERIAL);
	frame.numbers[KS_DELIVER_KIND] = KS_KIND_SETUP_TOKEN;
	frame.numbers[KS_DELIVER_TRANSPORTS] = KS_TRANSPORT_CLI;
	frame.texts[KS_DELIVER_SECRET] = (struct ks_frame_text){SETUP_TOKEN, sizeof(SETUP_TOKEN) - 1};
	write_frame(&frame);
	write_done(FIRST_SERIAL, KS_OK);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
