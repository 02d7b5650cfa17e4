/* SPDX-License-Identifier: MIT */
/* Asks for eight GiB in pieces, and uses each piece. */
#include <sys/mman.h>

#include "tale.h"

enum {
	PIECES = 32, /* of 256 MiB */
	USED_EVERY = 1024 * 1024
};

static int answer(const struct ks_host *host)
{
	const size_t size = (size_t)256 * 1024 * 1024;
	struct tale tale = {0};
	char *piece = NULL;

	for (int i = 0; i < PIECES && piece != MAP_FAILED; i++) {
		piece = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (size_t at = 0; piece != MAP_FAILED && at < size; at += USED_EVERY)
			piece[at] = 1;
	}
	tell(&tale, "memory", piece == MAP_FAILED ? -1 : 0);
	return answer_with(host, &tale);
}

HOSTILE_ANSWER(answer)
