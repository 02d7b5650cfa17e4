/* SPDX-License-Identifier: MIT */
#include "bench/resident.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LINE_MAX_BYTES = 256,
	CANNOT_RUN = 127
};

static void run_traced(char *const words[], const char *input)
{
	int in = open(input ? input : "/dev/null", O_RDONLY | O_CLOEXEC);
	int out = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (in >= 0 && out >= 0 && dup2(in, STDIN_FILENO) == STDIN_FILENO &&
		dup2(out, STDOUT_FILENO) == STDOUT_FILENO && ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
		(void)execv(words[0], words);
	_exit(CANNOT_RUN);
}

/* "VmHWM:     1384 kB" in proc_pid_status(5) */
static long read_peak(pid_t pid)
{
	char path[LINE_MAX_BYTES], line[LINE_MAX_BYTES];
	FILE *file = NULL;
	long peak = -1;

	(void)snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	file = fopen(path, "re");
	while (file && peak < 0 && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmHWM: %ld", &peak) != 1)
			peak = -1;
	if (file)
		(void)fclose(file);
	return peak;
}

static bool is_exit(int status)
{
	return status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8);
}

long resident_peak(char *const words[], const char *input)
{
	int status = 0;
	long peak = -1;
	pid_t pid = fork();

	if (pid == 0)
		run_traced(words, input);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
		ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL) < 0)
		return -1;
	/* it stops after each execve(2), for each signal, and before its end */
	while (WIFSTOPPED(status)) {
		int signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);

		if (is_exit(status))
			peak = read_peak(pid);
		if (ptrace(PTRACE_CONT, pid, NULL, (long)signal) < 0 || waitpid(pid, &status, 0) != pid)
			return -1;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? peak : -1;
}
