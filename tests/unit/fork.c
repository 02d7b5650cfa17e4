/* SPDX-License-Identifier: MIT */
/*
 * Fork with contexts open, while other threads of the parent hold any lock there is: modules' paths are the
 * arguments.
 */
#include "unit.h"

#include <fcntl.h>
#include <keystile/keystile.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/secret.h"
#include "tests/support/answers.h"
#include "tests/support/log-reader.h"
#include "tests/support/place.h"

/*
 * The allocators of AddressSanitizer and ThreadSanitizer do not survive a fork of several threads (those of gcc 12
 * and clang 14). So there a child asks for no memory: it looks at what it inherited, and frees it.
 */
#define MAY_ALLOCATE (!WITH_ASAN && !WITH_TSAN)

enum {
	THREADS = 7,
	FORKS = 60,
	/* glibc's loader ends a child so that was forked while a thread was in dlopen(3), and itself calls that */
	LOADER_STATUS = 127,
	SLOW_FORKS = 12,   /* under valgrind */
	SEARCH_EVERY = 6,  /* children, as it takes longer than all else */
	HANG_SECONDS = 60, /* after which SIGALRM ends a child that hangs */
	NEEDLE_START = 20, /* behind the prefix; and before the 64 bytes after which a hash function keeps a rest */
	NEEDLE_LENGTH = 32,
	MAPPING_MAX = 256 << 20, /* a larger one is a sanitizer's */
	LINE_BYTES = 4096
};

/* The file's secret is nowhere in this program but inverted: so where it is found, the library left it. */
static unsigned char inverted[96];

static void make_secret_file(void)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
	char text[sizeof(inverted)] = "sk-ant-api03-CANARY-", path[256];
	size_t start = strlen(text);
	int fd = -1;

	assert_int_equal(getrandom(text + start, sizeof(text) - start, 0), sizeof(text) - start);
	for (size_t i = start; i < sizeof(text); i++)
		text[i] = letters[(unsigned char)text[i] % (sizeof(letters) - 1)];
	for (size_t i = 0; i < sizeof(text); i++)
		inverted[i] = (unsigned char)~text[i];
	(void)snprintf(path, sizeof(path), "%s/secret", place_folder);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
	assert_int_equal(close(fd), 0);
	ks_wipe(text, sizeof(text));
	(void)snprintf(path, sizeof(path), "any binding file.so path=%s/secret\n", place_folder);
	place_write("file", path);
}

static bool is_inverted(const char *text, const unsigned char *other, size_t length)
{
	while (length > 0 && (unsigned char)*text + *other == UCHAR_MAX)
		text++, other++, length--;
	return length == 0;
}

static struct ks_context *open_one(const char *service)
{
	struct ks_open_options options = place_options(0);
	struct ks_context *context = NULL;

	return ks_open(service, &options, &context, NULL) == KS_OK ? context : NULL;
}

static struct ks_credential *ask_file(struct ks_context *context)
{
	struct ks_credential *credential = NULL;

	if (ks_resolve(context, NULL, &credential, NULL, NULL) != KS_OK)
		return NULL;
	if (!is_inverted(ks_credential_secret(credential, NULL), inverted, sizeof(inverted)))
		return ks_credential_free(credential);
	return credential;
}

/* What the parent has when it forks. */
struct inherited {
	struct ks_context *contexts[ANSWERS], *file;
	struct ks_credential *credential, *login;
	struct ks_trace *trace;
};

struct hammer {
	pthread_t thread;
	unsigned number;
	const struct inherited *shared;
	atomic_bool *is_over;
	const char *failure;
};

static void *hammer(void *data)
{
	struct hammer *self = data;

	for (unsigned round = self->number; !*self->is_over && !self->failure; round++) {
		unsigned number = round % ANSWERS;
		struct ks_context *own = round % 8 ? NULL : open_one(answers[number].twin);
		struct ks_credential *credential = answers_ask(own ? own : self->shared->contexts[number], number,
			round % 3 ? KS_TRANSPORT_API : KS_TRANSPORT_CLI);
		struct ks_credential *other = ask_file(self->shared->file);

		if (!credential || !other || (round % 8 == 0 && !own))
			self->failure = "an answer in the parent is wrong";
		ks_invalidate(self->shared->contexts[number], credential);
		(void)ks_close(own);
		(void)ks_credential_free(other);
		(void)ks_credential_free(credential);
	}
	return NULL;
}

