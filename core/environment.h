/* SPDX-License-Identifier: MIT */
/*
 * The environment variables that could make another credential, payer or host win: what `keystile exec` unsets.
 */
#ifndef KEYSTILE_CORE_ENVIRONMENT_H
#define KEYSTILE_CORE_ENVIRONMENT_H

#include <stdbool.h>

enum ks_variable_role {
	KS_VARIABLE_CREDENTIAL, /* holds a credential, or says where one is */
	KS_VARIABLE_HOST,       /* says where requests go */
	KS_VARIABLE_HEADERS,    /* adds headers to them */
	KS_VARIABLE_PROFILE,    /* selects a profile or a federation */
	KS_VARIABLE_CLOUD,      /* selects a cloud's service, or is its credential or endpoint */
	KS_VARIABLE_MODE        /* changes which sources the client reads */
};

struct ks_variable {
	const char *name;
	enum ks_variable_role role;
	bool is_secret; /* carries a credential: --keep refuses it */
	bool selects;   /* alone, it makes a client use another credential, gateway or cloud */
};

/* The list, by number; NULL behind the last. And one by name, or NULL. */
const struct ks_variable *ks_variable_at(unsigned index);
const struct ks_variable *ks_variable_named(const char *name);

#endif
