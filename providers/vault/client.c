/* SPDX-License-Identifier: MIT */
#include "providers/vault/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "providers/vault/address.h"
#include "providers/vault/backoff.h"
#include "providers/vault/memory.h"
#include "providers/vault/srv.h"
#include "providers/vault/status.h"
#include "providers/vault/text.h"
#include "providers/vault/tls.h"

#define SEE_SERVER "see that the server runs, and that addr= or VAULT_ADDR names it"
#define SEE_PROXY "see that the server runs, and the proxy that proxy= or VAULT_PROXY_ADDR names"

/* One request on its way. */
struct exchange {
	struct ks_vault_call *call;
	const struct ks_vault_request *request;
	struct ks_vault_sent sent;
	char *url;           /* where it goes now: elsewhere after a redirect */
	char *body;          /* or NULL */
	unsigned tries;      /* that were made */
	bool was_redirected; /* there is no second redirect */
	int64_t until;       /* ks_vault_now() */
};

/* Where the server is asked, or where it sent us on to; without a query. */
static void describe(const struct exchange *exchange, char source[KS_SOURCE_MAX + 1])
{
	const struct ks_vault_target *target = &exchange->call->target;

	if (exchange->was_redirected) {
		ks_vault_scrub(source, KS_SOURCE_MAX + 1, exchange->url, &exchange->sent);
		source[strcspn(source, "?")] = '\0';
		return;
	}
	(void)snprintf(source, KS_SOURCE_MAX + 1, "%s%s/v1/%s", target->socket ? target->address : target->base,
		target->socket ? ":" : "", exchange->request->path);
}

__attribute__((format(printf, 4, 5))) static enum ks_result fail(
	const struct exchange *exchange, enum ks_result result, const char *remedy, const char *reason, ...)
{
	char source[KS_SOURCE_MAX + 1], text[KS_REASON_MAX];
	va_list arguments;

	describe(exchange, source);
	va_start(arguments, reason);
	(void)vsnprintf(text, sizeof(text), reason, arguments);
	va_end(arguments);
	return ks_vault_fail(exchange->call, result, source, remedy, "%s", text);
}

enum ks_result ks_vault_refuse(struct ks_vault_call *call, enum ks_result result,
	const struct ks_vault_request *request, const struct ks_vault_answer *answer, const char *remedy,
	const char *reason, ...)
{
	const struct exchange exchange = {.call = call,
		.request = request,
		.url = answer->redirected,
		.was_redirected = answer->redirected != NULL};
	char text[KS_REASON_MAX / 2];
	va_list arguments;

	va_start(arguments, reason);
	(void)vsnprintf(text, sizeof(text), reason, arguments);
	va_end(arguments);
	if (answer->said[0])
		return fail(&exchange, result, remedy, "%s (%ld: %s)", text, answer->status, answer->said);
	return fail(&exchange, result, remedy, "%s (%ld)", text, answer->status);
}

static void add_headers(const struct exchange *exchange, struct ks_vault_http_request *http)
{
	const struct ks_vault_request *request = exchange->request;
	json_t *own = exchange->call->target.headers;

	ks_vault_http_add(http, "X-Vault-Request", "true");
	if (request->token)
		ks_vault_http_add(http, "X-Vault-Token", request->token);
	if (request->name_space)
		ks_vault_http_add(http, "X-Vault-Namespace", request->name_space);
	if (request->index)
		ks_vault_http_add(http, "X-Vault-Index", request->index);
	for (unsigned i = 0; i < request->header_count; i++)
		ks_vault_http_add(http, request->headers[i].name, request->headers[i].value);
	for (void *at = json_object_iter(own); at; at = json_object_iter_next(own, at))
		ks_vault_http_add(http, json_object_iter_key(at), json_string_value(json_object_iter_value(at)));
	if (exchange->body && exchange->body[0])
		ks_vault_http_add(http, "Content-Type", "application/json");
}