static bool search_block(const char *block, size_t size)
{
	const unsigned char *needle = inverted + NEEDLE_START;
	const char *at = block;

	while (size >= NEEDLE_LENGTH && (at = memchr(at, UCHAR_MAX - *needle, size - NEEDLE_LENGTH + 1))) {
		if (is_inverted(at, needle, NEEDLE_LENGTH))
			return true;
		at++;
		size -= (size_t)(at - block);
		block = at;
	}
	return false;
}

/* Whether the needle lies between two addresses. Blocks overlap by its length; none is left to be found. */
static bool search_mapping(int memory, unsigned long start, unsigned long end)
{
	static char block[1 << 16];
	bool found = false;

	for (; start < end && !found; start += sizeof(block) - NEEDLE_LENGTH) {
		size_t size = end - start < sizeof(block) ? end - start : sizeof(block);
		ssize_t got = pread(memory, block, size, (off_t)start);

		found = got > 0 && search_block(block, (size_t)got);
	}
	ks_wipe(block, sizeof(block));
	return found;
}

/* Whether the secret is anywhere in the memory this process can write. */
static bool search_memory(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned long start = 0, end = 0;
	char line[LINE_BYTES], mode[5];
	bool found = !maps || memory < 0;

	while (!found && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %4s", &start, &end, mode) == 3 && strncmp(mode, "rw", 2) == 0 &&
			end - start <= MAPPING_MAX)
			found = search_mapping(memory, start, end);
	if (maps)
		(void)fclose(maps);
	if (memory >= 0)
		(void)close(memory);
	return found;
}

static bool is_empty(const struct ks_credential *credential)
{
	struct ks_pair pair = {0};
	size_t length = 1;

	return !ks_credential_secret(credential, &length) && length == 0 && ks_credential_kind(credential) == 0 &&
	       ks_credential_transport(credential) == 0 && ks_credential_transports(credential) == 0 &&
	       ks_credential_payer(credential) == 0 && !ks_credential_source(credential) &&
	       !ks_credential_module(credential) && !ks_credential_base_url(credential) &&
	       !ks_credential_fingerprint(credential) && ks_credential_expires_at(credential) == 0 &&
	       ks_credential_refresh_at(credential) == 0 && !ks_credential_attribute(credential, "workspace") &&
	       !ks_credential_attribute_at(credential, 0, &pair) && !ks_credential_header_at(credential, 0, &pair) &&
	       !ks_credential_environment_at(credential, 0, &pair) &&
	       !ks_credential_permits_url(credential, "https://api.anthropic.com");
}

static const char *refuse_inherited(const struct inherited *inherited)
{
	struct ks_credential *none = NULL;
	struct ks_error error = KS_ERROR_INIT;

	if (!is_empty(inherited->credential) || !is_empty(inherited->login))
		return "a credential of the parent has content";
	if (ks_resolve(inherited->file, NULL, &none, NULL, &error) != KS_ERROR || none ||
		!strstr(error.message, "belongs to the parent"))
		return "a context of the parent answers";
	ks_invalidate(inherited->file, inherited->credential);
	return ks_trace_count(inherited->trace) == 1 ? NULL : "a trace of the parent is gone";
}

static const char *use_own(unsigned number)
{
	struct ks_context *file = open_one("file"), *other = open_one(answers[number].service);
	struct ks_credential *first = file ? ask_file(file) : NULL;
	struct ks_credential *second = other ? answers_ask(other, number, KS_TRANSPORT_API) : NULL;
	bool is_good = first && second;

	(void)ks_credential_free(first);
	(void)ks_close(file);
	(void)ks_close(other);
	(void)ks_credential_free(second);
	return is_good ? NULL : "a context of its own answers wrongly";
}

