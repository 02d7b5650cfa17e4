/* SPDX-License-Identifier: MIT */
/*
 * Applications of every kind, which must not notice that a module runs in another process. Each is a function that
 * asks process.so in a worker, and looks at its own process; the program runs the one that its argument names.
 */
#ifndef KEYSTILE_TESTS_PROGRAMS_APPLICATION_H
#define KEYSTILE_TESTS_PROGRAMS_APPLICATION_H

#include <keystile/keystile.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Goes on, or says what is not so and ends the process; also where the application has no standard error. */
void must(bool is_true, const char *text, const char *file, int line);
#define MUST(condition) must(condition, #condition, __FILE__, __LINE__)

/* A worker: the process that runs the module, and its supervisor. */
struct pair {
	pid_t module, supervisor;
};

enum {
	END_MS = 1000, /* within which a worker is gone once it is of no more use */
	ENTRIES_MAX = 32
};

/* Who answered the calling thread's last request, in the order of the entries. */
extern _Thread_local struct pair answered[ENTRIES_MAX];
extern _Thread_local unsigned answered_count;

/* Called with every other note of a module; NULL at first. */
extern void (*application_note)(const char *text);

/* Opens the stack of a service, which must be possible. */
struct ks_context *open_stack(const char *service);

/* One request, of which nothing is kept but the result. A timeout of 0 is the usual one. */
enum ks_result ask(struct ks_context *context, int64_t timeout_ms, struct ks_error *error);

/* One that must be answered, by one worker. */
struct pair ask_one(struct ks_context *context);

bool is_alive(struct pair pair);
bool is_same(struct pair one, struct pair other);

/* Waits until both processes are gone, which must be soon. */
void must_end(struct pair pair);

/* Whether there is no child at all, not even one without a signal. */
bool has_no_child(void);

/* Which descriptors are open: one bit for each of the first 64. */
uint64_t open_descriptors(void);

/* In a child: runs `body`, and ends. Returns its process, which is to be given to must_be_well(). */
pid_t run_child(void (*body)(void *data), void *data);
void must_be_well(pid_t child);

/* Writes bytes into a pipe, or reads them. */
void tell(int fd, const void *bytes, size_t length);
void hear(int fd, void *bytes, size_t length);

/* Prints a figure that the test records. */
void record(const char *name, int64_t value);

int64_t now_ms(void);
void sleep_ms(int64_t ms);

/* What the program can be. Each table ends with a name that is NULL. */
struct role {
	const char *name;
	void (*play)(void);
};

extern const struct role habits[];   /* signals, descriptors and whatever else an application may do to its process */
extern const struct role families[]; /* those that fork, and those that others forked */
extern const struct role employers[]; /* those that have many workers, or lose them */

#endif
