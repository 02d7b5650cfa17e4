/* SPDX-License-Identifier: MIT */
/*
 * providers/file/dotenv.c: what is found lies within the text and reads the same when it is written again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "providers/file/dotenv.h"

enum {
	COUNT = 2
};

/* A text in a block with room for the NUL that the reader writes behind it, and no more. */
struct reading {
	char *text;
	size_t length;
	struct ks_dotenv_variable variables[COUNT];
	struct ks_dotenv_fault fault;
	int r;
};

static void read_copy(struct reading *reading, const char *text, size_t length, size_t count)
{
	*reading = (struct reading){
		.text = fuzz_block(NULL, length + 1),
		.length = length,
		.variables = {{.name = "ANTHROPIC_API_KEY"}, {.name = "ANTHROPIC_BASE_URL"}},
	};
	memcpy(reading->text, text, length);
	reading->r = ks_dotenv_read(reading->text, length, reading->variables, count, &reading->fault);
}

static void check_variable(const struct reading *reading, const struct ks_dotenv_variable *variable)
{
	PROPERTY(variable->value >= reading->text);
	PROPERTY(variable->value + variable->length <= reading->text + reading->length);
	PROPERTY(strlen(variable->value) == variable->length);
	PROPERTY(variable->line >= 1);
	PROPERTY(variable->quote == '\0' || variable->quote == '"' || variable->quote == '\'');
	/* a shell, which would make something else of it, must not be needed */
	PROPERTY(variable->quote || !strpbrk(variable->value, "\n\\'\"#$`"));
	fuzz_tell("%s on line %u, %zu bytes\n", variable->name, variable->line, variable->length);
}

static void check(const struct reading *reading, const char *text)
{
	const unsigned lines = fuzz_lines(text, reading->length);

	PROPERTY(reading->r == 0 || reading->r == -EINVAL);
	if (reading->r < 0) {
		PROPERTY(reading->fault.line >= 1 && reading->fault.line <= lines);
		fuzz_tell("%u: ", reading->fault.line);
		fuzz_reason(reading->fault.reason);
		return;
	}
	PROPERTY(!memchr(text, '\0', reading->length));
	for (size_t i = 0; i < COUNT; i++) {
		if (!reading->variables[i].value)
			continue;
		PROPERTY(reading->variables[i].line <= lines);
		check_variable(reading, &reading->variables[i]);
	}
}

/* In single quotes where it can stand there, else with escapes. */
static void print_variable(FILE *stream, const struct ks_dotenv_variable *variable)
{
	static const char special[] = "\n\r\t\"\\$", letters[] = "nrt\"\\$";
	const char *found = NULL;

	if (!strchr(variable->value, '\'')) {
		(void)fprintf(stream, "export %s='%s' # found\n", variable->name, variable->value);
		return;
	}
	(void)fprintf(stream, "%s = \"", variable->name);
	for (const char *at = variable->value; *at; at++) {
		found = strchr(special, *at);
		if (found)
			(void)fprintf(stream, "\\%c", letters[found - special]);
		else
			(void)fputc(*at, stream);
	}
	(void)fprintf(stream, "\"\n");
}

static void check_again(const struct reading *reading)
{
	struct reading again = {0};
	char *text = NULL;
	size_t length = 0;
	FILE *stream = fuzz_stream(&text, &length);

	for (size_t i = 0; i < COUNT; i++) {
		if (reading->variables[i].value)
			print_variable(stream, &reading->variables[i]);
	}
	(void)fclose(stream);
	read_copy(&again, text, length, COUNT);
	PROPERTY(again.r == 0);
	for (size_t i = 0; i < COUNT; i++) {
		PROPERTY(!again.variables[i].value == !reading->variables[i].value);
		PROPERTY(!again.variables[i].value ||
			 strcmp(again.variables[i].value, reading->variables[i].value) == 0);
	}
	free(again.text);
	free(text);
}

/* Who looks for less is refused no more, and finds the same. */
static void check_fewer(const struct reading *reading, const char *text)
{
	struct reading fewer = {0};

	read_copy(&fewer, text, reading->length, 1);
	PROPERTY(fewer.r == 0);
	PROPERTY(!fewer.variables[0].value == !reading->variables[0].value);
	PROPERTY(!fewer.variables[0].value || strcmp(fewer.variables[0].value, reading->variables[0].value) == 0);
	free(fewer.text);
}

/* The first line as a name: what is one can be set, and found, and nothing else can. */
static void check_name(const char *text, size_t length)
{
	const char *end = memchr(text, '\n', length);
	char *name = fuzz_string(text, end ? (size_t)(end - text) : length), *line = NULL;
	struct ks_dotenv_variable variable = {.name = name};
	struct ks_dotenv_fault fault = {0};
	size_t size = 0;
	FILE *stream = fuzz_stream(&line, &size);

	(void)fprintf(stream, "%s='x'\n", name);
	(void)fclose(stream);
	if (ks_dotenv_is_name(name))
		PROPERTY(ks_dotenv_read(line, size, &variable, 1, &fault) == 0 && strcmp(variable.value, "x") == 0);
	else
		PROPERTY(ks_dotenv_read(line, size, &variable, 1, &fault) < 0 || !variable.value);
	free(line);
	free(name);
}

void fuzz_target(char *bytes, size_t length)
{
	struct reading reading = {0};

	read_copy(&reading, bytes, length, COUNT);
	check(&reading, bytes);
	if (reading.r == 0) {
		check_again(&reading);
		check_fewer(&reading, bytes);
	}
	check_name(bytes, length);
	free(reading.text);
}
