/* SPDX-License-Identifier: MIT */
/*
 * interleave ROUNDS COMMANDS: times whole processes side by side.
 *
 * COMMANDS is a file with one command a line: a name, a file for its standard input, and its words, separated by
 * tabs. Each round runs every one of them once, in another order each time, so that what the machine does meanwhile,
 * and what the command before left in its caches, fall on all alike. Standard output goes to /dev/null. Prints for
 * each: name, median and quartiles of the wall time in nanoseconds, and the peak of its resident memory in KiB. A
 * command that fails ends it all.
 */
#include "bench/resident.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	COMMANDS_MAX = 64,
	WORDS_MAX = 64,
	ROUNDS_MAX = 100000,
	WARM_UP = 3 /* rounds that are not counted */
};

struct command {
	char *name, *input;
	char *words[WORDS_MAX + 1];
	posix_spawn_file_actions_t actions;
	int64_t *times;
};

static void give_up(const char *what, const char *why)
{
	fprintf(stderr, "interleave: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static int64_t now(void)
{
	struct timespec time;

	if (clock_gettime(CLOCK_MONOTONIC, &time) < 0)
		give_up("clock_gettime", strerror(errno));
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Takes a line, whose words stay where they are. */
static void read_command(struct command *command, char *line, unsigned rounds)
{
	char *rest = NULL;

	line[strcspn(line, "\n")] = '\0';
	command->name = strtok_r(line, "\t", &rest);
	command->input = strtok_r(NULL, "\t", &rest);
	for (unsigned i = 0; i < WORDS_MAX; i++)
		command->words[i] = strtok_r(NULL, "\t", &rest);
	command->times = calloc(rounds, sizeof(*command->times));
	if (!command->words[0] || !command->times)
		give_up(line, "is no command");
	if (posix_spawn_file_actions_init(&command->actions) != 0 ||
		posix_spawn_file_actions_addopen(&command->actions, STDIN_FILENO, command->input, O_RDONLY, 0) != 0 ||
		posix_spawn_file_actions_addopen(&command->actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0)
		give_up("posix_spawn", strerror(errno));
}

static unsigned read_commands(const char *path, struct command commands[COMMANDS_MAX], unsigned rounds)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	unsigned count = 0;

	if (!file)
		give_up(path, strerror(errno));
	while (getline(&line, &size, file) > 0 && count < COMMANDS_MAX) {
		read_command(&commands[count++], line, rounds);
		line = NULL;
		size = 0;
	}
	free(line);
	(void)fclose(file);
	return count;
}

/* Runs it once. Returns how long it took. */
static int64_t run(struct command *command)
{
	int64_t start = now(), end = 0;
	int status = 0;
	pid_t pid = -1;
	int r = posix_spawn(&pid, command->words[0], &command->actions, NULL, command->words, environ);

	if (r != 0)
		give_up(command->words[0], strerror(r));
	if (waitpid(pid, &status, 0) != pid)
		give_up(command->words[0], strerror(errno));
	end = now();
	if (status != 0)
		give_up(command->name, "it failed");
	return end - start;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void report(struct command *command, unsigned rounds)
{
	int64_t *times = command->times;

	qsort(times, rounds, sizeof(*times), compare);
	printf("%s\t%lld\t%lld\t%lld\t%ld\n", command->name, (long long)times[rounds / 2],
		(long long)times[rounds / 4], (long long)times[rounds * 3 / 4],
		resident_peak(command->words, command->input));
}

/* Puts the numbers below `count` into an order of chance, the same one in each run of the program. */
static void shuffle(unsigned order[COMMANDS_MAX], unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned j = (unsigned)random() % (i + 1); /* NOLINT(cert-msc30-c,cert-msc50-cpp): no secret */

		order[i] = i;
		order[i] = order[j];
		order[j] = i;
	}
}

int main(int argc, char **argv)
{
	static struct command commands[COMMANDS_MAX];
	unsigned order[COMMANDS_MAX];
	unsigned rounds = argc == 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0, count = 0;

	if (rounds == 0 || rounds > ROUNDS_MAX)
		give_up("usage", "interleave ROUNDS COMMANDS");
	count = read_commands(argv[2], commands, rounds);
	for (unsigned i = 0; i < WARM_UP + rounds; i++) {
		shuffle(order, count);
		for (unsigned j = 0; j < count; j++) {
			struct command *command = &commands[order[j]];
			int64_t time = run(command);

			if (i >= WARM_UP)
				command->times[i - WARM_UP] = time;
		}
	}
	for (unsigned i = 0; i < count; i++)
		report(&commands[i], rounds);
	return EXIT_SUCCESS;
}
