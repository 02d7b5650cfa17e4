/* SPDX-License-Identifier: MIT */
/*
 * application: asks the service `default` for anything, and prints what the library says. It is built for this minor
 * version and for the next one (next_minor.py), where KS_NEXT_MINOR is what each new member holds. A 0 is what it
 * does not see. What it gives the library to read or write ends at a fence. Never a secret.
 */
#include <keystile/keystile.h>
#include <stdio.h>

#include "fence.h"

/* The new member of a structure from the library, where its size says that it is there. */
#ifdef KS_NEXT_MINOR
#define NEW_MEMBER(ptr)                                                                                              \
	((ptr)->size >= offsetof(__typeof__(*(ptr)), next_minor) + sizeof((ptr)->next_minor)                         \
			? (unsigned)(ptr)->next_minor                                                                \
			: 0)
#define SET_NEW_MEMBER(ptr) ((ptr)->next_minor = KS_NEXT_MINOR)
#else
#define NEW_MEMBER(ptr) 0u
#define SET_NEW_MEMBER(ptr) ((void)(ptr))
#endif

static void show_fault(void *data, const struct ks_fault *fault)
{
	(void)data;
	printf("fault: %s\nfault-member: %u\n", fault->reason, NEW_MEMBER(fault));
}

static void show_log(void *data, const char *module, int is_warning, const char *text)
{
	(void)data;
	(void)is_warning;
	printf("log: %s: %s\n", module, text);
}

static void show_credential(const struct ks_credential *credential)
{
	const char *fingerprint = ks_credential_fingerprint(credential);
	struct ks_pair pair;

	printf("kind: %s\n", ks_kind_name(ks_credential_kind(credential)));
	printf("source: %s\n", ks_credential_source(credential));
	printf("fingerprint: %s\n", fingerprint ? fingerprint : "");
	for (unsigned i = 0; ks_credential_attribute_at(credential, i, &pair); i++)
		printf("%s: %s\n", pair.name, pair.value);
}

static void show_steps(const struct ks_trace *trace)
{
	struct ks_step *step = fenced(sizeof(*step));

	step->size = sizeof(*step);
	for (unsigned i = 0; ks_trace_step_at(trace, i, step); i++)
		printf("step: %s: %s%s\nstep-member: %u\n", step->module, ks_result_name(step->result), step->reason,
			NEW_MEMBER(step));
}

static enum ks_result open_context(struct ks_context **ret_context, struct ks_error *error)
{
	struct ks_open_options *options = fenced(sizeof(*options));

	options->size = sizeof(*options);
	options->fault = show_fault;
	options->log = show_log;
	SET_NEW_MEMBER(options);
	return ks_open(NULL, options, ret_context, error);
}

static enum ks_result resolve(struct ks_context *context, struct ks_credential **ret_credential,
	struct ks_trace **ret_trace, struct ks_error *error)
{
	struct ks_request *request = fenced(sizeof(*request));

	request->size = sizeof(*request);
	request->transports = KS_TRANSPORT_API | KS_TRANSPORT_CLI;
	SET_NEW_MEMBER(request);
	return ks_resolve(context, request, ret_credential, ret_trace, error);
}

int main(void)
{
	struct ks_error *error = fenced(sizeof(*error));
	struct ks_context *context = NULL;
	struct ks_credential *credential = NULL;
	struct ks_trace *trace = NULL;
	enum ks_result result = KS_OK;

	*error = (struct ks_error)KS_ERROR_INIT;
	result = open_context(&context, error);
	if (result == KS_OK)
		result = resolve(context, &credential, &trace, error);
	if (result == KS_OK)
		show_credential(credential);
	else
		printf("error: %s\nerror-member: %u\n", error->message, NEW_MEMBER(error));
	show_steps(trace);
	(void)ks_trace_free(trace);
	(void)ks_credential_free(credential);
	(void)ks_close(context);
	return ks_result_exit_status(result);
}
