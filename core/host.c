/* SPDX-License-Identifier: MIT */
#include "core/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/deliver.h"
#include "core/option.h"
#include "core/process.h"
#include "core/record.h"
#include "core/remote.h"

static struct ks_call *call_of(const struct ks_host *host)
{
	return host->core;
}

/* The first breach is the answer: nothing the module says afterwards is heard. */
static int break_contract(struct ks_call *call, const char *what)
{
	if (call->breach)
		return KS_ERROR;
	call->breach = true;
	(void)ks_problem(&call->problem, KS_ERROR, KS_TELL_AUTHOR, "%s broke the contract: %s",
		call->entry->module->file, what);
	return KS_ERROR;
}

static void host_log(const struct ks_host *host, int level, const char *text)
{
	const struct ks_call *call = call_of(host);
	const struct ks_log *log = call->log;
	const bool is_alert = level == KS_LOG_ALERT;
	char line[KS_REASON_MAX];

	if (!text || (!log->write && !is_alert))
		return;
	(void)snprintf(line, sizeof(line), "%s", text);
	ks_scrub(line);
	/* open() may run under the lock that the audit log needs */
	if (is_alert && !call->is_open && log->context)
		ks_record_alert(log->context, call->entry, line);
	if (log->write)
		log->write(log->data, call->entry->module->file, is_alert || level == KS_LOG_WARNING, line);
}

static bool equals_with_file(const char *name, const char *base)
{
	size_t length = strlen(base);

	return strncmp(name, base, length) == 0 && (name[length] == '\0' || strcmp(name + length, "_FILE") == 0);
}

static bool may_read_variable(const struct ks_call *call, const char *name)
{
	const struct ks_manifest *manifest = &call->entry->module->manifest;

	for (uint32_t i = 0; i < manifest->environment_count; i++) {
		if (strcmp(manifest->environment[i], name) == 0)
			return true;
	}
	for (uint32_t i = 0; i < manifest->option_count; i++) {
		if (manifest->options[i].type == KS_TYPE_VARIABLE && call->entry->settings[i].value &&
			equals_with_file(name, call->entry->settings[i].value))
			return true;
	}
	return false;
}

static int host_getenv(const struct ks_host *host, const char *name, const char **ret_value)
{
	struct ks_call *call = call_of(host);
	const char *value = NULL;

	if (call->is_open || !name || !may_read_variable(call, name))
		return -EACCES;
	if (!ks_process_environment(ret_value))
		return -EPERM;
	value = getenv(name);
	if (!value)
		return -ENOENT;
	if (strnlen(value, KS_VALUE_MAX + 1) > KS_VALUE_MAX)
		return -EMSGSIZE;
	*ret_value = value;
	return 0;
}

static int host_open_private(
	const struct ks_host *host, const char *path, int trust, int *ret_fd, const char **ret_reason)
{
	struct ks_call *call = call_of(host);
	char full[PATH_MAX];
	int r = 0;

	if (call->is_open) {
		*ret_reason = "open() may not read files";
		return -EPERM;
	}
	r = ks_path_expand(path, full, &call->refusal);
	if (r == 0)
		r = ks_private_open(full, trust, ret_fd, &call->refusal);
	if (r < 0)
		*ret_reason = call->refusal.reason;
	return r;
}

static void *host_secret_alloc(const struct ks_host *host, size_t size)
{
	return ks_blocks_alloc(&call_of(host)->blocks, size);
}

/* In open() there is nothing yet that a path could be for. */
static int host_full_path(
	const struct ks_host *host, const char *path, const char **ret_path, const char **ret_reason)
{
	struct ks_call *call = call_of(host);
	char full[PATH_MAX], *copy = NULL;
	int r = 0;

	if (call->is_open) {
		*ret_reason = "open() may not ask for a path";
		return -EPERM;
	}
	r = ks_path_expand(path, full, &call->refusal);
	if (r < 0) {
		*ret_reason = call->refusal.reason;
		return r;
	}
	copy = ks_blocks_copy(&call->blocks, full);
	if (!copy) {
		(void)ks_problem(
			&call->refusal, KS_ERROR, "free some, and try again", "cannot be had: out of memory");
		*ret_reason = call->refusal.reason;
		return -ENOMEM;
	}
	*ret_path = copy;
	return 0;
}

