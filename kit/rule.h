/* SPDX-License-Identifier: MIT */
/*
 * The rules of the contract (include/keystile/provider.h), in its own words.
 */
#ifndef KEYSTILE_KIT_RULE_H
#define KEYSTILE_KIT_RULE_H

#include <stdbool.h>

enum rule {
	RULE_OBJECT,      /* it is one shared object that can be loaded */
	RULE_LINKS,       /* it links nothing of ours */
	RULE_EXPORTS,     /* 1: one symbol, one note */
	RULE_SAME_WORDS,  /* 1: descriptor and note agree */
	RULE_OPTION,      /* what an option declares */
	RULE_OPEN_IO,     /* 2: open() does no I/O */
	RULE_OPEN,        /* 2: what open() returns */
	RULE_BAD_OPTION,  /* how open() refuses an option */
	RULE_REENTRANT,   /* 3: what the flag promises */
	RULE_GLOBALS,     /* 3: states do not meet */
	RULE_ANSWER,      /* 3: how resolve() ends */
	RULE_FAIL,        /* what a failure tells */
	RULE_DELIVERY,    /* what a delivery is */
	RULE_CLOSE,       /* 4 */
	RULE_STATE,       /* 5: the process stays as it was */
	RULE_ENDS,        /* 5: it does not end the process, nor leave anything that runs */
	RULE_DESCRIPTORS, /* 6 */
	RULE_DEADLINE,    /* 6 */
	RULE_OUTPUT,      /* 6 */
	RULE_SECRET,      /* 7 */
	RULE_HOMES,       /* 8 */
	RULE_MEMORY,      /* each side frees its own */
	RULE_COUNT
};

/* Where the rule stands: "rule 3", or the name of what it is a comment on; and its words there. */
const char *rule_place(enum rule rule);
const char *rule_words(enum rule rule);

/* The rule that a reason of the core's is about: what it says behind "broke the contract: ". */
enum rule rule_of_breach(const char *breach);

/* The rule that a reason is about why a module that was verified cannot be loaded, in whichever process. */
enum rule rule_of_load(const char *reason);

/* Whether a reason tells how a worker ended, and the rule that is about. */
bool is_end_of_worker(const char *reason, enum rule *ret_rule);

/* The rule that a difference is about, a line of process_state_compare(). */
enum rule rule_of_difference(const char *line);

#endif
