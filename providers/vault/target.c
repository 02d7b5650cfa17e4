/* SPDX-License-Identifier: MIT */
#include "providers/vault/target.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "providers/vault/address.h"
#include "providers/vault/environment.h"
#include "providers/vault/http.h"
#include "providers/vault/memory.h"
#include "providers/vault/tls.h"

/* One request in a quarter of an hour: no deadline is as long. */
#define RATE_MIN 0.001

enum {
	RETRIES_MAX = 100,
	HEADERS_MAX = KS_VAULT_HEADERS_MAX / 2 /* of somebody else's; the others are ours */
};

const char *ks_vault_target_check(const struct ks_vault *vault, enum ks_vault_option *ret_option)
{
	const char *fault = NULL;

	*ret_option = KS_VAULT_ADDR;
	if (vault->options[KS_VAULT_ADDR])
		fault = ks_vault_address_check(vault->options[KS_VAULT_ADDR]);
	if (!fault && vault->options[KS_VAULT_PROXY] && !ks_vault_option_is(vault, KS_VAULT_PROXY, "none")) {
		*ret_option = KS_VAULT_PROXY;
		fault = ks_vault_proxy_check(vault->options[KS_VAULT_PROXY]);
	}
	if (!fault && vault->options[KS_VAULT_REDIRECTS] && !ks_vault_option_is(vault, KS_VAULT_REDIRECTS, "none") &&
		!ks_vault_option_is(vault, KS_VAULT_REDIRECTS, "same-host")) {
		*ret_option = KS_VAULT_REDIRECTS;
		fault = ks_vault_hosts_check(vault->options[KS_VAULT_REDIRECTS]);
	}
	if (!fault && vault->options[KS_VAULT_RETRIES] && atoi(vault->options[KS_VAULT_RETRIES]) > RETRIES_MAX) {
		*ret_option = KS_VAULT_RETRIES;
		fault = "is more than 100";
	}
	if (!fault && vault->options[KS_VAULT_SERVER_NAME]) {
		*ret_option = KS_VAULT_SERVER_NAME;
		fault = ks_vault_name_check(vault->options[KS_VAULT_SERVER_NAME]);
	}
	if (!fault && !vault->options[KS_VAULT_CLIENT_CERT] != !vault->options[KS_VAULT_CLIENT_KEY]) {
		*ret_option = vault->options[KS_VAULT_CLIENT_CERT] ? KS_VAULT_CLIENT_CERT : KS_VAULT_CLIENT_KEY;
		fault = "is given without the other one of client-cert= and client-key=";
	}
	return fault;
}

/* addr=, else the Agent's variable, else the server's, else what Vault itself falls back to. */
static enum ks_result find_address(struct ks_vault_call *call)
{
	struct ks_vault_target *target = &call->target;
	struct ks_vault_variable agent = {0};
	const char *fault = NULL;
	enum ks_result result = ks_vault_setting(call, KS_VAULT_ADDR, "VAULT_ADDR", &target->address, &target->where);

	if (result == KS_OK && !call->vault->options[KS_VAULT_ADDR])
		result = ks_vault_twin(call, "VAULT_AGENT_ADDR", &agent);
	if (result != KS_OK)
		return result;
	if (agent.value && agent.value[0]) {
		target->address = agent.value;
		target->where = agent.name;
		target->is_agent = true;
	}
	if (!target->address)
		target->address = ks_vault_option(call->vault, KS_VAULT_ADDR);
	ks_vault_memory_forgive();
	fault = ks_vault_address_parse(target->address, &target->base, &target->socket);
	if (ks_vault_memory_failed())
		return ks_vault_fail_memory(call);
	if (fault)
		return ks_vault_fail(call, KS_MISCONFIGURED, target->where,
			"write https://HOST[:PORT], http:// with a loopback host, or unix:///SOCKET", "%s", fault);
	target->is_agent = target->is_agent || target->socket;
	return KS_OK;
}

