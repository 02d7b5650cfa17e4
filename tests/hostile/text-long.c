/* SPDX-License-Identifier: MIT */
/* Fails with more words than a message has room for. */
#include "hostile.h"

#include <string.h>

static int answer(const struct ks_host *host)
{
	char text[8 * KS_MESSAGE_MAX];

	memset(text, 'w', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	return host->fail(host, KS_DENIED, text, text, text);
}

HOSTILE_ANSWER(answer)
