/* SPDX-License-Identifier: MIT */
/*
 * Many threads on one context and on several, with real modules: their paths are the arguments. Every answer is
 * compared with what its context must give; ThreadSanitizer sees what is right by luck.
 */
#include "unit.h"

#include <keystile/keystile.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/secret.h"
#include "tests/support/answers.h"
#include "tests/support/log-reader.h"
#include "tests/support/place.h"

enum {
	THREADS = 8,
	ROUNDS = 60,
	FIRST_LOADS = 12,
	HURRIED_ROUNDS = 10,
	DEADLINE_MS = 50,
	HANG_SECONDS = 120 /* for the sanitizers; ends a test by SIGALRM */
};

struct tally {
	atomic_uint lines, others;
};

static void note(void *data, const char *module, int is_warning, const char *text)
{
	struct tally *tally = data;
	bool is_it = strcmp(module, "debug.so") == 0 && is_warning && strcmp(text, ANSWERS_LOG) == 0;

	(void)atomic_fetch_add(is_it ? &tally->lines : &tally->others, 1);
}

static struct ks_context *open_one(const char *service, uint32_t flags, struct tally *tally)
{
	struct ks_open_options options = place_options(flags);
	struct ks_context *context = NULL;

	options.log = note;
	options.log_data = tally;
	return ks_open(service, &options, &context, NULL) == KS_OK ? context : NULL;
}

/* A context, and where its credentials lie until another thread takes them. */
struct shared {
	struct ks_context *context;
	struct tally tally;
	_Atomic(struct ks_credential *) left;
	atomic_uint asked, asked_for_api, invalidated, fresh;
};

struct worker {
	pthread_t thread;
	unsigned number;
	struct shared *shared; /* ANSWERS of them */
	pthread_barrier_t *start;
	const char *failure; /* in which step an answer was wrong */
};

/* Leaves a credential (or NULL) for others, and frees the one that was there. */
static bool trade(struct shared *shared, unsigned number, struct ks_credential *credential)
{
	struct ks_credential *other = atomic_exchange(&shared->left, credential);
	bool is_good = !other || answers_fit(other, number);

	(void)ks_credential_free(other);
	return is_good;
}

static const char *ask_shared(struct worker *worker, unsigned round)
{
	unsigned number = (worker->number + round) % ANSWERS;
	struct shared *shared = &worker->shared[number];
	uint32_t transport = round % 5 == 4 ? KS_TRANSPORT_CLI : KS_TRANSPORT_API;
	struct ks_credential *credential = answers_ask(shared->context, number, transport);

	if (!credential)
		return "a shared context";
	(void)atomic_fetch_add(&shared->asked, 1);
	if (transport == KS_TRANSPORT_API) {
		(void)atomic_fetch_add(&shared->asked_for_api, 1);
		if (strcmp(ks_credential_secret(credential, NULL), answers[number].fresh) == 0)
			(void)atomic_fetch_add(&shared->fresh, 1);
		if (round % 3 == 0) {
			(void)atomic_fetch_add(&shared->invalidated, 1);
			ks_invalidate(shared->context, credential);
		}
	}
	return trade(shared, number, credential) ? NULL : "a credential of another thread";
}

/* Opens and closes a context of its own, whose credential outlives it. */
static const char *ask_own(struct worker *worker, unsigned round)
{
	unsigned number = (worker->number + round) % ANSWERS;
	struct tally tally = {0};
	struct ks_context *context = open_one(answers[number].twin, round % 4 ? 0 : KS_OPEN_PRELOAD, &tally);
	struct ks_credential *credential = context ? answers_ask(context, number, KS_TRANSPORT_API) : NULL;

	(void)ks_close(context);
	if (!credential || tally.lines != 1 || tally.others != 0)
		return "a context of its own";
	return trade(&worker->shared[number], number, credential) ? NULL : "a credential of a closed context";
}

static const char *use_secret_memory(unsigned round)
{
	static const size_t sizes[] = {1, 100, 5000, 40000};
	size_t size = sizes[round % COUNT(sizes)];
	unsigned char *block = ks_secret_alloc(size);
	bool is_good = block && block[0] == 0 && block[size - 1] == 0;

	if (block)
		memset(block, 0x5a, size);
	(void)ks_secret_free(block);
	return is_good ? NULL : "secret memory";
}

static void *work(void *data)
{
	struct worker *worker = data;

	(void)pthread_barrier_wait(worker->start);
	for (unsigned round = 0; round < ROUNDS && !worker->failure; round++) {
		worker->failure = ask_shared(worker, round);
		if (!worker->failure && round % 6 == worker->number % 6)
			worker->failure = ask_own(worker, round);
		if (!worker->failure)
			worker->failure = use_secret_memory(round + worker->number);
	}
	return NULL;
}

/* Runs `body` in every thread at once, and fails where an answer was wrong. */
static void run_threads(void *(*body)(void *), struct shared *shared)
{
	struct worker workers[THREADS];
	pthread_barrier_t start;

	assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.number = i, .shared = shared, .start = &start};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, body, &workers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		if (workers[i].failure)
			fail_msg("thread %u was answered wrongly: %s", i, workers[i].failure);
	assert_int_equal(pthread_barrier_destroy(&start), 0);
}

