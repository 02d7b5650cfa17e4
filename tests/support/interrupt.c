/* SPDX-License-Identifier: MIT */
/*
 * Linked around sendmsg(2) and recvmsg(2) of a program: at one boundary between two frames of a worker's socket,
 * sends one signal. KEYSTILE_INTERRUPT="NUMBER WHO SIGNAL" says at which, counted from 1; to whom ("caller" is the
 * program itself, "supervisor" the worker, "child" the process in which the module runs); and which. Says on standard
 * error that it did.
 *
 * Each frame has two boundaries. One that is sent: before that, and when it is there but was not read, for which the
 * child is stopped first. One that is received: when it is there to be received, and when it was.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	PATIENCE_MS = 2000,
	DESCRIPTORS = 256,
	LINE_BYTES = 256
};

ssize_t real_sendmsg(int fd, const struct msghdr *message, int flags) __asm__("__real_sendmsg");
ssize_t wrap_sendmsg(int fd, const struct msghdr *message, int flags) __asm__("__wrap_sendmsg");
ssize_t real_recvmsg(int fd, struct msghdr *message, int flags) __asm__("__real_recvmsg");
ssize_t wrap_recvmsg(int fd, struct msghdr *message, int flags) __asm__("__wrap_recvmsg");

static unsigned boundaries; /* that were passed */

struct order {
	unsigned number;
	int signal;
	char who[16];
};

static struct order read_order(void)
{
	struct order order = {0};
	const char *text = getenv("KEYSTILE_INTERRUPT");

	if (text && sscanf(text, "%u %15s %d", &order.number, order.who, &order.signal) != 3)
		abort();
	return order;
}

static bool is_channel(int fd)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

/* The first number in a file of /proc: behind `label` where one is given. 0 for none. */
static pid_t read_pid(const char *path, const char *label)
{
	FILE *file = fopen(path, "re");
	char line[LINE_BYTES];
	long pid = 0;

	while (file && pid <= 0 && fgets(line, sizeof(line), file))
		if (strncmp(line, label, strlen(label)) == 0)
			pid = strtol(line + strlen(label), NULL, 10);
	if (file)
		(void)fclose(file);
	return pid > 0 ? (pid_t)pid : 0;
}

/* Whose pidfd this process has. */
static pid_t find_supervisor(void)
{
	char path[LINE_BYTES];
	pid_t pid = 0;

	for (int fd = 0; pid == 0 && fd < DESCRIPTORS; fd++) {
		(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
		pid = read_pid(path, "Pid:");
	}
	return pid;
}

/* It may only just be on its way. */
static pid_t find_child(pid_t supervisor)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	char path[LINE_BYTES];
	pid_t pid = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)supervisor, (int)supervisor);
	for (unsigned i = 0; supervisor > 0 && pid == 0 && i < PATIENCE_MS; i++) {
		pid = read_pid(path, "");
		if (pid == 0)
			(void)nanosleep(&moment, NULL);
	}
	return pid;
}

/* Through a pidfd: whatever it is that was read, no number is signalled that stands for more than one process. */
static void signal_one(pid_t pid, int number)
{
	struct pollfd end = {.fd = pid > 0 ? pidfd_open(pid, 0) : -1, .events = POLLIN};

	if (end.fd < 0)
		return;
	(void)pidfd_send_signal(end.fd, number, NULL, 0);
	if (number == SIGKILL)
		(void)poll(&end, 1, PATIENCE_MS);
	(void)close(end.fd);
}

static void interrupt(const struct order *order)
{
	const pid_t supervisor = find_supervisor();
	pid_t pid = getpid();

	if (strcmp(order->who, "child") == 0)
		pid = find_child(supervisor);
	else if (strcmp(order->who, "supervisor") == 0)
		pid = supervisor;
	(void)dprintf(STDERR_FILENO, "interrupted at %u\n", order->number);
	signal_one(pid, order->signal);
}

ssize_t wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	const struct order order = read_order();
	pid_t stopped = 0;
	ssize_t sent = -1;

	if (!is_channel(fd))
		return real_sendmsg(fd, message, flags);
	if (order.number == boundaries + 1)
		interrupt(&order);
	if (order.number == boundaries + 2) {
		stopped = find_child(find_supervisor());
		signal_one(stopped, SIGSTOP);
	}
	sent = real_sendmsg(fd, message, flags);
	if (order.number == boundaries + 2) {
		interrupt(&order);
		if (order.signal != SIGSTOP || strcmp(order.who, "child") != 0)
			signal_one(stopped, SIGCONT);
	}
	boundaries += 2;
	return sent;
}

ssize_t wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
	const struct order order = read_order();
	struct pollfd channel = {.fd = fd, .events = POLLIN};
	ssize_t got = -1;

	if (!is_channel(fd))
		return real_recvmsg(fd, message, flags);
	if (order.number == boundaries + 1 && poll(&channel, 1, PATIENCE_MS) > 0)
		interrupt(&order);
	got = real_recvmsg(fd, message, flags);
	if (got <= 0)
		return got;
	if (order.number == boundaries + 2)
		interrupt(&order);
	boundaries += 2;
	return got;
}
