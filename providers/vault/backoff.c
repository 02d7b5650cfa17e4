/* SPDX-License-Identifier: MIT */
#include "providers/vault/backoff.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
	STEP_MS = 1000, /* what a wait grows by with each try (go-retryablehttp, as Vault's client sets it) */
	RETRY_AFTER_MAX_S = 24 * 60 * 60,
	MARGIN_MS = 100, /* of the deadline, to say what came of it */
	MARGIN_PART = 4  /* but no more than this part of it */
};

int64_t ks_vault_now(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

double ks_vault_chance(void)
{
	uint32_t number = 0;

	/* without random numbers everybody waits for the same time, and nothing worse */
	(void)!getrandom(&number, sizeof(number), GRND_NONBLOCK);
	return (double)number / UINT32_MAX;
}

int64_t ks_vault_until(struct ks_vault_call *call)
{
	int64_t left = call->host->time_left(call->host);

	left -= left / MARGIN_PART < MARGIN_MS ? left / MARGIN_PART : MARGIN_MS;
	if (call->can_do_without)
		left /= 2;
	if (call->target.timeout_ms > 0 && call->target.timeout_ms < left)
		left = call->target.timeout_ms;
	return ks_vault_now() + left;
}

static void sleep_ms(int64_t ms)
{
	const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)clock_nanosleep(CLOCK_BOOTTIME, 0, &time, NULL);
}

/* Milliseconds from now; -1 for what is neither a number of seconds nor a date (RFC 9110, 10.2.3). */
static int64_t parse_retry_after(const char *text)
{
	const size_t digits = strspn(text, "0123456789");
	time_t date = 0;

	if (digits > 0 && !text[digits])
		return digits > 6 ? (int64_t)RETRY_AFTER_MAX_S * 1000 : atoll(text) * 1000;
	date = curl_getdate(text, NULL);
	if (date == (time_t)-1)
		return -1;
	return date > time(NULL) ? (int64_t)(date - time(NULL)) * 1000 : 0;
}

bool ks_vault_wait(struct ks_vault_call *call, unsigned tries, const char *retry_after, int64_t until,
	char why[KS_VAULT_WHY_MAX])
{
	int64_t wait = retry_after ? parse_retry_after(retry_after) : -1;
	/* OpenBao rounds down: all of the last second is 0, and no reason to ask again at once */
	const bool was_told = wait > 0;

	why[0] = '\0';
	if (!was_told)
		wait = (int64_t)((double)tries * STEP_MS * (1.0 + ks_vault_chance() / 2));
	if (was_told && ks_vault_now() + wait >= until)
		(void)snprintf(
			why, KS_VAULT_WHY_MAX, ", and asks to come back in %lld s", (long long)(wait + 999) / 1000);
	else if (tries > 1)
		(void)snprintf(why, KS_VAULT_WHY_MAX, ", in %u tries", tries);
	if (tries > call->target.retries || ks_vault_now() + wait >= until)
		return false;
	sleep_ms(wait);
	return true;
}

enum ks_result ks_vault_take_turn(struct ks_vault_call *call, int64_t until)
{
	struct ks_vault *vault = call->vault;
	const struct ks_vault_target *target = &call->target;
	int64_t now = ks_vault_now(), wait = 0;

	if (target->rate <= 0)
		return KS_OK;
	if (vault->rate_at == 0)
		vault->rate_spare = target->burst;
	else
		vault->rate_spare += (double)(now - vault->rate_at) / 1000 * target->rate;
	if (vault->rate_spare > target->burst)
		vault->rate_spare = target->burst;
	vault->rate_at = now;
	if (vault->rate_spare < 1)
		wait = (int64_t)((1 - vault->rate_spare) / target->rate * 1000) + 1;
	if (now + wait >= until)
		return ks_vault_fail(call, KS_UNAVAILABLE, "VAULT_RATE_LIMIT",
			"raise it, or @timeout=", "lets no request through for another %lld ms", (long long)wait);
	if (wait > 0)
		sleep_ms(wait);
	vault->rate_spare -= 1; /* what the wait brought is counted the next time */
	return KS_OK;
}
