/* SPDX-License-Identifier: MIT */
#include "providers/vault/kv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "providers/vault/address.h"
#include "providers/vault/login/login.h"
#include "providers/vault/memory.h"
#include "providers/vault/mount.h"
#include "providers/vault/session.h"
#include "providers/vault/status.h"
#include "providers/vault/text.h"

enum {
	TIME_MAX = 64,  /* bytes of a time that is told */
	QUERY_SIZE = 32 /* and of version=NUMBER, with the NUL */
};

#define MAY_READ "{ capabilities = [\"read\"] }"

/* openbao, internal/builtin/logical/kv/backend.go */
#define WRONG_VERSION "Invalid path for a versioned K/V secrets engine"

json_t *ks_vault_kv_fields(const json_t *root, int version)
{
	json_t *data = json_object_get(root, "data");
	json_t *fields = version == 2 ? json_object_get(data, "data") : data;

	return json_is_object(fields) ? fields : NULL;
}

json_t *ks_vault_kv_metadata(const json_t *root, int version)
{
	json_t *metadata = version == 2 ? json_object_get(json_object_get(root, "data"), "metadata") : NULL;

	return json_is_object(metadata) ? metadata : NULL;
}

void ks_vault_secret_finish(struct ks_vault_secret *secret)
{
	json_decref(secret->root);
	ks_vault_free(secret->source);
	ks_vault_free(secret->identity);
	*secret = (struct ks_vault_secret){0};
}

/* Not every refusal of it has the header (openbao, internal/vault/request_handling.go). */
static bool is_login_refused(const struct ks_vault_answer *answer)
{
	return answer->inline_failed || strstr(answer->said, "failed to perform inline authentication");
}

enum ks_result ks_vault_pass_ask(struct ks_vault_call *call, const struct ks_vault_pass *pass, const char *path,
	const char *query, struct ks_vault_answer *ret_answer)
{
	const struct ks_vault_inline *login = pass->inline_login;
	const struct ks_vault_request request = {
		.path = path,
		.query = query,
		.token = pass->token,
		.name_space = call->target.name_space,
		.index = pass->index,
		.headers = login ? login->headers : NULL,
		.header_count = login ? login->header_count : 0,
		.packed = login ? login->packed : NULL,
		.fields = login ? login->fields : NULL,
		.works_once = login && login->works_once,
	};
	struct ks_vault_answer answer = {0};
	enum ks_result result = KS_OK;

	if (pass->session)
		ks_vault_session_use(pass->session);
	result = ks_vault_ask(call, &request, &answer);
	if (result != KS_OK)
		return result;
	if (login && is_login_refused(&answer)) {
		result = ks_vault_refuse(call, KS_DENIED, &request, &answer, KS_VAULT_SEE_LOGIN,
			"refused the login that came with the request, at %s", login->path);
		ks_vault_answer_finish(&answer);
		return result;
	}
	*ret_answer = answer;
	return KS_OK;
}

/* One read. */
struct reading {
	struct ks_vault_call *call;
	const struct ks_vault_pass *pass;
	struct ks_vault_answer answer;
	char *path; /* below /v1/, escaped */
	char *name; /* the same as it is, as policies have it */
	int version;
};

static void clear(struct reading *reading)
{
	ks_vault_answer_finish(&reading->answer);
	ks_vault_free(reading->path);
	ks_vault_free(reading->name);
	reading->path = reading->name = NULL;
}

/* Asks as for an engine of that version. */
static enum ks_result ask(struct reading *reading, int version)
{
	const struct ks_vault *vault = reading->call->vault;
	const char *mount = vault->mount.path, *path = ks_vault_option(vault, KS_VAULT_PATH);
	const char *number = version == 2 ? vault->options[KS_VAULT_VERSION] : NULL;
	const char *rest = path + strlen(mount) + (path[strlen(mount)] == '/');
	char *whole = version == 2 ? ks_vault_join(mount, "/data/", rest, NULL) : ks_vault_copy(path),
	     query[QUERY_SIZE] = "";

	clear(reading);
	if (number)
		(void)snprintf(query, sizeof(query), "version=%s", number);
	reading->name = whole;
	reading->path = whole ? ks_vault_path_escape(whole) : NULL;
	reading->version = version;
	if (!reading->path)
		return ks_vault_fail_memory(reading->call);
	return ks_vault_pass_ask(
		reading->call, reading->pass, reading->path, query[0] ? query : NULL, &reading->answer);
}

__attribute__((format(printf, 4, 5))) static enum ks_result refuse(
	const struct reading *reading, enum ks_result result, const char *remedy, const char *reason, ...)
{
	const struct ks_vault_request request = {.path = reading->path};
	char text[KS_REASON_MAX / 2];
	va_list arguments;

	va_start(arguments, reason);
	(void)vsnprintf(text, sizeof(text), reason, arguments);
	va_end(arguments);
	return ks_vault_refuse(reading->call, result, &request, &reading->answer, remedy, "%s", text);
}

