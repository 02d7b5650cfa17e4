/* SPDX-License-Identifier: MIT */
/* Computes without an end, with every signal blocked that can be. */
#include <signal.h>

#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	volatile unsigned rounds = 0;
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	while (host)
		rounds = rounds + 1;
	return KS_ERROR;
}

HOSTILE_ANSWER(answer)
