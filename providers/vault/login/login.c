/* SPDX-License-Identifier: MIT */
#include "providers/vault/login/login.h"

#include <string.h>

#include "providers/vault/address.h"
#include "providers/vault/backoff.h"
#include "providers/vault/base64.h"
#include "providers/vault/login/methods.h"
#include "providers/vault/login/wrapping.h"
#include "providers/vault/memory.h"
#include "providers/vault/session.h"
#include "providers/vault/status.h"
#include "providers/vault/text.h"

enum {
	TOKEN_MAX = 16 * 1024, /* bytes of a token; a batch token has some hundreds */
	LEASE_MAX_S = 10 * 365 * 24 * 60 * 60
};

static const struct ks_vault_method methods[] = {
	{"token", NULL, NULL},
	{"none", NULL, NULL},
	{"approle", ks_vault_approle_check, ks_vault_approle_prepare},
	{"kubernetes", ks_vault_kubernetes_check, ks_vault_kubernetes_prepare},
	{"jwt", ks_vault_jwt_check, ks_vault_jwt_prepare},
	{"cert", NULL, ks_vault_cert_prepare},
	{"userpass", ks_vault_userpass_check, ks_vault_userpass_prepare},
	{"ldap", ks_vault_userpass_check, ks_vault_userpass_prepare},
	{"aws", ks_vault_aws_check, ks_vault_aws_prepare},
	{"gcp", ks_vault_gcp_check, ks_vault_gcp_prepare},
	{"azure", ks_vault_azure_check, ks_vault_azure_prepare},
};

const struct ks_vault_method *ks_vault_method_named(const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	}
	return NULL;
}

enum ks_result ks_vault_login_set(
	struct ks_vault_call *call, struct ks_vault_login *login, const char *name, const char *value)
{
	if (json_object_set_new(login->body, name, json_string(value)) == 0 && !ks_vault_memory_failed())
		return KS_OK;
	if (ks_vault_memory_failed())
		return ks_vault_fail_memory(call);
	return ks_vault_fail(call, KS_MISCONFIGURED, name, "see where it is written", "is not UTF-8");
}

/* The path of the login below /v1/, in the host's memory. */
static const char *path_of(struct ks_vault_call *call, const struct ks_vault_login *login)
{
	const char *mount = ks_vault_option(call->vault, KS_VAULT_AUTH_MOUNT);
	char *escaped = ks_vault_path_escape(mount ? mount : call->vault->method->name);
	const char *path = escaped ? ks_vault_text(call, "auth/", escaped, "/", login->path, NULL) : NULL;

	ks_vault_free(escaped);
	return path;
}

/* Everything that is sent, so that it can be sent. */
static enum ks_result prepare(struct ks_vault_call *call, struct ks_vault_login *login, const char **ret_path)
{
	enum ks_result result = KS_OK;

	ks_vault_memory_forgive();
	login->path = "login";
	login->body = json_object();
	if (!login->body)
		return ks_vault_fail_memory(call);
	result = call->vault->method->prepare(call, login);
	if (result != KS_OK)
		return result;
	*ret_path = path_of(call, login);
	return *ret_path && !ks_vault_memory_failed() ? KS_OK : ks_vault_fail_memory(call);
}

/* No bound on what a header may hold but that it can be sent in one. */
static bool is_token(const char *text)
{
	return text && strlen(text) <= TOKEN_MAX && ks_vault_is_word(text, strlen(text));
}

/* When to renew is Vault's own client's rule (api/lifetime_watcher.go): two thirds, and some more by chance. */
static void set_times(struct ks_vault_session *session, int64_t lease_s)
{
	const double lease = (double)lease_s * 1000, grace = lease * (0.1 + 0.1 * ks_vault_chance());

	session->issued_at = ks_vault_now();
	session->expires_at = lease_s > 0 ? session->issued_at + (int64_t)lease : 0;
	session->renew_at = lease_s > 0 ? session->issued_at + (int64_t)(lease * 2 / 3 + grace / 3) : 0;
}

enum ks_result ks_vault_session_take(struct ks_vault_call *call, const struct ks_vault_request *request,
	const struct ks_vault_answer *answer, struct ks_vault_session *ret_session)
{
	const json_t *auth = json_object_get(answer->root, "auth");
	const char *token = ks_vault_string(auth, "client_token");
	const json_t *lease = json_object_get(auth, "lease_duration"), *uses = json_object_get(auth, "num_uses");
	struct ks_vault_session session = {0};

	if (!token && json_is_object(json_object_get(auth, "mfa_requirement")))
		return ks_vault_refuse(call, KS_DENIED, request, answer,
			"use a login that needs no second factor: nobody is here to give one",
			"wants a second factor");
	if (!is_token(token) || !json_is_integer(lease) || json_integer_value(lease) < 0)
		return ks_vault_refuse(call, KS_UNAVAILABLE, request, answer,
			"see that addr= names a Vault or OpenBao, and that nothing on the way changes its answers",
			"answered the login without a token, or with one that cannot be");
	session.token = ks_vault_copy(token);
	session.index = ks_vault_copy(answer->index);
	session.is_limited = json_integer_value(uses) > 0;
	session.uses = session.is_limited ? (unsigned)json_integer_value(uses) : 0;
	/* to renew is a use as well */
	session.renewable = !session.is_limited && json_is_true(json_object_get(auth, "renewable"));
	set_times(&session, json_integer_value(lease) < LEASE_MAX_S ? json_integer_value(lease) : LEASE_MAX_S);
	if (!session.token || (answer->index && !session.index)) {
		ks_vault_session_clear(&session);
		return ks_vault_fail_memory(call);
	}
	*ret_session = session;
	return KS_OK;
}