/* Sends it once. */
static enum ks_vault_http_end send_once(struct exchange *exchange, struct ks_vault_http_reply *reply)
{
	const struct ks_vault_target *target = &exchange->call->target;
	struct ks_vault_http_request http = {
		.method = exchange->body ? "POST" : "GET",
		.url = exchange->url,
		.route = exchange->was_redirected ? NULL : ks_vault_srv_route(exchange->call),
		.socket = target->socket,
		.proxy = target->proxy,
		.body = exchange->body,
		.server_name = target->server_name,
		.works_once = exchange->request->works_once,
		.timeout_ms = exchange->until - ks_vault_now(),
	};

	ks_vault_tls_apply(target, &http);
	add_headers(exchange, &http);
	return ks_vault_http(&exchange->call->http, &http, reply);
}

/* Whether a redirect may be followed, by redirects= and VAULT_DISABLE_REDIRECTS. */
static bool may_follow(const struct exchange *exchange, const char *url, const char *host)
{
	const char *rule = exchange->call->target.redirects;

	if (exchange->call->target.socket || strcmp(rule, "none") == 0)
		return false;
	return ks_vault_address_same(exchange->url, url) ||
	       (strcmp(rule, "same-host") != 0 && ks_vault_address_listed(host, rule));
}

/*
 * Takes the one hop that a standby may ask for: same body, same headers, so only where that is wanted. One that may
 * not be taken is asked about again: a standby sends on to a leader that has just died until there is another.
 */
static enum ks_result follow(struct exchange *exchange, const struct ks_vault_http_reply *reply, bool *ret_again)
{
	const char *reason = "does not say where to";
	char told[KS_VAULT_SAID_MAX], why[KS_VAULT_WHY_MAX], *url = NULL, *host = NULL;
	enum ks_result result = KS_MISCONFIGURED;
	bool may = false;

	if (exchange->was_redirected)
		return fail(exchange, KS_MISCONFIGURED,
			"let addr= name the active node, or a load balancer in front of it",
			"redirects more than once (%ld)", reply->status);
	ks_vault_memory_forgive();
	if (reply->location)
		url = ks_vault_address_follow(exchange->url, reply->location, &reason);
	host = url ? ks_vault_address_host(url) : NULL;
	may = host && may_follow(exchange, url, host);
	if (ks_vault_memory_failed()) {
		result = ks_vault_fail_memory(exchange->call);
	} else if (!host) {
		result = fail(exchange, KS_MISCONFIGURED, "let addr= name the active node", "redirects (%ld), and %s",
			reply->status, reason);
	} else if (may) {
		ks_vault_free(exchange->url);
		exchange->url = url;
		exchange->was_redirected = true;
		url = NULL;
		result = KS_OK;
	} else if (ks_vault_wait(exchange->call, exchange->tries, NULL, exchange->until, why)) {
		*ret_again = true;
		result = KS_OK;
	} else {
		ks_vault_scrub(told, sizeof(told), host, &exchange->sent);
		result = fail(exchange, KS_MISCONFIGURED,
			"let addr= name the active node, or allow the host with redirects=",
			"redirects to %s (%ld), which redirects= does not allow, so nothing was sent there", told,
			reply->status);
	}
	ks_vault_free(url);
	ks_vault_free(host);
	return result;
}

/* What an answer comes to that nobody waits any longer for. */
static enum ks_result give_up(const struct exchange *exchange, const struct ks_vault_answer *answer, const char *more)
{
	const char *said = answer->said[0] ? answer->said : "no reason given";

	if (answer->status == KS_VAULT_PRECONDITION && !ks_vault_status_is_transient(answer))
		return fail(exchange, KS_MISCONFIGURED, "see that nothing on the way takes headers out",
			"did not get the header X-Vault-Request, which it requires (412: %s)", said);
	if (!ks_vault_status_is_servers(answer))
		return fail(exchange, KS_MISCONFIGURED,
			ks_vault_status_is_inlines(answer)
				? "see auth-namespace=; leave out inline=yes where something on the way adds a token"
				: "see that addr= names a Vault or OpenBao, and path= a secret in it",
			"answered in a way that no repeat mends (%ld: %s)", answer->status, said);
	if (exchange->request->works_once && !ks_vault_status_is_unprocessed(answer->status))
		return fail(exchange, KS_UNAVAILABLE,
			"see the server's log; what it works with may be used up, so have a new one made",
			"failed, and it is not known whether it counts; it was not repeated (%ld: %s)",
			answer->status, said);
	return fail(exchange, KS_UNAVAILABLE, ks_vault_status_advice(answer->status), "is not available (%ld: %s)%s",
		answer->status, said, more);
}

