/* SPDX-License-Identifier: MIT */
/*
 * keystile exec: becomes the program, with the credential in its environment and no other beside it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/cli.h"
#include "cli/message.h"
#include "cli/shadow.h"
#include "cli/target.h"
#include "core/environment.h"

/* --keep is for variables that carry no credential. */
static int check_keep(const struct options *options)
{
	for (unsigned i = 0; i < options->keep_count; i++) {
		const struct ks_variable *variable = ks_variable_named(options->keep[i]);

		if (variable && variable->is_secret)
			return options_refuse(
				"exec", "--keep %s: it carries a credential; leave it out", options->keep[i]);
	}
	return 0;
}

/* Whether a variable that is set says where requests go, and that is not where the credential may go. */
static bool leads_elsewhere(const char *name, const struct ks_credential *credential)
{
	const struct ks_variable *variable = ks_variable_named(name);
	const char *value = getenv(name);

	return variable && variable->role == KS_VARIABLE_HOST && value && *value &&
	       !ks_credential_permits_url(credential, value);
}

static int check_keep_against(const struct options *options, const struct ks_credential *credential)
{
	struct ks_pair pair;

	for (unsigned i = 0; ks_credential_environment_at(credential, i, &pair); i++) {
		if (!options_keeps(options, pair.name))
			continue;
		/* one without a value may not stay either, where it would choose another login */
		if (pair.value || !ks_variable_named(pair.name))
			return options_refuse(
				"exec", "--keep %s: the credential sets it itself; leave it out", pair.name);
		if (leads_elsewhere(pair.name, credential)) {
			message_error(
				"--keep %s: it leads to a host the credential may not be sent to; name that host "
				"on the entry with base-url=",
				pair.name);
			return ks_result_exit_status(KS_DENIED);
		}
	}
	return 0;
}

/* Says which credential it is, from where, and who pays. */
static void announce(const struct options *options, const struct ks_credential *credential)
{
	const char *url = ks_credential_base_url(credential), *print = NULL;

	if (!options->verbose && isatty(STDERR_FILENO) != 1)
		return;
	print = ks_credential_fingerprint(credential);
	message_note("using %s from %s (%s): payer %s, transport %s%s%s%s%s",
		ks_kind_name(ks_credential_kind(credential)), ks_credential_source(credential),
		ks_credential_module(credential), ks_payer_name(ks_credential_payer(credential)),
		ks_transport_name(ks_credential_transport(credential)), url ? ", for " : "", url ? url : "",
		print ? ", fingerprint " : "", print ? print : "");
}

static void tell_shadow(const struct shadow *shadow, bool stops)
{
	const char *key = shadow->key ? shadow->key : "", *colon = shadow->key ? ": " : "";
	const char *owner = shadow_owner_name(shadow->owner);

	if (stops)
		message_error("%s: %s%s%s (%s settings); %s it, or write --allow-shadow", shadow->file, key, colon,
			shadow->effect, owner, shadow->key ? "remove" : "mend");
	else
		message_warning("%s: %s%s%s (%s settings)", shadow->file, key, colon, shadow->effect, owner);
}

/* Settings on disk matter to `claude`, and to whatever may start it on a credential for the CLI. */
static int heed_shadows(
	const struct options *options, const struct target *target, const struct ks_credential *credential)
{
	struct shadows shadows = {0};
	int status = 0;

	if (!target->is_claude && ks_credential_transport(credential) != KS_TRANSPORT_CLI)
		return 0;
	shadows_find(&shadows, credential, options->operands + 1);
	for (const struct shadow *shadow = shadows.first; shadow; shadow = shadow->next) {
		bool stops = !options->allow_shadow && shadow_stops(shadow, target->is_claude, options->payers != 0);

		tell_shadow(shadow, stops);
		if (stops)
			status = EX_CONFIG;
	}
	if (shadows.failed) {
		message_error("settings of claude: no memory to examine them; free some and try again");
		status = EX_SOFTWARE;
	}
	shadows_finish(&shadows);
	return status;
}

static int print_changes(const struct options *options, const struct ks_credential *credential)
{
	struct output output = OUTPUT_INIT;

	child_list_changes(&output, credential, options);
	return output_write(&output);
}

/* Returns only where the program cannot be started. */
static int run(const struct target *target, const struct options *options, const struct child *child)
{
	int error = 0;

	(void)execve(target->path, options->operands, child->environment);
	error = errno;
	if (error == ENOENT || error == ENOTDIR) {
		message_error("%s: cannot be run: %s; check it, and the interpreter it names", target->path,
			strerrordesc_np(error));
		return EXIT_NOT_FOUND;
	}
	message_error("%s: cannot be run: %s; %s", target->path, strerrordesc_np(error),
		error == ENOEXEC ? "begin a script with #!/bin/sh, or check that it is a program for this machine"
				 : "check its permissions and those of its folders");
	return EXIT_NOT_EXECUTABLE;
}

/* What exec leaves alone, but which can give claude another login. A stored login was looked for in that place. */
static void tell_kept(const struct target *target, const struct ks_credential *credential)
{
	static const char place[] = "CLAUDE_SECURESTORAGE_CONFIG_DIR",
			  host[] = "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST";
	static const char text[] = "%s stays in the environment: it may select another login";

	if (!target->is_claude)
		return;
	if (getenv(place) && ks_credential_kind(credential) != KS_KIND_STORED_LOGIN)
		message_warning(text, place);
	if (getenv(host))
		message_warning(text, host);
}

/* What comes between the credential and the program. */
static int get_ready(struct child *child, const struct options *options, const struct target *target,
	const struct ks_credential *credential)
{
	int status = heed_shadows(options, target, credential);

	if (status == 0)
		status = child_prepare(child, credential, options);
	if (status)
		return status;
	child_tell_changes(credential, options);
	tell_kept(target, credential);
	announce(options, credential);
	return 0;
}

int exec_run(const struct options *options)
{
	struct target target;
	struct walk walk = {0};
	struct child child = {0};
	int status = target_find(&target, options->operands[0]);

	message_quiet(options->quiet);
	if (status == 0)
		status = check_keep(options);
	if (status == 0)
		status = walk_open(&walk, options);
	if (status)
		goto out;
	target_prepare(&target, &walk, options);
	walk_resolve(&walk);
	if (walk.result != KS_OK) {
		status = walk_fail(&walk);
		goto out;
	}
	status = check_keep_against(options, walk.credential);
	if (status)
		goto out;
	if (options->print_changes) {
		status = print_changes(options, walk.credential);
		goto out;
	}
	status = get_ready(&child, options, &target, walk.credential);
	walk_close(&walk);
	if (status == 0)
		status = run(&target, options, &child);
out:
	child_finish(&child);
	walk_close(&walk);
	return status;
}
