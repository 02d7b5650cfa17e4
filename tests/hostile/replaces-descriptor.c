/* SPDX-License-Identifier: MIT */
/* Puts another file in the place of standard input. */
#include "hostile.h"

#include <fcntl.h>
#include <unistd.h>

static int answer(const struct ks_host *host)
{
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0 || close(fd) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
