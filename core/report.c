/* SPDX-License-Identifier: MIT */
#include "core/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	TOLD_MAX = 500, /* faults of one stack: more are counted, for hardly anybody reads them */
	SHOWN_MAX = 32  /* of a word; a name that is right may be longer, and a key is */
};

void ks_fault_place(const struct ks_fault *fault, char *text, size_t size)
{
	text[0] = '\0';
	if (fault->file && fault->line && fault->column)
		(void)snprintf(text, size, "%s:%u:%u: ", fault->file, fault->line, fault->column);
	else if (fault->file && fault->line)
		(void)snprintf(text, size, "%s:%u: ", fault->file, fault->line);
	else if (fault->file && strncmp(fault->reason, fault->file, strlen(fault->file)) != 0)
		(void)snprintf(text, size, "%s: ", fault->file);
}

static void remember_first(struct ks_report *report, const struct ks_fault *fault)
{
	char place[KS_MESSAGE_MAX];

	ks_fault_place(fault, place, sizeof(place));
	(void)ks_error_set(report->error, fault->result, "%s%s%s%s", place, fault->reason,
		fault->remedy[0] ? "; " : "", fault->remedy);
}

static void tell(struct ks_report *report, const char *file, unsigned line, unsigned column,
	const struct ks_problem *problem, bool is_note)
{
	struct ks_fault fault = {
		.size = sizeof(fault),
		.result = problem->result,
		.file = file,
		.line = line,
		.column = column,
		.reason = problem->reason,
		.remedy = problem->remedy,
		.is_note = is_note,
	};

	if (report->fault && report->count < TOLD_MAX)
		report->fault(report->data, &fault);
	if (is_note)
		return;
	if (report->count++ == 0) {
		report->result = problem->result;
		remember_first(report, &fault);
	} else if (report->result == KS_MISCONFIGURED && problem->result != KS_MISCONFIGURED) {
		report->result = problem->result;
	}
}

int ks_report_problem(
	struct ks_report *report, const char *file, unsigned line, unsigned column, const struct ks_problem *problem)
{
	tell(report, file, line, column, problem, false);
	return -EINVAL;
}

void ks_report_note(
	struct ks_report *report, const char *file, unsigned line, unsigned column, const struct ks_problem *problem)
{
	tell(report, file, line, column, problem, true);
}

int ks_report_fault(struct ks_report *report, enum ks_result result, const char *file, unsigned line, unsigned column,
	const char *remedy, const char *format, ...)
{
	struct ks_problem problem = {.result = result};
	va_list arguments;

	va_start(arguments, format);
	ks_problem_va(&problem, result, remedy, format, arguments);
	va_end(arguments);
	return ks_report_problem(report, file, line, column, &problem);
}

const char *ks_report_word(char buffer[KS_REPORT_WORD_MAX], const char *word, size_t length, const char *suffix)
{
	if (length > SHOWN_MAX || strncmp(word, "sk-", 3) == 0)
		(void)snprintf(buffer, KS_REPORT_WORD_MAX, "a word of %zu bytes", length);
	else
		(void)snprintf(buffer, KS_REPORT_WORD_MAX, "'%.*s%s'", (int)length, word, suffix);
	return buffer;
}

static void tell_rest(const struct ks_report *report)
{
	char reason[64];
	const struct ks_fault fault = {
		.size = sizeof(fault), .result = report->result, .reason = reason, .remedy = "mend those first"};

	(void)snprintf(reason, sizeof(reason), "and %u more faults", report->count - TOLD_MAX);
	if (report->fault)
		report->fault(report->data, &fault);
}

enum ks_result ks_report_finish(struct ks_report *report)
{
	size_t length = 0;

	if (report->count == 0)
		return KS_OK;
	if (report->count > TOLD_MAX)
		tell_rest(report);
	if (report->error) {
		report->error->result = report->result;
		length = strlen(report->error->message);
		if (report->count > 1)
			(void)snprintf(report->error->message + length, sizeof(report->error->message) - length,
				" (and %u more)", report->count - 1);
	}
	return report->result;
}
