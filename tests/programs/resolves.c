/* SPDX-License-Identifier: MIT */
/*
 * resolves COUNT THREADS: asks the default stack so many times, by so many threads at once on one context, now for
 * one transport and now for the other. The stack is one of random.so alone (tests/hostile/worker/random.c), whose
 * answers tell the deadline of the request that they are for: each request has a deadline that no other one near it
 * has, and an answer to another one is seen. Prints
 *
 *	answers: RESULT: COUNT          for each result that came
 *	reasons: COUNT: MESSAGE         for each message that came with one
 *	wrong: COUNT                    answers that were another request's, or of which a part was
 *	bad: COUNT                      errors that say nothing, or what is not to be said
 *	notes: COUNT                    lines that the module noted
 *	latest: MILLISECONDS            the longest time that an answer took beyond its deadline
 *	descriptors: BEFORE AFTER       of the process, before the context was opened and after it was closed
 *	children: none|some             that were not waited for
 *	secret memory: BEFORE AFTER     bytes in use
 *	memory: WARM LAST               bytes in use while the context is open: after a part of the requests, after
 *all mappings: WARM LAST             how many the process has resident: WARM LAST             bytes
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <keystile/keystile.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/process.h"
#include "core/secret.h"

enum {
	THREADS_MAX = 16,
	REASONS_MAX = 128,
	RESULTS = KS_ERROR + 1,
	WARM_PART = 5, /* of which the first warms up */
	LONG_S = 20,   /* the shortest of the long times; the others are a second apart each */
	LONG_TIMES = 400,
	SHORT_EVERY = 199,
	SHORT_MS = 50,
	SHORT_TIMES = 16,
	TEXT_BYTES = 128
};

struct reason {
	char text[KS_MESSAGE_MAX];
	unsigned count;
};

static struct {
	struct ks_context *context;
	atomic_uint next, notes;
	unsigned end; /* of this round */

	pthread_mutex_t lock; /* of what follows */
	unsigned results[RESULTS], wrong, bad, reason_count;
	struct reason reasons[REASONS_MAX];
	int64_t latest;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .latest = INT64_MIN};

/* What a round may leave behind. */
struct use {
	size_t memory, mappings, resident;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Of AddressSanitizer, where it is there: it has an allocator of its own. The name is the sanitizer's. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t memory_in_use(void)
{
	const struct mallinfo2 info = mallinfo2();

	return __sanitizer_get_current_allocated_bytes ? __sanitizer_get_current_allocated_bytes()
						       : info.uordblks + info.hblkhd;
}

static size_t count_lines(const char *path)
{
	FILE *file = fopen(path, "re");
	size_t count = 0;
	int byte = 0;

	if (!file)
		die(path);
	while ((byte = fgetc(file)) != EOF)
		count += byte == '\n';
	(void)fclose(file);
	return count;
}

static size_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	size_t pages = 0;

	if (!file || fscanf(file, "%*u %zu", &pages) != 1)
		die("statm");
	(void)fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static struct use look(void)
{
	return (struct use){memory_in_use(), count_lines("/proc/self/maps"), resident_bytes()};
}

static unsigned count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	if (!folder)
		die("descriptors");
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count;
}

static void count_note(void *data, const char *module, int is_warning, const char *text)
{
	(void)data;
	(void)module;
	(void)is_warning;
	(void)text;
	atomic_fetch_add(&state.notes, 1);
}

/* How much time request number `index` has: no two that are near each other have the same. */
static int64_t time_for(unsigned index)
{
	if (index % SHORT_EVERY == 0)
		return SHORT_MS + index / SHORT_EVERY % SHORT_TIMES;
	return (int64_t)(LONG_S + index % LONG_TIMES) * 1000;
}

/* Whether all of the answer is the one to a request with that deadline. */
static bool is_answer(const struct ks_credential *credential, int64_t deadline)
{
	char secret[TEXT_BYTES], source[TEXT_BYTES], number[TEXT_BYTES];
	size_t length = 0;
	const char *bytes = ks_credential_secret(credential, &length);
	const char *attribute = ks_credential_attribute(credential, "deadline");

	(void)snprintf(number, sizeof(number), "%" PRId64, deadline);
	(void)snprintf(source, sizeof(source), "random %" PRId64, deadline);
	(void)snprintf(secret, sizeof(secret), "sk-ant-api03-CANARY-random-%020" PRId64 "-%0*dAA", deadline, 58, 0);
	return bytes && length == strlen(secret) && memcmp(bytes, secret, length) == 0 && attribute &&
	       strcmp(attribute, number) == 0 && strcmp(ks_credential_source(credential), source) == 0;
}

/* The deadline lay so far behind a moment that is known to a few milliseconds. */
static bool is_right(const struct ks_credential *credential, int64_t first, int64_t last, uint32_t transports)
{
	if (ks_credential_transport(credential) != (enum ks_transport)transports)
		return false;
	for (int64_t deadline = first; deadline <= last; deadline++)
		if (is_answer(credential, deadline))
			return true;
	return false;
}

