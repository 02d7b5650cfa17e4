/* SPDX-License-Identifier: MIT */
#include "worker/load.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Names of sanitizers: their shadow memory is larger than any limit. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMITS_MEMORY false
#elif defined(__has_feature)
#define LIMITS_MEMORY (!__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer))
#else
#define LIMITS_MEMORY true
#endif

/* Opens the module and reads its note, which says what it may do. The caller has looked at who may write it. */
static int open_module(struct ks_module *module, struct ks_arena *arena, int *ret_fd, struct ks_problem *problem)
{
	struct ks_identity identity;
	struct stat status;
	int fd = open(module->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), r = 0;

	if (fd < 0 || fstat(fd, &status) < 0) {
		r = ks_problem_errno(problem, errno, module->path);
		problem->result = KS_ERROR;
		goto out;
	}
	ks_identity_read(fd, &status, &identity);
	if (!ks_identity_equal(&identity, &module->identity)) {
		r = ks_problem(problem, KS_ERROR, "open the stack again", "%s was replaced after it was verified",
			module->path);
		goto out;
	}
	r = ks_note_read(fd, arena, &module->manifest, problem);
out:
	if (r == 0)
		*ret_fd = fd;
	else if (fd >= 0)
		(void)close(fd);
	return r;
}

int ks_load(struct ks_module *module, struct ks_arena *arena, const struct ks_confine_rules *rules,
	int (*confined)(void *data, uint32_t measures), void *data, struct ks_problem *problem)
{
	struct ks_confine_rules all = *rules;
	uint32_t measures = 0;
	int fd = -1, r = open_module(module, arena, &fd, problem);

	if (r < 0)
		return r;
	all.network = module->manifest.flags & KS_PROVIDER_NETWORK;
	all.limits_memory = LIMITS_MEMORY;
	r = ks_confine(&all, &measures, problem);
	if (r == 0)
		r = confined(data, measures);
	if (r == 0)
		r = ks_module_map(module, fd, problem);
	(void)close(fd);
	return r;
}