static enum ks_result check_wrapping(const struct exchange *exchange, const struct ks_vault_answer *answer)
{
	const json_t *wrapping = json_object_get(answer->root, "wrap_info");

	if (!wrapping || json_is_null(wrapping))
		return KS_OK;
	return fail(exchange, KS_MISCONFIGURED, "see what between here and the server asks for wrapping",
		"wrapped its answer, which was not asked for");
}

static void tell_warnings(const struct exchange *exchange, const struct ks_vault_answer *answer)
{
	enum {
		WARNINGS_MAX = 4
	};
	char told[KS_VAULT_SAID_MAX];
	const char *warning = NULL;

	for (size_t i = 0; i < WARNINGS_MAX; i++) {
		warning = ks_vault_answer_warning(answer, i);
		if (!warning)
			break;
		ks_vault_scrub(told, sizeof(told), warning, &exchange->sent);
		ks_vault_warn(exchange->call, "the server warns: %s", told);
	}
}

/* An answer that came whole. KS_OK with *ret_again where it is to be asked again. */
static enum ks_result judge(
	struct exchange *exchange, struct ks_vault_http_reply *reply, struct ks_vault_answer *answer, bool *ret_again)
{
	char source[KS_SOURCE_MAX + 1], why[KS_VAULT_WHY_MAX] = "";
	enum ks_result result = KS_OK;
	int r = 0;

	answer->status = reply->status;
	r = ks_vault_answer_parse(reply->body, reply->length, &exchange->sent, answer);
	if (r == -ENOMEM)
		return ks_vault_fail_memory(exchange->call);
	answer->index = reply->index;
	reply->index = NULL;
	answer->inline_failed = reply->inline_failed != NULL;
	if (exchange->was_redirected) {
		describe(exchange, source);
		answer->redirected = ks_vault_copy(source);
		if (!answer->redirected)
			return ks_vault_fail_memory(exchange->call);
	}
	*ret_again = false;
	if (ks_vault_status_is_callers(answer->status) && !ks_vault_status_is_transient(answer)) {
		if (answer->status == KS_VAULT_OK && r < 0)
			return fail(exchange, KS_UNAVAILABLE, SEE_SERVER,
				answer->said[0] ? "did not answer with JSON: %s" : "did not answer with JSON%s",
				answer->said);
		result = answer->status == KS_VAULT_OK ? check_wrapping(exchange, answer) : KS_OK;
		if (result == KS_OK && answer->status == KS_VAULT_OK)
			tell_warnings(exchange, answer);
		return result;
	}
	if (!ks_vault_status_is_transient(answer) ||
		(exchange->request->works_once && !ks_vault_status_is_unprocessed(answer->status)))
		return give_up(exchange, answer, "");
	*ret_again = ks_vault_wait(exchange->call, exchange->tries,
		ks_vault_status_has_retry_after(answer->status) ? reply->retry_after : NULL, exchange->until, why);
	return *ret_again ? KS_OK : give_up(exchange, answer, why);
}

static enum ks_result judge_end(
	struct exchange *exchange, enum ks_vault_http_end end, const char *reason, bool *ret_again)
{
	const bool may_count = end == KS_VAULT_HTTP_UNCLEAR && exchange->request->works_once;
	const char *route = exchange->was_redirected ? NULL : exchange->call->target.route;
	char why[KS_VAULT_WHY_MAX] = "";

