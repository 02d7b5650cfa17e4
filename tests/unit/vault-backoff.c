/* SPDX-License-Identifier: MIT */
/*
 * Waiting, by a clock of our own and without chance: the linker puts both in the place of the real ones.
 */
#include "unit.h"

#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#include "providers/vault/backoff.h"
#include "tests/support/vault-host.h"

enum {
	NOW_MS = 1000000,
	LONG_MS = 1000000
};

/* Thu, 26 Nov 2026 02:00:00 GMT */
#define TODAY ((time_t)1795658400)

static struct ks_vault_call *const call = &vault_host.call;
static int64_t now_ms;
static uint32_t chance;
static int64_t slept_ms; /* in all */
static unsigned slept;

int tell_time(clockid_t clock, struct timespec *time) __asm__("__wrap_clock_gettime");
int sleep_on(clockid_t clock, int flags, const struct timespec *time, struct timespec *left) __asm__(
	"__wrap_clock_nanosleep");
ssize_t throw_dice(void *buffer, size_t size, unsigned flags) __asm__("__wrap_getrandom");
time_t tell_date(time_t *date) __asm__("__wrap_time");

int tell_time(clockid_t clock, struct timespec *time)
{
	assert_int_equal(clock, CLOCK_BOOTTIME);
	*time = (struct timespec){.tv_sec = now_ms / 1000, .tv_nsec = now_ms % 1000 * 1000000};
	return 0;
}

