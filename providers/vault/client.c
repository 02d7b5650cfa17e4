/* SPDX-License-Identifier: MIT */
#include "providers/vault/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "providers/vault/address.h"
#include "providers/vault/memory.h"
#include "providers/vault/patience.h"
#include "providers/vault/srv.h"
#include "providers/vault/status.h"
#include "providers/vault/tls.h"

#define SEE_SERVER "see that the server runs, and that addr= or VAULT_ADDR names it"
#define SEE_PROXY "see that the server runs, and the proxy that proxy= or VAULT_PROXY_ADDR names"

/* One request on its way. */
struct errand {
	struct ks_vault_call *call;
	const struct ks_vault_request *request;
	struct ks_vault_sent sent;
	char *url;      /* where it goes now: elsewhere after a redirect */
	char *body;     /* or NULL */
	unsigned tries; /* that were made */
	bool was_led;   /* there is no second redirect */
	int64_t until;  /* ks_vault_now() */
};

/* Where the server is asked, without a query. */
static void describe(const struct errand *errand, char source[KS_SOURCE_MAX + 1])
{
	const struct ks_vault_target *target = &errand->call->target;

	(void)snprintf(source, KS_SOURCE_MAX + 1, "%s%s/v1/%s", target->socket ? target->address : target->base,
		target->socket ? ":" : "", errand->request->path);
}

__attribute__((format(printf, 4, 5))) static enum ks_result fail(
	const struct errand *errand, enum ks_result result, const char *remedy, const char *reason, ...)
{
	char source[KS_SOURCE_MAX + 1], text[KS_REASON_MAX];
	va_list arguments;

	describe(errand, source);
	va_start(arguments, reason);
	(void)vsnprintf(text, sizeof(text), reason, arguments);
	va_end(arguments);
	return ks_vault_fail(errand->call, result, source, remedy, "%s", text);
}

enum ks_result ks_vault_refuse(struct ks_vault_call *call, enum ks_result result,
	const struct ks_vault_request *request, const struct ks_vault_answer *answer, const char *remedy,
	const char *reason, ...)
{
	const struct errand errand = {.call = call, .request = request};
	char text[KS_REASON_MAX / 2];
	va_list arguments;

	va_start(arguments, reason);
	(void)vsnprintf(text, sizeof(text), reason, arguments);
	va_end(arguments);
	if (answer->said[0])
		return fail(&errand, result, remedy, "%s (%ld: %s)", text, answer->status, answer->said);
	return fail(&errand, result, remedy, "%s (%ld)", text, answer->status);
}

static void add_headers(const struct errand *errand, struct ks_vault_http_request *http)
{
	const struct ks_vault_request *request = errand->request;
	json_t *own = errand->call->target.headers;

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
	if (errand->body && errand->body[0])
		ks_vault_http_add(http, "Content-Type", "application/json");
}

/* Sends it once. */
static enum ks_vault_http_end send_once(struct errand *errand, struct ks_vault_http_reply *reply)
{
	const struct ks_vault_target *target = &errand->call->target;
	struct ks_vault_http_request http = {
		.method = errand->body ? "POST" : "GET",
		.url = errand->url,
		.route = errand->was_led ? NULL : ks_vault_srv_route(errand->call),
		.socket = target->socket,
		.proxy = target->proxy,
		.body = errand->body,
		.server_name = target->server_name,
		.works_once = errand->request->works_once,
		.timeout_ms = errand->until - ks_vault_now(),
	};

	ks_vault_tls_apply(target, &http);
	add_headers(errand, &http);
	errand->tries++;
	return ks_vault_http(&errand->call->http, &http, reply);
}

/* Whether a redirect may be followed, by redirects= and VAULT_DISABLE_REDIRECTS. */
static bool may_lead(const struct errand *errand, const char *url, const char *host)
{
	const char *rule = errand->call->target.redirects;

	if (errand->call->target.socket || strcmp(rule, "none") == 0)
		return false;
	return ks_vault_address_same(errand->url, url) ||
	       (strcmp(rule, "same-host") != 0 && ks_vault_address_listed(host, rule));
}

/*
 * Takes the one hop that a standby may ask for: same body, same headers, so only where that is wanted. One that may
 * not be taken is asked about again: a standby sends on to a leader that has just died until there is another.
 */
static enum ks_result follow(struct errand *errand, const struct ks_vault_http_reply *reply, bool *ret_again)
{
	const char *reason = "does not say where to";
	char told[KS_VAULT_SAID_MAX], why[KS_VAULT_WHY_MAX], *url = NULL, *host = NULL;
	enum ks_result result = KS_MISCONFIGURED;
	bool may = false;

