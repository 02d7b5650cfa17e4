/* SPDX-License-Identifier: MIT */
/* Becomes another user, in another place. */
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tale.h"

static int answer(const struct ks_host *host)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[2] = {{.effective = 1, .permitted = 1, .inheritable = 0}};
	struct tale tale = {0};

	tell(&tale, "user", setuid(getuid()));
	tell(&tale, "group", syscall(SYS_setresgid, 0, 0, 0));
	tell(&tale, "capabilities", syscall(SYS_capset, &header, data));
	tell(&tale, "root", chroot("/usr"));
	tell(&tale, "mount", mount("none", "/mnt", "tmpfs", 0, NULL));
	tell(&tale, "namespace", unshare(CLONE_NEWUSER));
	tell(&tale, "folder", chdir("/tmp"));
	tell(&tale, "umask", syscall(SYS_umask, 0));
	return answer_with(host, &tale);
}

HOSTILE_ANSWER(answer)