int sleep_on(clockid_t clock, int flags, const struct timespec *time, struct timespec *left)
{
	const int64_t ms = (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000;

	assert_int_equal(clock, CLOCK_BOOTTIME);
	assert_int_equal(flags, 0);
	assert_null(left);
	assert_in_range(time->tv_nsec, 0, 999999999);
	now_ms += ms;
	slept_ms += ms;
	slept++;
	return 0;
}

ssize_t throw_dice(void *buffer, size_t size, unsigned flags)
{
	assert_int_equal(size, sizeof(chance));
	assert_int_equal(flags, GRND_NONBLOCK);
	memcpy(buffer, &chance, size);
	return (ssize_t)size;
}

time_t tell_date(time_t *date)
{
	assert_null(date);
	return TODAY;
}

static int begin(void **state)
{
	now_ms = NOW_MS;
	chance = 0;
	slept_ms = 0;
	slept = 0;
	return vault_host_begin(state);
}

static void knows_until_when(void **state)
{
	static const struct {
		int64_t left, timeout;
		bool can_do_without;
		int64_t until;
	} cases[] = {
		{5000, 0, false, 4900},
		{200, 0, false, 150},
		{100, 0, false, 75},
		{4, 0, false, 3},
		{0, 0, false, 0},
		{5000, 0, true, 2450},
		{5000, 3000, false, 3000},
		{5000, 3000, true, 2450},
		{5000, 6000, false, 4900},
		{5000, 4900, false, 4900},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		vault_host.time_left = cases[i].left;
		call->target.timeout_ms = cases[i].timeout;
		call->can_do_without = cases[i].can_do_without;
		assert_int_equal(ks_vault_until(call) - NOW_MS, cases[i].until);
	}
}

/* How long it waits where there is time; -1 for not at all. `why` is what it says. */
static int64_t wait_for(unsigned tries, const char *retry_after, int64_t time, const char *why)
{
	char told[KS_VAULT_WHY_MAX] = "before";
	const unsigned before = slept;
	const int64_t began_ms = now_ms;
	bool has_waited = ks_vault_wait(call, tries, retry_after, now_ms + time, told);

	assert_string_equal(told, why);
	assert_int_equal(slept - before, has_waited);
	return has_waited ? now_ms - began_ms : -1;
}

static void waits_longer_each_time(void **state)
{
	(void)state;
	call->target.retries = 3;
	assert_int_equal(wait_for(1, NULL, LONG_MS, ""), 1000);
	assert_int_equal(wait_for(2, NULL, LONG_MS, ", in 2 tries"), 2000);
	assert_int_equal(wait_for(3, NULL, LONG_MS, ", in 3 tries"), 3000);
	assert_int_equal(wait_for(4, NULL, LONG_MS, ", in 4 tries"), -1);
	chance = UINT32_MAX;
	assert_int_equal(wait_for(1, NULL, LONG_MS, ""), 1500);
	assert_int_equal(wait_for(2, NULL, LONG_MS, ", in 2 tries"), 3000);
	chance = UINT32_MAX / 2;
	assert_in_range(wait_for(1, NULL, LONG_MS, ""), 1249, 1250);
	call->target.retries = 0;
	assert_int_equal(wait_for(1, NULL, LONG_MS, ""), -1);
}

static void waits_as_long_as_it_is_told(void **state)
{
	static const struct {
		const char *retry_after;
		int64_t ms;
	} cases[] = {
		{"1", 1000},
		{"2", 2000},
		{"017", 17000},
		{"Thu, 26 Nov 2026 02:00:30 GMT", 30000},
		{"Thursday, 26-Nov-26 02:00:30 GMT", 30000},
		{"Thu Nov 26 02:00:30 2026", 30000},
		/* what says nothing of use: three tries' own time */
		{"0", 3000},
		{"000", 3000},
		{"", 3000},
		{"-1", 3000},
		{"1.5", 3000},
		{"soon", 3000},
		{"Thu, 26 Nov 2026 02:00:00 GMT", 3000},
		{"Thu, 26 Nov 2026 01:59:59 GMT", 3000},
	};

	(void)state;
	call->target.retries = 3;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(wait_for(3, cases[i].retry_after, LONG_MS, ", in 3 tries"), cases[i].ms);
}

static void does_not_wait_in_vain(void **state)
{
	(void)state;
	call->target.retries = 3;
	assert_int_equal(wait_for(1, NULL, 1000, ""), -1);
	assert_int_equal(wait_for(1, NULL, 1001, ""), 1000);
	assert_int_equal(wait_for(2, NULL, 1500, ", in 2 tries"), -1);
	/* and says when to come back, where it was told */
	assert_int_equal(wait_for(1, "2", 2000, ", and asks to come back in 2 s"), -1);
	assert_int_equal(wait_for(1, "2", 2001, ""), 2000);
	assert_int_equal(wait_for(3, "90", 5000, ", and asks to come back in 90 s"), -1);
	assert_int_equal(wait_for(4, "90", 5000, ", and asks to come back in 90 s"), -1);
	assert_int_equal(wait_for(1, "999999", 5000, ", and asks to come back in 999999 s"), -1);
	assert_int_equal(wait_for(1, "1000000", 5000, ", and asks to come back in 86400 s"), -1);
	assert_int_equal(wait_for(1, "99999999999999999999", 5000, ", and asks to come back in 86400 s"), -1);
	assert_int_equal(wait_for(1, "Thu, 26 Nov 2026 02:01:30 GMT", 5000, ", and asks to come back in 90 s"), -1);
}

static void lets_a_rate_through(void **state)
{
	const int64_t until = NOW_MS + LONG_MS;

	(void)state;
	/* without a limit nobody looks at the clock */
	assert_int_equal(ks_vault_take_turn(call, 0), KS_OK);
	call->target.rate = 10;
	call->target.burst = 3;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ks_vault_take_turn(call, until), KS_OK);
	assert_int_equal(slept, 0);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(ks_vault_take_turn(call, until), KS_OK);
	assert_int_equal(slept, 10);
	assert_in_range(slept_ms, 1000, 1010);
	/* what is not used is not kept for longer than the burst */
	now_ms += LONG_MS / 2;
	slept = 0;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ks_vault_take_turn(call, until), KS_OK);
	assert_int_equal(slept, 0);
	assert_int_equal(ks_vault_take_turn(call, until), KS_OK);
	assert_int_equal(slept, 1);
}

static void does_not_wait_for_a_rate_in_vain(void **state)
{
	(void)state;
	call->target.rate = 0.5;
	call->target.burst = 1;
	assert_int_equal(ks_vault_take_turn(call, NOW_MS + 1), KS_OK);
	assert_int_equal(ks_vault_take_turn(call, NOW_MS + 2001), KS_UNAVAILABLE);
	assert_string_equal(call->failure.source, "VAULT_RATE_LIMIT");
	assert_string_equal(call->failure.reason, "lets no request through for another 2001 ms");
	assert_int_equal(slept, 0);
	assert_int_equal(ks_vault_take_turn(call, NOW_MS + 2002), KS_OK);
	assert_int_equal(slept_ms, 2001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(knows_until_when, begin),
		cmocka_unit_test_setup(waits_longer_each_time, begin),
		cmocka_unit_test_setup(waits_as_long_as_it_is_told, begin),
		cmocka_unit_test_setup(does_not_wait_in_vain, begin),
		cmocka_unit_test_setup(lets_a_rate_through, begin),
		cmocka_unit_test_setup(does_not_wait_for_a_rate_in_vain, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
