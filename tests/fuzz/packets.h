/* SPDX-License-Identifier: MIT */
/*
 * Packets written as text, for targets that are fed what another process sends: people can read the seeds, and a
 * fuzzer that changes a byte of them changes what is said, and not only whether it can be read. A line is one of
 *
 *   NAME NUMBER...   begins a packet of the type of that name, or of that number
 *   "TEXT            adds a text to it; %41 in it is a byte
 *   *COUNT TEXT      adds a text that is this one so many times
 *   -                adds no text (NULL)
 *   !                adds the identity of a file, of zeros
 *   &SERIAL          is what it has for its serial number, and not what the other side waits for
 *   @PLACE VALUE     changes a byte, once all that is before this line was put together
 *   =SIZE            cuts it, or makes it longer by zeros; the head still tells what was right before
 *   +                has a descriptor come with it
 *
 * and any other line is nothing.
 */
#ifndef KEYSTILE_TESTS_FUZZ_PACKETS_H
#define KEYSTILE_TESTS_FUZZ_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/frame.h"

enum {
	PACKET_SIZE_MAX = KS_FRAME_MAX + 64 /* somewhat more than may be */
};

struct packet {
	unsigned char bytes[PACKET_SIZE_MAX];
	size_t length;
	bool has_descriptor;
};

/* What was not read yet of the text. */
struct packets {
	const char *next, *end;
};

/* All of the text, which stays the caller's. */
struct packets packets_of(const char *text, size_t length);

/* Reads the next packet, with this serial number where it has no other. Returns whether there was one. */
bool packets_next(struct packets *packets, uint32_t serial, struct packet *ret_packet);

/* Sends every packet, as many as the socket takes but not more than `limit`. */
void packets_send(struct packets *packets, uint32_t serial, int socket, unsigned limit);

/* Whether the line is at the head of the text; then it is skipped. */
bool packets_begin_with(struct packets *packets, const char *line);

/* Says what holds for every frame that was decoded of a packet: for both sides, and for both ways. */
void packets_check_frame(const struct ks_frame *frame, const unsigned char *packet, size_t length);

#endif
