/* SPDX-License-Identifier: MIT */
#include "core/grant.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/confinement.h"
#include "core/environment.h"
#include "core/option.h"
#include "core/process.h"
#include "core/secret.h"

/* Where the loader and the TLS libraries find what is not in its usual place. */
static const char *const needed[] = {"LD_LIBRARY_PATH", "SSL_CERT_DIR", "SSL_CERT_FILE"};

enum {
	NEEDED = sizeof(needed) / sizeof(needed[0])
};

static bool is_needed(const char *name)
{
	for (unsigned i = 0; i < NEEDED; i++)
		if (strcmp(needed[i], name) == 0)
			return true;
	return false;
}

/* Number `index` of the names that a worker's environment may have: those that are needed, and then the note's. */
static const char *name_at(const struct ks_manifest *manifest, unsigned index)
{
	return index < NEEDED ? needed[index] : manifest->environment[index - NEEDED];
}

/* Its value for a worker, once; or NULL. */
static const char *value_of(const char *name, unsigned index)
{
	const struct ks_variable *known = ks_variable_named(name);

	if (index >= NEEDED && is_needed(name))
		return NULL;
	return known && known->is_secret ? NULL : getenv(name);
}

int ks_grant_environment(const struct ks_manifest *manifest, char ***ret_environment)
{
	unsigned count = NEEDED + manifest->environment_count, used = 0;
	const char *name = NULL, *value = NULL, *reason = NULL;
	size_t size = (count + 1) * sizeof(char *);
	bool may_read = ks_process_environment(&reason);
	char **environment = NULL, *next = NULL;

	for (unsigned i = 0; may_read && i < count; i++) {
		name = name_at(manifest, i);
		value = value_of(name, i);
		size += value ? strlen(name) + strlen(value) + 2 : 0;
	}
	environment = ks_secret_alloc(size);
	if (!environment)
		return -ENOMEM;
	next = (char *)(environment + count + 1);
	for (unsigned i = 0; may_read && i < count; i++) {
		name = name_at(manifest, i);
		value = value_of(name, i);
		/* another thread may have set a longer one meanwhile */
		if (!value || strlen(name) + strlen(value) + 2 > size - (size_t)(next - (char *)environment))
			continue;
		environment[used++] = next;
		next = stpcpy(stpcpy(stpcpy(next, name), "="), value) + 1;
	}
	environment[used] = NULL;
	*ret_environment = environment;
	return 0;
}

/* The path that option number `index` names in this entry; NULL where it names none. */
static const char *path_of(const struct ks_stack_entry *entry, uint32_t index)
{
	const struct ks_option *option = &entry->module->manifest.options[index];
	const char *value = entry->settings[index].value;

	if (option->type != KS_TYPE_PATH)
		return NULL;
	if (!value)
		value = option->fallback;
	return value && value[0] ? value : NULL;
}

/* Each absolute path of a list with colons, as long as there is room. Returns the room that is left. */
static unsigned grant_list(const char *list, unsigned room, void (*found)(void *data, const char *path), void *data)
{
	char path[PATH_MAX];
	size_t length = 0;

	for (; room > 0 && *list; list += length + (list[length] == ':')) {
		length = strcspn(list, ":");
		if (list[0] != '/' || length >= sizeof(path))
			continue;
		memcpy(path, list, length);
		path[length] = '\0';
		found(data, path);
		room--;
	}
	return room;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length > end_length && strcmp(text + length - end_length, end) == 0;
}

/* Whether variable number `index` names what every worker may need, or a folder of certificates to trust. */
static bool names_certificates(const char *name, unsigned index)
{
	return index < NEEDED || ends_with(name, "_CAPATH");
}

void ks_grant_paths(const struct ks_stack_entry *entry, void (*found)(void *data, const char *path), void *data)
{
	struct ks_problem problem = {0};
	struct stat status;
	char full[PATH_MAX];
	const char *path = NULL, *reason = NULL;
	unsigned room = KS_CONFINEMENT_PATHS_MAX;

	for (uint32_t i = 0; room > 0 && i < entry->module->manifest.option_count; i++) {
		path = path_of(entry, i);
		if (!path || ks_path_expand(path, full, &problem) < 0 || stat(full, &status) < 0 ||
			!S_ISDIR(status.st_mode))
			continue;
		found(data, full);
		room--;
	}
	for (unsigned i = 0; i < NEEDED + entry->module->manifest.environment_count; i++) {
		path = name_at(&entry->module->manifest, i);
		path = names_certificates(path, i) && ks_process_environment(&reason) ? getenv(path) : NULL;
		if (path)
			room = grant_list(path, room, found, data);
	}
}

static bool has_parent_step(const char *path)
{
	const char *step = path;

	while ((step = strstr(step, "/.."))) {
		step += 3;
		if (*step == '/' || *step == '\0')
			return true;
	}
	return false;
}

static bool is_beneath(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	while (length > 1 && folder[length - 1] == '/')
		length--;
	return length > 1 && strncmp(path, folder, length) == 0 && path[length] == '/' && !has_parent_step(path);
}

/* Whether the value of a variable that the module may read names the file. */
static bool is_named_by(struct ks_call *call, const char *path, const char *variable)
{
	const char *value = NULL;

	if (call->host.getenv(&call->host, variable, &value) < 0 || value[0] != '/')
		return false;
	if (ends_with(variable, "_DIR") || ends_with(variable, "_DIRECTORY"))
		return is_beneath(path, value);
	return strcmp(path, value) == 0;
}

/* The same for a variable that an option names, and the one with _FILE behind it. */
static bool is_named_by_option(struct ks_call *call, const char *path, uint32_t index)
{
	static const char suffix[] = "_FILE";
	const char *variable = call->entry->settings[index].value;
	char file_variable[KS_OPTION_WORD_MAX + sizeof(suffix)];

	if (call->entry->module->manifest.options[index].type != KS_TYPE_VARIABLE || !variable ||
		strlen(variable) > KS_OPTION_WORD_MAX)
		return false;
	(void)stpcpy(stpcpy(file_variable, variable), suffix);
	return is_named_by(call, path, variable) || is_named_by(call, path, file_variable);
}

bool ks_grant_file(struct ks_call *call, const char *path)
{
	const struct ks_manifest *manifest = &call->entry->module->manifest;
	struct ks_problem problem = {0};
	char full[PATH_MAX], named[PATH_MAX];
	const char *named_path = NULL;

	if (ks_path_expand(path, full, &problem) < 0)
		return true; /* the host refuses it, and says why */
	for (uint32_t i = 0; i < manifest->option_count; i++) {
		named_path = path_of(call->entry, i);
		if (named_path && ks_path_expand(named_path, named, &problem) == 0 &&
			(strcmp(full, named) == 0 || is_beneath(full, named)))
			return true;
		if (is_named_by_option(call, full, i))
			return true;
	}
	for (uint32_t i = 0; i < manifest->environment_count; i++)
		if (is_named_by(call, full, manifest->environment[i]))
			return true;
	return false;
}
