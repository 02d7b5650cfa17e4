/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "providers/vault/client.h"
#include "providers/vault/patience.h"
#include "providers/vault/status.h"
#include "providers/vault/tls.h"

enum ks_result ks_vault_ask_other(struct ks_vault_call *call, struct ks_vault_http_request *request,
	const struct ks_vault_sent *sent, struct ks_vault_http_reply *ret_reply)
{
	struct ks_vault_http_reply reply = {0};
	char source[KS_SOURCE_MAX + 1], told[KS_VAULT_SAID_MAX] = "";
	enum ks_vault_http_end end = KS_VAULT_HTTP_ERROR;
	enum ks_result result = KS_OK;
	int64_t left = 0;

	(void)snprintf(source, sizeof(source), "%.*s", (int)strcspn(request->url, "?"), request->url);
	result = ks_vault_tls_apply_other(call, request);
	if (result != KS_OK)
		return result;
	left = ks_vault_until(call) - ks_vault_now();
	if (request->timeout_ms == 0 || left < request->timeout_ms)
		request->timeout_ms = left;
	if (left <= 0)
		return ks_vault_fail(call, KS_UNAVAILABLE, source, "raise @timeout=, or see why it is slow",
			"was not asked any more: the time was over");
	end = ks_vault_http(&call->vault->http, request, &reply);
	if (end == KS_VAULT_HTTP_ANSWERED && reply.status == KS_VAULT_OK) {
		*ret_reply = reply;
		return KS_OK;
	}
	if (end == KS_VAULT_HTTP_ANSWERED && reply.body)
		ks_vault_scrub(told, sizeof(told), reply.body, sent);
	if (end == KS_VAULT_HTTP_ERROR)
		result = ks_vault_fail(call, KS_ERROR, source, "free memory, and try again", "%s", reply.reason);
	else if (end != KS_VAULT_HTTP_ANSWERED)
		result = ks_vault_fail(call, KS_UNAVAILABLE, source,
			"see that this machine is where auth= can be used", "%s", reply.reason);
	else
		result = ks_vault_fail(call, reply.status >= KS_VAULT_SERVER_FAILED ? KS_UNAVAILABLE : KS_DENIED,
			source, "see that this machine, and what it runs as, may have such a token",
			"answered %ld: %s", reply.status, told);
	ks_vault_http_finish(&reply);
	return result;
}

enum ks_result ks_vault_ask_json(struct ks_vault_call *call, struct ks_vault_http_request *request,
	const struct ks_vault_sent *sent, json_t **ret_root)
{
	struct ks_vault_http_reply reply = {0};
	struct ks_vault_answer answer = {0};
	enum ks_result result = ks_vault_ask_other(call, request, sent, &reply);
	int r = 0;

	if (result != KS_OK)
		return result;
	r = ks_vault_answer_parse(reply.body, reply.length, sent, &answer);
	if (r == -ENOMEM)
		result = ks_vault_fail_memory(call);
	else if (r < 0)
		result = ks_vault_fail_other(call, request, "did not answer with a JSON object");
	else
		*ret_root = json_incref(answer.root);
	ks_vault_answer_finish(&answer);
	ks_vault_http_finish(&reply);
	return result;
}

enum ks_result ks_vault_fail_other(
	struct ks_vault_call *call, const struct ks_vault_http_request *request, const char *reason)
{
	char source[KS_SOURCE_MAX + 1];

	(void)snprintf(source, sizeof(source), "%.*s", (int)strcspn(request->url, "?"), request->url);
	return ks_vault_fail(
		call, KS_UNAVAILABLE, source, "see that nothing on the way changes its answers", "%s", reason);
}
