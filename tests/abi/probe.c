/* SPDX-License-Identifier: MIT */
/*
 * probe.so, for tests only: says in attributes what it sees of its host. It is built for this minor version and for
 * the next one (next_minor.py), where KS_NEXT_MINOR is what each new member holds. A 0 is what it does not see.
 */
#include <keystile/provider.h>
#include <stdio.h>
#include <string.h>

#include "fence.h"

#ifdef PROBE_MAJOR
#undef KS_ABI_MAJOR
#define KS_ABI_MAJOR PROBE_MAJOR
#endif
#ifndef PROBE_FLAGS
#define PROBE_FLAGS 0
#endif
#ifdef PROBE_NEW_TYPE
#define OPTIONS(X) X("word", NEXT_MINOR, OPTIONAL, "", "of a type that this version does not have")
#else
#define OPTIONS(X) X("word", STRING, OPTIONAL, "", "any text")
#endif

#define SECRET                                                                                                       \
	"sk-ant-api03-CANARY-probe-"                                                                                 \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxAA"

enum {
	NUMBER_MAX = 24
};

#ifdef KS_NEXT_MINOR
static uint64_t ask_function(const struct ks_host *host)
{
	return KS_HAS(host, next_minor) ? host->next_minor(host) : 0;
}

static uint64_t read_member(const struct ks_provider_request *request)
{
	return KS_HAS(request, next_minor) ? request->next_minor : 0;
}
#else
static uint64_t ask_function(const struct ks_host *host)
{
	(void)host;
	return 0;
}

static uint64_t read_member(const struct ks_provider_request *request)
{
	(void)request;
	return 0;
}
#endif

static void put_number(char text[NUMBER_MAX], uint64_t number)
{
	(void)snprintf(text, NUMBER_MAX, "%llu", (unsigned long long)number);
}

static int resolve_probe(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	char minor[NUMBER_MAX], function[NUMBER_MAX], member[NUMBER_MAX];
	const struct ks_attribute attributes[] = {
		{"host-minor", minor}, {"host-function", function}, {"request-member", member}};
	struct ks_delivery *delivery = fenced(sizeof(*delivery));

	(void)state;
	put_number(minor, host->abi_minor);
	put_number(function, ask_function(host));
	put_number(member, read_member(request));
	*delivery = (struct ks_delivery){
		.size = sizeof(*delivery),
		.kind = KS_KIND_API_KEY,
		.transports = KS_TRANSPORT_API | KS_TRANSPORT_CLI,
		.attribute_count = sizeof(attributes) / sizeof(attributes[0]),
		.attribute_stride = sizeof(attributes[0]),
		.attributes = attributes,
		.secret = SECRET,
		.secret_length = strlen(SECRET),
		.source = "probe",
	};
#ifdef KS_NEXT_MINOR
	delivery->next_minor = KS_NEXT_MINOR;
#endif
	return host->deliver(host, delivery);
}

KS_PROVIDER("probe", "1.0.0", "says what it sees of its host, for tests", PROBE_FLAGS,
	KS_TRANSPORT_API | KS_TRANSPORT_CLI, KS_KIND_API_KEY, OPTIONS, KS_NONE, NULL, resolve_probe, NULL)