	*ret_again = false;
	switch (end) {
	case KS_VAULT_HTTP_UNSENT:
	case KS_VAULT_HTTP_UNCLEAR:
		if (may_count)
			return fail(exchange, KS_UNAVAILABLE,
				"what it works with may be used up: have a new one made where the next try is "
				"refused",
				"%s; it was sent, and it is not known whether it counts, so it was not repeated",
				reason);
		*ret_again = ks_vault_wait(exchange->call, exchange->tries, NULL, exchange->until, why);
		return *ret_again ? KS_OK
				  : fail(exchange, KS_UNAVAILABLE,
					    exchange->call->target.proxy ? SEE_PROXY : SEE_SERVER, "%s%s%s%s", reason,
					    route ? ", by VAULT_SRV_LOOKUP at " : "", route ? route : "", why);
	case KS_VAULT_HTTP_SENSELESS:
		return fail(exchange, KS_UNAVAILABLE, SEE_SERVER, "%s", reason);
	case KS_VAULT_HTTP_UNTRUSTED:
		return fail(exchange, KS_MISCONFIGURED,
			"see that ca-file=, ca-path= or VAULT_CACERT has the server's CA, and server-name= its name",
			"%s", reason);
	case KS_VAULT_HTTP_UNTRUSTED_PROXY:
		return fail(exchange, KS_MISCONFIGURED,
			"see that ca-file=, ca-path= or VAULT_CACERT has the CA of the proxy as well", "%s", reason);
	case KS_VAULT_HTTP_UNUSABLE:
		return fail(exchange, KS_MISCONFIGURED, "see that certificates and keys are PEM, and belong together",
			"%s", reason);
	default:
		return fail(exchange, KS_ERROR, "free what it lacks, and try again", "%s", reason);
	}
}

static bool make_url(struct exchange *exchange)
{
	const char *query = exchange->request->query;

	ks_vault_free(exchange->url);
	exchange->was_redirected = false;
	exchange->url = ks_vault_join(exchange->call->target.base, "/v1/", exchange->request->path, query ? "?" : "",
		query ? query : "", NULL);
	return exchange->url != NULL;
}

/* One try, with a redirect's second leg. */
static enum ks_result try_once(struct exchange *exchange, struct ks_vault_answer *answer, bool *ret_again)
{
	struct ks_vault_http_reply reply = {0};
	enum ks_vault_http_end end = KS_VAULT_HTTP_ERROR;
	enum ks_result result = KS_OK;

	if (!make_url(exchange))
		return ks_vault_fail_memory(exchange->call);
	exchange->tries++;
	end = send_once(exchange, &reply);
	*ret_again = false;
	while (end == KS_VAULT_HTTP_ANSWERED && ks_vault_status_is_redirect(reply.status)) {
		result = follow(exchange, &reply, ret_again);
		ks_vault_http_finish(&reply);
		if (result != KS_OK || *ret_again)
			return result;
		end = send_once(exchange, &reply);
	}
	result = end == KS_VAULT_HTTP_ANSWERED ? judge(exchange, &reply, answer, ret_again)
					       : judge_end(exchange, end, reply.reason, ret_again);
	ks_vault_http_finish(&reply);
	return result;
}

static bool make(struct exchange *exchange)
{
	const struct ks_vault_request *request = exchange->request;

	ks_vault_memory_forgive();
	if (request->body)
		exchange->body = json_dumps(request->body, JSON_COMPACT);
	else if (request->posts)
		exchange->body = ks_vault_copy("");
	exchange->sent = (struct ks_vault_sent){.token = request->token,
		.packed = request->packed,
		.body = request->body ? request->body : request->fields,
		.headers = exchange->call->target.headers};
	exchange->until = ks_vault_until(exchange->call);
	return !ks_vault_memory_failed();
}

enum ks_result ks_vault_ask(
	struct ks_vault_call *call, const struct ks_vault_request *request, struct ks_vault_answer *ret_answer)
{
	struct exchange exchange = {.call = call, .request = request};
	struct ks_vault_answer answer = {0};
	enum ks_result result = KS_OK;
	bool again = true;

	if (!make(&exchange))
		result = ks_vault_fail_memory(call);
	while (result == KS_OK && again) {
		ks_vault_answer_finish(&answer);
		result = ks_vault_take_turn(call, exchange.until);
		if (result == KS_OK && exchange.until <= ks_vault_now())
			result = fail(&exchange, KS_UNAVAILABLE, "raise @timeout=, or see why it is slow",
				"was not asked any more: the time was over");
		if (result == KS_OK)
			result = try_once(&exchange, &answer, &again);
	}
	ks_vault_free(exchange.url);
	ks_vault_free(exchange.body);
	if (result == KS_OK)
		*ret_answer = answer;
	else
		ks_vault_answer_finish(&answer);
	return result;
}
