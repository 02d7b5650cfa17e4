/* SPDX-License-Identifier: MIT */
/* Notes lines without an end, by several threads, so that there is always one to be read. */
#include <pthread.h>

#include "packets.h"

enum {
	THREADS = 8
};

static struct packet line;

static void *flood(void *data)
{
	int fd = find_socket();

	for (;;)
		(void)send(fd, line.bytes, line.length, MSG_NOSIGNAL);
	return data;
}

static int answer(const struct ks_host *host)
{
	struct ks_frame frame;
	pthread_t thread;

	(void)host;
	ks_frame_init(&frame, KS_FRAME_LOG, FIRST_SERIAL);
	frame.numbers[0] = KS_LOG_WARNING;
	ks_frame_add(&frame, "again", KS_REASON_MAX);
	encode(&line, &frame);
	for (int i = 0; i < THREADS; i++)
		(void)pthread_create(&thread, NULL, flood, NULL);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
