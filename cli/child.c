/* SPDX-License-Identifier: MIT */
#include "cli/child.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/message.h"
#include "core/environment.h"
#include "core/kind.h"
#include "core/secret.h"

#define CONFIG_DIR "CLAUDE_CONFIG_DIR"

/* What is to become of a variable. */
enum fate {
	FATE_STAYS,
	FATE_SET,
	FATE_UNSET
};

static enum fate fate_of(const struct ks_pair *pair, const struct options *options)
{
	if (pair->value)
		return FATE_SET;
	return options_keeps(options, pair->name) ? FATE_STAYS : FATE_UNSET;
}

/* Where its own folder has an empty name, claude takes the current one for it, a project's perhaps (observed). */
static bool has_empty_folder(void)
{
	const char *folder = getenv(CONFIG_DIR);

	return folder && !*folder;
}

/*
 * All that the credential sets and unsets, with a name of NULL at the end; the library tells it one by one, which
 * takes too long to ask for each variable of the environment. NULL where memory is short.
 */
static struct ks_pair *gather(const struct ks_credential *credential)
{
	struct ks_pair pair, *pairs = NULL;
	unsigned count = 0;

	while (ks_credential_environment_at(credential, count, &pair))
		count++;
	pairs = calloc(count + 1, sizeof(*pairs));
	for (unsigned i = 0; pairs && i < count; i++)
		(void)ks_credential_environment_at(credential, i, &pairs[i]);
	return pairs;
}

/* Whether the variable in `entry` (NAME=VALUE) is one of those, or is of no use to anybody. */
static bool is_replaced(const char *entry, const struct ks_pair *pairs, const struct options *options)
{
	size_t length = strcspn(entry, "=");

	if (strcmp(entry, CONFIG_DIR "=") == 0)
		return true;
	for (; pairs->name; pairs++)
		if (strncmp(pairs->name, entry, length) == 0 && pairs->name[length] == '\0')
			return fate_of(pairs, options) != FATE_STAYS;
	return false;
}

/* Whether an earlier entry has the same name: we have read that one, and another program may read the last. */
static bool is_repeated(size_t index)
{
	const size_t length = strcspn(environ[index], "=");

	for (size_t i = 0; i < index; i++)
		if (strncmp(environ[i], environ[index], length) == 0 && environ[i][length] == '=')
			return true;
	return false;
}

/* The bytes that NAME=VALUE takes for everything that is set, and how many there are. */
static size_t measure(const struct ks_pair *pairs, size_t *ret_count)
{
	size_t size = 0;

	*ret_count = 0;
	for (; pairs->name; pairs++) {
		if (!pairs->value)
			continue;
		size += strlen(pairs->name) + strlen(pairs->value) + 2;
		*ret_count += 1;
	}
	return size;
}

static void set_variables(struct child *child, size_t count, const struct ks_pair *pairs)
{
	char *next = child->secrets;

	for (; next && pairs->name; pairs++) {
		if (!pairs->value)
			continue;
		child->environment[count++] = next;
		next = stpcpy(next, pairs->name);
		*next++ = '=';
		next = stpcpy(next, pairs->value) + 1;
	}
}

int child_prepare(struct child *child, const struct ks_credential *credential, const struct options *options)
{
	struct ks_pair *pairs = gather(credential);
	size_t ours = 0, kept = 0, set = 0, size = pairs ? measure(pairs, &set) : 0;
	int status = 0;

	while (environ && environ[ours])
		ours++;
	child->environment = calloc(ours + set + 1, sizeof(*child->environment));
	child->secrets = size ? ks_secret_alloc(size) : NULL;
	if (!pairs || !child->environment || (size && !child->secrets)) {
		message_error("environment: no memory to prepare it; free some and try again");
		status = EX_SOFTWARE;
		goto out;
	}
	for (size_t i = 0; i < ours; i++)
		if (!is_replaced(environ[i], pairs, options) && !is_repeated(i))
			child->environment[kept++] = environ[i];
	set_variables(child, kept, pairs);
out:
	free(pairs);
	return status;
}

