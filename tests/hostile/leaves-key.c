/* SPDX-License-Identifier: MIT */
/* Registers a destructor for every thread. */
#include "hostile.h"

#include <pthread.h>

static void destroy(void *value)
{
	(void)value;
}

static int answer(const struct ks_host *host)
{
	pthread_key_t key = 0;

	if (pthread_key_create(&key, destroy) != 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
