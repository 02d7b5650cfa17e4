/* SPDX-License-Identifier: MIT */
#include "kit/ask.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "core/process.h"

#define BROKE "broke the contract: "
#define HIDDEN "sk-ant-***" /* what ks_scrub() leaves of a secret */
#define IS_NOT_OPEN "could not be opened"
#define IS_SILENT "is refused, and the module does not say why"

enum {
	NOTES_BYTES = 16 * 1024,
	SECRET_TOLD_MIN = 16 /* a shorter one may stand in a text by chance */
};

/* What the module noted. A thread at a time: each writes behind the others, and what does not fit is not looked at.
 */
static char notes[NOTES_BYTES];
static atomic_size_t notes_length;

/* A stack that could be opened, and cannot later on, is no matter of options. */
static atomic_bool has_opened;

static void keep_note(void *data, const char *module, int is_warning, const char *text)
{
	size_t length = strlen(text) + 1, at = atomic_fetch_add(&notes_length, length);

	(void)data;
	(void)module;
	(void)is_warning;
	if (at < sizeof(notes) && length <= sizeof(notes) - at)
		memcpy(notes + at, text, length);
}

/* What the core calls a breach ends the check, and so does a worker that has ended. */
static void judge(const char *reason)
{
	const char *breach = strstr(reason, BROKE);
	enum rule rule = RULE_ANSWER;

	if (breach)
		broken(rule_of_breach(breach + strlen(BROKE)), "%s", breach + strlen(BROKE));
	if (is_end_of_worker(reason, &rule))
		broken(rule, "%s", reason);
}

struct ks_context *open_stack(const struct home *home)
{
	struct ks_open_options options = {.size = sizeof(options), .config_dir = place_folder(), .log = keep_note};
	struct ks_error error = KS_ERROR_INIT;
	struct ks_context *context = NULL;

	if (ks_open(home->isolate, &options, &context, &error) == KS_OK) {
		has_opened = true;
		return context;
	}
	if (has_opened)
		broken(RULE_STATE, "the stack opens no more: %s", error.message);
	refused(error.message);
}

void open_state(struct ks_context *context)
{
	const struct ks_argument *argument = NULL;
	struct ks_problem problem = {0};
	enum ks_result result = KS_OK;

	during(RULE_ENDS, "open()");
	result = ks_context_prepare(context, 0, ks_now_ms() + KS_ENTRY_TIMEOUT_MS, &problem, &argument);
	if (result == KS_OK)
		return;
	judge(problem.reason);
	if (strstr(problem.reason, IS_SILENT))
		broken(RULE_BAD_OPTION, "%s", problem.reason);
	if (result == KS_MISCONFIGURED)
		refused(problem.reason);
	if (strstr(problem.reason, IS_NOT_OPEN))
		broken(RULE_OPEN, "%s", problem.reason);
	broken(rule_of_load(problem.reason), "%s", problem.reason);
}

struct ks_context *open_home(const struct home *home)
{
	struct ks_context *context = open_stack(home);

	open_state(context);
	return context;
}

static bool tells(const char *text, const char *secret, size_t length)
{
	return strstr(text, HIDDEN) || (length >= SECRET_TOLD_MIN && memmem(text, strlen(text), secret, length));
}

/* Whether a secret stands in what the module said. */
static void look_for_secrets(const struct ks_step *step, const struct ks_credential *credential)
{
	size_t length = 0, end = atomic_load(&notes_length), next = 0;
	const char *secret = ks_credential_secret(credential, &length);

	if (end > sizeof(notes))
		end = sizeof(notes);
	for (size_t at = 0; at < end; at += next) {
		next = strnlen(notes + at, end - at) + 1;
		if (next <= end - at && tells(notes + at, secret, length))
			broken(RULE_OUTPUT, "there is a secret in what it logs");
	}
	if (tells(step->source, secret, length) || tells(step->reason, secret, length) ||
		tells(step->remedy, secret, length))
		broken(RULE_FAIL, "there is a secret in what it says");
}

/* Runs one request. To be freed: both. */
static void request_once(struct ks_context *context, uint32_t transports, int64_t timeout_ms,
	struct ks_credential **ret_credential, struct ks_trace **ret_trace, struct ks_step *ret_step)
{
	struct ks_request request = {.size = sizeof(request), .transports = transports, .timeout_ms = timeout_ms};

	during(RULE_ENDS, "resolve()");
	(void)ks_resolve(context, &request, ret_credential, ret_trace, NULL);
	*ret_step = (struct ks_step){.size = sizeof(*ret_step)};
	if (!*ret_trace || !ks_trace_step_at(*ret_trace, 0, ret_step))
		unable("a request", ENOMEM);
}

struct answer ask(struct ks_context *context, int64_t timeout_ms)
{
	struct ks_credential *credential = NULL;
	struct ks_trace *trace = NULL;
	struct ks_step step;
	struct answer answer = {0};
	enum rule rule = RULE_ANSWER;

	request_once(context, ASK_ANY, timeout_ms, &credential, &trace, &step);
	answer.result = step.result;
	answer.is_stopped = is_end_of_worker(step.reason, &rule) && rule == RULE_DEADLINE;
	answer.kind = ks_credential_kind(credential);
	(void)snprintf(answer.source, sizeof(answer.source), "%s", step.source);
	(void)ks_credential_free(credential);
	(void)ks_trace_free(trace);
	return answer;
}

void ask_strictly(struct ks_context *context, uint32_t transports, bool is_fresh)
{
	struct ks_credential *credential = NULL;
	struct ks_trace *trace = NULL;
	struct ks_step step;

	if (is_fresh)
		atomic_store(&context->runtimes[0].is_stale, true);
	request_once(context, transports, ASK_TIMEOUT_MS, &credential, &trace, &step);
	judge(step.reason);
	look_for_secrets(&step, credential);
	(void)ks_credential_free(credential);
	(void)ks_trace_free(trace);
}
