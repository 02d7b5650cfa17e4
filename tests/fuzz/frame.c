/* SPDX-License-Identifier: MIT */
/*
 * core/frame.c: what is read of a packet lies in it, and writes the same packet again. The input is one packet; or
 * where it begins with a letter, packets as packets.h has them.
 */
#include "core/frame.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "fuzz.h"
#include "packets.h"

static void check(const unsigned char *bytes, size_t length)
{
	static struct ks_frame frame;
	int r = ks_frame_decode(bytes, length, &frame);

	PROPERTY(r == 0 || r == -EBADMSG || r == -EPROTONOSUPPORT);
	PROPERTY(r != -EPROTONOSUPPORT || bytes[0] != KS_FRAME_VERSION);
	if (r == 0)
		packets_check_frame(&frame, bytes, length);
}

void fuzz_target(char *bytes, size_t length)
{
	static struct packet packet;
	struct packets packets = packets_of(bytes, length);
	unsigned char *block = NULL;

	if (length == 0 || !isalpha((unsigned char)bytes[0])) {
		check((const unsigned char *)bytes, length);
		return;
	}
	while (packets_next(&packets, 1, &packet)) {
		block = fuzz_block(packet.bytes, packet.length);
		check(block, packet.length);
		free(block);
	}
}
