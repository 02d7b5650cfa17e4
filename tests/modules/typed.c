/* SPDX-License-Identifier: MIT */
/*
 * typed.so, for tests only: an option of each type, one of them required. What it has is for the API alone.
 */
#include <keystile/provider.h>

#define OPTIONS(X)                                                                                                   \
	X("path", PATH, REQUIRED, "", "a path")                                                                      \
	X("string", STRING, OPTIONAL, "", "any text")                                                                \
	X("choice", CHOICE, OPTIONAL, "first|second|third", "one of three words")                                    \
	X("url", URL, OPTIONAL, "", "a base URL")                                                                    \
	X("variable", VARIABLE, OPTIONAL, "", "the name of a variable")                                              \
	X("number", NUMBER, OPTIONAL, "", "a number")                                                                \
	X("duration", DURATION, OPTIONAL, "", "a duration")                                                          \
	X("name", NAME, OPTIONAL, "", "a name")

static int resolve_typed(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	(void)state;
	(void)request;
	return host->fail(host, KS_NOT_CONFIGURED, "typed", "it never has anything", "use another module");
}

KS_PROVIDER("typed", "1.0.0", "has an option of each type, for tests", KS_PROVIDER_REENTRANT, KS_TRANSPORT_API,
	KS_KIND_FEDERATED_TOKEN, OPTIONS, KS_NONE, 0, resolve_typed, 0)