static struct ks_vault_sent sent_with(const struct reading *reading)
{
	return (struct ks_vault_sent){.token = reading->pass->token, .headers = reading->call->target.headers};
}

/* A version that is gone: its metadata came with the 404. */
static enum ks_result refuse_gone(const struct reading *reading, const json_t *metadata)
{
	const int version = (int)json_integer_value(json_object_get(metadata, "version"));
	const char *deleted = ks_vault_string(metadata, "deletion_time");
	const char *path = ks_vault_option(reading->call->vault, KS_VAULT_PATH);
	const struct ks_vault_sent sent = sent_with(reading);
	char when[TIME_MAX] = "", remedy[KS_REMEDY_MAX];

	if (json_is_true(json_object_get(metadata, "destroyed")))
		return refuse(reading, KS_EXPIRED, "write a new version, or name another one with version=",
			"has no data any more: version %d was destroyed", version);
	if (deleted)
		ks_vault_scrub(when, sizeof(when), deleted, &sent);
	(void)snprintf(remedy, sizeof(remedy),
		"write a new version, or bring it back: vault kv undelete -versions=%d %s", version, path);
	return refuse(reading, KS_EXPIRED, remedy, "has no data any more: version %d was deleted%s%s", version,
		when[0] ? " at " : "", when);
}

/* The server did not tell where the mount ends, and nobody else did. */
static bool is_guess(const struct ks_vault *vault)
{
	return vault->mount.version == 0 && !vault->options[KS_VAULT_MOUNT];
}

/* What the API has in a path, and nobody writes in path=. */
static bool has_data(const struct reading *reading)
{
	return reading->version == 2 && strstr(ks_vault_option(reading->call->vault, KS_VAULT_PATH), "/data/");
}

/* Says what is missing in a policy, and what else, as far as there is room. */
static void tell_policy(
	const struct reading *reading, const char *first, const char *last, char remedy[KS_REMEDY_MAX])
{
	if (snprintf(remedy, KS_REMEDY_MAX, "%s: path \"%s\" " MAY_READ "%s", first, reading->name, last) >=
			KS_REMEDY_MAX &&
		snprintf(remedy, KS_REMEDY_MAX, "give its policy: path \"%s\" " MAY_READ, reading->name) >=
			KS_REMEDY_MAX)
		(void)snprintf(remedy, KS_REMEDY_MAX, "%s " MAY_READ " on the path behind /v1/", first);
}

/* A server for which no token is one that it cannot ask about says 400. */
static bool is_forbidden(const struct reading *reading)
{
	const struct ks_vault_answer *answer = &reading->answer;

	return answer->status == KS_VAULT_FORBIDDEN ||
	       (answer->status == KS_VAULT_BAD_REQUEST && !reading->pass->token && !reading->pass->inline_login &&
		       strstr(answer->said, "missing client token"));
}

static enum ks_result refuse_forbidden(const struct reading *reading)
{
	const struct ks_vault *vault = reading->call->vault;
	const struct ks_vault_pass *pass = reading->pass;
	const char *shown = "request: it came without a token",
		   *first = "write auth=, or give the policy of the Agent there";
	char remedy[KS_REMEDY_MAX], last[KS_REMEDY_MAX] = "";

	if (pass->token) {
		shown = "token, or what it may read";
		first = "see that it has not ended, and give its policy";
	} else if (pass->inline_login) {
		shown = "login that came with the request, or what that may read";
		first = "see that the server has inline=yes (OpenBao from 2.4 on), and give its policy";
	}
	if (has_data(reading))
		(void)snprintf(last, sizeof(last), "; or write path= without data/");
	else if (vault->mount.version == 0)
		(void)snprintf(last, sizeof(last), ", or path \"%s\" for an engine of version 1%s",
			ks_vault_option(vault, KS_VAULT_PATH),
			is_guess(vault) ? "; or write where the mount ends, as mount=" : "");
	tell_policy(reading, first, last, remedy);
	return refuse(reading, KS_DENIED, remedy, "refused the %s", shown);
}

static enum ks_result refuse_absent(const struct reading *reading)
{
	if (reading->version == 1 && ks_vault_answer_warns(&reading->answer, WRONG_VERSION))
		return refuse(reading, KS_MISCONFIGURED, "write kv-version=2, or leave it out",
			"is in an engine of version 2, and was read as version 1");
	if (has_data(reading))
		return refuse(reading, KS_MISCONFIGURED, "write path= without data/, as for vault kv get",
			"does not exist");
	return refuse(reading, KS_MISCONFIGURED,
		"see path=, mount=, version=, and namespace= or VAULT_NAMESPACE; vault kv get reads the same",
		"does not exist");
}

