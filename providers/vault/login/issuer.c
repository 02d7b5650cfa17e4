/* SPDX-License-Identifier: MIT */
#include "providers/vault/login/issuer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "providers/vault/backoff.h"
#include "providers/vault/login/login.h"
#include "providers/vault/status.h"
#include "providers/vault/text.h"
#include "providers/vault/tls.h"

/* A status that is no good. */
static enum ks_result refuse(struct ks_vault_call *call, const char *source, const struct ks_vault_http_reply *reply,
	const struct ks_vault_sent *sent)
{
	char told[KS_VAULT_SAID_MAX] = "";

	if (reply->body)
		ks_vault_scrub(told, sizeof(told), reply->body, sent);
	if (reply->status >= KS_VAULT_SERVER_FAILED || reply->status == KS_VAULT_TOO_MANY)
		return ks_vault_fail(
			call, KS_UNAVAILABLE, source, "try again later", "answered %ld: %s", reply->status, told);
	return ks_vault_fail(call, KS_DENIED, source,
		"see that this machine, and what it runs as, may have such a token", "answered %ld: %s",
		reply->status, told);
}

/* What it came to, but for a status of 200. */
static enum ks_result judge(struct ks_vault_call *call, const char *source, enum ks_vault_http_end end,
	const struct ks_vault_http_reply *reply, const struct ks_vault_sent *sent)
{
	switch (end) {
	case KS_VAULT_HTTP_ANSWERED:
		return refuse(call, source, reply, sent);
	case KS_VAULT_HTTP_UNSENT:
	case KS_VAULT_HTTP_UNCLEAR:
	case KS_VAULT_HTTP_SENSELESS:
		return ks_vault_fail(call, KS_UNAVAILABLE, source, "see that this machine is where auth= can be used",
			"%s", reply->reason);
	case KS_VAULT_HTTP_UNTRUSTED:
		return ks_vault_fail(call, KS_MISCONFIGURED, source,
			"see that the system's certificates, or those of SSL_CERT_FILE, have the server's CA", "%s",
			reply->reason);
	default:
		return ks_vault_fail(
			call, KS_ERROR, source, "free what it lacks, and try again", "%s", reply->reason);
	}
}

enum ks_result ks_vault_issuer_ask(struct ks_vault_call *call, struct ks_vault_http_request *request,
	const struct ks_vault_sent *sent, struct ks_vault_http_reply *ret_reply)
{
	struct ks_vault_http_reply reply = {0};
	char source[KS_SOURCE_MAX + 1];
	enum ks_vault_http_end end = KS_VAULT_HTTP_ERROR;
	enum ks_result result = KS_OK;
	int64_t left = 0;

	(void)snprintf(source, sizeof(source), "%.*s", (int)strcspn(request->url, "?"), request->url);
	result = ks_vault_tls_apply_system(call, request);
	if (result != KS_OK)
		return result;
	left = ks_vault_until(call) - ks_vault_now();
	if (request->timeout_ms == 0 || left < request->timeout_ms)
		request->timeout_ms = left;
	if (left <= 0)
		return ks_vault_fail(call, KS_UNAVAILABLE, source, "raise @timeout=, or see why it is slow",
			"was not asked any more: the time was over");
	end = ks_vault_http(&call->http, request, &reply);
	if (end == KS_VAULT_HTTP_ANSWERED && reply.status == KS_VAULT_OK) {
		*ret_reply = reply;
		return KS_OK;
	}
	result = judge(call, source, end, &reply, sent);
	ks_vault_http_finish(&reply);
	return result;
}

enum ks_result ks_vault_issuer_ask_json(struct ks_vault_call *call, struct ks_vault_http_request *request,
	const struct ks_vault_sent *sent, json_t **ret_root)
{
	struct ks_vault_http_reply reply = {0};
	struct ks_vault_answer answer = {0};
	enum ks_result result = ks_vault_issuer_ask(call, request, sent, &reply);
	int r = 0;

	if (result != KS_OK)
		return result;
	r = ks_vault_answer_parse(reply.body, reply.length, sent, &answer);
	if (r == -ENOMEM)
		result = ks_vault_fail_memory(call);
	else if (r < 0)
		result = ks_vault_issuer_fail(call, request, "did not answer with a JSON object");
	else
		*ret_root = json_incref(answer.root);
	ks_vault_answer_finish(&answer);
	ks_vault_http_finish(&reply);
	return result;
}

enum ks_result ks_vault_issuer_fail(
	struct ks_vault_call *call, const struct ks_vault_http_request *request, const char *reason)
{
	char source[KS_SOURCE_MAX + 1];

	(void)snprintf(source, sizeof(source), "%.*s", (int)strcspn(request->url, "?"), request->url);
	return ks_vault_fail(
		call, KS_UNAVAILABLE, source, "see that nothing on the way changes its answers", "%s", reason);
}

enum ks_result ks_vault_issuer_ask_word(struct ks_vault_call *call, struct ks_vault_http_request *request,
	const struct ks_vault_sent *sent, const char **ret_word)
{
	static const char blanks[] = " \t\r\n";
	struct ks_vault_http_reply reply = {0};
	enum ks_result result = ks_vault_issuer_ask(call, request, sent, &reply);
	const char *word = NULL;
	size_t length = 0;

	if (result != KS_OK)
		return result;
	/* a NUL in it is no end, and no part of a word */
	word = reply.body ? reply.body + strspn(reply.body, blanks) : "";
	length = reply.body ? reply.length - (size_t)(word - reply.body) : 0;
	while (length > 0 && word[length - 1] && strchr(blanks, word[length - 1]))
		length--;
	result = ks_vault_is_word(word, length) ? ks_vault_keep(call, word, length, ret_word)
						: ks_vault_issuer_fail(call, request, "did not answer with one word");
	ks_vault_http_finish(&reply);
	return result;
}

static bool has_gap(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return true;
	return false;
}

enum ks_result ks_vault_issuer_take(struct ks_vault_call *call, const struct ks_vault_http_request *request,
	const json_t *root, const char *name, const char **ret_text)
{
	const char *value = ks_vault_string(root, name);
	char reason[KS_REASON_MAX];

	if (!value || has_gap(value)) {
		(void)snprintf(
			reason, sizeof(reason), "answered without %s%s", name, value ? " that could be one" : "");
		return ks_vault_issuer_fail(call, request, reason);
	}
	return ks_vault_keep(call, value, strlen(value), ret_text);
}