static enum ks_result judge(struct ks_vault_call *call, const struct ks_vault_request *request,
	const struct ks_vault_answer *answer, struct ks_vault_session *ret_session)
{
	if (answer->status == KS_VAULT_OK || answer->status == KS_VAULT_NO_CONTENT)
		return ks_vault_session_take(call, request, answer, ret_session);
	if (answer->status == KS_VAULT_NOT_FOUND)
		return ks_vault_refuse(call, KS_MISCONFIGURED, request, answer,
			"see with auth-mount= and auth-namespace= that the method is mounted there",
			"knows no such way to log in");
	/* a mount that is not there answers 403 as well */
	return ks_vault_refuse(call, KS_DENIED, request, answer,
		answer->status == KS_VAULT_FORBIDDEN
			? "see with auth-mount= and auth-namespace= that the method is mounted there, and that "
			  "what the entry logs in with is right and may be used from here"
			: KS_VAULT_SEE_LOGIN,
		"refused the login");
}

enum ks_result ks_vault_login(struct ks_vault_call *call, struct ks_vault_session *ret_session)
{
	struct ks_vault_login login = {0};
	struct ks_vault_request request = {0};
	struct ks_vault_answer answer = {0};
	enum ks_result result = prepare(call, &login, &request.path);

	request.body = login.body;
	request.packed = login.packed;
	request.name_space = call->target.auth_name_space;
	request.works_once = login.works_once;
	if (result == KS_OK) {
		result = ks_vault_ask(call, &request, &answer);
		ks_vault_unwrap_end(call, result == KS_OK);
	}
	if (result == KS_OK)
		result = judge(call, &request, &answer, ret_session);
	ks_vault_answer_finish(&answer);
	json_decref(login.body);
	return result;
}

/* One field, as a header of its own (openbao, api/client.go: the field's name ends the header's). */
static enum ks_result add_parameter(
	struct ks_vault_call *call, const char *key, json_t *value, struct ks_vault_http_header *ret_header)
{
	json_t *parameter = json_pack("{s:s, s:O}", "key", key, "value", value);
	char *text = parameter ? json_dumps(parameter, JSON_COMPACT) : NULL;
	struct ks_vault_http_header header = {0};

	if (text && !ks_vault_memory_failed()) {
		header.name = ks_vault_text(call, "X-Vault-Inline-Auth-Parameter-", key, NULL);
		header.value = ks_vault_base64_url(call, text);
	}
	ks_vault_free(text);
	json_decref(parameter);
	if (!header.name || !header.value)
		return ks_vault_fail_memory(call);
	*ret_header = header;
	return KS_OK;
}

static enum ks_result add_all(
	struct ks_vault_call *call, json_t *body, struct ks_vault_http_header *headers, struct ks_vault_inline *login)
{
	const char *name_space = call->vault->options[KS_VAULT_AUTH_NAMESPACE];
	unsigned count = 0;
	enum ks_result result = KS_OK;

	headers[count++] = (struct ks_vault_http_header){.name = "X-Vault-Inline-Auth-Path", .value = login->path};
	if (name_space)
		headers[count++] =
			(struct ks_vault_http_header){.name = "X-Vault-Inline-Auth-Namespace", .value = name_space};
	for (void *at = json_object_iter(body); result == KS_OK && at; at = json_object_iter_next(body, at))
		result = add_parameter(call, json_object_iter_key(at), json_object_iter_value(at), &headers[count++]);
	login->headers = headers;
	login->header_count = count;
	return result;
}

enum ks_result ks_vault_login_inline(struct ks_vault_call *call, struct ks_vault_inline *ret_login)
{
	struct ks_vault_login login = {0};
	struct ks_vault_inline made = {0};
	struct ks_vault_http_header *headers = NULL;
	enum ks_result result = prepare(call, &login, &made.path);

	made.packed = login.packed;
	made.works_once = login.works_once;
	if (result == KS_OK) {
		headers = call->host->secret_alloc(call->host, (json_object_size(login.body) + 2) * sizeof(*headers));
		result = headers ? add_all(call, login.body, headers, &made) : ks_vault_fail_memory(call);
	}
	if (result != KS_OK) {
		json_decref(login.body);
		return result;
	}
	made.fields = login.body;
	*ret_login = made;
	return KS_OK;
}
