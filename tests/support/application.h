/* SPDX-License-Identifier: MIT */
/*
 * Applications that start programs: each is a child of the test, and must have all as it was in the end: descriptors,
 * and no child. The program is tests/programs/spawned.c, which tells how it was started.
 *
 *	static void starts_one(void)
 *	{
 *		struct worker worker;
 *
 *		worker_start(&worker);
 *		MUST(worker_tells(&worker, "\nfolder /\n"));
 *		worker_finish(&worker);
 *	}
 *	...
 *	const struct CMUnitTest tests[] = {IN_APPLICATION(starts_one)};
 *
 *	return application_run_tests(argc, argv, "name", tests, COUNT(tests));
 */
#ifndef KEYSTILE_TESTS_APPLICATION_H
#define KEYSTILE_TESTS_APPLICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct CMUnitTest;

struct application {
	void (*body)(void);
};

#define IN_APPLICATION(body)                                                                                         \
	{                                                                                                            \
#body, application_test, NULL, NULL, &(struct application)                                           \
		{                                                                                                    \
			body                                                                                         \
		}                                                                                                    \
	}

/* cmocka's function of every such test. */
void application_test(void **state);

/* Runs the tests with the program's path, which is the one argument. Returns main()'s value. */
int application_run_tests(int argc, char **argv, const char *name, const struct CMUnitTest *tests, size_t count);

/* Runs `body` in this process and ends it. What was open before must be open then, and no more. */
_Noreturn void application_run(void (*body)(void));

/* In an application: goes on, or ends it and lets the test fail with this text. */
void must(bool is_true, const char *text, int line);
#define MUST(condition) must(condition, #condition, __LINE__)

/* Which descriptors are open: one bit each, for the first APPLICATION_DESCRIPTORS. */
uint64_t application_descriptors(void);

/* Whether there is no child at all, not even one without a signal. */
bool application_has_no_child(void);

enum {
	APPLICATION_DESCRIPTORS = 64
};

/* A program that runs. */
struct worker {
	int socket, pidfd;
	char report[16 * 1024]; /* each line once, as spawned.c tells it */
};

extern const char *worker_program;
extern char *worker_variables[];

/* Returns what ks_spawn() does. Then socket is open, and pidfd where that is 0, else -1. */
int worker_try(struct worker *worker, const char *path, char **variables);

/* Starts worker_program and has its report. */
void worker_start(struct worker *worker);
void worker_read(struct worker *worker);

/* Closes the socket, and waits for the end that makes. */
void worker_finish(struct worker *worker);

/* Where it could not be started: that there is no process, and no other copy of its socket, which is closed. */
void worker_must_be_none(struct worker *worker);

/* Whether `text` is in the report, and whether the lines of a kind ("variable ") are `expected` without that word. */
bool worker_tells(const struct worker *worker, const char *text);
bool worker_tells_all(const struct worker *worker, const char *kind, const char *expected);
pid_t worker_process(const struct worker *worker);

#endif
