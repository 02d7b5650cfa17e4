/* SPDX-License-Identifier: MIT */
/*
 * keystile classify: what a secret can be, by its first bytes, without showing any of them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/message.h"
#include "cli/table.h"
#include "cli/view.h"
#include "core/kind.h"
#include "core/secret.h"

enum {
	INPUT_MAX = KS_SECRET_MAX + 2 /* a newline, and one byte to notice that there is more */
};

/* What came of one secret. */
struct verdict {
	struct ks_classification class;
	struct ks_problem problem; /* KS_OK where nothing is wrong */
	size_t length;
};

static ssize_t read_input(char *secret)
{
	size_t length = 0;

	while (length < INPUT_MAX) {
		ssize_t n = read(STDIN_FILENO, secret + length, INPUT_MAX - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	if (length > 0 && secret[length - 1] == '\n')
		length--;
	if (length > 0 && secret[length - 1] == '\r')
		length--;
	return (ssize_t)length;
}

static void judge_kind(struct verdict *verdict)
{
	const struct ks_classification *class = &verdict->class;

	if (class->kinds == 0)
		(void)ks_problem(&verdict->problem, KS_INVALID, class->remedy, "%s", class->reason);
	else if ((class->kinds & KS_KIND_SETUP_TOKEN) && verdict->length < KS_SETUP_TOKEN_LENGTH)
		(void)ks_problem(&verdict->problem, KS_INVALID, "copy it again, whole and on one line",
			"looks truncated: it has %zu characters, and a setup-token has %d", verdict->length,
			KS_SETUP_TOKEN_LENGTH);
}

/* What has neither a known prefix nor the bytes of a secret. */
static const struct ks_classification nothing = {.name = "no credential"};

/* First the bytes, for they spoil whatever it is; then the kind; then the length. */
static void judge(struct verdict *verdict, const char *secret, size_t length)
{
	struct ks_problem *problem = &verdict->problem;

	verdict->length = length;
	verdict->class = nothing;
	if (length > KS_SECRET_MAX) {
		(void)ks_problem(problem, KS_INVALID, "check that this is the right input",
			"has more than %d bytes, and no credential has", KS_SECRET_MAX);
		return;
	}
	ks_classify(secret, length, NULL, &verdict->class);
	if (ks_secret_check(secret, length, problem) == 0)
		judge_kind(verdict);
	else if (verdict->class.must_be_bound)
		verdict->class = nothing;
}

static const char *binding_word(const struct ks_kind_rule *rule, const struct ks_classification *class)
{
	if (class->must_be_bound || rule->binding == KS_BOUND_ALWAYS)
		return "always";
	return rule->binding == KS_BOUND_MAYBE ? "maybe" : "never";
}

static void put_text(struct output *output, const struct verdict *verdict)
{
	static const char *const head[] = {"KIND", "TRANSPORTS", "BOUND"};
	const struct ks_kind_rule *rule = NULL;
	char transports[WORDS_MAX];
	struct table table;

	output_print(output, "%s\n", verdict->class.name);
	if (verdict->class.kinds == 0)
		return;
	table_init(&table, sizeof(head) / sizeof(head[0]));
	table_add(&table, head);
	for (unsigned i = 0; (rule = ks_kind_rule_at(i)); i++) {
		const char *cells[] = {rule->name, transports, binding_word(rule, &verdict->class)};

		view_transports(rule->transports, transports);
		if (verdict->class.kinds & rule->kind)
			table_add(&table, cells);
	}
	table_finish(&table, "  ", output);
	if (verdict->class.must_be_bound)
		output_text(output, "It is good for one base URL only: name that on the entry with base-url=.\n");
}

static void put_json(struct output *output, const struct verdict *verdict)
{
	const struct ks_kind_rule *rule = NULL;
	struct json json = {.output = output};
	bool ok = verdict->problem.result == KS_OK;

	json_object(&json, NULL);
	json_number(&json, "version", 1);
	json_boolean(&json, "ok", ok);
	json_string(&json, "name", verdict->class.name);
	if (verdict->length > KS_SECRET_MAX)
		json_string(&json, "length", NULL);
	else
		json_number(&json, "length", (int64_t)verdict->length);
	json_array(&json, "kinds");
	for (unsigned i = 0; (rule = ks_kind_rule_at(i)); i++) {
		if (!(verdict->class.kinds & rule->kind))
			continue;
		json_object(&json, NULL);
		json_string(&json, "kind", rule->name);
		view_json_transports(&json, "transports", rule->transports);
		json_string(&json, "bound", binding_word(rule, &verdict->class));
		json_object_end(&json);
	}
	json_array_end(&json);
	json_string(&json, "reason", ok ? NULL : verdict->problem.reason);
	json_string(&json, "remedy", ok ? NULL : verdict->problem.remedy);
	json_object_end(&json);
	json_finish(&json);
}

int classify_run(const struct options *options)
{
	struct verdict verdict = {0};
	struct output output = OUTPUT_INIT;
	const struct ks_problem *problem = &verdict.problem;
	char *secret = ks_secret_alloc(INPUT_MAX);
	ssize_t length = -1;
	int status = 0;

	if (!secret) {
		message_error("standard input: no memory to read it; free some and try again");
		return EX_SOFTWARE;
	}
	length = read_input(secret);
	if (length < 0) {
		message_error("standard input cannot be read: %s; give the secret on it", strerrordesc_np(errno));
		status = EX_SOFTWARE;
		goto out;
	}
	judge(&verdict, secret, (size_t)length);
	if (options->json)
		put_json(&output, &verdict);
	else
		put_text(&output, &verdict);
	status = output_write(&output);
	if (status == 0 && problem->result != KS_OK) {
		message_error(
			"standard input %s%s%s", problem->reason, problem->remedy[0] ? "; " : "", problem->remedy);
		status = EX_DATAERR;
	}
out:
	(void)ks_secret_free(secret);
	return status;
}
