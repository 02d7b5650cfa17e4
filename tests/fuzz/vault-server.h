/* SPDX-License-Identifier: MIT */
/*
 * In the place of providers/vault/http.c and of the clock: a server whose answers are written down. Each is a line
 * with its status, lines with headers, an empty line and a body; a line "--" ends it. The last one is given for all
 * requests beyond. A negative status is an end without an answer (enum ks_vault_http_end).
 */
#ifndef KEYSTILE_TESTS_FUZZ_VAULT_SERVER_H
#define KEYSTILE_TESTS_FUZZ_VAULT_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#define SERVER "http://127.0.0.1:8200"

/* Takes the answers; `check` is called for the body of each, which has a NUL behind. */
void server_start(const char *text, size_t length, void (*check)(const char *body, size_t length));
void server_stop(void);

/* Lets time pass: a token that lasts an hour is to be renewed then. */
void server_wait(void);

/* Whether a text holds a secret (with CANARY in it) that was sent with the last request. */
bool server_was_sent(const char *text);

/* Whether the last answer is a secret, of either version, that has this in the field. */
bool server_has_field(const char *name, const char *value);

/*
 * Whether a secret is where an answer is for people to see: anywhere but in the strings of its data and auth, or
 * behind a brace of what is no JSON.
 */
bool server_tells_secret(const char *secret);

#endif
