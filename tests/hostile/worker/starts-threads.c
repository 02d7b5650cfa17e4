/* SPDX-License-Identifier: MIT */
/* Starts threads until no more can be had, and leaves them there. */
#include <pthread.h>
#include <unistd.h>

#include "tests/hostile/hostile.h"

enum {
	THREADS = 512
};

static void *stay(void *data)
{
	for (;;)
		(void)pause();
	return data;
}

static int answer(const struct ks_host *host)
{
	pthread_t thread;

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, stay, NULL) != 0)
			break;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
