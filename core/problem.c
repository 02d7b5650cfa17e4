/* SPDX-License-Identifier: MIT */
#include "core/problem.h"

#include <errno.h>
#include <keystile/keystile.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

static const char *describe(int errno_value)
{
	const char *text = strerrordesc_np(errno_value);

	return text ? text : "unknown error";
}

void ks_problem_va(
	struct ks_problem *problem, enum ks_result result, const char *remedy, const char *format, va_list arguments)
{
	problem->result = result;
	(void)vsnprintf(problem->reason, sizeof(problem->reason), format, arguments);
	(void)snprintf(problem->remedy, sizeof(problem->remedy), "%s", remedy ? remedy : "");
	ks_scrub(problem->reason);
	ks_scrub(problem->remedy);
}

int ks_problem(struct ks_problem *problem, enum ks_result result, const char *remedy, const char *format, ...)
{
	va_list arguments;

	if (problem) {
		va_start(arguments, format);
		ks_problem_va(problem, result, remedy, format, arguments);
		va_end(arguments);
	}
	return result == KS_ERROR ? -EIO : -EINVAL;
}

int ks_problem_errno(struct ks_problem *problem, int errno_value, const char *what)
{
	enum ks_result result = errno_value == EACCES ? KS_DENIED : KS_ERROR;

	(void)ks_problem(problem, result, "", "%s: %s", what, describe(errno_value));
	return -errno_value;
}

enum ks_result ks_error_set(struct ks_error *error, enum ks_result result, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return result;
	error->result = result;
	va_start(arguments, format);
	(void)vsnprintf(error->message, sizeof(error->message), format, arguments);
	va_end(arguments);
	ks_scrub(error->message);
	return result;
}

enum ks_result ks_error_from(struct ks_error *error, const char *place, const struct ks_problem *problem)
{
	return ks_error_set(error, problem->result, "%s%s%s%s%s", place ? place : "", place ? ": " : "",
		problem->reason, problem->remedy[0] ? "; " : "", problem->remedy);
}

void ks_scrub(char *text)
{
	size_t length = strlen(text), at = 0, step;

	while (at < length) {
		step = ks_text_printable(text + at, length - at);
		if (step == 0) {
			text[at] = '?';
			step = 1;
		}
		at += step;
	}
}
