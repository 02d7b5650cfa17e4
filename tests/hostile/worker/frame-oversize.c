/* SPDX-License-Identifier: MIT */
/* Writes a packet that is longer than any frame, and says so in its head. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	static unsigned char bytes[KS_FRAME_MAX + 4096] = {KS_FRAME_VERSION, KS_FRAME_LOG};
	const uint32_t length = sizeof(bytes);

	(void)host;
	memcpy(bytes + HEAD_LENGTH, &length, sizeof(length));
	write_packet(bytes, sizeof(bytes));
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
