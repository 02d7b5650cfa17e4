/* SPDX-License-Identifier: MIT */
/*
 * One settings file of claude's: which of its keys cast a shadow.
 */
#ifndef KEYSTILE_CLI_SETTINGS_H
#define KEYSTILE_CLI_SETTINGS_H

#include "cli/shadow.h"

/* What sort of file it is decides which keys are read there. */
enum settings_sort {
	SETTINGS_PLAIN,   /* settings.json, settings.local.json, --settings */
	SETTINGS_MANAGED, /* an administrator's, which may force a login */
	SETTINGS_STATE    /* .claude.json */
};

/*
 * Adds the shadows of the file at `path`, or of `text`, to the list. A file that is not there casts none; one that
 * cannot be read or understood is a shadow itself. `credential` may be NULL.
 */
void settings_examine(struct shadows *shadows, enum shadow_owner owner, enum settings_sort sort, const char *path,
	const struct ks_credential *credential);
void settings_examine_text(struct shadows *shadows, enum shadow_owner owner, const char *name, const char *text);

/* Adds the shadow of a place that cannot be examined; `reason` is a sentence about it. */
void settings_unreadable(struct shadows *shadows, enum shadow_owner owner, const char *name, const char *reason);

#endif
