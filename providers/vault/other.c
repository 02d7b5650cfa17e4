/* SPDX-License-Identifier: MIT */
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

	(void)snprintf(source, sizeof(source), "%.*s", (int)strcspn(request->url, "?"), request->url);
	result = ks_vault_tls_apply_other(call, request);
	if (result != KS_OK)
		return result;
	request->timeout_ms = ks_vault_until(call) - ks_vault_now();
	if (request->timeout_ms <= 0)
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
