/* SPDX-License-Identifier: MIT */
/* Opens a file with a trust that is none. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	const char *reason = 0;
	int fd = -1;

	if (host->open_private(host, "/etc/passwd", 99, &fd, &reason) == 0 || fd >= 0)
		return deliver_well(host);
	return host->fail(host, KS_DENIED, "/etc/passwd", reason, 0);
}

HOSTILE_ANSWER(answer)
