/* SPDX-License-Identifier: MIT */
/* Does away with what ends its process together with its supervisor, and what keeps others out of it. */
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tale.h"

static int answer(const struct ks_host *host)
{
	struct tale tale = {0};
	int signal_number = 0;

	tell(&tale, "death signal", prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0));
	tell(&tale, "dumpable", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	tell(&tale, "tracer", prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0));
	tell(&tale, "subreaper", prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	tell(&tale, "session", setsid());
	tell(&tale, "group", setpgid(0, getppid()));
	if (prctl(PR_GET_PDEATHSIG, &signal_number, 0, 0, 0) == 0 && signal_number == SIGKILL &&
		prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0)
		tell(&tale, "all as it was", 0);
	return answer_with(host, &tale);
}

HOSTILE_ANSWER(answer)
