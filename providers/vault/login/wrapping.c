/* SPDX-License-Identifier: MIT */
#include "providers/vault/login/wrapping.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "providers/vault/login/login.h"
#include "providers/vault/memory.h"
#include "providers/vault/status.h"
#include "providers/vault/text.h"

/* What is left of `text` behind a part, which must end with it or before a slash; NULL where it does not begin so. */
static const char *behind(const char *text, const char *part)
{
	size_t length = strlen(part);

	while (length > 0 && part[length - 1] == '/')
		length--;
	if (!text || strncmp(text, part, length) != 0 || text[length] != '/')
		return NULL;
	return text + length + 1;
}

static bool makes_secret_id(const char *path, const char *mount, const char *role)
{
	const char *rest = behind(behind(behind(path, "auth"), mount), "role");

	if (role)
		rest = behind(rest, role);
	else if (rest)
		rest = strchr(rest, '/') > rest ? strchr(rest, '/') + 1 : NULL;
	return rest && strcmp(rest, "secret-id") == 0;
}

bool ks_vault_wrapping_fits(const char *path, const char *name_space, const char *mount, const char *role)
{
	return makes_secret_id(path, mount, role) ||
	       (name_space && makes_secret_id(behind(path, name_space), mount, role));
}

/* Whoever watches the audit log learns of it as well, also where the next entry answers. */
__attribute__((format(printf, 4, 5))) static enum ks_result alert(
	struct ks_vault_call *call, const struct ks_vault_found *token, const char *remedy, const char *reason, ...)
{
	char text[KS_REASON_MAX], line[KS_MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, reason);
	(void)vsnprintf(text, sizeof(text), reason, arguments);
	va_end(arguments);
	(void)snprintf(line, sizeof(line), "%s %s", token->source, text);
	call->host->log(call->host, KS_LOG_ALERT, line);
	return ks_vault_fail(call, KS_DENIED, token->source, remedy, "%s", text);
}

static enum ks_result refuse(
	struct ks_vault_call *call, const struct ks_vault_found *token, const struct ks_vault_answer *answer)
{
	return alert(call, token,
		"have a new one made; if no login of ours used it, see who did, and destroy the secret id in it",
		"raises a security alert: its wrapping token was used before, has ended, or never was (%ld: %s)",
		answer->status, answer->said[0] ? answer->said : "no reason given");
}

static enum ks_result refuse_path(struct ks_vault_call *call, const struct ks_vault_found *token, const char *path)
{
	char told[KS_VAULT_SAID_MAX] = "an unknown path";

	if (path)
		ks_vault_scrub(told, sizeof(told), path,
			&(struct ks_vault_sent){.token = token->text, .headers = call->target.headers});
	return alert(call, token, "find out who put it there; see auth-mount= and role= as well",
		"raises a security alert: its wrapping token was made by %s, not for a secret id of this login, and "
		"was left unused",
		told);
}

/* Looks at the token, which does not use it up. */
static enum ks_result look_up(struct ks_vault_call *call, const struct ks_vault_found *token, const char *role)
{
	struct ks_vault_request request = {
		.path = "sys/wrapping/lookup",
		.body = json_pack("{s:s}", "token", token->text),
		.name_space = call->target.auth_name_space,
	};
	const char *mount = ks_vault_option(call->vault, KS_VAULT_AUTH_MOUNT), *path = NULL;
	struct ks_vault_answer answer = {0};
	enum ks_result result = request.body ? ks_vault_ask(call, &request, &answer) : ks_vault_fail_memory(call);

	if (result == KS_OK && answer.status != KS_VAULT_OK) {
		result = refuse(call, token, &answer);
	} else if (result == KS_OK) {
		path = ks_vault_string(json_object_get(answer.root, "data"), "creation_path");
		if (!path || !ks_vault_wrapping_fits(
				     path, request.name_space, mount ? mount : call->vault->method->name, role))
			result = refuse_path(call, token, path);
	}
	ks_vault_answer_finish(&answer);
	json_decref(request.body);
	return result;
}

/* The token goes as the request's own: in a body beside another token it would be used up for nothing. */
static enum ks_result exchange(
	struct ks_vault_call *call, const struct ks_vault_found *token, const char **ret_secret_id)
{
	const struct ks_vault_request request = {
		.path = "sys/wrapping/unwrap",
		.posts = true,
		.token = token->text,
		.name_space = call->target.auth_name_space,
		.works_once = true,
	};
	struct ks_vault_answer answer = {0};
	const char *secret_id = NULL;
	enum ks_result result = ks_vault_ask(call, &request, &answer);

	if (result == KS_OK && answer.status != KS_VAULT_OK) {
		result = refuse(call, token, &answer);
	} else if (result == KS_OK) {
		secret_id = ks_vault_string(json_object_get(answer.root, "data"), "secret_id");
		if (!secret_id)
			result = ks_vault_refuse(call, KS_UNAVAILABLE, &request, &answer,
				"have a new wrapped secret id made: this one is used up",
				"unwrapped the token of %s, and gave no secret id", token->source);
	}
	if (secret_id)
		result = ks_vault_keep(call, secret_id, strlen(secret_id), ret_secret_id);
	ks_vault_answer_finish(&answer);
	return result;
}

enum ks_result ks_vault_unwrap(
	struct ks_vault_call *call, const struct ks_vault_found *token, const char *role, const char **ret_secret_id)
{
	struct ks_vault *vault = call->vault;
	const char *secret_id = NULL;
	enum ks_result result = KS_OK;

	if (vault->unwrapped && strcmp(vault->unwrapped, token->text) == 0) {
		if (vault->secret_id)
			return ks_vault_keep(call, vault->secret_id, strlen(vault->secret_id), ret_secret_id);
		return ks_vault_fail(call, KS_DENIED, token->source, "have a new one made for each login",
			"holds the wrapping token that this entry used for its login before: a wrapped secret id is "
			"good for one");
	}
	result = look_up(call, token, role);
	if (result == KS_OK)
		result = exchange(call, token, &secret_id);
	if (result != KS_OK)
		return result;
	ks_vault_free(vault->unwrapped);
	ks_vault_free(vault->secret_id);
	vault->unwrapped = ks_vault_copy(token->text);
	vault->secret_id = ks_vault_copy(secret_id);
	*ret_secret_id = secret_id;
	return KS_OK;
}

void ks_vault_unwrap_end(struct ks_vault_call *call, bool is_answered)
{
	struct ks_vault *vault = call->vault;
	const char *file = vault->options[KS_VAULT_SECRET_ID_FILE];

	if (!vault->secret_id)
		return;
	if (!is_answered) {
		ks_vault_warn(call,
			"what %s wraps was unwrapped for a login that has no answer: it is kept for the next try of "
			"this process, and any other needs a new one",
			file ? file : vault->options[KS_VAULT_SECRET_ID_VAR]);
		return;
	}
	ks_vault_free(vault->secret_id);
	vault->secret_id = NULL;
}
