/* SPDX-License-Identifier: MIT */
#include "core/problem.h"

#include <errno.h>
#include <keystile/keystile.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

enum {
	SECRET_TAIL_MIN = 16, /* a prefix that a message names ends before */
	REDACTED_LENGTH = 3
};

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

void ks_problem_clear(struct ks_problem *problem)
{
	if (!problem)
		return;
	problem->result = KS_OK;
	problem->reason[0] = problem->remedy[0] = '\0';
}

int ks_problem_errno(struct ks_problem *problem, int errno_value, const char *what)
{
	enum ks_result result = errno_value == EACCES ? KS_DENIED : KS_ERROR;

	(void)ks_problem(problem, result, "", "%s: %s", what, describe(errno_value));
	return -errno_value;
}

int ks_problem_path(struct ks_problem *problem, int errno_value, const char *path, const char *what)
{
	bool is_of_path = ks_is_of_path(-errno_value);

	return ks_problem(problem, is_of_path ? KS_MISCONFIGURED : KS_ERROR,
		is_of_path ? "mend the path or its permissions" : KS_TRY_AGAIN, "%s %s: %s", path, what,
		describe(errno_value));
}

bool ks_is_passing(int error)
{
	switch (error) {
	case -EMFILE:
	case -ENFILE:
	case -ENOMEM:
	case -EAGAIN:
	case -EINTR:
		return true;
	default:
		return false;
	}
}

bool ks_is_of_path(int error)
{
	switch (error) {
	case -ENOENT:
	case -EACCES:
	case -EPERM:
	case -ELOOP:
	case -ENOTDIR:
	case -ENAMETOOLONG:
		return true;
	default:
		return false;
	}
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

#define SECRET_HEAD "sk-ant-"
#define SECRET_ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

/* A secret that was pasted into the wrong place must not come back in the message about it. */
static void redact(char *text)
{
	size_t length = 0;

	for (char *at = text; (at = strstr(at, SECRET_HEAD)); at += length) {
		at += sizeof(SECRET_HEAD) - 1;
		length = strspn(at, SECRET_ALPHABET);
		if (length < SECRET_TAIL_MIN)
			continue;
		memset(at, '*', REDACTED_LENGTH);
		memmove(at + REDACTED_LENGTH, at + length, strlen(at + length) + 1);
		length = REDACTED_LENGTH;
	}
}

void ks_scrub(char *text)
{
	size_t length = strlen(text), at = 0, step;

	while (at < length) {
		step = text[at] >= 0x20 && text[at] < 0x7f ? 1 : ks_text_printable(text + at, length - at);
		if (step == 0) {
			text[at] = '?';
			step = 1;
		}
		at += step;
	}
	redact(text);
}