/*
 * VAULT_PROXY_ADDR is a forward proxy and no address of Vault Proxy. What others call a proxy does not count;
 * proxy=none turns off what does.
 */
static enum ks_result find_proxy(struct ks_vault_call *call)
{
	struct ks_vault_variable variable = {0};
	const char *where = NULL, *fault = NULL;
	enum ks_result result = KS_OK;

	if (ks_vault_option_is(call->vault, KS_VAULT_PROXY, "none"))
		return KS_OK;
	result = ks_vault_setting(call, KS_VAULT_PROXY, "VAULT_PROXY_ADDR", &call->target.proxy, &where);
	if (result == KS_OK && !call->target.proxy) {
		result = ks_vault_twin(call, "VAULT_HTTP_PROXY", &variable);
		call->target.proxy = variable.value && variable.value[0] ? variable.value : NULL;
		where = variable.name;
	}
	if (result != KS_OK || !call->target.proxy)
		return result;
	ks_vault_memory_forgive();
	fault = ks_vault_proxy_check(call->target.proxy);
	if (ks_vault_memory_failed())
		return ks_vault_fail_memory(call);
	if (fault)
		return ks_vault_fail(call, KS_MISCONFIGURED, where, "correct it, or unset it", "%s", fault);
	return KS_OK;
}

static enum ks_result find_redirects(struct ks_vault_call *call)
{
	const char *where = NULL;
	bool off = false;
	enum ks_result result = KS_OK;

	call->target.redirects = ks_vault_option(call->vault, KS_VAULT_REDIRECTS);
	if (call->vault->options[KS_VAULT_REDIRECTS])
		return KS_OK;
	result = ks_vault_flag(call, "VAULT_DISABLE_REDIRECTS", &off, &where);
	if (off)
		call->target.redirects = "none";
	return result;
}

static enum ks_result find_retries(struct ks_vault_call *call)
{
	const char *value = NULL, *where = NULL;
	enum ks_result result = ks_vault_setting(call, KS_VAULT_RETRIES, "VAULT_MAX_RETRIES", &value, &where);
	char *end = NULL;
	long number = 0;

	if (result != KS_OK)
		return result;
	if (!value)
		value = ks_vault_option(call->vault, KS_VAULT_RETRIES);
	number = strtol(value, &end, 10);
	if (*end || number < 0 || number > RETRIES_MAX)
		return ks_vault_fail(
			call, KS_MISCONFIGURED, where, "write a number from 0 to 100", "is no number of repeats");
	call->target.retries = (unsigned)number;
	return KS_OK;
}

/* rate[:burst], the burst being the whole part of the rate where it is not given. */
static enum ks_result find_rate(struct ks_vault_call *call)
{
	struct ks_vault_target *target = &call->target;
	struct ks_vault_variable variable = {0};
	enum ks_result result = ks_vault_twin(call, "VAULT_RATE_LIMIT", &variable);
	char *end = NULL;

	if (result != KS_OK || !variable.value || !variable.value[0])
		return result;
	target->rate = strtod(variable.value, &end);
	target->burst = (double)(int64_t)(target->rate < 1e9 ? target->rate : 1e9);
	if (*end == ':')
		target->burst = (double)strtol(end + 1, &end, 10);
	if (*end || !(target->rate >= RATE_MIN) || !(target->burst >= 1))
		return ks_vault_fail(call, KS_MISCONFIGURED, variable.name, "write RATE or RATE:BURST, as in 10:20",
			"is no limit of requests that lets any through");
	return KS_OK;
}

