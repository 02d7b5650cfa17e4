/* SPDX-License-Identifier: MIT */
/* Writes the first half of a frame. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	static struct packet packet;
	struct ks_frame frame;

	(void)host;
	put_delivery(&frame, FIRST_SERIAL);
	encode(&packet, &frame);
	write_packet(packet.bytes, packet.length / 2);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
