/* SPDX-License-Identifier: MIT */
/*
 * Shadows: what lies on disk and could give `claude` another credential, payer or host than the one it is handed, so
 * that a clean environment does not help.
 */
#ifndef KEYSTILE_CLI_SHADOW_H
#define KEYSTILE_CLI_SHADOW_H

#include <keystile/keystile.h>
#include <stdbool.h>

#include "cli/json.h"
#include "core/arena.h"

enum shadow_owner {
	SHADOW_PROJECT, /* whoever wrote the folder one stands in: perhaps a stranger */
	SHADOW_USER,
	SHADOW_MACHINE
};

struct shadow {
	struct shadow *next;
	enum shadow_owner owner;
	const char *file;
	const char *key; /* NULL where the file as a whole is concerned */
	const char *effect;
};

struct shadows {
	struct ks_arena arena;
	struct shadow *first, **last;
	bool failed;   /* memory ran short: the list is not complete */
	bool is_print; /* claude will run with -p */
};

/* Adds one; key and effect may be gone afterwards. */
void shadow_add(
	struct shadows *shadows, enum shadow_owner owner, const char *file, const char *key, const char *effect);

/*
 * Looks through every place claude reads settings from. `credential` is what it would be handed (or NULL), and
 * `arguments` its command line behind the name (or NULL). shadows_finish() in any case.
 */
void shadows_find(struct shadows *shadows, const struct ks_credential *credential, char *const *arguments);
void shadows_finish(struct shadows *shadows);

/*
 * Whether a shadow keeps exec from running `claude`: one of the project's always, another where a payer was asked
 * for. Other programs are only warned.
 */
bool shadow_stops(const struct shadow *shadow, bool is_claude, bool has_payer);

const char *shadow_owner_name(enum shadow_owner owner);
void shadows_json(struct json *json, const char *key, const struct shadows *shadows);
void shadows_text(struct output *output, const struct shadows *shadows);

#endif
