/* SPDX-License-Identifier: MIT */
/* Leaves a thread. */
#include "hostile.h"

#include <pthread.h>
#include <unistd.h>

static void *wait_for_ever(void *data)
{
	for (;;)
		(void)pause();
	return data;
}

static int answer(const struct ks_host *host)
{
	pthread_t thread;

	if (pthread_create(&thread, 0, wait_for_ever, 0) != 0 || pthread_detach(thread) != 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