/* Without the query the server gives the newest one; 0 asks for that. */
static bool is_other_version(const struct reading *reading, const json_t *metadata)
{
	const char *wanted = reading->call->vault->options[KS_VAULT_VERSION];
	const json_t *version = json_object_get(metadata, "version");

	return wanted && atoll(wanted) > 0 && json_is_integer(version) &&
	       json_integer_value(version) != atoll(wanted);
}

/* Whether a field is called as a secret that was sent. */
static bool names_secret(const struct reading *reading, json_t *fields)
{
	const struct ks_vault_sent sent = sent_with(reading);

	for (void *at = json_object_iter(fields); at; at = json_object_iter_next(fields, at))
		if (ks_vault_was_sent(json_object_iter_key(at), &sent))
			return true;
	return false;
}

static enum ks_result judge(struct reading *reading, struct ks_vault_secret *ret_secret, bool *ret_is_forbidden)
{
	const struct ks_vault_target *target = &reading->call->target;
	const json_t *metadata = ks_vault_kv_metadata(reading->answer.root, reading->version);
	struct ks_vault_secret secret = {.version = reading->version};

	if (is_forbidden(reading)) {
		*ret_is_forbidden = true;
		return refuse_forbidden(reading);
	}
	switch (reading->answer.status) {
	case KS_VAULT_OK:
		break;
	case KS_VAULT_NOT_FOUND:
		return metadata ? refuse_gone(reading, metadata) : refuse_absent(reading);
	case KS_VAULT_NO_CONTENT:
		return refuse_absent(reading);
	default:
		return refuse(
			reading, KS_MISCONFIGURED, "see path=, kv-version= and version=", "refused the request");
	}
	if (metadata && json_is_null(json_object_get(json_object_get(reading->answer.root, "data"), "data")))
		return refuse_gone(reading, metadata);
	if (metadata && is_other_version(reading, metadata))
		return refuse(reading, KS_UNAVAILABLE,
			"see what on the way takes the query off, a redirect or a proxy",
			"answered with another version than version= asks for");
	if (!ks_vault_kv_fields(reading->answer.root, reading->version))
		return refuse(reading, KS_UNAVAILABLE, "see that path= is a secret of a key-value engine",
			"answered without the fields of a secret");
	/* names of fields are told, also when the answer is kept and nobody knows any more what was sent for it */
	if (names_secret(reading, ks_vault_kv_fields(reading->answer.root, reading->version)) ||
		names_secret(reading, json_object_get(metadata, "custom_metadata")))
		return refuse(reading, KS_UNAVAILABLE, "see what answers there",
			"answered with a secret that was sent to it as the name of a field");
	if (reading->version == 1 && reading->call->vault->options[KS_VAULT_VERSION])
		return refuse(reading, KS_MISCONFIGURED,
			"leave out version=", "is in an engine of version 1, which keeps no versions");
	secret.source = ks_vault_join(target->socket ? target->address : target->base, target->socket ? ":" : "",
		"/v1/", reading->path, NULL);
	if (!secret.source)
		return ks_vault_fail_memory(reading->call);
	secret.root = json_incref(reading->answer.root);
	secret.read_at = ks_vault_now();
	*ret_secret = secret;
	return KS_OK;
}

/*
 * Without the server's word on the version it is read as version 1: version 2 answers that with a warning, and then
 * its own way is the right one.
 */
static enum ks_result ask_either(struct reading *reading)
{
	struct ks_vault_mount *mount = &reading->call->vault->mount;
	enum ks_result result = ask(reading, mount->version ? mount->version : 1);

	if (result != KS_OK || mount->version)
		return result;
	if (reading->answer.status == KS_VAULT_NOT_FOUND && ks_vault_answer_warns(&reading->answer, WRONG_VERSION)) {
		result = ask(reading, 2);
		mount->version = 2;
	} else if (reading->answer.status == KS_VAULT_OK) {
		mount->version = 1;
	} else if (reading->answer.status == KS_VAULT_FORBIDDEN) {
		/* a policy for version 2 alone lets nobody ask as for version 1 */
		result = ask(reading, 2);
		if (result == KS_OK && reading->answer.status == KS_VAULT_OK)
			mount->version = 2;
	}
	return result;
}

enum ks_result ks_vault_kv_read(struct ks_vault_call *call, const struct ks_vault_pass *pass,
	struct ks_vault_secret *ret_secret, bool *ret_is_forbidden)
{
	struct reading reading = {.call = call, .pass = pass};
	enum ks_result result = ks_vault_mount_find(call, pass);

	*ret_is_forbidden = false;
	if (result == KS_OK)
		result = ask_either(&reading);
	if (result == KS_OK)
		result = judge(&reading, ret_secret, ret_is_forbidden);
	/* it may have been moved meanwhile */
	if (result != KS_OK)
		ks_vault_mount_clear(&call->vault->mount);
	clear(&reading);
	return result;
}