static void free_all(struct inherited *inherited)
{
	for (unsigned i = 0; i < ANSWERS; i++)
		(void)ks_close(inherited->contexts[i]);
	(void)ks_close(inherited->file);
	(void)ks_credential_free(inherited->credential);
	(void)ks_credential_free(inherited->login);
	(void)ks_trace_free(inherited->trace);
}

/* In the child. Returns what was wrong, or NULL. */
static const char *live(struct inherited *inherited, unsigned number)
{
	const char *failure = refuse_inherited(inherited);

	if (!failure && MAY_ALLOCATE && number % SEARCH_EVERY == 0 && search_memory())
		failure = "the parent's secret is in memory";
	if (!failure && MAY_ALLOCATE)
		failure = use_own(number % ANSWERS);
	free_all(inherited);
	if (!failure && MAY_ALLOCATE)
		failure = use_own(number % ANSWERS);
	if (!failure && ks_secret_in_use() != 0)
		failure = "secret memory is in use after all was freed";
	return failure;
}

/* What a child told in its pipe, or "" where it was content. */
static void run_child(struct inherited *inherited, unsigned number, char *text, size_t size)
{
	const char *failure = NULL;
	int ends[2], status = 0;
	ssize_t got = 0;
	pid_t pid = -1;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)alarm(HANG_SECONDS);
		failure = live(inherited, number);
		_exit(failure && write(ends[1], failure, strlen(failure)) < 0 ? 2 : failure != NULL);
	}
	(void)close(ends[1]);
	got = read(ends[0], text, size - 1);
	text[got > 0 ? got : 0] = '\0';
	(void)close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		(void)snprintf(
			text, size, "%s", WTERMSIG(status) == SIGALRM ? "it hangs" : strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != LOADER_STATUS && !text[0])
		(void)snprintf(text, size, "it ended with %d", WEXITSTATUS(status));
}

static void open_all(struct inherited *inherited)
{
	for (unsigned i = 0; i < ANSWERS; i++) {
		inherited->contexts[i] = open_one(answers[i].service);
		assert_non_null(inherited->contexts[i]);
	}
	inherited->file = open_one("file");
	assert_int_equal(ks_resolve(inherited->file, NULL, &inherited->credential, &inherited->trace, NULL), KS_OK);
	inherited->login = answers_ask(inherited->contexts[0], 0, KS_TRANSPORT_CLI);
	assert_non_null(inherited->login);
}

static void forget(void *data, const char *line)
{
	(void)data;
	(void)line;
}

/* That the search could find it at all. */
static void a_secret_is_found_where_it_is(void **state)
{
	struct inherited inherited = {0};

	(void)state;
	assert_false(search_memory());
	open_all(&inherited);
	assert_true(search_memory());
	free_all(&inherited);
	assert_false(search_memory());
}

static void a_child_is_on_its_own(void **state)
{
	struct log_reader reader = {.take = forget};
	struct hammer hammers[THREADS];
	struct inherited inherited = {0};
	atomic_bool is_over = false;
	char text[128] = "";

	(void)state;
	log_reader_start(&reader);
	open_all(&inherited);
	for (unsigned i = 0; i < THREADS; i++) {
		hammers[i] = (struct hammer){.number = i, .shared = &inherited, .is_over = &is_over};
		assert_int_equal(pthread_create(&hammers[i].thread, NULL, hammer, &hammers[i]), 0);
	}
	for (unsigned i = 0; i < (UNDER_VALGRIND ? SLOW_FORKS : FORKS) && !text[0]; i++)
		run_child(&inherited, i, text, sizeof(text));
	is_over = true;
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(hammers[i].thread, NULL), 0);
		if (hammers[i].failure)
			fail_msg("%s", hammers[i].failure);
	}
	if (text[0])
		fail_msg("in a child: %s", text);
	free_all(&inherited);
	log_reader_stop(&reader);
	assert_int_equal(ks_secret_in_use(), 0);
}

static int set_up(void **state)
{
	(void)state;
	answers_prepare();
	make_secret_file();
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_found_where_it_is),
		cmocka_unit_test(a_child_is_on_its_own),
	};

	if (place_make(argc, argv) < 0)
		return 1;
	return cmocka_run_group_tests(tests, set_up, place_remove);
}
