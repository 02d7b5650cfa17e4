/* SPDX-License-Identifier: MIT */
/*
 * What the modules of this folder share: a good answer, of which each spoils one thing. The build defines
 * HOSTILE_NAME, the module's own name.
 */
#ifndef KEYSTILE_TESTS_HOSTILE_H
#define KEYSTILE_TESTS_HOSTILE_H

#include <keystile/provider.h>

/* Made up: right in form and length, good for nothing. */
#define SECRET                                                                                                       \
	"sk-ant-api03-CANARY-hostile-"                                                                               \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxAA"
#define SETUP_TOKEN                                                                                                  \
	"sk-ant-oat01-CANARY-hostile-"                                                                               \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxAA"

#define ALL_TRANSPORTS (KS_TRANSPORT_API | KS_TRANSPORT_CLI)

#define GOOD_DELIVERY                                                                                                \
	{                                                                                                            \
		.size = sizeof(struct ks_delivery), .kind = KS_KIND_API_KEY, .transports = ALL_TRANSPORTS,           \
		.secret = SECRET, .secret_length = sizeof(SECRET) - 1, .source = "hostile",                          \
	}

static inline int deliver_well(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	return host->deliver(host, &delivery);
}

static inline int resolve_well(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	(void)state;
	(void)request;
	return deliver_well(host);
}

/* A module of some kinds with an open() or NULL, and an `int answer(host)` for resolve(). */
#define HOSTILE(kinds_, open_, answer_)                                                                              \
	static int resolve_hostile(                                                                                  \
		void *state, const struct ks_provider_request *request, const struct ks_host *host)                  \
	{                                                                                                            \
		(void)state;                                                                                         \
		(void)request;                                                                                       \
		return answer_(host);                                                                                \
	}                                                                                                            \
	KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, kinds_, KS_NONE, KS_NONE,     \
		open_, resolve_hostile, 0)

/* The usual one: of API keys, without open(). */
#define HOSTILE_ANSWER(answer_) HOSTILE(KS_KIND_API_KEY, 0, answer_)

/* One that delivers a secret with these bytes in the middle. */
#define HOSTILE_SECRET(middle_)                                                                                      \
	static int answer(const struct ks_host *host)                                                                \
	{                                                                                                            \
		static const char secret[] = "sk-ant-api03-CANARY-hostile" middle_ "xxxxxxxxxxxxxxxxxxxxxxxxAA";     \
		struct ks_delivery delivery = GOOD_DELIVERY;                                                         \
                                                                                                                     \
		delivery.secret = secret;                                                                            \
		delivery.secret_length = sizeof(secret) - 1;                                                         \
		return host->deliver(host, &delivery);                                                               \
	}                                                                                                            \
	HOSTILE_ANSWER(answer)

#endif
