/* SPDX-License-Identifier: MIT */
/* Writes a frame of a type that there is none of. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	static struct packet packet;
	struct ks_frame frame;

	(void)host;
	put_delivery(&frame, FIRST_SERIAL);
	encode(&packet, &frame);
	packet.bytes[HEAD_TYPE] = 99;
	write_packet(packet.bytes, packet.length);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