	if (errand->was_led)
		return fail(errand, KS_MISCONFIGURED,
			"let addr= name the active node, or a load balancer in front of it",
			"redirects more than once (%ld)", reply->status);
	ks_vault_memory_forgive();
	if (reply->location)
		url = ks_vault_address_follow(errand->url, reply->location, &reason);
	host = url ? ks_vault_address_host(url) : NULL;
	may = host && may_lead(errand, url, host);
	if (ks_vault_memory_failed()) {
		result = ks_vault_fail_memory(errand->call);
	} else if (!host) {
		result = fail(errand, KS_MISCONFIGURED, "let addr= name the active node", "redirects (%ld), and %s",
			reply->status, reason);
	} else if (may) {
		ks_vault_free(errand->url);
		errand->url = url;
		errand->was_led = true;
		url = NULL;
		result = KS_OK;
	} else if (ks_vault_wait(errand->call, errand->tries, NULL, errand->until, why)) {
		*ret_again = true;
		result = KS_OK;
	} else {
		ks_vault_scrub(told, sizeof(told), host, &errand->sent);
		result = fail(errand, KS_MISCONFIGURED,
			"let addr= name the active node, or allow the host with redirects=",
			"redirects to %s (%ld), which redirects= does not allow, so nothing was sent there", told,
			reply->status);
	}
	ks_vault_free(url);
	ks_vault_free(host);
	return result;
}

/* What an answer comes to that nobody waits any longer for. */
static enum ks_result give_up(const struct errand *errand, const struct ks_vault_answer *answer, const char *more)
{
	const char *said = answer->said[0] ? answer->said : "no reason given";

	if (answer->status == KS_VAULT_PRECONDITION && !ks_vault_status_passes(answer))
		return fail(errand, KS_MISCONFIGURED, "see that nothing on the way takes headers out",
			"did not get the header X-Vault-Request, which it requires (412: %s)", said);
	if (!ks_vault_status_is_servers(answer))
		return fail(errand, KS_MISCONFIGURED,
			ks_vault_status_is_inlines(answer)
				? "see auth-namespace=; leave out inline=yes where something on the way adds a token"
				: "see that addr= names a Vault or OpenBao, and path= a secret in it",
			"answered in a way that no repeat mends (%ld: %s)", answer->status, said);
	if (errand->request->works_once && !ks_vault_status_left_it(answer->status))
		return fail(errand, KS_UNAVAILABLE,
			"see the server's log; what it works with may be used up, so have a new one made",
			"failed, and it is not known whether it counts; it was not repeated (%ld: %s)",
			answer->status, said);
	return fail(errand, KS_UNAVAILABLE, ks_vault_status_advice(answer->status), "is not available (%ld: %s)%s",
		answer->status, said, more);
}

static enum ks_result check_wrapping(const struct errand *errand, const struct ks_vault_answer *answer)
{
	const json_t *wrapping = json_object_get(answer->root, "wrap_info");

	if (!wrapping || json_is_null(wrapping))
		return KS_OK;
	return fail(errand, KS_MISCONFIGURED, "see what between here and the server asks for wrapping",
		"wrapped its answer, which was not asked for");
}

static void tell_warnings(const struct errand *errand, const struct ks_vault_answer *answer)
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
		ks_vault_scrub(told, sizeof(told), warning, &errand->sent);
		ks_vault_warn(errand->call, "the server warns: %s", told);
	}
}

/* An answer that came whole. KS_OK with *ret_again where it is to be asked again. */
static enum ks_result judge(
	struct errand *errand, struct ks_vault_http_reply *reply, struct ks_vault_answer *answer, bool *ret_again)
{
	char why[KS_VAULT_WHY_MAX] = "";
	enum ks_result result = KS_OK;
	int r = 0;

	answer->status = reply->status;
	r = ks_vault_answer_parse(reply->body, reply->length, &errand->sent, answer);
	if (r == -ENOMEM)
		return ks_vault_fail_memory(errand->call);
	answer->index = reply->index;
	reply->index = NULL;
	answer->inline_failed = reply->inline_failed != NULL;
	*ret_again = false;
	if (ks_vault_status_is_callers(answer->status) && !ks_vault_status_passes(answer)) {
		if (answer->status == KS_VAULT_OK && r < 0)
			return fail(errand, KS_UNAVAILABLE, SEE_SERVER,
				answer->said[0] ? "did not answer with JSON: %s" : "did not answer with JSON%s",
				answer->said);
		result = answer->status == KS_VAULT_OK ? check_wrapping(errand, answer) : KS_OK;
		if (result == KS_OK && answer->status == KS_VAULT_OK)
			tell_warnings(errand, answer);
		return result;
	}
	if (!ks_vault_status_passes(answer) ||
		(errand->request->works_once && !ks_vault_status_left_it(answer->status)))
		return give_up(errand, answer, "");
	*ret_again = ks_vault_wait(errand->call, errand->tries,
		ks_vault_status_has_date(answer->status) ? reply->retry_after : NULL, errand->until, why);
	return *ret_again ? KS_OK : give_up(errand, answer, why);
}