static void count_reason(const char *text)
{
	struct reason *reason = state.reasons;

	while (reason->count > 0 && strcmp(reason->text, text) != 0)
		if (++reason == state.reasons + REASONS_MAX)
			die("too many reasons");
	(void)snprintf(reason->text, sizeof(reason->text), "%s", text);
	reason->count++;
}

/* A module's own reasons name the request: that they are there is what counts. */
static void cut_number(char *text)
{
	char *number = strstr(text, "random "), *rest = NULL;

	if (!number)
		return;
	number += strlen("random ");
	rest = number + strspn(number, "0123456789");
	memmove(number, rest, strlen(rest) + 1);
}

static void ask(unsigned index)
{
	struct ks_request request = {.size = sizeof(request),
		.transports = index / 3 % 2 == 0 ? KS_TRANSPORT_API : KS_TRANSPORT_CLI,
		.timeout_ms = time_for(index)};
	struct ks_error error = KS_ERROR_INIT;
	struct ks_credential *credential = NULL;
	const int64_t before = ks_now_ms();
	const enum ks_result result = ks_resolve(state.context, &request, &credential, NULL, &error);
	const int64_t after = ks_now_ms(), late = after - before - request.timeout_ms;

	(void)pthread_mutex_lock(&state.lock);
	if (result >= 0 && (unsigned)result < RESULTS)
		state.results[result]++;
	else
		state.bad++;
	if (result == KS_OK &&
		!is_right(credential, before + request.timeout_ms, after + request.timeout_ms, request.transports))
		state.wrong++;
	if (result != KS_OK && (credential || !error.message[0] || strstr(error.message, "CANARY")))
		state.bad++;
	if (result != KS_OK) {
		cut_number(error.message);
		count_reason(error.message);
	}
	if (late > state.latest)
		state.latest = late;
	(void)pthread_mutex_unlock(&state.lock);
	(void)ks_credential_free(credential);
}

static void *ask_on(void *data)
{
	for (unsigned index = atomic_fetch_add(&state.next, 1); index < state.end;
		index = atomic_fetch_add(&state.next, 1))
		ask(index);
	return data;
}

static void run_round(unsigned threads, unsigned first, unsigned end)
{
	pthread_t ids[THREADS_MAX];

	atomic_store(&state.next, first);
	state.end = end;
	for (unsigned i = 1; i < threads; i++)
		if (pthread_create(&ids[i], NULL, ask_on, NULL) != 0)
			die("thread");
	(void)ask_on(NULL);
	for (unsigned i = 1; i < threads; i++)
		(void)pthread_join(ids[i], NULL);
}

static void tell(struct use warm, struct use last)
{
	for (unsigned i = 0; i < RESULTS; i++)
		if (state.results[i] > 0)
			printf("answers: %s: %u\n", ks_result_name((enum ks_result)i), state.results[i]);
	for (unsigned i = 0; i < REASONS_MAX && state.reasons[i].count > 0; i++)
		printf("reasons: %u: %s\n", state.reasons[i].count, state.reasons[i].text);
	printf("wrong: %u\nbad: %u\nnotes: %u\nlatest: %" PRId64 "\n", state.wrong, state.bad,
		atomic_load(&state.notes), state.latest);
	printf("memory: %zu %zu\nmappings: %zu %zu\nresident: %zu %zu\n", warm.memory, last.memory, warm.mappings,
		last.mappings, warm.resident, last.resident);
}

int main(int argc, char **argv)
{
	const struct ks_open_options options = {.size = sizeof(options), .log = count_note};
	const unsigned count = argc == 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	const unsigned threads = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	struct ks_error error = KS_ERROR_INIT;
	const unsigned descriptors = count_descriptors();
	const size_t secret_memory = ks_secret_in_use();
	struct use warm, last;
	siginfo_t info = {0};

	if (count == 0 || threads == 0 || threads > THREADS_MAX) {
		(void)fputs("usage: resolves COUNT THREADS\n", stderr);
		return 64;
	}
	if (ks_open(NULL, &options, &state.context, &error) != KS_OK) {
		(void)fprintf(stderr, "%s\n", error.message);
		return 1;
	}
	run_round(threads, 1, 1 + count / WARM_PART);
	warm = look();
	run_round(threads, 1 + count / WARM_PART, 1 + count);
	last = look();
	(void)ks_close(state.context);
	tell(warm, last);
	printf("descriptors: %u %u\n", descriptors, count_descriptors());
	printf("children: %s\n", waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 && errno == ECHILD
					 ? "none"
					 : "some");
	printf("secret memory: %zu %zu\n", secret_memory, ks_secret_in_use());
	return fflush(stdout) == 0 ? 0 : 1;
}