void child_finish(struct child *child)
{
	free((void *)child->environment);
	child->environment = NULL;
	child->secrets = ks_secret_free(child->secrets);
}

/* What a variable would have selected. */
static const char *selection(const struct ks_variable *variable)
{
	for (unsigned i = 0; ks_kind_rule_at(i); i++) {
		const struct ks_kind_rule *rule = ks_kind_rule_at(i);

		if (!rule->variable || strcmp(rule->variable, variable->name) != 0)
			continue;
		return rule->payer == KS_PAYER_GATEWAY        ? "a gateway"
		       : rule->payer == KS_PAYER_SUBSCRIPTION ? "a subscription"
							      : "an API key";
	}
	switch (variable->role) {
	case KS_VARIABLE_HOST:
		return "another host";
	case KS_VARIABLE_HEADERS:
		return "other headers";
	case KS_VARIABLE_PROFILE:
		return "a profile";
	case KS_VARIABLE_CLOUD:
		return "a cloud";
	case KS_VARIABLE_MODE:
		return "other sources";
	case KS_VARIABLE_CREDENTIAL:
	default:
		return "another credential";
	}
}

/* One variable that is present and selects something by itself. */
static void tell_change(
	const struct ks_variable *variable, const struct ks_pair *pair, const char *present, enum fate fate)
{
	const char *name = variable->name;

	switch (fate) {
	case FATE_STAYS:
		if (*present)
			message_warning("%s kept in the environment: it selects %s", name, selection(variable));
		break;
	case FATE_SET:
		if (*present && strcmp(present, pair->value) != 0)
			message_warning("%s replaced in the environment: it would have selected %s", name,
				variable->role == KS_VARIABLE_CREDENTIAL ? "another credential"
									 : selection(variable));
		break;
	case FATE_UNSET:
	default:
		if (*present)
			message_warning("%s removed from the environment: it would have selected %s", name,
				selection(variable));
		else
			message_warning("%s removed from the environment: it was set but empty", name);
		break;
	}
}

/* Which of several logins is used. --keep has no say in it. */
static void tell_config_dir(const struct ks_credential *credential)
{
	const char *chosen = ks_credential_attribute(credential, KS_ATTRIBUTE_CONFIG_DIR);
	const char *present = getenv(CONFIG_DIR);
	const bool is_login = ks_credential_kind(credential) == KS_KIND_STORED_LOGIN;

	if (has_empty_folder())
		message_warning("%s removed from the environment: it was set but empty", CONFIG_DIR);
	else if (is_login && present && (!chosen || strcmp(present, chosen) != 0))
		message_warning("%s %s the environment: it would have selected another login", CONFIG_DIR,
			chosen ? "replaced in" : "removed from");
}

void child_tell_changes(const struct ks_credential *credential, const struct options *options)
{
	struct ks_pair pair;

	for (unsigned i = 0; ks_credential_environment_at(credential, i, &pair); i++) {
		const struct ks_variable *variable = ks_variable_named(pair.name);
		const char *present = getenv(pair.name);

		if (variable && variable->selects && present)
			tell_change(variable, &pair, present, fate_of(&pair, options));
	}
	tell_config_dir(credential);
}

void child_list_changes(struct output *output, const struct ks_credential *credential, const struct options *options)
{
	struct ks_pair pair;

	for (unsigned i = 0; ks_credential_environment_at(credential, i, &pair); i++) {
		enum fate fate = fate_of(&pair, options);

		if (fate != FATE_STAYS)
			output_print(output, "%s %s\n", fate == FATE_SET ? "set" : "unset", pair.name);
	}
	if (ks_credential_kind(credential) != KS_KIND_STORED_LOGIN && has_empty_folder())
		output_text(output, "unset " CONFIG_DIR "\n");
}
