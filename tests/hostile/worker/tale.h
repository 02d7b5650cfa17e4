/* SPDX-License-Identifier: MIT */
/*
 * For modules that try what the confinement of a worker forbids: each try is told in the answer, as "WHAT EPERM" or
 * "WHAT done".
 */
#ifndef KEYSTILE_TESTS_HOSTILE_TALE_H
#define KEYSTILE_TESTS_HOSTILE_TALE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hostile/hostile.h"

struct tale {
	char text[KS_REASON_MAX];
	size_t length;
};

/* `returned` is negative, with errno set, where it failed. */
static inline void tell(struct tale *tale, const char *what, long returned)
{
	const char *word = returned < 0 ? strerrorname_np(errno) : "done";
	const size_t room = sizeof(tale->text) - tale->length;
	int length = snprintf(
		tale->text + tale->length, room, "%s%s %s", tale->length > 0 ? ", " : "", what, word ? word : "?");

	if (length > 0 && (size_t)length < room)
		tale->length += (size_t)length;
}

static inline int answer_with(const struct ks_host *host, const struct tale *tale)
{
	return host->fail(host, KS_DENIED, NULL, tale->text, "");
}

/* A process that the test started for this: its number is in a variable. Never 0, 1 or negative. */
static inline int caller_of(const struct ks_host *host)
{
	const char *value = NULL;
	long pid = host->getenv(host, "KEYSTILE_HOSTILE_CALLER", &value) == 0 ? strtol(value, NULL, 10) : 0;

	if (pid <= 1)
		abort();
	return (int)pid;
}

#define OF_CALLER(X) X("KEYSTILE_HOSTILE_CALLER")

/* A module with options, variables or flags, without open(). */
#define HOSTILE_WITH(flags_, OPTIONS, ENVIRONMENT, answer_)                                                          \
	static int resolve_hostile(                                                                                  \
		void *state, const struct ks_provider_request *request, const struct ks_host *host)                  \
	{                                                                                                            \
		(void)state;                                                                                         \
		(void)request;                                                                                       \
		return answer_(host);                                                                                \
	}                                                                                                            \
	KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", flags_, ALL_TRANSPORTS, KS_KIND_API_KEY,         \
		OPTIONS, ENVIRONMENT, 0, resolve_hostile, 0)

#endif