static int64_t host_time_left(const struct ks_host *host)
{
	int64_t left = call_of(host)->wish.deadline - ks_now_ms();

	return left > 0 ? left : 0;
}

/* Whether this may be the call's one answer. */
static bool takes_delivery(struct ks_call *call)
{
	if (!call->breach && call->is_open)
		(void)break_contract(call, "it delivered in open()");
	else if (!call->breach && call->answered)
		(void)break_contract(call, "it delivered after it had answered");
	call->answered = true;
	return !call->breach;
}

int ks_call_deliver_badly(struct ks_call *call, const char *breach)
{
	return takes_delivery(call) ? break_contract(call, breach) : KS_ERROR;
}

static int host_deliver(const struct ks_host *host, const struct ks_delivery *delivery)
{
	struct ks_call *call = call_of(host);
	const char *breach = NULL;

	if (!takes_delivery(call))
		return KS_ERROR;
	breach = ks_deliver(call, delivery);
	return breach ? break_contract(call, breach) : (int)call->problem.result;
}

static bool is_failure(int result)
{
	return result > KS_OK && result <= KS_ERROR;
}

static int host_fail(
	const struct ks_host *host, int result, const char *source, const char *reason, const char *remedy)
{
	struct ks_call *call = call_of(host);

	if (call->breach)
		return KS_ERROR;
	if (call->is_open)
		return break_contract(call, "it called fail in open()");
	if (call->answered)
		return break_contract(call, "it failed after it had answered");
	call->answered = true;
	if (!is_failure(result))
		return break_contract(call, "it failed with a result that is none");
	if (!reason || !reason[0])
		return break_contract(call, "it failed without a reason");
	ks_call_source(call, source);
	(void)ks_problem(
		&call->problem, (enum ks_result)result, remedy ? remedy : call->refusal.remedy, "%s", reason);
	return result;
}

static int host_bad_option(const struct ks_host *host, uint32_t index, const char *reason)
{
	struct ks_call *call = call_of(host);
	const struct ks_manifest *manifest = &call->entry->module->manifest;

	if (call->breach)
		return KS_ERROR;
	if (!call->is_open)
		return break_contract(call, "it refused an option outside open()");
	if (index >= manifest->option_count)
		return break_contract(call, "it refused an option it does not have");
	call->answered = true;
	call->argument = ks_option_argument(&call->entry->config, manifest, index);
	(void)ks_problem(&call->problem, KS_MISCONFIGURED,
		"correct the option; keystile modules NAME tells what it takes", "option %s %s",
		manifest->options[index].name,
		reason && reason[0] ? reason : "is refused, and the module does not say why");
	return KS_MISCONFIGURED;
}

static const struct ks_host host_table = {
	.size = sizeof(host_table),
	.abi_major = KS_ABI_MAJOR,
	.abi_minor = KS_ABI_MINOR,
	.log = host_log,
	.getenv = host_getenv,
	.full_path = host_full_path,
	.open_private = host_open_private,
	.secret_alloc = host_secret_alloc,
	.time_left = host_time_left,
	.deliver = host_deliver,
	.fail = host_fail,
	.bad_option = host_bad_option,
};

void ks_call_clear(struct ks_call *call)
{
	call->answered = call->breach = false;
	call->credential = NULL;
	call->source[0] = '\0';
	call->argument = NULL;
	call->blocks.first = NULL;
	ks_problem_clear(&call->problem);
	ks_problem_clear(&call->refusal);
}

void ks_call_source(struct ks_call *call, const char *source)
{
	size_t length = source ? strnlen(source, sizeof(call->source) - 1) : 0;

	if (length > 0)
		memcpy(call->source, source, length);
	call->source[length] = '\0';
	ks_scrub(call->source);
}

int ks_call_give_up(struct ks_call *call, enum ks_result result, const char *remedy, const char *format, ...)
{
	va_list arguments;

	call->breach = true;
	va_start(arguments, format);
	ks_problem_va(&call->problem, result, remedy, format, arguments);
	va_end(arguments);
	return (int)result;
}

static void set_up(struct ks_call *call, const struct ks_stack_entry *entry, const struct ks_log *log,
	const struct ks_wish *wish, bool is_open)
{
	ks_call_clear(call);
	call->host = host_table;
	call->host.core = call;
	call->entry = entry;
	call->log = log;
	call->wish = *wish;
	call->is_open = is_open;
}

