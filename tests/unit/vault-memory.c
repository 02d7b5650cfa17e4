/* SPDX-License-Identifier: MIT */
/*
 * That what libcurl and jansson had is wiped: the linker puts allocators of ours in the place of the real ones, which
 * look at each block that is freed.
 */
#include "unit.h"

#include <curl/curl.h>
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "providers/vault/memory.h"

#define SECRET "CANARY-secret"

enum {
	LONG = 3000 /* bytes that a block grows beyond */
};

static bool is_short;           /* of memory */
static unsigned freed, unwiped; /* blocks */

void *give_block(size_t size) __asm__("__wrap_malloc");
void *give_zeroed(size_t count, size_t size) __asm__("__wrap_calloc");
void take_block(void *block) __asm__("__wrap_free");
void *system_malloc(size_t size) __asm__("__real_malloc");
void *system_calloc(size_t count, size_t size) __asm__("__real_calloc");
void system_free(void *block) __asm__("__real_free");

/* What is not wiped has something in it. */
void *give_block(size_t size)
{
	char *block = is_short ? NULL : system_malloc(size);

	if (block)
		memset(block, 'x', malloc_usable_size(block));
	return block;
}

void *give_zeroed(size_t count, size_t size)
{
	return is_short ? NULL : system_calloc(count, size);
}

void take_block(void *block)
{
	const char *bytes = block;
	const size_t size = block ? malloc_usable_size(block) : 0;

	freed++;
	for (size_t i = 0; i < size; i++) {
		if (bytes[i]) {
			unwiped++;
			break;
		}
	}
	system_free(block);
}

static int begin(void **state)
{
	(void)state;
	is_short = false;
	freed = unwiped = 0;
	ks_vault_memory_forgive();
	return 0;
}

static void *allocate_elsewhere(size_t size)
{
	return malloc(size);
}

/* Of its own, for a process sets itself up once. */
static void leaves_an_application_its_own(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		json_malloc_t allocate = NULL;
		json_free_t release = NULL;

		json_set_alloc_funcs(allocate_elsewhere, free);
		if (!ks_vault_memory_init())
			_exit(1);
		json_get_alloc_funcs(&allocate, &release);
		_exit(allocate == allocate_elsewhere ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void is_set_up_for_both(void **state)
{
	json_malloc_t allocate = NULL;
	json_free_t release = NULL;

	(void)state;
	/* jansson's own are the real ones, and the module must not take ours for an application's */
	json_set_alloc_funcs(malloc, free);
	assert_null(ks_vault_memory_init());
	assert_null(ks_vault_memory_init());
	json_get_alloc_funcs(&allocate, &release);
	assert_ptr_equal(allocate, ks_vault_alloc);
	assert_ptr_equal(release, ks_vault_free);
}

static void copies(void **state)
{
	char *copy = ks_vault_copy(SECRET);

	(void)state;
	assert_string_equal(copy, SECRET);
	ks_vault_free(copy);
	copy = ks_vault_copy_n(SECRET, 6);
	assert_string_equal(copy, "CANARY");
	ks_vault_free(copy);
	copy = ks_vault_copy_n(SECRET, 0);
	assert_string_equal(copy, "");
	ks_vault_free(copy);
	copy = ks_vault_alloc(0);
	assert_non_null(copy);
	ks_vault_free(copy);
	assert_int_equal(freed, 4);
	assert_int_equal(unwiped, 0);
	assert_null(ks_vault_copy(NULL));
	ks_vault_free(NULL);
	assert_int_equal(freed, 4);
	assert_false(ks_vault_memory_failed());
}

static void wipes_what_jansson_had(void **state)
{
	json_t *object =
		json_loads("{\"data\": {\"api_key\": \"" SECRET "\", \"list\": [\"" SECRET "\", 1.5]}}", 0, NULL);
	char *text = NULL;

	(void)state;
	assert_non_null(object);
	text = json_dumps(object, JSON_COMPACT);
	assert_non_null(strstr(text, SECRET));
	ks_vault_free(text);
	json_decref(object);
	assert_in_range(freed, 10, 200);
	assert_int_equal(unwiped, 0);
	assert_false(ks_vault_memory_failed());
}

static void wipes_what_libcurl_had(void **state)
{
	struct curl_slist *headers = curl_slist_append(NULL, "X-Vault-Token: " SECRET);
	CURL *curl = curl_easy_init();
	CURLU *url = curl_url();
	char path[LONG] = SECRET, *escaped = NULL;

	(void)state;
	assert_non_null(headers);
	assert_non_null(curl);
	assert_int_equal(curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, SECRET), CURLE_OK);
	assert_int_equal(curl_url_set(url, CURLUPART_URL, "https://host.example/" SECRET, 0), CURLUE_OK);
	/* what grows is moved */
	memset(path + strlen(SECRET), '%', sizeof(path) - strlen(SECRET) - 1);
	escaped = curl_easy_escape(curl, path, 0);
	assert_in_range(strlen(escaped), 2 * LONG, 3 * LONG);
	assert_int_equal(strncmp(escaped, SECRET "%25", strlen(SECRET "%25")), 0);
	curl_free(escaped);
	curl_url_cleanup(url);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	assert_in_range(freed, 10, 1000);
	assert_int_equal(unwiped, 0);
	assert_false(ks_vault_memory_failed());
}

static void notes_that_memory_is_short(void **state)
{
	(void)state;
	is_short = true;
	assert_null(ks_vault_copy(SECRET));
	assert_true(ks_vault_memory_failed());
	assert_true(ks_vault_memory_failed());
	ks_vault_memory_forgive();
	assert_false(ks_vault_memory_failed());
	assert_null(ks_vault_copy_n(SECRET, 3));
	assert_true(ks_vault_memory_failed());
	ks_vault_memory_forgive();
	assert_null(json_string(SECRET));
	assert_true(ks_vault_memory_failed());
	ks_vault_memory_forgive();
	assert_null(curl_url()); /* asks for what is zeroed */
	assert_true(ks_vault_memory_failed());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(leaves_an_application_its_own, begin),
		cmocka_unit_test_setup(is_set_up_for_both, begin),
		cmocka_unit_test_setup(copies, begin),
		cmocka_unit_test_setup(wipes_what_jansson_had, begin),
		cmocka_unit_test_setup(wipes_what_libcurl_had, begin),
		cmocka_unit_test_setup(notes_that_memory_is_short, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
