/* SPDX-License-Identifier: MIT */
#include "core/secret.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#endif

/* The pool is one mapping to AddressSanitizer, so it is told where each block ends. */
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(memory, size) ASAN_POISON_MEMORY_REGION(memory, size)
#define UNPOISON(memory, size) ASAN_UNPOISON_MEMORY_REGION(memory, size)
#else
#define POISON(memory, size) ((void)(memory), (void)(size))
#define UNPOISON(memory, size) ((void)(memory), (void)(size))
#endif

/* A larger block has a mapping of its own. A build for tests gives one to every block, so that each of them can fail.
 */
#ifndef KS_SECRET_POOLED_MAX
#define KS_SECRET_POOLED_MAX (REGION_SIZE / 2)
#endif

enum {
	SPINS = 100,
	GRANULE = 64,            /* blocks are made of these, and aligned to them */
	REGION_SIZE = 64 * 1024, /* what a container's usual RLIMIT_MEMLOCK lets be locked */
	REGION_GRANULES = 992,
	POOLED_MAX = KS_SECRET_POOLED_MAX
};

/* A mapping that holds pooled blocks: first fit over a map of granules, where neighbouring free ones join by nature.
 */
struct region {
	struct region *next;
	size_t locked;                 /* bytes from its beginning */
	unsigned blocks;               /* handed out */
	uint16_t run[REGION_GRANULES]; /* how many granules the block that begins here has; 0 where none begins */
	_Alignas(GRANULE) unsigned char data[REGION_GRANULES][GRANULE];
};

/* A mapping that holds one large block. */
struct large {
	struct large *next;
	size_t size; /* of the data */
	_Alignas(GRANULE) unsigned char data[];
};

_Static_assert(sizeof(struct region) <= REGION_SIZE, "a region does not fit its mapping");
_Static_assert(GRANULE % _Alignof(max_align_t) == 0, "blocks would not be aligned for any type");

/*
 * Lives in memory that fork wipes, as the regions do: all zeros is an empty pool with an unlocked mutex, so a child
 * is safe even where another thread of its parent was in here at the time.
 */
struct pool {
	pthread_mutex_t lock;
	struct region *regions;
	struct large *large;
	size_t in_use;
};

static _Atomic(struct pool *) the_pool;

void ks_wipe(void *memory, size_t size)
{
	if (size > 0)
		explicit_bzero(memory, size);
}

/* `size` rounded up to whole pages. */
static size_t mapping_size(size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

/* None of the advice is vital: a kernel or limit without it leaves plain memory. */
static void *map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	(void)madvise(memory, size, MADV_WIPEONFORK);
	(void)madvise(memory, size, MADV_DONTDUMP);
	return memory;
}

static struct pool *get_pool(void)
{
	struct pool *pool = atomic_load(&the_pool), *expected = NULL;
	const size_t size = mapping_size(sizeof(*pool));

	if (pool)
		return pool;
	pool = map(size);
	if (!pool)
		return NULL;
	if (!atomic_compare_exchange_strong(&the_pool, &expected, pool)) {
		(void)munmap(pool, size);
		pool = expected;
	}
	return pool;
}

/*
 * What is done under the lock is shorter than a turn to the kernel: whoever finds it taken tries again some times
 * before going to sleep.
 */
static void lock_pool(struct pool *pool)
{
	for (unsigned i = 0; i < SPINS; i++) {
		if (pthread_mutex_trylock(&pool->lock) == 0)
			return;
	}
	(void)pthread_mutex_lock(&pool->lock);
}

static size_t granules(size_t size)
{
	return size > 0 ? (size + GRANULE - 1) / GRANULE : 1;
}

/* Pages are locked when they are first used: whoever has one small credential does not pay for a whole region. */
static void lock_up_to(struct region *region, const unsigned char *end)
{
	size_t wanted = (size_t)(end - (unsigned char *)region);

	if (wanted <= region->locked)
		return;
	wanted = mapping_size(wanted);
	(void)mlock((char *)region + region->locked, wanted - region->locked);
	region->locked = wanted;
}

