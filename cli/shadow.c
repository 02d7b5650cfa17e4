/* SPDX-License-Identifier: MIT */
/*
 * Where claude reads settings from (code.claude.com/docs/en/settings, and what release 2.1.329 was seen to do).
 */
#include "cli/shadow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/project.h"
#include "cli/settings.h"
#include "core/problem.h"
#include "core/process.h"

#define MANAGED "/etc/claude-code/managed-settings"
#define HOSTED "/home/claude/.claude/remote/"

void shadow_add(
	struct shadows *shadows, enum shadow_owner owner, const char *file, const char *key, const char *effect)
{
	struct shadow *shadow = ks_arena_alloc(&shadows->arena, sizeof(*shadow));

	if (!shadow)
		goto fail;
	shadow->owner = owner;
	shadow->file = ks_arena_copy(&shadows->arena, file, strlen(file));
	shadow->key = key ? ks_arena_copy(&shadows->arena, key, strlen(key)) : NULL;
	shadow->effect = ks_arena_copy(&shadows->arena, effect, strlen(effect));
	if (!shadow->file || (key && !shadow->key) || !shadow->effect)
		goto fail;
	*shadows->last = shadow;
	shadows->last = &shadow->next;
	return;
fail:
	shadows->failed = true;
}

/* FOLDER/NAME, in memory of the list. */
static const char *join(struct shadows *shadows, const char *folder, const char *name)
{
	const char *path = ks_arena_print(&shadows->arena, "%s/%s", folder, name);

	if (!path)
		shadows->failed = true;
	return path;
}

static void examine_in(struct shadows *shadows, enum shadow_owner owner, enum settings_sort sort, const char *folder,
	const char *name, const struct ks_credential *credential)
{
	const char *path = join(shadows, folder, name);

	if (path)
		settings_examine(shadows, owner, sort, path, credential);
}

static int is_json(const struct dirent *item)
{
	static const char suffix[] = ".json";
	size_t length = strlen(item->d_name), end = sizeof(suffix) - 1;

	return item->d_name[0] != '.' && length > end && strcmp(item->d_name + length - end, suffix) == 0;
}

static void find_managed(struct shadows *shadows, const struct ks_credential *credential)
{
	struct dirent **items = NULL;
	int count = scandir(MANAGED ".d", &items, is_json, alphasort);

	settings_examine(shadows, SHADOW_MACHINE, SETTINGS_MANAGED, MANAGED ".json", credential);
	if (count < 0 && errno == ENOMEM)
		shadows->failed = true;
	else if (count < 0 && errno != ENOENT && errno != ENOTDIR)
		shadow_add(shadows, SHADOW_MACHINE, MANAGED ".d", NULL, "cannot be examined");
	for (int i = 0; i < count; i++) {
		examine_in(shadows, SHADOW_MACHINE, SETTINGS_MANAGED, MANAGED ".d", items[i]->d_name, credential);
		free(items[i]);
	}
	free((void *)items);
}

/* What CLAUDE_CONFIG_DIR will be in the child; NULL where it will not be there. */
static const char *config_dir(const struct ks_credential *credential)
{
	const char *folder = ks_credential_attribute(credential, KS_ATTRIBUTE_CONFIG_DIR);

	if (!folder && ks_credential_kind(credential) != KS_KIND_STORED_LOGIN)
		folder = secure_getenv("CLAUDE_CONFIG_DIR");
	return folder && *folder ? folder : NULL;
}

/* The folder of the user's settings: as the child will have it. */
static const char *user_folder(struct shadows *shadows, const struct ks_credential *credential, const char *home)
{
	const char *folder = config_dir(credential);

	return folder ? folder : join(shadows, home, ".claude");
}

/* The state file is in the folder that the variable names, even where that is the usual one; else it is beside it. */
static void find_user(struct shadows *shadows, const struct ks_credential *credential, const char *home)
{
	const char *folder = user_folder(shadows, credential, home);

	if (!folder)
		return;
	examine_in(shadows, SHADOW_USER, SETTINGS_PLAIN, folder, "settings.json", credential);
	examine_in(shadows, SHADOW_USER, SETTINGS_STATE, folder, ".config.json", credential);
	examine_in(shadows, SHADOW_USER, SETTINGS_STATE, config_dir(credential) ? folder : home, ".claude.json",
		credential);
}

/*
 * The folder's own settings, and the local ones of the repository it belongs to. Where one stands in the home folder,
 * these are the user's.
 */
static void find_project(struct shadows *shadows, const struct ks_credential *credential, const char *home)
{
	const char *user = user_folder(shadows, credential, home);
	const struct project_root *first = user ? project_roots(shadows, home) : NULL;

	for (const struct project_root *root = first; root; root = root->next) {
		const char *folder = join(shadows, root->path, ".claude");
		bool is_user = folder && project_is_same(folder, user);
		enum shadow_owner owner = is_user ? SHADOW_USER : SHADOW_PROJECT;

		if (!folder)
			return;
		if (root == first && !is_user)
			examine_in(shadows, owner, SETTINGS_PLAIN, folder, "settings.json", credential);
		examine_in(shadows, owner, SETTINGS_PLAIN, folder, "settings.local.json", credential);
	}
}

