/* SPDX-License-Identifier: MIT */
/*
 * inprocess SERVICE VARIABLE THREADS CALLS: what a warm ks_resolve() costs a program, beside getenv(VARIABLE).
 *
 * The stack of SERVICE is opened and asked once. Then every thread makes CALLS calls, in batches of one and of the
 * other in turn. Prints, separated by tabs: nanoseconds for a getenv, nanoseconds for a resolve (medians over the
 * batches of the wall time for one thread's call), and how many allocations a resolve made. With 0 calls it only does
 * the rest, so that a tracer can take the difference.
 */
#include <keystile/keystile.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	THREADS_MAX = 64,
	BATCH = 100 /* calls */
};

/* What each thread does, and what came of it. */
struct work {
	struct ks_context *context;
	const char *variable;
	unsigned batches;
	pthread_barrier_t *start;             /* threads take memory too: nothing is counted before all are there */
	double *getenv_times, *resolve_times; /* of a call, as many as batches */
	bool failed;
};

/*
 * malloc(3) and its kin are counted by standing in front of the C library's own, whose names these are.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
 */
static atomic_ulong allocations;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t nmemb, size_t size)
{
	allocations++;
	return __libc_calloc(nmemb, size);
}

void *realloc(void *ptr, size_t size)
{
	allocations++;
	return __libc_realloc(ptr, size);
}

static double now(void)
{
	struct timespec time = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static bool ask(struct ks_context *context)
{
	struct ks_request request = {.size = sizeof(request), .transports = KS_TRANSPORT_API | KS_TRANSPORT_CLI};
	struct ks_credential *credential = NULL;
	struct ks_error error = KS_ERROR_INIT;
	enum ks_result result = ks_resolve(context, &request, &credential, NULL, &error);

	if (result != KS_OK)
		fprintf(stderr, "inprocess: %s\n", error.message);
	(void)ks_credential_free(credential);
	return result == KS_OK;
}

static double time_getenv(const struct work *work)
{
	double start = now();
	const char *volatile value = NULL;

	for (unsigned i = 0; i < BATCH; i++)
		value = getenv(work->variable);
	(void)value;
	return (now() - start) / BATCH;
}

static double time_resolve(struct work *work)
{
	double start = now();

	for (unsigned i = 0; i < BATCH && !work->failed; i++)
		work->failed = !ask(work->context);
	return (now() - start) / BATCH;
}

static void *run(void *data)
{
	struct work *work = data;

	(void)pthread_barrier_wait(work->start);
	for (unsigned i = 0; i < work->batches; i++) {
		work->getenv_times[i] = time_getenv(work);
		work->resolve_times[i] = time_resolve(work);
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *times, size_t count)
{
	qsort(times, count, sizeof(*times), compare);
	return count > 0 ? times[count / 2] : 0;
}

/* Lets `count` threads work, with their times one behind the other. Returns the allocations of them all. */
static unsigned long run_all(const struct work *model, unsigned count, bool *failed)
{
	static struct work works[THREADS_MAX];
	static pthread_t threads[THREADS_MAX];
	pthread_barrier_t start;
	unsigned long before = 0;

	(void)pthread_barrier_init(&start, NULL, count + 1);
	for (unsigned i = 0; i < count; i++) {
		works[i] = *model;
		works[i].start = &start;
		works[i].getenv_times += (size_t)i * model->batches;
		works[i].resolve_times += (size_t)i * model->batches;
		if (pthread_create(&threads[i], NULL, run, &works[i]) != 0)
			exit(EXIT_FAILURE);
	}
	before = allocations;
	(void)pthread_barrier_wait(&start);
	for (unsigned i = 0; i < count; i++) {
		(void)pthread_join(threads[i], NULL);
		*failed |= works[i].failed;
	}
	return allocations - before;
}

static bool measure(struct work *work, unsigned threads)
{
	size_t batches = (size_t)threads * work->batches;
	unsigned long made = 0;
	bool failed = false;

	work->getenv_times = calloc(batches + 1, sizeof(double));
	work->resolve_times = calloc(batches + 1, sizeof(double));
	if (!work->getenv_times || !work->resolve_times)
		return false;
	made = run_all(work, threads, &failed);
	printf("%.1f\t%.1f\t%.3f\n", median(work->getenv_times, batches), median(work->resolve_times, batches),
		batches > 0 ? (double)made / (double)(batches * BATCH) : 0);
	free(work->getenv_times);
	free(work->resolve_times);
	return !failed;
}

int main(int argc, char **argv)
{
	struct work work = {0};
	struct ks_error error = KS_ERROR_INIT;
	unsigned threads = 0;
	bool is_good = false;

	if (argc != 5)
		return EXIT_FAILURE;
	work.variable = argv[2];
	threads = (unsigned)strtoul(argv[3], NULL, 10);
	work.batches = (unsigned)strtoul(argv[4], NULL, 10) / BATCH;
	if (ks_open(argv[1], NULL, &work.context, &error) != KS_OK)
		fprintf(stderr, "inprocess: %s\n", error.message);
	else
		is_good = threads > 0 && threads <= THREADS_MAX && ask(work.context) && measure(&work, threads);
	(void)ks_close(work.context);
	return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
