/* SPDX-License-Identifier: MIT */
/*
 * keystile get: one credential on standard output.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/message.h"
#include "cli/view.h"
#include "cli/walk.h"
#include "core/url.h"

enum {
	HELPER_TIMEOUT_MS = 8000 /* Claude Code complains about a helper after ten seconds */
};

/* What a value printed by -f env may consist of: nothing a shell or a reader of KEY=VALUE files would take apart. */
#define ENV_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=:@-"

/* Whether the format hands over the secret alone, without the URL that goes with it. */
static bool is_bare(enum format format)
{
	return format == FORMAT_SECRET || format == FORMAT_HEADER || format == FORMAT_HELPER;
}

static int refuse(const struct ks_credential *credential, int status, const char *reason)
{
	message_error("%s: %s: %s", ks_credential_module(credential), ks_credential_source(credential), reason);
	return status;
}

/* Tells that the credential must not go where `said_by` says it is going to be sent. */
static int refuse_url(const struct ks_credential *credential, const char *said_by)
{
	const char *module = ks_credential_module(credential), *source = ks_credential_source(credential);
	const char *bound = ks_credential_base_url(credential);

	if (!(ks_credential_transports(credential) & KS_TRANSPORT_API))
		return refuse(credential, EX_NOPERM, "the credential may not be sent to any URL; use keystile exec");
	message_error("%s: %s: the credential may be sent to %s only, and %s says otherwise; %s", module, source,
		bound ? bound : KS_URL_FIRST_PARTY, said_by,
		bound ? "state that URL there" : "bind the credential with base-url=, or correct the URL");
	return EX_NOPERM;
}

/* Claude Code sends what a helper prints to this URL, or to the API's own where it is not set. */
static int check_helper_url(const struct ks_credential *credential)
{
	const char *url = secure_getenv("ANTHROPIC_BASE_URL"), *bound = ks_credential_base_url(credential);

	if (url && *url)
		return ks_credential_permits_url(credential, url) ? 0 : refuse_url(credential, "ANTHROPIC_BASE_URL");
	if (ks_credential_permits_url(credential, KS_URL_FIRST_PARTY))
		return 0;
	message_error("%s: %s: the credential may be sent to %s only; set ANTHROPIC_BASE_URL to that",
		ks_credential_module(credential), ks_credential_source(credential), bound);
	return EX_NOPERM;
}

/* A credential goes to its own URL and to no other: the caller says where it is going to be sent. */
static int check_url(const struct options *options, const struct ks_credential *credential)
{
	const char *bound = ks_credential_base_url(credential);

	if (options->base_url && !ks_credential_permits_url(credential, options->base_url))
		return refuse_url(credential, "--base-url");
	if (options->format == FORMAT_HELPER)
		return check_helper_url(credential);
	if (!bound || options->base_url || !is_bare(options->format))
		return 0;
	message_error("%s: %s: the credential may be sent to %s only; state that with --base-url %s, or use -f json",
		ks_credential_module(credential), ks_credential_source(credential), bound, bound);
	return EX_NOPERM;
}

static int put_secret(struct output *output, const struct ks_credential *credential)
{
	size_t length = 0;
	const char *secret = ks_credential_secret(credential, &length);

	if (!secret)
		return refuse(credential, EX_NOPERM, "there are no bytes to give; use keystile exec");
	output_bytes(output, secret, length);
	output_text(output, "\n");
	return 0;
}

static int put_headers(struct output *output, const struct ks_credential *credential)
{
	struct ks_pair pair;
	unsigned i = 0;

	for (; ks_credential_header_at(credential, i, &pair); i++) {
		output_text(output, pair.name);
		output_text(output, ": ");
		output_text(output, pair.value);
		output_text(output, "\n");
	}
	if (i > 0)
		return 0;
	return refuse(credential, EX_NOPERM, "the credential may not be sent to the API; use keystile exec");
}

static int put_environment(struct output *output, const struct ks_credential *credential)
{
	struct ks_pair pair;

	for (unsigned i = 0; ks_credential_environment_at(credential, i, &pair) && pair.value; i++) {
		if (pair.value[strspn(pair.value, ENV_CHARACTERS)] != '\0') {
			message_error("%s: %s: %s has a character that cannot be carried by -f env; use -f json",
				ks_credential_module(credential), ks_credential_source(credential), pair.name);
			return EX_SOFTWARE;
		}
		output_text(output, pair.name);
		output_text(output, "=");
		output_text(output, pair.value);
		output_text(output, "\n");
	}
	return 0;
}

static int put_json(struct output *output, const struct options *options, const struct ks_credential *credential)
{
	struct json json = {.output = output};

	json_object(&json, NULL);
	json_number(&json, "version", 1);
	view_json(&json, options->service, credential, true);
	json_object_end(&json);
	json_finish(&json);
	return 0;
}

static int put(struct output *output, const struct options *options, const struct ks_credential *credential)
{
	switch (options->format) {
	case FORMAT_SECRET:
	case FORMAT_HELPER:
		return put_secret(output, credential);
	case FORMAT_HEADER:
		return put_headers(output, credential);
	case FORMAT_ENV:
		return put_environment(output, credential);
	case FORMAT_JSON:
		return put_json(output, options, credential);
	default:
		return EX_SOFTWARE;
	}
}

static int check_usage(const struct options *options)
{
	if (options->format == FORMAT_HELPER && options->transports == KS_TRANSPORT_CLI)
		return options_refuse(
			"get", "-t cli: -f helper gives what may be sent to the API; use keystile exec");
	if (!options->show && isatty(STDOUT_FILENO) == 1)
		return options_refuse(
			"get", "standard output is a terminal, and a secret would stay on it; write --show");
	return 0;
}

static void prepare(struct walk *walk, const struct options *options)
{
	walk_prepare(walk, options, KS_TRANSPORT_API, KS_TRANSPORT_API, "get");
	if (is_bare(options->format))
		walk->request.kinds = KINDS_WITH_SECRET;
	if (options->format == FORMAT_HELPER) {
		walk->request.transports = KS_TRANSPORT_API;
		if (walk->request.timeout_ms == 0)
			walk->request.timeout_ms = HELPER_TIMEOUT_MS;
	}
}

int get_run(const struct options *options)
{
	struct walk walk = {.one_line = options->format == FORMAT_HELPER};
	struct output output = OUTPUT_INIT_SECRET;
	int status = check_usage(options);

	if (status)
		return status;
	status = walk_open(&walk, options);
	if (status)
		goto out;
	prepare(&walk, options);
	walk_resolve(&walk);
	if (walk.result != KS_OK) {
		status = walk_fail(&walk);
		goto out;
	}
	status = check_url(options, walk.credential);
	if (status == 0)
		status = put(&output, options, walk.credential);
	if (status == 0)
		status = output_write(&output);
out:
	output_finish(&output);
	walk_close(&walk);
	return status;
}
