/* SPDX-License-Identifier: MIT */
#include "kit/rule.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
	LAST_STANDARD_DESCRIPTOR = 2
};

static const struct {
	const char *place, *words;
} rules[RULE_COUNT] = {
	[RULE_OBJECT] = {"the contract", "A module is one shared object"},
	[RULE_LINKS] = {"the contract", "It links nothing of Keystile"},
	[RULE_EXPORTS] = {"rule 1", "It exports exactly one symbol, keystile_provider_v1, and carries one ELF note"},
	[RULE_SAME_WORDS] = {"rule 1", "KS_PROVIDER makes both from the same words"},
	[RULE_OPTION] = {"struct ks_option", "One option a module understands"},
	[RULE_OPEN_IO] = {"rule 2", "It checks them and does no I/O"},
	[RULE_OPEN] = {"rule 2",
		"It returns KS_OK and a state, or the value of host->bad_option(), or KS_ERROR where "
		"memory is short"},
	[RULE_BAD_OPTION] = {"host->bad_option()", "In open(): says what is wrong with option number `index`"},
	[RULE_REENTRANT] = {"rule 3",
		"never twice at once on one state unless the module says KS_PROVIDER_REENTRANT"},
	[RULE_GLOBALS] = {"rule 3", "Different states may run at the same time: no unguarded globals"},
	[RULE_ANSWER] = {"rule 3",
		"It ends with `return host->deliver(...)` or `return host->fail(...)`: one of them, "
		"once"},
	[RULE_FAIL] = {"host->fail()", "Says why there is none"},
	[RULE_DELIVERY] = {"struct ks_delivery", "A credential on its way from a module to the core"},
	[RULE_CLOSE] = {"rule 4", "close() frees the state. close(NULL) is allowed"},
	[RULE_STATE] = {"rule 5", "It leaves the process as it was"},
	[RULE_ENDS] = {"rule 5",
		"It does not exit, abort, jump across the boundary, fork without exec, leave a thread, "
		"or register handlers"},
	[RULE_DESCRIPTORS] = {"rule 6",
		"Every descriptor is close-on-exec from birth and closed before the call returns"},
	[RULE_DEADLINE] = {"rule 6", "It blocks no longer than host->time_left() says"},
	[RULE_OUTPUT] = {"rule 6",
		"It never writes to standard output or error, never prompts, and never logs a secret"},
	[RULE_SECRET] = {"rule 7", "A secret lives only in memory from host->secret_alloc()"},
	[RULE_HOMES] = {"rule 8", "It answers the same in a process of its own"},
	[RULE_MEMORY] = {"Memory", "Neither side frees the other's memory"},
};

const char *rule_place(enum rule rule)
{
	return rules[rule].place;
}

const char *rule_words(enum rule rule)
{
	return rules[rule].words;
}

/* How a text of some kind begins, and the rule it is about. */
struct beginning {
	const char *text;
	enum rule rule;
};

/* The last one is for every text. */
static enum rule look_up(const struct beginning *beginnings, const char *text)
{
	while (strncmp(text, beginnings->text, strlen(beginnings->text)) != 0)
		beginnings++;
	return beginnings->rule;
}

enum rule rule_of_breach(const char *breach)
{
	static const struct beginning beginnings[] = {
		{"open() ", RULE_OPEN},
		{"it delivered in open()", RULE_OPEN},
		{"it called fail in open()", RULE_OPEN},
		{"it refused an option", RULE_BAD_OPTION},
		{"it delivered after it had answered", RULE_ANSWER},
		{"it delivered and then returned", RULE_ANSWER},
		{"it failed after it had answered", RULE_ANSWER},
		{"it returned ", RULE_ANSWER},
		{"it failed ", RULE_FAIL},
		{"its process sent what is no answer", RULE_STATE},
		{"", RULE_DELIVERY},
	};

	return look_up(beginnings, breach);
}

enum rule rule_of_load(const char *reason)
{
	if (strstr(reason, "does not export"))
		return RULE_EXPORTS;
	if (strstr(reason, "in its note and another in its code") || strstr(reason, "descriptor") ||
		strstr(reason, "resolve function"))
		return RULE_SAME_WORDS;
	return RULE_OBJECT;
}

bool is_end_of_worker(const char *reason, enum rule *ret_rule)
{
	if (strstr(reason, "crashed in its own process") || strstr(reason, "ended the process it runs in") ||
		strstr(reason, "was ended together with its supervisor"))
		*ret_rule = RULE_ENDS;
	else if (strstr(reason, "did not answer before its deadline, and was stopped"))
		*ret_rule = RULE_DEADLINE;
	else
		return false;
	return true;
}

enum rule rule_of_difference(const char *line)
{
	static const struct beginning beginnings[] = {
		{"position of standard input", RULE_OUTPUT},
		{"position of standard output", RULE_OUTPUT},
		{"position of standard error", RULE_OUTPUT},
		{"children", RULE_ENDS},
		{"next thread-specific key", RULE_ENDS},
		{"thread ", RULE_ENDS},
		{"", RULE_STATE},
	};
	static const char descriptor[] = "descriptor ";

	if (strncmp(line, descriptor, strlen(descriptor)) == 0)
		return strtol(line + strlen(descriptor), NULL, 10) > LAST_STANDARD_DESCRIPTOR ? RULE_DESCRIPTORS
											      : RULE_STATE;
	/* its name, not that it is there */
	if (strncmp(line, "thread ", strlen("thread ")) == 0 && !strstr(line, "none"))
		return RULE_STATE;
	return look_up(beginnings, line);
}
