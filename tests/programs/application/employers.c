/* SPDX-License-Identifier: MIT */
#include "application.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ENTRIES = 20,
	WORKERS = 16, /* alive in a context */
	ROUNDS = 3,
	SLACK_MS = 2000,  /* after a deadline */
	ENTRY_MS = 300,   /* @timeout of the service `hurried` */
	REQUEST_MS = 200, /* shorter than any entry's */
	LONG_MS = 5000,
	BACK_OFF_MS = 50 /* after the second crash in a row */
};

static void have_it(const char *word)
{
	MUST(word ? setenv("KEYSTILE_TEST_WORD", word, 1) == 0 : unsetenv("KEYSTILE_TEST_WORD") == 0);
}

/* --- many --- */

static struct pair seen[ENTRIES * ROUNDS];
static unsigned seen_count;

static void count_alive(const char *text)
{
	unsigned alive = 0;

	(void)text;
	seen[seen_count++] = answered[answered_count - 1];
	for (unsigned i = 0; i < seen_count; i++)
		alive += is_alive(seen[i]);
	MUST(alive <= WORKERS);
}

static void has_more_entries_than_workers(void)
{
	struct ks_context *context = open_stack("twenty");

	application_note = count_alive;
	for (unsigned round = 0; round < ROUNDS; round++) {
		MUST(ask(context, 0, NULL) == KS_OK && answered_count == ENTRIES);
		/* those that were idle for the longest time had to go, and no other */
		for (unsigned i = 0; i < ENTRIES; i++)
			MUST(is_alive(answered[i]) == (i >= ENTRIES - WORKERS));
	}
	(void)ks_close(context);
	for (unsigned i = 0; i < ENTRIES; i++)
		must_end(answered[i]);
}

/* --- lost --- */

/* Has it crash, and returns in how many milliseconds that is told. */
static int64_t crash(struct ks_context *context)
{
	const int64_t start = now_ms();
	struct ks_error error = KS_ERROR_INIT;

	MUST(ask(context, 0, &error) == KS_ERROR && strstr(error.message, "crashed in its own process"));
	MUST(answered_count == 1);
	must_end(answered[0]);
	return now_ms() - start;
}

static void loses_workers(void)
{
	struct ks_context *context = open_stack(NULL);
	struct ks_error error = KS_ERROR_INIT;
	struct pair pair = ask_one(context);
	int64_t start = 0;

	have_it("crash");
	(void)crash(context);
	have_it(NULL);
	start = now_ms();
	MUST(!is_same(pair, ask_one(context)));
	record("restart", now_ms() - start);
	have_it("crash");
	for (int64_t pause = 0, crashes = 0; crashes < 5; crashes++) {
		MUST(crash(context) >= pause);
		pause = crashes == 0 ? 0 : pause ? 2 * pause : BACK_OFF_MS;
	}
	MUST(ask(context, BACK_OFF_MS, &error) == KS_ERROR && strstr(error.message, "is given a pause"));
	MUST(answered_count == 0);
	have_it(NULL);
	pair = ask_one(context);
	/* one that ended while nobody asked is missed by nobody */
	MUST(pair.module > 1 && kill(pair.module, SIGKILL) == 0);
	must_end(pair);
	MUST(!is_same(pair, ask_one(context)));
	(void)ks_close(context);
}

/* --- late --- */

static void hang(struct ks_context *context, int64_t timeout_ms, int64_t deadline_ms, const char *name)
{
	const int64_t start = now_ms();
	struct ks_error error = KS_ERROR_INIT;
	enum ks_result result = ask(context, timeout_ms, &error);
	const int64_t taken = now_ms() - start;

	MUST(result == KS_UNAVAILABLE && strstr(error.message, "did not answer before its deadline"));
	MUST(answered_count == 1 && taken >= deadline_ms && taken < deadline_ms + SLACK_MS);
	must_end(answered[0]);
	record(name, taken - deadline_ms);
}

static void sets_deadlines(void)
{
	struct ks_context *hurried = open_stack("hurried"), *usual = open_stack(NULL);

	have_it("hang");
	hang(hurried, 0, ENTRY_MS, "after-the-entry's-deadline");
	hang(usual, REQUEST_MS, REQUEST_MS, "after-the-request's-deadline");
	/* the earlier of the two */
	hang(hurried, REQUEST_MS, REQUEST_MS, "after-the-request's-deadline-again");
	have_it(NULL);
	(void)ask_one(hurried);
	(void)ask_one(usual);
	(void)ks_close(hurried);
	(void)ks_close(usual);
}

static atomic_bool hangs;

static void notice_hanging(const char *text)
{
	if (strcmp(text, "hangs") == 0)
		hangs = true;
}

static void *hang_once(void *context)
{
	MUST(ask(context, ENTRY_MS, NULL) == KS_UNAVAILABLE);
	return NULL;
}

/* Who waits for an entry whose worker is killed at another's deadline has a new one, within its own. */
static void waits_for_one_that_hangs(void)
{
	struct ks_context *context = open_stack(NULL);
	struct pair pair = ask_one(context);
	pthread_t other;
	int64_t start = 0;

	application_note = notice_hanging;
	have_it("hang");
	MUST(pthread_create(&other, NULL, hang_once, context) == 0);
	while (!hangs)
		sleep_ms(1);
	have_it(NULL);
	start = now_ms();
	MUST(ask(context, LONG_MS, NULL) == KS_OK && answered_count == 1);
	MUST(!is_same(pair, answered[0]));
	MUST(now_ms() - start < ENTRY_MS + SLACK_MS);
	must_end(pair);
	MUST(pthread_join(other, NULL) == 0);
	MUST(is_same(answered[0], ask_one(context)));
	(void)ks_close(context);
}

/* --- those that tell what they see --- */

static void print_note(const char *text)
{
	MUST(puts(text) >= 0 && fflush(stdout) == 0);
}

/* For whoever looks at it meanwhile; ends by a signal. */
static void hangs_itself(void)
{
	application_note = print_note;
	have_it("hang");
	(void)ask(open_stack(NULL), 0, NULL);
	MUST(false);
}

static void shows_the_environment(void)
{
	struct ks_context *context = open_stack(NULL);

	application_note = print_note;
	have_it("environ");
	(void)ask_one(context);
	(void)ks_close(context);
}

const struct role employers[] = {
	{"has-more-entries-than-workers", has_more_entries_than_workers},
	{"loses-workers", loses_workers},
	{"sets-deadlines", sets_deadlines},
	{"waits-for-one-that-hangs", waits_for_one_that_hangs},
	{"hangs-itself", hangs_itself},
	{"shows-the-environment", shows_the_environment},
	{NULL, NULL},
};