static const char *check_headers(json_t *headers)
{
	const char *name = NULL;
	json_t *value = NULL;

	if (!json_is_object(headers))
		return "is no JSON object of strings";
	if (json_object_size(headers) > HEADERS_MAX)
		return "has more headers than are sent";
	json_object_foreach(headers, name, value)
	{
		if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
			return "is no JSON object of strings";
		if (strncasecmp(name, "X-Vault-", 8) == 0)
			return "has a header that begins with X-Vault-";
		/* they say where the request ends, and the next one begins */
		if (strcasecmp(name, "Content-Length") == 0 || strcasecmp(name, "Transfer-Encoding") == 0)
			return "has a header that says how long the request is";
		if (!name[0] || strpbrk(name, " \t\r\n:") || strpbrk(json_string_value(value), "\r\n"))
			return "has a header that cannot be one";
	}
	return NULL;
}

static enum ks_result find_headers(struct ks_vault_call *call)
{
	struct ks_vault_variable variable = {0};
	enum ks_result result = ks_vault_variable(call, "VAULT_HEADERS", &variable);
	const char *fault = NULL;

	if (result != KS_OK || !variable.value || !variable.value[0])
		return result;
	ks_vault_memory_forgive();
	call->target.headers = json_loads(variable.value, JSON_REJECT_DUPLICATES, NULL);
	if (ks_vault_memory_failed())
		return ks_vault_fail_memory(call);
	fault = check_headers(call->target.headers);
	if (fault)
		return ks_vault_fail(call, KS_MISCONFIGURED, variable.name,
			"write it as {\"NAME\": \"VALUE\"}, without Vault's own headers", "%s", fault);
	return KS_OK;
}

/* It goes into a header, and a line end would begin another one. */
static bool holds_control(const char *text)
{
	while (*text && (unsigned char)*text >= ' ' && *text != 0x7f)
		text++;
	return *text != '\0';
}

static enum ks_result find_names(struct ks_vault_call *call)
{
	struct ks_vault_target *target = &call->target;
	const char *where = NULL, *fault = NULL;
	enum ks_result result =
		ks_vault_setting(call, KS_VAULT_NAMESPACE, "VAULT_NAMESPACE", &target->name_space, &where);

	if (result == KS_OK && target->name_space && holds_control(target->name_space))
		return ks_vault_fail(call, KS_MISCONFIGURED, where, "correct it, or unset it",
			"holds a control character, which no namespace has");
	if (result == KS_OK)
		result = ks_vault_setting(
			call, KS_VAULT_SERVER_NAME, "VAULT_TLS_SERVER_NAME", &target->server_name, &where);
	if (result != KS_OK)
		return result;
	ks_vault_memory_forgive();
	fault = target->server_name ? ks_vault_name_check(target->server_name) : NULL;
	if (ks_vault_memory_failed())
		return ks_vault_fail_memory(call);
	if (fault)
		return ks_vault_fail(
			call, KS_MISCONFIGURED, where, "write the name that the certificate has", "%s", fault);
	target->auth_name_space = ks_vault_option(call->vault, KS_VAULT_AUTH_NAMESPACE);
	if (!target->auth_name_space)
		target->auth_name_space = target->name_space;
	return KS_OK;
}

enum ks_result ks_vault_target_find(struct ks_vault_call *call)
{
	const char *where = NULL;
	enum ks_result result = find_address(call);

	if (result == KS_OK)
		result = find_names(call);
	if (result == KS_OK)
		result = find_proxy(call);
	if (result == KS_OK)
		result = find_redirects(call);
	if (result == KS_OK)
		result = find_retries(call);
	if (result == KS_OK)
		result = find_rate(call);
	if (result == KS_OK)
		result = find_headers(call);
	if (result == KS_OK)
		result = ks_vault_duration(call, "VAULT_CLIENT_TIMEOUT", &call->target.timeout_ms);
	if (result == KS_OK)
		result = ks_vault_flag(call, "VAULT_SRV_LOOKUP", &call->target.looks_up, &where);
	if (result == KS_OK)
		result = ks_vault_tls_find(call);
	return result;
}

void ks_vault_target_finish(struct ks_vault_target *target)
{
	ks_vault_free(target->base);
	ks_vault_free(target->route);
	json_decref(target->headers);
	*target = (struct ks_vault_target){0};
}
