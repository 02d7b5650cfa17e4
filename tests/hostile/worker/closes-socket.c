/* SPDX-License-Identifier: MIT */
/* Closes the socket to its caller, and waits. */
#include "packets.h"

static int answer(const struct ks_host *host)
{
	(void)host;
	(void)close(find_socket());
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
