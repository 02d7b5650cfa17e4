/* SPDX-License-Identifier: MIT */
/* Fails with words that would clear a terminal and begin lines of their own. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	return host->fail(host, KS_DENIED, "/x\033[2J\n", "is\r\nkeystile: \033]0;all is well\007",
		"do\nthis \xe2\x80\xae backwards \xff");
}

HOSTILE_ANSWER(answer)
