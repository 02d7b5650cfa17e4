/* SPDX-License-Identifier: MIT */
#include "core/option.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/url.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

enum {
	NUMBER_DIGITS_MAX = 9,
	WORD_MAX = KS_OPTION_WORD_MAX
};

static bool is_choice(const char *value, const char *words)
{
	size_t length = 0;

	for (; *words; words += length + (words[length] == '|')) {
		length = strcspn(words, "|");
		if (strlen(value) == length && memcmp(value, words, length) == 0)
			return true;
	}
	return false;
}

static bool is_word(const char *value, const char *alphabet)
{
	size_t length = strlen(value);

	return length > 0 && length <= WORD_MAX && strspn(value, alphabet) == length;
}

/* Why a value does not fit its option's type; NULL where it does. */
static const char *misfit(const struct ks_option *option, const char *value)
{
	const char *reason = NULL;
	int64_t ms = 0;

	switch (option->type) {
	case KS_TYPE_STRING:
		return NULL;
	case KS_TYPE_CHOICE:
		return is_choice(value, option->fallback) ? NULL : "the value is not one of its words";
	case KS_TYPE_PATH:
		return value[0] == '/' || strncmp(value, "~/", 2) == 0 ? NULL : "the value is not an absolute path";
	case KS_TYPE_URL:
		return ks_url_check(value, &reason) < 0 ? reason : NULL;
	case KS_TYPE_VARIABLE:
		return is_word(value, LETTERS DIGITS "_") && !strchr(DIGITS, value[0])
			       ? NULL
			       : "the value is not a variable's name";
	case KS_TYPE_NUMBER:
		return is_word(value, DIGITS) && strlen(value) <= NUMBER_DIGITS_MAX ? NULL
										    : "the value is not a number";
	case KS_TYPE_DURATION:
		return ks_duration_parse(value, &ms) < 0 ? "the value is not a duration" : NULL;
	case KS_TYPE_NAME:
		return is_word(value, LETTERS DIGITS "_.-") && value[0] != '.' ? NULL : "the value is not a name";
	default:
		return "its type is none this version knows"; /* fail safe */
	}
}

/* What to write instead. */
static const char *describe_type(const struct ks_option *option)
{
	switch (option->type) {
	case KS_TYPE_CHOICE:
		return "write one of "; /* and the words */
	case KS_TYPE_PATH:
		return "write a path that begins with / or ~/";
	case KS_TYPE_URL:
		return "write https://HOST[:PORT][/PATH], or http:// to a loopback host";
	case KS_TYPE_VARIABLE:
		return "write letters, digits and _, at most 128, as in ANTHROPIC_API_KEY";
	case KS_TYPE_NUMBER:
		return "write one to nine digits";
	case KS_TYPE_DURATION:
		return "write a duration such as 500ms, 3s or 1m, at most 10m";
	case KS_TYPE_NAME:
		return "write letters, digits, _, . and -, at most 128, not beginning with a dot";
	default:
		return "";
	}
}

static const struct ks_option *find_option(const struct ks_manifest *manifest, const char *name, uint32_t *ret_index)
{
	for (uint32_t i = 0; i < manifest->option_count; i++) {
		if (strcmp(manifest->options[i].name, name) == 0) {
			*ret_index = i;
			return &manifest->options[i];
		}
	}
	return NULL;
}

static int bind_argument(const struct ks_entry *entry, const struct ks_argument *argument,
	const struct ks_manifest *manifest, struct ks_setting *settings, struct ks_report *report)
{
	uint32_t index = 0;
	const struct ks_option *option = find_option(manifest, argument->name, &index);
	const char *reason = NULL;
	char remedy[KS_REMEDY_MAX];

	if (!option) {
		(void)snprintf(remedy, sizeof(remedy), "keystile modules %s lists what it has", entry->module);
		return ks_report_fault(report, KS_MISCONFIGURED, entry->file, argument->line, argument->column,
			remedy, "%s.so has no option '%s'", entry->module, argument->name);
	}
	reason = misfit(option, argument->value);
	if (reason) {
		(void)snprintf(remedy, sizeof(remedy), "%s%s", describe_type(option),
			option->type == KS_TYPE_CHOICE ? option->fallback : "");
		return ks_report_fault(report, KS_MISCONFIGURED, entry->file, argument->value_line,
			argument->value_column, remedy, "option %s: %s", option->name, reason);
	}
	settings[index].value = argument->value;
	return 0;
}

int ks_options_bind(const struct ks_entry *entry, const struct ks_manifest *manifest, struct ks_arena *arena,
	struct ks_setting **ret_settings, struct ks_report *report)
{
	struct ks_setting *settings = ks_arena_alloc(arena, (manifest->option_count + 1) * sizeof(*settings));
	int r = 0;

	if (!settings)
		return -ENOMEM;
	for (unsigned i = 0; i < entry->argument_count; i++) {
		if (entry->arguments[i].name[0] != '@' &&
			bind_argument(entry, &entry->arguments[i], manifest, settings, report) < 0)
			r = -EINVAL;
	}
	for (uint32_t i = 0; i < manifest->option_count && !entry->is_incomplete; i++) {
		if (!(manifest->options[i].flags & KS_OPTION_REQUIRED) || ks_option_argument(entry, manifest, i))
			continue;
		r = ks_report_fault(report, KS_MISCONFIGURED, entry->file, entry->module_line, entry->module_column,
			"add it to the entry", "%s.so needs option %s", entry->module, manifest->options[i].name);
	}
	if (r == 0)
		*ret_settings = settings;
	return r;
}

const struct ks_argument *ks_option_argument(
	const struct ks_entry *entry, const struct ks_manifest *manifest, uint32_t index)
{
	for (unsigned i = 0; i < entry->argument_count && index < manifest->option_count; i++) {
		if (strcmp(entry->arguments[i].name, manifest->options[index].name) == 0)
			return &entry->arguments[i];
	}
	return NULL;
}
