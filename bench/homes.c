/* SPDX-License-Identifier: MIT */
/*
 * homes HERE THERE ROUNDS [apart]: what a warm ks_resolve() costs in a module's two homes, and what a worker takes of
 * memory.
 *
 * HERE is a service whose module runs in this process, THERE one with the same module in a worker. Each round asks
 * both once, and sends a packet to another process and back as a worker's frames go, in an order of chance. Prints
 * the medians in nanoseconds: here, there, the round trip; then what this process, the supervisor and the module's
 * own process have in memory, in KiB of their proportional shares (-1: only root may see it). With 0 rounds it only
 * asks each once, so that a tracer can take the difference. All processes are on one processor, or with "apart" the
 * others are on a second one: where they are by chance makes more of a difference than all that is measured.
 */
#include <keystile/keystile.h>

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/context.h"

enum {
	WARM_UP = 20, /* rounds that are not counted */
	ROUNDS_MAX = 1000000,
	PACKET_SIZE = 64,
	LINE_MAX_BYTES = 256
};

enum kind {
	HERE,
	THERE,
	ROUND_TRIP,
	KINDS
};

static struct ks_context *contexts[2];
static int to_peer = -1;

static void give_up(const char *what, const char *why)
{
	fprintf(stderr, "homes: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

/* Puts this thread, and what it starts, on the processor number `index` of those that it may have. */
static void go_to(const cpu_set_t *allowed, unsigned index)
{
	cpu_set_t one;

	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, allowed) || index-- > 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one) < 0)
			give_up("sched_setaffinity", strerror(errno));
		return;
	}
	give_up("apart", "there is but one processor");
}

static int64_t now(void)
{
	struct timespec time = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Another process that sends back what it gets, until this one is gone. */
static pid_t start_peer(void)
{
	char packet[PACKET_SIZE];
	int fds[2] = {-1, -1};
	pid_t pid = -1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		give_up("socketpair", strerror(errno));
	pid = fork();
	if (pid < 0)
		give_up("fork", strerror(errno));
	if (pid == 0) {
		(void)close(fds[0]);
		while (recv(fds[1], packet, sizeof(packet), 0) == PACKET_SIZE)
			(void)send(fds[1], packet, sizeof(packet), MSG_NOSIGNAL);
		_exit(EXIT_SUCCESS);
	}
	(void)close(fds[1]);
	to_peer = fds[0];
	return pid;
}

static void go_and_return(void)
{
	char packet[PACKET_SIZE] = "";

	if (send(to_peer, packet, sizeof(packet), MSG_NOSIGNAL) != PACKET_SIZE ||
		recv(to_peer, packet, sizeof(packet), 0) != PACKET_SIZE)
		give_up("the round trip", strerror(errno));
}

static void resolve(struct ks_context *context)
{
	struct ks_credential *credential = NULL;
	struct ks_error error = KS_ERROR_INIT;

	if (ks_resolve(context, NULL, &credential, NULL, &error) != KS_OK)
		give_up("ks_resolve", error.message);
	(void)ks_credential_free(credential);
}

static int64_t run(enum kind kind)
{
	int64_t start = now();

	if (kind == ROUND_TRIP)
		go_and_return();
	else
		resolve(contexts[kind]);
	return now() - start;
}

/* Asks once each, in an order of chance, the same one in each run of the program. */
static void run_round(int64_t times[KINDS])
{
	enum kind order[KINDS] = {HERE, THERE, ROUND_TRIP};

	for (unsigned i = KINDS; i > 0; i--) {
		unsigned j = (unsigned)random() % i; /* NOLINT(cert-msc30-c,cert-msc50-cpp): no secret */
		enum kind kind = order[j];

		order[j] = order[i - 1];
		times[kind] = run(kind);
	}
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void measure(unsigned rounds)
{
	int64_t *times[KINDS], round[KINDS];

	for (unsigned kind = 0; kind < KINDS; kind++) {
		times[kind] = calloc(rounds, sizeof(*times[kind]));
		if (!times[kind])
			give_up("memory", strerror(errno));
	}
	for (unsigned i = 0; i < WARM_UP + rounds; i++) {
		run_round(round);
		for (unsigned kind = 0; i >= WARM_UP && kind < KINDS; kind++)
			times[kind][i - WARM_UP] = round[kind];
	}
	for (unsigned kind = 0; kind < KINDS; kind++) {
		qsort(times[kind], rounds, sizeof(*times[kind]), compare);
		printf("%lld\t", (long long)times[kind][rounds / 2]);
		free(times[kind]);
	}
}

/* The number behind "KEY:" in a file of proc(5), or -1. */
static long read_number(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	char line[LINE_MAX_BYTES];
	const size_t length = strlen(key);
	long number = -1;

	while (file && number < 0 && fgets(line, sizeof(line), file))
		if (strncmp(line, key, length) == 0 && line[length] == ':')
			number = strtol(line + length + 1, NULL, 10);
	if (file)
		(void)fclose(file);
	return number;
}

static long memory_of(long pid)
{
	char path[LINE_MAX_BYTES];

	(void)snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", pid);
	return read_number(path, "Pss");
}

/* The only child of a process, or -1. */
static long child_of(long pid)
{
	char path[LINE_MAX_BYTES], line[LINE_MAX_BYTES] = "";
	FILE *file = NULL;

	(void)snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", pid, pid);
	file = fopen(path, "re");
	if (!file || !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		(void)fclose(file);
	return line[0] ? strtol(line, NULL, 10) : -1;
}

static void print_memory(const struct ks_worker *worker)
{
	char path[LINE_MAX_BYTES];
	long supervisor = -1;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", worker->pidfd);
	supervisor = read_number(path, "Pid");
	printf("%ld\t%ld\t%ld\n", memory_of(getpid()), memory_of(supervisor), memory_of(child_of(supervisor)));
}

static void open_both(char *services[])
{
	struct ks_error error = KS_ERROR_INIT;

	for (unsigned i = 0; i < 2; i++) {
		if (ks_open(services[i], NULL, &contexts[i], &error) != KS_OK)
			give_up(services[i], error.message);
		resolve(contexts[i]);
	}
	if (contexts[THERE]->crew.count != 1 || !contexts[THERE]->crew.workers[0].is_alive)
		give_up(services[THERE], "no worker runs its module");
}

int main(int argc, char **argv)
{
	bool is_apart = argc == 5 && strcmp(argv[4], "apart") == 0;
	unsigned rounds = argc == 4 || is_apart ? (unsigned)strtoul(argv[3], NULL, 10) : ROUNDS_MAX + 1;
	cpu_set_t allowed;
	pid_t peer = -1;

	if (rounds > ROUNDS_MAX || sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		give_up("usage", "homes HERE THERE ROUNDS [apart]");
	go_to(&allowed, is_apart);
	peer = start_peer(); /* before there is a worker, whose socket it would have a copy of */
	open_both(argv + 1);
	go_to(&allowed, 0);
	if (rounds > 0) {
		measure(rounds);
		print_memory(&contexts[THERE]->crew.workers[0]);
	}
	(void)ks_close(contexts[HERE]);
	(void)ks_close(contexts[THERE]);
	(void)close(to_peer);
	(void)waitpid(peer, NULL, 0);
	return EXIT_SUCCESS;
}