static enum ks_result judge_end(
	struct errand *errand, enum ks_vault_http_end end, const char *reason, bool *ret_again)
{
	const bool may_count = end == KS_VAULT_HTTP_UNCLEAR && errand->request->works_once;
	const char *route = errand->was_led ? NULL : errand->call->target.route;
	char why[KS_VAULT_WHY_MAX] = "";

	*ret_again = false;
	switch (end) {
	case KS_VAULT_HTTP_UNSENT:
	case KS_VAULT_HTTP_UNCLEAR:
		if (may_count)
			return fail(errand, KS_UNAVAILABLE,
				"what it works with may be used up: have a new one made where the next try is "
				"refused",
				"%s; it was sent, and it is not known whether it counts, so it was not repeated",
				reason);
		*ret_again = ks_vault_wait(errand->call, errand->tries, NULL, errand->until, why);
		return *ret_again ? KS_OK
				  : fail(errand, KS_UNAVAILABLE, errand->call->target.proxy ? SEE_PROXY : SEE_SERVER,
					    "%s%s%s%s", reason, route ? ", by VAULT_SRV_LOOKUP at " : "",
					    route ? route : "", why);
	case KS_VAULT_HTTP_SENSELESS:
		return fail(errand, KS_UNAVAILABLE, SEE_SERVER, "%s", reason);
	case KS_VAULT_HTTP_UNTRUSTED:
		return fail(errand, KS_MISCONFIGURED,
			"see that ca-file=, ca-path= or VAULT_CACERT has the server's CA, and server-name= its name",
			"%s", reason);
	case KS_VAULT_HTTP_UNUSABLE:
		return fail(errand, KS_MISCONFIGURED, "see that certificates and keys are PEM, and belong together",
			"%s", reason);
	default:
		return fail(errand, KS_ERROR, "free what it lacks, and try again", "%s", reason);
	}
}

static bool make_url(struct errand *errand)
{
	const char *query = errand->request->query;

	ks_vault_free(errand->url);
	errand->was_led = false;
	errand->url = ks_vault_join(
		errand->call->target.base, "/v1/", errand->request->path, query ? "?" : "", query ? query : "", NULL);
	return errand->url != NULL;
}

/* One try, with a redirect's second leg. */
static enum ks_result try_once(struct errand *errand, struct ks_vault_answer *answer, bool *ret_again)
{
	struct ks_vault_http_reply reply = {0};
	enum ks_vault_http_end end = KS_VAULT_HTTP_ERROR;
	enum ks_result result = KS_OK;

	if (!make_url(errand))
		return ks_vault_fail_memory(errand->call);
	end = send_once(errand, &reply);
	*ret_again = false;
	while (end == KS_VAULT_HTTP_ANSWERED && ks_vault_status_leads(reply.status)) {
		result = follow(errand, &reply, ret_again);
		ks_vault_http_finish(&reply);
		if (result != KS_OK || *ret_again)
			return result;
		end = send_once(errand, &reply);
	}
	result = end == KS_VAULT_HTTP_ANSWERED ? judge(errand, &reply, answer, ret_again)
					       : judge_end(errand, end, reply.reason, ret_again);
	ks_vault_http_finish(&reply);
	return result;
}

static bool make(struct errand *errand)
{
	const struct ks_vault_request *request = errand->request;

	ks_vault_memory_forgive();
	if (request->body)
		errand->body = json_dumps(request->body, JSON_COMPACT);
	else if (request->posts)
		errand->body = ks_vault_copy("");
	errand->sent = (struct ks_vault_sent){.token = request->token,
		.packed = request->packed,
		.body = request->body ? request->body : request->fields};
	errand->until = ks_vault_until(errand->call);
	return !ks_vault_memory_failed();
}

enum ks_result ks_vault_ask(
	struct ks_vault_call *call, const struct ks_vault_request *request, struct ks_vault_answer *ret_answer)
{
	struct errand errand = {.call = call, .request = request};
	struct ks_vault_answer answer = {0};
	enum ks_result result = KS_OK;
	bool again = true;

	if (!make(&errand))
		result = ks_vault_fail_memory(call);
	while (result == KS_OK && again) {
		ks_vault_answer_finish(&answer);
		result = ks_vault_take_turn(call, errand.until);
		if (result == KS_OK && errand.until <= ks_vault_now())
			result = fail(&errand, KS_UNAVAILABLE, "raise @timeout=, or see why it is slow",
				"was not asked any more: the time was over");
		if (result == KS_OK)
			result = try_once(&errand, &answer, &again);
	}
	ks_vault_free(errand.url);
	ks_vault_free(errand.body);
	if (result == KS_OK)
		*ret_answer = answer;
	else
		ks_vault_answer_finish(&answer);
	return result;
}
