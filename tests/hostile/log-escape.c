/* SPDX-License-Identifier: MIT */
/* Notes a line that would clear a terminal and begin another, of a level that is none. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	host->log(host, 77, "one\033[2J\nkeystile: two\xff");
	host->log(host, KS_LOG_DEBUG, 0);
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
