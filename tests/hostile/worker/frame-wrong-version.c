/* SPDX-License-Identifier: MIT */
/* Writes a frame of another version. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	static struct packet packet;
	struct ks_frame frame;

	(void)host;
	put_delivery(&frame, FIRST_SERIAL);
	encode(&packet, &frame);
	packet.bytes[0] = KS_FRAME_VERSION + 1;
	write_packet(packet.bytes, packet.length);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