/* The functions that reach the module: its own, or those that do so by way of a worker. */
static const struct ks_provider *provider_of(const struct ks_stack_entry *entry)
{
	return entry->worker ? &ks_remote_provider : entry->module->provider;
}

void ks_call_judge_open(struct ks_call *call, int returned)
{
	if (call->breach)
		return;
	if (returned != KS_OK && !is_failure(returned))
		(void)break_contract(call, "open() returned a result that is none");
	else if (returned == KS_OK && call->answered)
		(void)break_contract(call, "open() refused an option and returned ok");
	else if (returned != KS_OK && !call->answered)
		(void)ks_problem(&call->problem, KS_ERROR,
			"see that there is memory, or report it to the module's author", "%s could not be opened",
			call->entry->module->file);
}

enum ks_result ks_host_open(const struct ks_stack_entry *entry, const struct ks_log *log, int64_t deadline,
	void **ret_state, struct ks_problem *problem, const struct ks_argument **ret_argument)
{
	const struct ks_provider *provider = provider_of(entry);
	const struct ks_wish wish = {.deadline = deadline};
	struct ks_call call;
	void *state = entry->worker;
	int r = KS_OK;

	set_up(&call, entry, log, &wish, true);
	if (provider->open)
		r = provider->open(&call.host, entry->settings, sizeof(*entry->settings), &state);
	ks_blocks_free(&call.blocks);
	ks_call_judge_open(&call, r);
	*ret_argument = call.argument;
	if (call.problem.result != KS_OK) {
		if (state && provider->close)
			provider->close(state);
		*problem = call.problem;
		return problem->result;
	}
	*ret_state = state;
	return KS_OK;
}

static bool stops_every_stack(enum ks_result result)
{
	return result == KS_MISCONFIGURED || result == KS_ERROR;
}

/*
 * What resolve() returned against what it said through the host. A late answer is none, good or bad: "nothing here"
 * may only mean that a search was cut short.
 */
static void judge(struct ks_call *call, int returned)
{
	if (call->breach)
		return;
	if (!call->answered && returned == KS_OK)
		(void)break_contract(call, "it returned ok and delivered nothing");
	else if (!call->answered && !is_failure(returned))
		(void)break_contract(call, "it returned a result that is none");
	else if (!call->answered)
		(void)break_contract(call, "it returned a failure and gave no reason");
	else if (call->credential && returned != KS_OK)
		(void)break_contract(call, "it delivered and then returned a failure");
	else if (!call->credential && returned != (int)call->problem.result)
		(void)break_contract(call, "it returned another result than the one it gave");
	else if (!stops_every_stack(call->problem.result) && ks_now_ms() > call->wish.deadline)
		(void)ks_problem(&call->problem, KS_UNAVAILABLE, KS_RAISE_TIMEOUT, "answered after its deadline");
}

/* Reasons are predicates ("is not set"): puts what they are about before them, where it does not stand there yet. */
static void name_subject(struct ks_call *call)
{
	char predicate[KS_REASON_MAX];

	if (call->breach || !call->source[0] ||
		strncmp(call->problem.reason, call->source, strlen(call->source)) == 0)
		return;
	(void)snprintf(predicate, sizeof(predicate), "%s", call->problem.reason);
	(void)snprintf(call->problem.reason, sizeof(call->problem.reason), "%.*s %.*s", KS_REASON_MAX / 2,
		call->source, KS_REASON_MAX / 2 - 2, predicate);
	ks_scrub(call->problem.reason); /* a cut may go through a character */
}

enum ks_result ks_host_resolve(struct ks_call *call, const struct ks_stack_entry *entry, const struct ks_log *log,
	void *state, const struct ks_wish *wish)
{
	struct ks_provider_request request = {
		.size = sizeof(request),
		.flags = wish->flags,
		.transports = wish->transports,
		.kinds = wish->kinds,
		.payers = wish->payers,
		.deadline = wish->deadline,
	};

	set_up(call, entry, log, wish, false);
	judge(call, provider_of(entry)->resolve(state, &request, &call->host));
	ks_blocks_free(&call->blocks);
	if (call->problem.result != KS_OK) {
		call->credential = ks_credential_free(call->credential);
		name_subject(call);
	}
	return call->problem.result;
}
