/* SPDX-License-Identifier: MIT */
/*
 * What a server says: JSON, and in it errors and warnings that are fit to be told.
 */
#ifndef KEYSTILE_VAULT_ANSWER_H
#define KEYSTILE_VAULT_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	KS_VAULT_SAID_MAX = 240 /* bytes of what a server said that a message holds */
};

struct ks_vault_answer {
	long status;
	json_t *root;                 /* an object, or NULL where the body is none */
	char *index;                  /* X-Vault-Index, or NULL */
	char *redirected;             /* who answered, where that is another than was asked: a source; or NULL */
	bool inline_failed;           /* the login of a request with inline authentication was refused */
	char said[KS_VAULT_SAID_MAX]; /* its errors; of what is no JSON, the text before a brace; "" for nothing */
};

/* Secrets that were sent, and are not to be told if they come back. */
struct ks_vault_sent {
	const char *token;
	const char *packed; /* within something that was sent, or NULL */
	json_t *body;       /* all strings in it */
	json_t *headers;    /* the same of VAULT_HEADERS, which may log in to what stands before the server */
};

/*
 * Takes a body apart, which ends with a NUL beyond `length`: *ret_answer gets its root and what it said, and keeps
 * its status. Returns 0; -EINVAL where it is no JSON object (an empty one is none, and says nothing), and *ret_answer
 * says how it begins; -ENOMEM.
 */
int ks_vault_answer_parse(
	const char *body, size_t length, const struct ks_vault_sent *sent, struct ks_vault_answer *ret_answer);

void ks_vault_answer_finish(struct ks_vault_answer *answer);

/*
 * Copies text that comes from a server so that it can be told: cut, control characters and what is no ASCII replaced,
 * words that look like a token and strings that were sent masked.
 */
void ks_vault_scrub(char *ret_told, size_t size, const char *text, const struct ks_vault_sent *sent);

/* Whether a text holds one of the strings that were sent. */
bool ks_vault_was_sent(const char *text, const struct ks_vault_sent *sent);

/* Number `index` of the answer's warnings, or NULL; and whether one begins so. */
const char *ks_vault_answer_warning(const struct ks_vault_answer *answer, size_t index);
bool ks_vault_answer_warns(const struct ks_vault_answer *answer, const char *beginning);

/* The string of a member, NULL where it is none, is empty, or holds a NUL. */
const char *ks_vault_string(const json_t *object, const char *name);

#endif
