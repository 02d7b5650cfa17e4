/* SPDX-License-Identifier: MIT */
#include "manifest.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "fuzz.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define LETTERS LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static void check_text(const char *text)
{
	PROPERTY(ks_text_is_printable(text, strlen(text)));
}

static void check_option(const struct ks_manifest *manifest, uint32_t index)
{
	const struct ks_option *option = &manifest->options[index];

	PROPERTY(fuzz_consists_of(option->name, LOWER DIGITS "-", 32) && strchr(LOWER, option->name[0]));
	PROPERTY(option->type >= KS_TYPE_STRING && option->type <= KS_TYPE_NAME);
	PROPERTY(option->flags == KS_OPTION_OPTIONAL || option->flags == KS_OPTION_REQUIRED);
	PROPERTY(option->type != KS_TYPE_CHOICE || (option->fallback[0] && option->fallback[0] != '|'));
	check_text(option->fallback);
	check_text(option->help);
	for (uint32_t i = 0; i < index; i++)
		PROPERTY(strcmp(manifest->options[i].name, option->name) != 0);
}

static void check_variable(const struct ks_manifest *manifest, uint32_t index)
{
	const char *name = manifest->environment[index];

	PROPERTY(fuzz_consists_of(name, LETTERS DIGITS "_", 128) && !strchr(DIGITS, name[0]));
	for (uint32_t i = 0; i < index; i++)
		PROPERTY(strcmp(manifest->environment[i], name) != 0);
}

static void check_parts(const struct ks_manifest *manifest)
{
	PROPERTY(manifest->abi_major == KS_ABI_MAJOR);
	PROPERTY((manifest->flags & 0xffff & ~(uint32_t)(KS_PROVIDER_NETWORK | KS_PROVIDER_REENTRANT)) == 0);
	PROPERTY(manifest->transports & (KS_TRANSPORT_API | KS_TRANSPORT_CLI));
	PROPERTY(manifest->kinds & (2 * KS_KIND_STORED_LOGIN - 1));
	PROPERTY(fuzz_consists_of(manifest->name, LOWER DIGITS "_-", 64));
	PROPERTY(manifest->name[0] != '_' && manifest->name[0] != '-');
	PROPERTY(manifest->version[0] && manifest->summary[0]);
	check_text(manifest->version);
	check_text(manifest->summary);
	PROPERTY(manifest->option_count <= KS_OPTIONS_MAX && manifest->environment_count <= KS_ENVIRONMENT_MAX);
	for (uint32_t i = 0; i < manifest->option_count; i++)
		check_option(manifest, i);
	for (uint32_t i = 0; i < manifest->environment_count; i++)
		check_variable(manifest, i);
}

/* As it stands in a note. */
static char *print(const struct ks_manifest *manifest, size_t *ret_length)
{
	char *text = NULL;
	FILE *stream = fuzz_stream(&text, ret_length);

	(void)fprintf(
		stream, "name\t%s\nversion\t%s\nsummary\t%s\n", manifest->name, manifest->version, manifest->summary);
	for (uint32_t i = 0; i < manifest->option_count; i++) {
		const struct ks_option *option = &manifest->options[i];

		(void)fprintf(stream, "option\t%s\t%s\t%s\t%s\t%s\n", option->name, ks_option_type_name(option->type),
			option->flags & KS_OPTION_REQUIRED ? "REQUIRED" : "OPTIONAL", option->fallback, option->help);
	}
	for (uint32_t i = 0; i < manifest->environment_count; i++)
		(void)fprintf(stream, "environment\t%s\n", manifest->environment[i]);
	(void)fclose(stream);
	return text;
}

char *manifest_note(const struct ks_note_head *head, const char *text, size_t length, size_t *ret_size)
{
	char *note = fuzz_block(NULL, sizeof(*head) + length + 1);

	memcpy(note, head, sizeof(*head));
	memcpy(note + sizeof(*head), text, length);
	note[sizeof(*head) + length] = '\0';
	*ret_size = sizeof(*head) + length + 1;
	return note;
}

/* What was read is written as a note of this version, and read again. */
static void check_again(const struct ks_manifest *manifest)
{
	size_t length = 0, length_again = 0, size = 0;
	char *text = print(manifest, &length), *text_again = NULL, *note = NULL;
	const struct ks_note_head head = {
		.size = sizeof(head),
		.abi_major = manifest->abi_major,
		.abi_minor = KS_ABI_MINOR,
		.flags = manifest->flags,
		.transports = manifest->transports,
		.kinds = manifest->kinds,
		.text_size = (uint32_t)length + 1,
	};
	struct ks_arena arena = {0};
	struct ks_manifest again = {0};

	note = manifest_note(&head, text, length, &size);
	PROPERTY(ks_note_parse(note, size, &arena, &again, NULL) == 0);
	free(note);
	text_again = print(&again, &length_again);
	PROPERTY(length == length_again && memcmp(text, text_again, length) == 0);
	PROPERTY(again.flags == manifest->flags && again.kinds == manifest->kinds);
	PROPERTY(again.transports == manifest->transports);
	ks_arena_finish(&arena);
	free(text_again);
	free(text);
}

void manifest_check(const struct ks_manifest *manifest)
{
	check_parts(manifest);
	check_again(manifest);
}

void manifest_check_refusal(const struct ks_problem *problem)
{
	PROPERTY(problem->result == KS_MISCONFIGURED);
	PROPERTY(problem->reason[0] && problem->remedy[0]);
	check_text(problem->reason); /* not told: a module has no secrets, and its words may be shown */
	check_text(problem->remedy);
}
