/* SPDX-License-Identifier: MIT */
/*
 * For modules that write to the worker's socket by hand, past the host table.
 */
#ifndef KEYSTILE_TESTS_HOSTILE_PACKETS_H
#define KEYSTILE_TESTS_HOSTILE_PACKETS_H

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/frame.h"
#include "tests/hostile/hostile.h"
#include "wait.h"

enum {
	OPEN_SERIAL = 1,  /* of the request in which a worker is started */
	FIRST_SERIAL = 2, /* of the first resolve() */
	HEAD_TYPE = 1,    /* where in a packet what is: its bytes of the head */
	HEAD_LENGTH = 4,
	DESCRIPTORS = 64
};

struct packet {
	unsigned char bytes[KS_FRAME_MAX];
	size_t length;
};

/* It is the only socket that there is, whatever its number. */
static inline int find_socket(void)
{
	struct stat status;

	for (int fd = 0; fd < DESCRIPTORS; fd++)
		if (fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode))
			return fd;
	abort();
}

static inline void write_packet(const void *bytes, size_t length)
{
	if (send(find_socket(), bytes, length, MSG_NOSIGNAL) < 0)
		_exit(EXIT_FAILURE);
}

static inline void encode(struct packet *packet, const struct ks_frame *frame)
{
	if (ks_frame_encode(frame, packet->bytes, &packet->length) < 0)
		abort();
}

static inline void write_frame(const struct ks_frame *frame)
{
	static struct packet packet;

	encode(&packet, frame);
	write_packet(packet.bytes, packet.length);
}

static inline void put_delivery(struct ks_frame *frame, uint32_t serial)
{
	ks_frame_init(frame, KS_FRAME_DELIVER, serial);
	frame->numbers[KS_DELIVER_KIND] = KS_KIND_API_KEY;
	frame->numbers[KS_DELIVER_TRANSPORTS] = ALL_TRANSPORTS;
	ks_frame_add_bytes(frame, SECRET, sizeof(SECRET) - 1);
	ks_frame_add(frame, "forged", KS_SOURCE_MAX);
	ks_frame_add(frame, NULL, 0);
}

/* The module's function returned so. */
static inline void write_done(uint32_t serial, int returned)
{
	struct ks_frame frame;

	ks_frame_init(&frame, KS_FRAME_DONE, serial);
	frame.numbers[KS_DONE_RETURNED] = returned;
	write_frame(&frame);
}

#endif
