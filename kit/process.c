/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>

#include "core/process.h"
#include "core/secret.h"
#include "kit/ask.h"
#include "kit/checks.h"
#include "kit/process-state.h"

enum {
	WARM_UP_ROUNDS = 16, /* what is allocated once is no leak, nor what free(3) keeps at hand */
	ROUNDS = 64,
	ROUNDS_MS = 2000, /* a slow module has fewer */
	LEAK_BYTES = 16   /* in each round: no block of malloc(3) takes less */
};

static struct process_state *look(void)
{
	struct process_state *state = process_state_take(check_proc());

	if (!state)
		unable("a record of the process", ENOMEM);
	return state;
}

/* The first difference is the one that is told. */
static void tell_difference(void *data, const char *line)
{
	const char *call = data;

	broken(rule_of_difference(line), "%s changes this: %s", call, line);
}

/* Only what grows with the number of calls: the state of the process has a check of its own. */
static void tell_leak(void *data, const char *line)
{
	enum rule rule = rule_of_difference(line);

	(void)data;
	if (rule == RULE_DESCRIPTORS || rule == RULE_ENDS)
		broken(rule, "it leaves this behind: %s", line);
}

/* Compares with the record before, for what a call changed or (NULL) for leaks, and makes the new one that. */
static void compare(struct process_state **before, const char *call)
{
	struct process_state *after = look();

	(void)process_state_compare(*before, after, call ? tell_difference : tell_leak, (void *)call);
	(void)process_state_free(*before);
	*before = after;
}

/* What belongs to a worker is there between open() and close(): of that home, only the whole is compared. */
void check_state(const struct kit *kit, const struct home *home)
{
	struct process_state *state = NULL;
	struct ks_context *context = open_stack(home);
	struct ks_problem problem = {0};

	(void)kit;
	state = look();
	if (home->is_here) {
		during(RULE_ENDS, "loading it");
		(void)ks_module_load(context->stack.entries[0].module, &problem);
		compare(&state, "loading it");
	}
	open_state(context);
	if (home->is_here)
		compare(&state, "open()");
	(void)ask(context, ASK_TIMEOUT_MS);
	if (home->is_here)
		compare(&state, "resolve()");
	during(RULE_CLOSE, "close()");
	(void)ks_close(context);
	compare(&state, home->is_here ? "close()" : "all of it");
	(void)process_state_free(state);
}

static size_t heap_in_use(void)
{
	const struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void open_and_close(const struct home *home)
{
	struct ks_context *context = open_home(home);

	during(RULE_CLOSE, "close()");
	(void)ks_close(context);
}

/* Runs rounds, of open() and close(), or with a context of resolve() alone; up to so many. Returns how many it ran.
 */
static unsigned run_rounds(const struct home *home, struct ks_context *context, unsigned count)
{
	const int64_t end = ks_now_ms() + ROUNDS_MS;
	unsigned i = 0;

	for (i = 0; i < count && (i == 0 || ks_now_ms() < end); i++) {
		if (context)
			(void)ask(context, ASK_TIMEOUT_MS);
		else
			open_and_close(home);
	}
	return i;
}

/* How much of the heap each round keeps. Of a module that is too slow, that cannot be told. */
static size_t measure(const struct home *home, struct ks_context *context)
{
	size_t before = 0, after = 0;
	unsigned count = 0;

	if (run_rounds(home, context, WARM_UP_ROUNDS) < WARM_UP_ROUNDS)
		return 0;
	before = heap_in_use();
	count = run_rounds(home, context, ROUNDS);
	after = heap_in_use();
	return after > before ? (after - before) / count : 0;
}

void check_leaks(const struct kit *kit, const struct home *home)
{
	struct process_state *state = NULL;
	struct ks_context *context = NULL;
	size_t bytes = 0;

	(void)kit;
	open_and_close(home);
	state = look();
	bytes = measure(home, NULL);
	if (bytes >= LEAK_BYTES)
		broken(RULE_CLOSE, "open() and close() keep %zu bytes of the heap each time", bytes);
	context = open_home(home);
	bytes = measure(home, context);
	if (bytes >= LEAK_BYTES)
		broken(RULE_MEMORY, "resolve() keeps %zu bytes of the heap each time", bytes);
	during(RULE_CLOSE, "close()");
	(void)ks_close(context);
	compare(&state, NULL);
	(void)process_state_free(state);
	if (ks_secret_in_use() > 0)
		broken(RULE_ENDS, "%zu bytes of secret memory are still in use", ks_secret_in_use());
}