static void *alloc_in_region(struct region *region, size_t wanted)
{
	size_t at = 0, space = 0;

	while (at < REGION_GRANULES && space < wanted) {
		if (region->run[at] > 0) {
			at += region->run[at];
			space = 0;
		} else {
			at++;
			space++;
		}
	}
	if (space < wanted)
		return NULL;
	at -= wanted;
	region->run[at] = (uint16_t)wanted;
	region->blocks++;
	lock_up_to(region, (unsigned char *)region->data + (at + wanted) * GRANULE);
	return region->data[at];
}

static void *alloc_pooled(struct pool *pool, size_t size)
{
	const size_t wanted = granules(size);
	struct region *region;
	void *block = NULL;

	for (region = pool->regions; region && !block; region = region->next)
		block = alloc_in_region(region, wanted);
	if (!block) {
		region = map(REGION_SIZE);
		if (!region)
			return NULL;
		POISON(region->data, sizeof(region->data));
		region->next = pool->regions;
		pool->regions = region;
		block = alloc_in_region(region, wanted);
	}
	pool->in_use += wanted * GRANULE;
	UNPOISON(block, size);
	return block;
}

static void *alloc_large(struct pool *pool, size_t size)
{
	struct large *large;

	size = mapping_size(sizeof(*large) + size) - sizeof(*large);
	large = map(sizeof(*large) + size);
	if (!large)
		return NULL;
	(void)mlock(large, sizeof(*large) + size);
	large->size = size;
	large->next = pool->large;
	pool->large = large;
	pool->in_use += size;
	return large->data;
}

void *ks_secret_alloc(size_t size)
{
	struct pool *pool;
	void *block;

	if (size > KS_SECRET_BLOCK_MAX)
		return NULL;
	pool = get_pool();
	if (!pool)
		return NULL;
	lock_pool(pool);
	block = size > POOLED_MAX ? alloc_large(pool, size) : alloc_pooled(pool, size);
	pthread_mutex_unlock(&pool->lock);
	return block;
}

/* One empty region stays for the next request; a second one goes. */
static void drop_region_if_spare(struct pool *pool, struct region *region)
{
	struct region **link = &pool->regions, *other;

	for (other = pool->regions; other; other = other->next)
		if (other != region && other->blocks == 0)
			break;
	if (region->blocks > 0 || !other)
		return;
	while (*link != region)
		link = &(*link)->next;
	*link = region->next;
	UNPOISON(region->data, sizeof(region->data));
	(void)munmap(region, REGION_SIZE);
}

/* False where the block is in no region: a large one, or one of the parent's in a child of fork. */
static bool free_pooled(struct pool *pool, unsigned char *block)
{
	const uintptr_t address = (uintptr_t)block;
	struct region *region;
	size_t at, size;

	for (region = pool->regions; region; region = region->next)
		if (address >= (uintptr_t)region->data && address < (uintptr_t)region->data + sizeof(region->data))
			break;
	if (!region)
		return false;
	at = (address - (uintptr_t)region->data) / GRANULE;
	size = region->run[at] * (size_t)GRANULE;
	if (size == 0 || block != region->data[at])
		abort(); /* freed twice, or never ours: as free(3) does */
	UNPOISON(block, size);
	ks_wipe(block, size);
	POISON(block, size);
	region->run[at] = 0;
	region->blocks--;
	pool->in_use -= size;
	drop_region_if_spare(pool, region);
	return true;
}

static struct large *unlink_large(struct pool *pool, const unsigned char *block)
{
	struct large **link = &pool->large, *large;

	while (*link && (*link)->data != block)
		link = &(*link)->next;
	large = *link;
	if (large) {
		*link = large->next;
		pool->in_use -= large->size;
	}
	return large;
}

void *ks_secret_free(void *block)
{
	struct pool *pool = atomic_load(&the_pool);
	struct large *large = NULL;

	if (!block || !pool)
		return NULL;
	lock_pool(pool);
	if (!free_pooled(pool, block))
		large = unlink_large(pool, block);
	pthread_mutex_unlock(&pool->lock);
	if (large) {
		const size_t size = sizeof(*large) + large->size;

		ks_wipe(large, size);
		(void)munmap(large, size);
	}
	return NULL;
}

size_t ks_secret_in_use(void)
{
	struct pool *pool = atomic_load(&the_pool);
	size_t in_use = 0;

	if (pool) {
		lock_pool(pool);
		in_use = pool->in_use;
		pthread_mutex_unlock(&pool->lock);
	}
	return in_use;
}
