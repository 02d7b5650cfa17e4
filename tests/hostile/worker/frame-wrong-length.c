/* SPDX-License-Identifier: MIT */
/* Writes a frame that says that it is longer than it is. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	static struct packet packet;
	struct ks_frame frame;
	const uint32_t length = UINT32_MAX;

	(void)host;
	put_delivery(&frame, FIRST_SERIAL);
	encode(&packet, &frame);
	memcpy(packet.bytes + HEAD_LENGTH, &length, sizeof(length));
	write_packet(packet.bytes, packet.length);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
