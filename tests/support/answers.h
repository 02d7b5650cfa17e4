/* SPDX-License-Identifier: MIT */
/*
 * Stacks of several entries, and what they must answer to the last bit: for unit tests that ask a lot.
 */
#ifndef KEYSTILE_TESTS_ANSWERS_H
#define KEYSTILE_TESTS_ANSWERS_H

#include <keystile/keystile.h>
#include <stdbool.h>

enum {
	ANSWERS = 4 /* stacks; the even ones end in a module that is not reentrant, the odd ones in one that is */
};

#define ANSWERS_LOG "early" /* what debug.so notes at the first entry of each, whenever it is asked for the API */

/* What the stack of this number gives. */
struct answer {
	char service[16], twin[16]; /* two names for it */
	char variable[32];
	char secret[96], fresh[96]; /* `fresh` is "" where it has none */
	char fingerprint[2][13];
	const char *module;
};

extern struct answer answers[ANSWERS];

/* Fills the table, and writes the stacks into place_folder. */
void answers_prepare(void);

/* Whether the stack of this number may have given it. */
bool answers_fit(const struct ks_credential *credential, unsigned number);

/* Asks for one transport, and compares all that is told. Returns the credential, or NULL where anything is wrong. */
struct ks_credential *answers_ask(struct ks_context *context, unsigned number, uint32_t transport);

#endif
