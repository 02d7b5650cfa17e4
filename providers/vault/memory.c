/* SPDX-License-Identifier: MIT */
#include "providers/vault/memory.h"

#include <curl/curl.h>
#include <jansson.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *fault;
/* In a module, the usual model would allocate it when it is first used, and without memory end the process. */
static _Thread_local bool failed __attribute__((tls_model("initial-exec")));

void ks_vault_memory_fail(void)
{
	failed = true;
}

static void *note(void *block)
{
	if (!block)
		ks_vault_memory_fail();
	return block;
}

void *ks_vault_alloc(size_t size)
{
	return note(malloc(size ? size : 1));
}

void ks_vault_free(void *block)
{
	if (!block)
		return;
	explicit_bzero(block, malloc_usable_size(block));
	free(block);
}

char *ks_vault_copy_n(const char *text, size_t size)
{
	char *copy = ks_vault_alloc(size + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, size);
	copy[size] = '\0';
	return copy;
}

char *ks_vault_copy(const char *text)
{
	return text ? ks_vault_copy_n(text, strlen(text)) : NULL;
}

static void *allocate_zeroed(size_t count, size_t size)
{
	return note(calloc(count, size));
}

/* realloc(3) would leave the old block as it is. */
static void *resize(void *block, size_t size)
{
	size_t old = block ? malloc_usable_size(block) : 0;
	void *larger = NULL;

	if (old >= size && block)
		return block;
	larger = ks_vault_alloc(size);
	if (!larger)
		return NULL;
	if (block)
		memcpy(larger, block, old);
	ks_vault_free(block);
	return larger;
}

static void set_up(void)
{
	json_malloc_t allocate = NULL;
	json_free_t release = NULL;

	json_get_alloc_funcs(&allocate, &release);
	if (allocate != malloc || release != free) {
		fault = "the application gave jansson an allocator of its own";
		return;
	}
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, ks_vault_alloc, ks_vault_free, resize, ks_vault_copy,
		    allocate_zeroed) != CURLE_OK) {
		fault = "libcurl cannot be set up";
		return;
	}
	json_set_alloc_funcs(ks_vault_alloc, ks_vault_free);
}

const char *ks_vault_memory_init(void)
{
	return pthread_once(&once, set_up) == 0 ? fault : "it cannot be set up";
}

bool ks_vault_memory_failed(void)
{
	return failed;
}

void ks_vault_memory_forgive(void)
{
	failed = false;
}
