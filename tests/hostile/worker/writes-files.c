/* SPDX-License-Identifier: MIT */
/* Writes, makes and changes files, also in the folder that its option names. */
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tale.h"

#define OPTIONS(X) X("folder", PATH, REQUIRED, "", "a folder with a file `mine`")

static char folder[PATH_MAX], mine[PATH_MAX], fresh[PATH_MAX];

static int open_hostile(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)host;
	(void)ret_state;
	(void)snprintf(folder, sizeof(folder), "%s", KS_SETTING(settings, stride, 0));
	(void)snprintf(mine, sizeof(mine), "%.4000s/mine", folder);
	(void)snprintf(fresh, sizeof(fresh), "%.4000s/fresh", folder);
	return KS_OK;
}

static int resolve(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	char temporary[] = "/tmp/keystile-hostile-XXXXXX";
	struct tale tale = {0};

	(void)state;
	(void)request;
	tell(&tale, "read", open(mine, O_RDONLY | O_CLOEXEC));
	tell(&tale, "write", open(mine, O_WRONLY | O_CLOEXEC));
	tell(&tale, "truncate", open(mine, O_RDONLY | O_TRUNC | O_CLOEXEC));
	tell(&tale, "make", open(fresh, O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
	tell(&tale, "nameless", open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
	tell(&tale, "temporary", mkstemp(temporary));
	tell(&tale, "mkdir", mkdir(fresh, 0700));
	tell(&tale, "mode", chmod(mine, 0644));
	tell(&tale, "unlink", unlink(mine));
	tell(&tale, "rename", rename(mine, fresh));
	tell(&tale, "link", link(mine, fresh));
	tell(&tale, "symlink", symlink(mine, fresh));
	tell(&tale, "memfd", memfd_create("hostile", MFD_CLOEXEC));
	tell(&tale, "openat2", syscall(SYS_openat2, AT_FDCWD, mine, NULL, 0));
	return answer_with(host, &tale);
}

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, OPTIONS, KS_NONE,
	open_hostile, resolve, 0)
