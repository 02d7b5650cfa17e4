/* SPDX-License-Identifier: MIT */
#include "cli/message.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/problem.h"

enum {
	TEXT_MAX = 2 * PATH_MAX + KS_MESSAGE_MAX
};

#define RED "\033[31m"
#define YELLOW "\033[33m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"
#define NAME "keystile:"

static bool is_quiet;

void message_quiet(bool quiet)
{
	is_quiet = quiet;
}

static bool has_colour(void)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	if ((none && *none) || !term || strcmp(term, "dumb") == 0)
		return false;
	return isatty(STDERR_FILENO) == 1;
}

static void put(const char *colour, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));

/* One write(2), so that lines of several processes do not mix. Where standard error is gone, nobody can be told. */
static void put(const char *colour, const char *format, va_list arguments)
{
	char text[TEXT_MAX], line[TEXT_MAX + sizeof(RED NAME PLAIN " \n")];
	bool coloured = has_colour();
	int length = 0;

	(void)vsnprintf(text, sizeof(text), format, arguments);
	ks_scrub(text);
	length = snprintf(
		line, sizeof(line), "%s" NAME "%s %s\n", coloured ? colour : "", coloured ? PLAIN : "", text);
	if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
		return;
}

void message_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put(RED, format, arguments);
	va_end(arguments);
}

void message_warning(const char *format, ...)
{
	va_list arguments;

	if (is_quiet)
		return;
	va_start(arguments, format);
	put(YELLOW, format, arguments);
	va_end(arguments);
}

void message_note(const char *format, ...)
{
	va_list arguments;

	if (is_quiet)
		return;
	va_start(arguments, format);
	put(BOLD, format, arguments);
	va_end(arguments);
}
