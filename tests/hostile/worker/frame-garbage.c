/* SPDX-License-Identifier: MIT */
/* Writes what has nothing of a frame. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	static unsigned char bytes[1000] = {KS_FRAME_VERSION, KS_FRAME_DELIVER};

	(void)host;
	for (size_t i = 2; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 167 + 13);
	write_packet(bytes, sizeof(bytes));
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
