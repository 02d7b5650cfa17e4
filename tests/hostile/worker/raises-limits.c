/* SPDX-License-Identifier: MIT */
/* Tries to raise the limits that were set for it. */
#include <sys/resource.h>
#include <unistd.h>

#include "tale.h"

static int answer(const struct ks_host *host)
{
	const struct rlimit more = {4096, 4096}, none = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit now;
	struct tale tale = {0};

	tell(&tale, "descriptors", setrlimit(RLIMIT_NOFILE, &more));
	tell(&tale, "memory", setrlimit(RLIMIT_AS, &none));
	tell(&tale, "core", prlimit(getppid(), RLIMIT_CORE, &none, NULL));
	tell(&tale, "core", prlimit(getppid(), RLIMIT_CORE, NULL, &now));
	tell(&tale, "niceness", setpriority(PRIO_PROCESS, 0, -5));
	return answer_with(host, &tale);
}

HOSTILE_ANSWER(answer)
