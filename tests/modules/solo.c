/* SPDX-License-Identifier: MIT */
/*
 * solo.so, for tests only: not reentrant, and notices when two requests are in one state at once. Nothing here is
 * atomic on purpose: ThreadSanitizer is to see what the core does not keep apart.
 */
#include <keystile/provider.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS(X)                                                                                                   \
	X("secret", STRING, REQUIRED, "", "the API key to deliver")                                                  \
	X("fresh", STRING, REQUIRED, "", "the one to deliver where a fresh one is asked for")

enum option {
	SECRET,
	FRESH
};

struct solo {
	bool is_busy;
	const char *secret, *fresh;
};

static int open_solo(const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	struct solo *solo = calloc(1, sizeof(*solo));

	(void)host;
	if (!solo)
		return KS_ERROR;
	solo->secret = KS_SETTING(settings, stride, SECRET);
	solo->fresh = KS_SETTING(settings, stride, FRESH);
	*ret_state = solo;
	return KS_OK;
}

static void close_solo(void *state)
{
	free(state);
}

static int resolve_solo(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	struct solo *solo = state;
	struct ks_delivery delivery = {
		.size = sizeof(delivery),
		.kind = KS_KIND_API_KEY,
		.transports = KS_TRANSPORT_API | KS_TRANSPORT_CLI,
		.source = "solo",
		.secret = request->flags & KS_PROVIDER_FRESH ? solo->fresh : solo->secret,
	};
	int result = KS_ERROR;

	delivery.secret_length = strlen(delivery.secret);
	if (solo->is_busy)
		return host->fail(host, KS_ERROR, "solo", "is asked twice at once", "wait for the first answer");
	solo->is_busy = true;
	(void)sched_yield();
	result = host->deliver(host, &delivery);
	solo->is_busy = false;
	return result;
}

KS_PROVIDER("solo", "1.0.0", "notices two requests at once, for tests", 0, KS_TRANSPORT_API | KS_TRANSPORT_CLI,
	KS_KIND_API_KEY, OPTIONS, KS_NONE, open_solo, resolve_solo, close_solo)
