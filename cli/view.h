/* SPDX-License-Identifier: MIT */
/*
 * A credential as JSON and as text.
 */
#ifndef KEYSTILE_CLI_VIEW_H
#define KEYSTILE_CLI_VIEW_H

#include <keystile/keystile.h>

#include "cli/json.h"

/* The members that describe a credential; with `secret`, headers and env only where `with_secret` says so. */
void view_json(struct json *json, const char *service, const struct ks_credential *credential, bool with_secret);

/* The same for people, in lines of NAME VALUE. Never the secret. */
void view_text(struct output *output, const struct ks_credential *credential);

/* An array of the words for the bits. */
void view_json_transports(struct json *json, const char *key, uint32_t transports);
void view_json_kinds(struct json *json, const char *key, uint32_t kinds);

enum {
	WORDS_MAX = 96
};

/* The same as "api, cli"; "" for none. */
void view_transports(uint32_t transports, char text[WORDS_MAX]);
void view_kinds(uint32_t kinds, char text[WORDS_MAX]);

/* The words for enum ks_measure bits: what confines a module that runs in a worker. */
void view_measures(uint32_t measures, char text[WORDS_MAX]);
void view_json_measures(struct json *json, const char *key, uint32_t measures);

#endif
