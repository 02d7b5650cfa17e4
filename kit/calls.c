/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "kit/ask.h"
#include "kit/checks.h"

void check_open(const struct kit *kit, const struct home *home)
{
	struct ks_context *context = open_home(home);

	(void)kit;
	during(RULE_CLOSE, "close()");
	(void)ks_close(context);
}

/* Called for a system call that open() has no business with: in its thread, instead of it. */
static void tell_call(int number, siginfo_t *info, void *machine)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, info->si_syscall);

	(void)number;
	(void)machine;
	broken(RULE_OPEN_IO, "open() makes the system call %s", name ? name : "of a number without a name");
}

/* From here on, what reaches out of the process raises a signal. Memory, time and what is open stay to be had. */
static void forbid_io(void)
{
	static const char *const calls[] = {"open", "openat", "openat2", "creat", "stat", "lstat", "newfstatat",
		"statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64", "socket",
		"socketpair", "connect", "execve", "execveat", "fork", "vfork", "unlink", "unlinkat", "mkdir",
		"mkdirat", "rename", "renameat", "renameat2", "inotify_init1", "name_to_handle_at"};
	const struct sigaction action = {.sa_sigaction = tell_call, .sa_flags = SA_SIGINFO | SA_NODEFER};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int number = 0, r = filter ? 0 : -ENOMEM;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && r == 0; i++) {
		number = seccomp_syscall_resolve_name(calls[i]);
		/* below zero: this machine does without it */
		if (number >= 0)
			r = seccomp_rule_add(filter, SCMP_ACT_TRAP, number, 0);
	}
	if (r == 0 && sigaction(SIGSYS, &action, NULL) < 0)
		r = -errno;
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	if (r < 0)
		left_out("this machine takes no filter of system calls");
}

void check_open_io(const struct kit *kit, const struct home *home)
{
	struct ks_context *context = open_stack(home);
	struct ks_problem problem = {0};

	(void)kit;
	during(RULE_ENDS, "loading it");
	if (ks_module_load(context->stack.entries[0].module, &problem) < 0)
		broken(rule_of_load(problem.reason), "%s", problem.reason);
	forbid_io();
	open_state(context);
}

static void ask_twice(const struct home *home, uint32_t transports, bool is_fresh)
{
	struct ks_context *context = open_home(home);

	ask_strictly(context, transports, is_fresh);
	ask_strictly(context, transports, is_fresh);
	during(RULE_CLOSE, "close()");
	(void)ks_close(context);
}

void check_resolve_api(const struct kit *kit, const struct home *home)
{
	(void)kit;
	ask_twice(home, KS_TRANSPORT_API, false);
}

void check_resolve_cli(const struct kit *kit, const struct home *home)
{
	(void)kit;
	ask_twice(home, KS_TRANSPORT_CLI, false);
}

void check_resolve_fresh(const struct kit *kit, const struct home *home)
{
	(void)kit;
	ask_twice(home, ASK_ANY, true);
}

void check_close(const struct kit *kit, const struct home *home)
{
	struct ks_context *context = open_home(home);
	const struct ks_provider *provider = context->stack.entries[0].module->provider;

	(void)kit;
	during(RULE_CLOSE, "close(NULL)");
	if (provider->close)
		provider->close(NULL);
	(void)ask(context, ASK_TIMEOUT_MS);
	during(RULE_CLOSE, "close()");
	(void)ks_close(context);
}
