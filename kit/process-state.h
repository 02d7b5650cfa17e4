/* SPDX-License-Identifier: MIT */
/*
 * What a provider module must leave alone in the process it runs in: a record of it, and what differs between two.
 *
 *	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
 *	struct process_state *before = process_state_take(proc), *after = NULL;
 *
 *	...                     (calls of the module)
 *	after = process_state_take(proc);
 *	differences = process_state_compare(before, after, print_line, NULL);
 *
 * A record holds, of the process and of the thread that takes it:
 *
 *	descriptors         what each leads to, with its flags; the position of standard input, output and error where
 *	                    they are files, so that reading and writing are seen: point them at files
 *	places              working directory, root, namespaces
 *	file creation       umask
 *	signals             every disposition, the mask, the alternate stack
 *	identity            users, groups, capabilities, secure bits, no_new_privs, seccomp, session, process group
 *	text                the locale by category and by thread, the environment
 *	limits              resource limits, niceness, scheduling policy, processors, out-of-memory score
 *	threads, children   the threads and their names; whether there is a child that was not waited for
 *	timers              interval timers (alarm(2) is one), timers of timer_create(2)
 *	habits              dumpable, keep-capabilities, personality, parent-death signal, child subreaper, timer
 *	                    slack, huge pages; whether a thread-specific key was made
 *
 * It cannot see handlers of atexit(3) and pthread_atfork(3), and nothing that was changed and put back.
 *
 * Linux and glibc; links libc alone. What the kernel does not tell is recorded as such, which is no difference as
 * long as it stays so. Taking a record flushes standard output and error, and changes nothing else.
 */
#ifndef KEYSTILE_PROCESS_STATE_H
#define KEYSTILE_PROCESS_STATE_H

struct process_state;

/*
 * Takes a record. `proc` is a descriptor of /proc, opened by the caller before anything could change the root. NULL
 * where memory is short. To be freed with process_state_free().
 */
struct process_state *process_state_take(int proc);

/*
 * Calls `tell` with one line for each difference: "umask: 0022 -> 0077", or for what only one record has
 * "descriptor 5: none -> /dev/null, ...". What stands in the environment is not told, only that it was "set",
 * "changed" or "unset". A line is printable ASCII with '?' for anything else, and at most PROCESS_STATE_LINE_MAX
 * bytes. Returns the number of differences.
 */
unsigned process_state_compare(const struct process_state *before, const struct process_state *after,
	void (*tell)(void *data, const char *line), void *data);

enum {
	PROCESS_STATE_LINE_MAX = 1024
};

/* NULL is allowed. Always returns NULL. */
struct process_state *process_state_free(struct process_state *state);

#endif