static void open_all(struct shared shared[ANSWERS])
{
	for (unsigned i = 0; i < ANSWERS; i++) {
		shared[i].context = open_one(answers[i].service, 0, &shared[i].tally);
		assert_non_null(shared[i].context);
	}
}

static void close_all(struct shared shared[ANSWERS])
{
	for (unsigned i = 0; i < ANSWERS; i++) {
		shared[i].context = ks_close(shared[i].context);
		assert_true(trade(&shared[i], i, NULL));
	}
	assert_int_equal(ks_secret_in_use(), 0);
}

static void *load(void *data)
{
	struct worker *worker = data;
	unsigned number = worker->number % ANSWERS;

	(void)pthread_barrier_wait(worker->start);
	/* first all at one context, then at all of them */
	for (unsigned at = 0; at <= number && !worker->failure; at += number ? number : 1) {
		struct ks_credential *credential = answers_ask(worker->shared[at].context, at, KS_TRANSPORT_API);

		if (!credential)
			worker->failure = "the first one of a context";
		(void)ks_credential_free(credential);
	}
	return NULL;
}

/* To be the first test: no module is mapped yet. Later rounds load what is. */
static void threads_reach_modules_for_the_first_time(void **state)
{
	(void)state;
	for (unsigned round = 0; round < FIRST_LOADS; round++) {
		struct shared shared[ANSWERS] = {0};

		open_all(shared);
		run_threads(load, shared);
		close_all(shared);
	}
}

static unsigned number_in(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? (unsigned)strtoul(at + strlen(key), NULL, 10) : 0;
}

/* A line tells a resolution, those that repeated the one before, and those whose own lines were lost. */
static void count_told(void *data, const char *line)
{
	unsigned *told = data, number = number_in(line, "service=stack-");

	if (strstr(line, "service=stack-") && number < ANSWERS)
		told[number] += (strstr(line, " command=test ") != NULL) + number_in(line, " repeats=") +
				number_in(line, " lost=");
}

static void answers_are_right_and_none_goes_missing(void **state)
{
	struct shared shared[ANSWERS] = {0};
	unsigned told[ANSWERS] = {0};
	struct log_reader reader = {.take = count_told, .data = told};

	(void)state;
	log_reader_start(&reader);
	open_all(shared);
	run_threads(work, shared);
	/* nothing is lost any more: the last lines of the contexts have the socket to themselves */
	log_reader_stop(&reader);
	log_reader_start(&reader);
	close_all(shared);
	log_reader_stop(&reader);
	for (unsigned i = 0; i < ANSWERS; i++) {
		assert_int_equal(told[i], shared[i].asked);
		assert_int_equal(shared[i].tally.lines, shared[i].asked_for_api);
		assert_int_equal(shared[i].tally.others, 0);
		assert_true(shared[i].fresh <= shared[i].invalidated);
		assert_int_equal(shared[i].fresh > 0, answers[i].fresh[0] != '\0');
	}
}

/* Each asks for less time than all of them need together. */
static void *ask_in_a_hurry(void *data)
{
	struct worker *worker = data;
	const struct ks_request request = {.size = sizeof(request), .timeout_ms = DEADLINE_MS};

	(void)pthread_barrier_wait(worker->start);
	for (unsigned round = 0; round < HURRIED_ROUNDS; round++) {
		struct ks_credential *credential = NULL;
		struct ks_error error = KS_ERROR_INIT;
		enum ks_result result = ks_resolve(worker->shared->context, &request, &credential, NULL, &error);

		if (result == KS_OK)
			(void)atomic_fetch_add(&worker->shared->asked, 1);
		else if (result != KS_UNAVAILABLE || !strstr(error.message, "deadline"))
			worker->failure = "a request with a deadline";
		(void)ks_credential_free(credential);
	}
	return NULL;
}

static void a_deadline_holds_for_those_who_wait(void **state)
{
	struct shared shared = {0};

	(void)state;
	place_write("slow", "any binding debug.so delay=20ms\n");
	shared.context = open_one("slow", 0, &shared.tally);
	assert_non_null(shared.context);
	run_threads(ask_in_a_hurry, &shared);
	(void)ks_close(shared.context);
	assert_in_range(shared.asked, 1, THREADS * HURRIED_ROUNDS - 1);
	assert_int_equal(ks_secret_in_use(), 0);
}

static int set_up(void **state)
{
	(void)state;
	answers_prepare();
	(void)alarm(HANG_SECONDS);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_reach_modules_for_the_first_time),
		cmocka_unit_test(answers_are_right_and_none_goes_missing),
		cmocka_unit_test(a_deadline_holds_for_those_who_wait),
	};

	if (place_make(argc, argv) < 0)
		return 1;
	return cmocka_run_group_tests(tests, set_up, place_remove);
}
