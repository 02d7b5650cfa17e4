/* SPDX-License-Identifier: MIT */
#include "core/control.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/report.h"

#define BIT(result) (1u << (unsigned)(result))

/* What no control word can change: these stop every stack. */
#define ALWAYS_FAIL (BIT(KS_MISCONFIGURED) | BIT(KS_ERROR))
#define ANY_FAILURE                                                                                                  \
	(BIT(KS_NOT_CONFIGURED) | BIT(KS_EXPIRED) | BIT(KS_INVALID) | BIT(KS_UNAVAILABLE) | BIT(KS_DENIED))

static const struct {
	const char *word;
	uint32_t next;
} words[] = {
	{"sufficient", ANY_FAILURE},
	{"binding", BIT(KS_NOT_CONFIGURED)},
	{"requisite", 0},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_word(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(text, word, length) == 0;
}

static int parse_word(const char *text, struct ks_control *ret_control, struct ks_problem *problem)
{
	char shown[KS_REPORT_WORD_MAX];

	for (size_t i = 0; i < COUNT(words); i++) {
		if (strcmp(words[i].word, text) == 0) {
			ret_control->next = words[i].next;
			return 0;
		}
	}
	if (strcmp(text, "required") == 0)
		return ks_problem(problem, KS_MISCONFIGURED, "write requisite",
			"required has no meaning here, because the first credential ends the walk");
	if (strcmp(text, "optional") == 0)
		return ks_problem(problem, KS_MISCONFIGURED, "write sufficient",
			"optional has no meaning here, because the first credential ends the walk");
	return ks_problem(problem, KS_MISCONFIGURED, "write sufficient, binding, requisite or [result=next ...]",
		"%s is not a control word", ks_report_word(shown, text, strlen(text), ""));
}

/* The result called by `length` bytes of text; -1 for none. */
static int find_result(const char *text, size_t length)
{
	for (int i = KS_OK; i <= KS_ERROR; i++) {
		if (is_word(text, length, ks_result_name((enum ks_result)i)))
			return i;
	}
	return -1;
}

struct bracket {
	uint32_t next, named;
	bool has_default, default_next;
};

static int set_result(struct bracket *bracket, const char *name, size_t length, bool next, struct ks_problem *problem)
{
	int result = find_result(name, length);
	char shown[KS_REPORT_WORD_MAX];

	if (is_word(name, length, "default")) {
		if (bracket->has_default)
			return ks_problem(problem, KS_MISCONFIGURED, "keep one of them", "default is named twice");
		bracket->has_default = true;
		bracket->default_next = next;
		return 0;
	}
	if (result < 0)
		return ks_problem(problem, KS_MISCONFIGURED,
			"write not-configured, expired, invalid, unavailable, denied or default",
			"%s is not a result", ks_report_word(shown, name, length, ""));
	if (result == KS_OK)
		return ks_problem(problem, KS_MISCONFIGURED, "leave it out", "ok always ends the walk");
	if (next && (BIT(result) & ALWAYS_FAIL))
		return ks_problem(problem, KS_MISCONFIGURED, "leave it out", "%s always stops the stack",
			ks_result_name((enum ks_result)result));
	if (bracket->named & BIT(result))
		return ks_problem(problem, KS_MISCONFIGURED, "keep one of them", "%s is named twice",
			ks_result_name((enum ks_result)result));
	bracket->named |= BIT(result);
	if (next)
		bracket->next |= BIT(result);
	return 0;
}

static int parse_pair(struct bracket *bracket, const char *pair, size_t length, struct ks_problem *problem)
{
	const char *equals = memchr(pair, '=', length);
	size_t name_length = equals ? (size_t)(equals - pair) : length;
	size_t action_length = equals ? length - name_length - 1 : 0;
	char shown[KS_REPORT_WORD_MAX];

	if (!equals || name_length == 0)
		return ks_problem(problem, KS_MISCONFIGURED, "write pairs such as unavailable=next",
			"%s is not a pair of result and action", ks_report_word(shown, pair, length, ""));
	if (is_word(equals + 1, action_length, "next"))
		return set_result(bracket, pair, name_length, true, problem);
	if (is_word(equals + 1, action_length, "fail"))
		return set_result(bracket, pair, name_length, false, problem);
	return ks_problem(problem, KS_MISCONFIGURED, "write next or fail", "%s is not an action",
		ks_report_word(shown, equals + 1, action_length, ""));
}

static int parse_bracket(
	const char *text, struct ks_control *ret_control, size_t *ret_offset, struct ks_problem *problem)
{
	struct bracket bracket = {0};
	size_t end = strlen(text) - 1, at = 1, length = 0;

	while (at < end) {
		length = strcspn(text + at, " \t]");
		*ret_offset = at;
		if (length > 0 && parse_pair(&bracket, text + at, length, problem) < 0)
			return -EINVAL;
		at += length > 0 ? length : 1;
	}
	*ret_offset = 0;
	if (!bracket.named && !bracket.has_default)
		return ks_problem(problem, KS_MISCONFIGURED, "name at least one result, as in [unavailable=next]",
			"the brackets are empty");
	ret_control->next = bracket.next;
	if (bracket.default_next)
		ret_control->next |= ANY_FAILURE & ~bracket.named;
	return 0;
}

int ks_control_parse(const char *text, struct ks_control *ret_control, size_t *ret_offset, struct ks_problem *problem)
{
	size_t length = strlen(text);

	*ret_offset = 0;
	if (text[0] != '[')
		return parse_word(text, ret_control, problem);
	if (length < 2 || text[length - 1] != ']')
		return ks_problem(problem, KS_MISCONFIGURED, "end the column with ]", "the bracket is not closed");
	return parse_bracket(text, ret_control, ret_offset, problem);
}

enum ks_action ks_control_action(struct ks_control control, enum ks_result result)
{
	switch (result) {
	case KS_OK:
		return KS_ACTION_DONE;
	case KS_NOT_CONFIGURED:
	case KS_EXPIRED:
	case KS_INVALID:
	case KS_UNAVAILABLE:
	case KS_DENIED:
		return control.next & BIT(result) ? KS_ACTION_NEXT : KS_ACTION_FAIL;
	case KS_MISCONFIGURED:
	case KS_ERROR:
	default:
		return KS_ACTION_FAIL; /* fail safe: a chain that walks on after its own fault answers with the wrong
					  account */
	}
}
