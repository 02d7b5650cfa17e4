/* SPDX-License-Identifier: MIT */
#include "providers/vault/session.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "providers/vault/address.h"
#include "providers/vault/login/login.h"
#include "providers/vault/memory.h"
#include "providers/vault/status.h"
#include "providers/vault/text.h"

enum {
	MARGIN_MS = 1000, /* before its end: a request is under way as long */
	GROWTH_MS = 1000, /* less than this more is no renewal: the end is near */
	UID_SIZE = 16     /* bytes of a user's number, with the NUL */
};

void ks_vault_session_clear(struct ks_vault_session *session)
{
	ks_vault_free(session->token);
	ks_vault_free(session->identity);
	ks_vault_free(session->index);
	*session = (struct ks_vault_session){0};
}

char *ks_vault_identity(const struct ks_vault_call *call, const char *token)
{
	const struct ks_vault_target *target = &call->target;
	char uid[UID_SIZE];

	(void)snprintf(uid, sizeof(uid), "%u", geteuid());
	/* no text of these holds a line end */
	return ks_vault_join(uid, "\n", target->socket ? target->socket : target->base, "\n",
		target->name_space ? target->name_space : "", "\n",
		target->auth_name_space ? target->auth_name_space : "", "\n", token ? token : "", NULL);
}

void ks_vault_session_use(struct ks_vault_session *session)
{
	if (session->uses > 0)
		session->uses--;
}

static int64_t left_of(const struct ks_vault_session *session)
{
	return session->expires_at - ks_vault_now();
}

static bool is_used_up(const struct ks_vault_session *session)
{
	return session->is_limited && session->uses == 0;
}

static bool has_ended(const struct ks_vault_session *session)
{
	if (is_used_up(session))
		return true;
	return session->expires_at > 0 && left_of(session) <= MARGIN_MS;
}

static bool is_due(const struct ks_vault_session *session)
{
	return session->renew_at > 0 && ks_vault_now() >= session->renew_at;
}

/* Whether it is good for a request, and nothing is to be done about it before. */
static bool is_good(const struct ks_vault_session *session)
{
	return session->token && !has_ended(session) && (session->renewable || !is_due(session));
}

/* Puts off what did not work out, by a third of what is left. */
static void put_off(struct ks_vault_session *session)
{
	session->renew_at = ks_vault_now() + left_of(session) / 3;
}

/* Asks for the lease that the login gave. The server decides, so its answer counts. */
static enum ks_result ask_to_renew(struct ks_vault_call *call, struct ks_vault_answer *answer)
{
	struct ks_vault_session *session = &call->vault->session;
	const int64_t lease_s = (session->expires_at - session->issued_at) / 1000;
	struct ks_vault_request request = {
		.path = "auth/token/renew-self",
		.body = json_pack("{s:I}", "increment", (json_int_t)lease_s),
		.token = session->token,
		.name_space = call->target.auth_name_space,
	};
	enum ks_result result = KS_OK;

	call->can_do_without = true;
	result = request.body ? ks_vault_ask(call, &request, answer) : ks_vault_fail_memory(call);
	call->can_do_without = false;
	json_decref(request.body);
	return result;
}

/*
 * Renews, or finds that there is no renewing it: a policy that forbids it, the end of all it may last. A server that
 * does not answer is asked again while the token is good. Nothing of this fails: there is a login yet.
 */
static void renew(struct ks_vault_call *call)
{
	static const struct ks_vault_request request = {.path = "auth/token/renew-self"};
	struct ks_vault_session *session = &call->vault->session, renewed = {0};
	struct ks_vault_answer answer = {0};
	const int64_t left = left_of(session);
	enum ks_result result = ask_to_renew(call, &answer);

	if (result == KS_OK && answer.status == KS_VAULT_OK)
		result = ks_vault_session_take(call, &request, &answer, &renewed);
	if (result != KS_OK) {
		put_off(session);
	} else if (answer.status != KS_VAULT_OK || renewed.expires_at == 0) {
		/* a token with an end does not get one without by being renewed */
		session->renewable = false;
	} else {
		session->issued_at = renewed.issued_at;
		session->renew_at = renewed.renew_at;
		session->expires_at = renewed.expires_at;
		session->renewable = left_of(session) > left + GROWTH_MS;
	}
	ks_vault_session_clear(&renewed);
	ks_vault_answer_finish(&answer);
}

/* Logs in, and takes the place of what was there only when it worked. */
static enum ks_result log_in(struct ks_vault_call *call)
{
	struct ks_vault_session session = {0};
	enum ks_result result = KS_OK;

	call->can_do_without = call->vault->session.token && !has_ended(&call->vault->session);
	result = ks_vault_login(call, &session);
	call->can_do_without = false;
	if (result != KS_OK)
		return result;
	session.identity = ks_vault_identity(call, NULL);
	if (!session.identity) {
		ks_vault_session_clear(&session);
		return ks_vault_fail_memory(call);
	}
	ks_vault_session_clear(&call->vault->session);
	call->vault->session = session;
	return KS_OK;
}

/* Whether the token there is this call's to use. */
static enum ks_result check_identity(struct ks_vault_call *call, bool *ret_is_ours)
{
	struct ks_vault_session *session = &call->vault->session;
	char *identity = ks_vault_identity(call, NULL);

	if (!identity)
		return ks_vault_fail_memory(call);
	*ret_is_ours = session->token && strcmp(session->identity, identity) == 0;
	ks_vault_free(identity);
	return KS_OK;
}

enum ks_result ks_vault_session_hold(struct ks_vault_call *call, bool *ret_is_new)
{
	struct ks_vault_session *session = &call->vault->session;
	bool is_ours = false;
	enum ks_result result = check_identity(call, &is_ours);

	if (result != KS_OK)
		return result;
	if (!is_ours || has_ended(session))
		ks_vault_session_clear(session);
	if (session->token && session->renewable && is_due(session))
		renew(call);
	*ret_is_new = false;
	if (is_good(session))
		return KS_OK;
	result = log_in(call);
	*ret_is_new = result == KS_OK;
	if (result == KS_OK || !session->token || has_ended(session))
		return result;
	/* it is only that the new one comes early */
	put_off(session);
	ks_vault_warn(call, "the login for a new token failed, and the old one is used: %s %s", call->failure.source,
		call->failure.reason);
	return KS_OK;
}

void ks_vault_session_revoke(struct ks_vault_call *call)
{
	struct ks_vault_session *session = &call->vault->session;
	const struct ks_vault_failure before = call->failure;
	const struct ks_vault_request request = {
		.path = "auth/token/revoke-self",
		.posts = true,
		.token = session->token,
		.name_space = call->target.auth_name_space,
	};
	struct ks_vault_answer answer = {0};
	enum ks_result result = KS_OK;

	/* with its last use it is gone */
	if (!session->token || is_used_up(session)) {
		ks_vault_session_clear(session);
		return;
	}
	call->can_do_without = true;
	result = ks_vault_ask(call, &request, &answer);
	call->can_do_without = false;
	if (result == KS_OK && answer.status != KS_VAULT_OK && answer.status != KS_VAULT_NO_CONTENT)
		result = ks_vault_refuse(call, KS_DENIED, &request, &answer, "", "did not revoke the token");
	if (result != KS_OK)
		ks_vault_warn(call, "the token of the login lives until its end: %s %s", call->failure.source,
			call->failure.reason);
	call->failure = before;
	ks_vault_answer_finish(&answer);
	ks_vault_session_clear(session);
}
