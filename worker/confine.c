/* SPDX-License-Identifier: MIT */
#include "worker/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/confinement.h"
#include "worker/filter.h"
#include "worker/landlock.h"

#define GIB ((rlim_t)1 << 30)

/* Up to the last one that this kernel knows. Without the right to do so (EPERM) there is nothing to take away. */
static int drop_bounds(void)
{
	for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return errno == EPERM ? 0 : -errno;
	return 0;
}

static int drop_capabilities(struct ks_problem *problem)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
	int r = drop_bounds();

	if (r < 0)
		return ks_problem_errno(problem, -r, "cannot bound the capabilities of the worker");
	/* The ambient ones go with the permitted ones. */
	if (syscall(SYS_capset, &header, none) < 0)
		return ks_problem_errno(problem, errno, "cannot drop the capabilities of the worker");
	return 0;
}

/* A limit that is lower already stays. */
static int limit(__rlimit_resource_t resource, rlim_t most)
{
	struct rlimit limit = {0};

	if (getrlimit(resource, &limit) < 0)
		return -errno;
	if (limit.rlim_max < most)
		most = limit.rlim_max;
	limit = (struct rlimit){.rlim_cur = most, .rlim_max = most};
	return setrlimit(resource, &limit) < 0 ? -errno : 0;
}

static int forbid_dumps(struct ks_problem *problem)
{
	int r = limit(RLIMIT_CORE, 0);

	if (r == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		r = -errno;
	return r < 0 ? ks_problem_errno(problem, -r, "cannot keep the worker from dumping core") : 0;
}

static int set_limits(struct ks_problem *problem)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	int r = limit(RLIMIT_NOFILE, KS_CONFINE_DESCRIPTORS);

	if (r == 0)
		r = limit(RLIMIT_FSIZE, 0);
	/* A write beyond the limit fails with EFBIG, and does not end the worker. */
	if (r == 0 && sigaction(SIGXFSZ, &ignore, NULL) < 0)
		r = -errno;
	return r < 0 ? ks_problem_errno(problem, -r, "cannot limit the worker") : 0;
}

static int limit_memory(struct ks_problem *problem)
{
	int r = limit(RLIMIT_AS, KS_CONFINE_MEMORY_GIB * GIB);

	return r < 0 ? ks_problem_errno(problem, -r, "cannot limit the memory of the worker") : 0;
}

/* The order matters: the capabilities bound themselves, Landlock and the filter want no new privileges, and behind
   the filter none of this can be called. */
int ks_confine(const struct ks_confine_rules *rules, uint32_t *ret_measures, struct ks_problem *problem)
{
	const uint32_t available = ks_measures_available();
	uint32_t measures = KS_MEASURE_CAPABILITIES | KS_MEASURE_DUMP | KS_MEASURE_LIMITS, landlock = 0;
	int r = drop_capabilities(problem);

	if (r == 0 && available & KS_MEASURE_PRIVILEGES) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			return ks_problem_errno(problem, errno, "cannot give up new privileges");
		measures |= KS_MEASURE_PRIVILEGES;
	}
	if (r == 0)
		r = forbid_dumps(problem);
	if (r == 0)
		r = set_limits(problem);
	if (r == 0 && rules->limits_memory) {
		r = limit_memory(problem);
		measures |= KS_MEASURE_MEMORY;
	}
	if (r == 0)
		r = ks_landlock_apply(rules, &landlock, problem);
	if (r == 0 && available & KS_MEASURE_CALLS) {
		r = ks_filter_apply(rules->network, problem);
		measures |= KS_MEASURE_CALLS | (rules->network ? 0 : KS_MEASURE_SOCKETS);
	}
	if (r == 0)
		*ret_measures = measures | landlock;
	return r;
}

bool ks_confine_is_stale(void)
{
	return ks_landlock_is_stale();
}