/* --settings FILE or JSON, with a blank or '=' between. */
static void find_arguments(struct shadows *shadows, const struct ks_credential *credential, char *const *arguments)
{
	static const char option[] = "--settings";
	size_t length = sizeof(option) - 1;

	for (; *arguments && strcmp(*arguments, "--") != 0; arguments++) {
		const char *value = NULL;

		if (strncmp(*arguments, option, length) != 0)
			continue;
		if ((*arguments)[length] == '=')
			value = *arguments + length + 1;
		else if ((*arguments)[length] == '\0' && arguments[1])
			value = *++arguments;
		if (!value)
			continue;
		if (value[strspn(value, " \t\r\n")] == '{')
			settings_examine_text(shadows, SHADOW_USER, option, value);
		else
			settings_examine(shadows, SHADOW_USER, SETTINGS_PLAIN, value, credential);
	}
}

/* Whether something that is not empty stands there, or may stand there. */
static bool is_filled(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return errno != ENOENT && errno != ENOTDIR;
	return status.st_size > 0;
}

/* A profile on disk outranks the stored login, and nothing that is in the environment (observed). */
static void find_profile(struct shadows *shadows, const struct ks_credential *credential, const char *home)
{
	const char *folder = secure_getenv("XDG_CONFIG_HOME"), *active = NULL, *fallback = NULL;

	if (ks_credential_kind(credential) != KS_KIND_STORED_LOGIN)
		return;
	folder = folder && *folder ? join(shadows, folder, "anthropic") : join(shadows, home, ".config/anthropic");
	active = folder ? join(shadows, folder, "active_config") : NULL;
	fallback = folder ? join(shadows, folder, "configs/default.json") : NULL;
	if (active && is_filled(active))
		shadow_add(
			shadows, SHADOW_USER, active, NULL, "selects a profile, which may outrank the stored login");
	else if (fallback && is_filled(fallback))
		shadow_add(shadows, SHADOW_USER, fallback, NULL, "is a profile, which may outrank the stored login");
}

/* What this user cannot read, claude cannot either. */
static bool can_be_read(const char *path)
{
	return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 && is_filled(path);
}

/*
 * A service that hosts claude leaves credentials in a place that does not depend on the user, and claude takes them
 * wherever it can read them (observed): the key before anything but a key, the token before a stored login.
 */
static void find_hosted(struct shadows *shadows, const struct ks_credential *credential)
{
	static const char key[] = HOSTED ".api_key", token[] = HOSTED ".oauth_token";
	static const char effect[] = "makes claude send another credential";
	const enum ks_kind kind = ks_credential_kind(credential);

	if (credential && kind != KS_KIND_API_KEY && can_be_read(key))
		shadow_add(shadows, SHADOW_MACHINE, key, NULL, effect);
	if (kind == KS_KIND_STORED_LOGIN && can_be_read(token))
		shadow_add(shadows, SHADOW_MACHINE, token, NULL, effect);
}

static bool has_relative_home(void)
{
	const char *home = secure_getenv("HOME");

	return home && *home && *home != '/';
}

/* Whether claude asks nobody: -p among its own arguments. */
static bool is_print(char *const *arguments)
{
	for (; arguments && *arguments && strcmp(*arguments, "--") != 0; arguments++)
		if (strcmp(*arguments, "-p") == 0 || strcmp(*arguments, "--print") == 0)
			return true;
	return false;
}

void shadows_find(struct shadows *shadows, const struct ks_credential *credential, char *const *arguments)
{
	char home[PATH_MAX];

	shadows->last = &shadows->first;
	shadows->is_print = is_print(arguments);
	find_managed(shadows, credential);
	find_hosted(shadows, credential);
	if (has_relative_home())
		shadow_add(shadows, SHADOW_PROJECT, "HOME", NULL,
			"is no absolute path, so claude takes settings and logins from the current folder");
	if (ks_process_home(home, sizeof(home)) == 0) {
		find_user(shadows, credential, home);
		find_project(shadows, credential, home);
		find_profile(shadows, credential, home);
	} else {
		shadow_add(shadows, SHADOW_USER, "HOME", NULL, "cannot be examined: it is not known");
	}
	if (arguments)
		find_arguments(shadows, credential, arguments);
}

void shadows_finish(struct shadows *shadows)
{
	ks_arena_finish(&shadows->arena);
	*shadows = (struct shadows){0};
}

bool shadow_stops(const struct shadow *shadow, bool is_claude, bool has_payer)
{
	return is_claude && (shadow->owner == SHADOW_PROJECT || has_payer);
}

const char *shadow_owner_name(enum shadow_owner owner)
{
	switch (owner) {
	case SHADOW_USER:
		return "user";
	case SHADOW_MACHINE:
		return "machine";
	case SHADOW_PROJECT:
	default:
		return "project";
	}
}

void shadows_json(struct json *json, const char *key, const struct shadows *shadows)
{
	json_array(json, key);
	for (const struct shadow *shadow = shadows->first; shadow; shadow = shadow->next) {
		json_object(json, NULL);
		json_string(json, "file", shadow->file);
		json_string(json, "key", shadow->key);
		json_string(json, "owner", shadow_owner_name(shadow->owner));
		json_string(json, "effect", shadow->effect);
		json_object_end(json);
	}
	json_array_end(json);
}

/* A stranger may have named the folder and the key: what is not printable in them must not reach the terminal. */
void shadows_text(struct output *output, const struct shadows *shadows)
{
	char line[PATH_MAX + KS_REASON_MAX];

	for (const struct shadow *shadow = shadows->first; shadow; shadow = shadow->next) {
		(void)snprintf(line, sizeof(line), "%s: %s%s%s (%s)", shadow->file, shadow->key ? shadow->key : "",
			shadow->key ? ": " : "", shadow->effect, shadow_owner_name(shadow->owner));
		ks_scrub(line);
		output_print(output, "  %s\n", line);
	}
}
