/* SPDX-License-Identifier: MIT */
#include "core/deliver.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "core/text.h"
#include "core/url.h"
#include "core/words.h"

#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

enum {
	SECRET_LENGTH_MAX = 1024 * 1024, /* what a module may offer and be refused politely; KS_SECRET_MAX is taken */
	SECRET_TOLD_MIN = 16             /* a shorter one may stand in a path by chance */
};

static bool is_text(const char *text, size_t limit)
{
	size_t length = text ? strnlen(text, limit + 1) : 0;

	return length > 0 && length <= limit && ks_text_is_printable(text, length);
}

static const struct ks_attribute *attribute_at(const struct ks_delivery *delivery, uint32_t index)
{
	const char *base = (const char *)delivery->attributes;

	return (const void *)(base + (size_t)index * delivery->attribute_stride);
}

static bool is_config_dir(const struct ks_attribute *attribute)
{
	return strcmp(attribute->name, KS_ATTRIBUTE_CONFIG_DIR) == 0;
}

/*
 * The attributes the core itself puts into headers and the environment must be harmless there. What a folder is
 * called is the user's doing: check_use() looks at that.
 */
static const char *check_value(const struct ks_attribute *attribute)
{
	if (is_config_dir(attribute))
		return attribute->value && attribute->value[0] == '/' ? NULL : "its config-dir is no absolute path";
	if (!is_text(attribute->value, KS_ATTRIBUTE_VALUE_MAX))
		return "an attribute's value is empty, too long or not printable";
	if (strcmp(attribute->name, KS_ATTRIBUTE_WORKSPACE) == 0 &&
		attribute->value[strspn(attribute->value, ALPHANUMERIC "_.-")] != '\0')
		return "its workspace is not an identifier";
	return NULL;
}

static const char *check_attributes(const struct ks_delivery *delivery)
{
	const struct ks_attribute *attribute = NULL;
	const char *breach = NULL;

	if (delivery->attribute_count == 0)
		return NULL;
	if (delivery->attribute_count > KS_ATTRIBUTES_MAX || !delivery->attributes ||
		delivery->attribute_stride < sizeof(*attribute) || delivery->attribute_stride > KS_STRIDE_MAX ||
		delivery->attribute_stride % _Alignof(struct ks_attribute) != 0 ||
		(uintptr_t)delivery->attributes % _Alignof(struct ks_attribute) != 0)
		return "it delivered too many attributes, or an array of them that cannot be";
	for (uint32_t i = 0; i < delivery->attribute_count; i++) {
		attribute = attribute_at(delivery, i);
		if (!is_text(attribute->name, KS_ATTRIBUTE_NAME_MAX) ||
			strspn(attribute->name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != strlen(attribute->name))
			return "an attribute's name is not well-formed";
		for (uint32_t j = 0; j < i; j++) {
			if (strcmp(attribute_at(delivery, j)->name, attribute->name) == 0)
				return "it delivered an attribute twice";
		}
		breach = check_value(attribute);
		if (breach)
			return breach;
	}
	return NULL;
}

/* Whether the delivery is one at all: what no configuration and no user can cause. */
static const char *check_form(const struct ks_manifest *manifest, const struct ks_delivery *delivery)
{
	const struct ks_kind_rule *rule = NULL;

	if (!delivery || !KS_HAS(delivery, base_url))
		return "it delivered a structure that is too short";
	rule = ks_kind_rule(delivery->kind);
	if (!rule || !(manifest->kinds & delivery->kind))
		return "it delivered a kind it does not declare";
	if (!(delivery->transports & rule->transports & manifest->transports))
		return "it claims no transport that the kind of its credential has";
	if (!delivery->source || !delivery->source[0])
		return "it does not say what its source is";
	if (rule->is_handle != !delivery->secret)
		return rule->is_handle ? "it delivered a secret with a handle" : "it delivered no secret";
	if (!delivery->secret && delivery->secret_length > 0)
		return "it delivered the length of a secret and no secret";
	if (delivery->secret_length > SECRET_LENGTH_MAX)
		return "it delivered a secret of a length that cannot be";
	if (delivery->base_url && rule->binding == KS_BOUND_NEVER)
		return "it bound a kind of credential that is never bound";
	if (delivery->expires_at < 0 || delivery->refresh_at < 0)
		return "it delivered a time before 1970";
	return check_attributes(delivery);
}

/* As much of a delivery as both sides know: a module built for an earlier minor version has a shorter one. */
static struct ks_delivery copy_delivery(const struct ks_delivery *delivery)
{
	struct ks_delivery copy = {0};

	memcpy(&copy, delivery, delivery->size < sizeof(copy) ? delivery->size : sizeof(copy));
	return copy;
}

/* An API key that is bound to the API itself is not bound: the API's owner pays, whoever wrote the URL down. */
static void drop_first_party(struct ks_delivery *delivery, const struct ks_kind_rule *rule)
{
	if (delivery->base_url && rule->binding == KS_BOUND_MAYBE &&
		ks_url_equal(delivery->base_url, KS_URL_FIRST_PARTY))
		delivery->base_url = NULL;
}

/* Takes one line end off: files and pipes have one, no secret does. */
static void strip_newline(struct ks_delivery *delivery)
{
	const char *secret = delivery->secret;

	if (!secret || delivery->secret_length == 0 || secret[delivery->secret_length - 1] != '\n')
		return;
	delivery->secret_length--;
	if (delivery->secret_length > 0 && secret[delivery->secret_length - 1] == '\r')
		delivery->secret_length--;
}

static bool tells_secret(const struct ks_delivery *delivery, const char *text)
{
	return delivery->secret && delivery->secret_length >= SECRET_TOLD_MIN &&
	       memmem(text, strlen(text), delivery->secret, delivery->secret_length);
}

/*
 * Sources and attributes are shown and logged: a source that holds the secret is the value of a variable in the place
 * of its name. (A base URL may be the user's doing: check_use() looks at that.)
 */
static const char *check_telling(const struct ks_delivery *delivery)
{
	if (tells_secret(delivery, delivery->source))
		return "its source holds its secret";
	for (uint32_t i = 0; i < delivery->attribute_count; i++)
		if (tells_secret(delivery, attribute_at(delivery, i)->value))
			return "an attribute holds its secret";
	return NULL;
}

static int check_config_dir(const struct ks_delivery *delivery, struct ks_problem *problem)
{
	for (uint32_t i = 0; i < delivery->attribute_count; i++) {
		const struct ks_attribute *attribute = attribute_at(delivery, i);

		if (is_config_dir(attribute) && !is_text(attribute->value, KS_ATTRIBUTE_VALUE_MAX))
			return ks_problem(problem, KS_INVALID, "give that folder another name, or move it",
				"lies in a folder whose path is longer than %d bytes, or not printable UTF-8",
				KS_ATTRIBUTE_VALUE_MAX);
	}
	return 0;
}

/* Whether it is of use: what the user's file or variable can get wrong. */
static int check_use(struct ks_call *call, const struct ks_delivery *delivery, const struct ks_kind_rule *rule)
{
	struct ks_problem *problem = &call->problem;
	const char *reason = NULL;

	if (delivery->secret && ks_kind_accepts(delivery->kind, delivery->secret, delivery->secret_length,
					delivery->base_url != NULL, call->entry->config.accept, problem) < 0)
		return -EINVAL;
	if (rule->binding == KS_BOUND_ALWAYS && !delivery->base_url)
		return ks_problem(problem, KS_INVALID, "name the gateway with base-url=, or set ANTHROPIC_BASE_URL",
			"is of kind %s, and no base URL says where it may go", rule->name);
	if (delivery->base_url && ks_url_check(delivery->base_url, &reason) < 0)
		return ks_problem(problem, KS_INVALID,
			"correct base-url= or ANTHROPIC_BASE_URL: https://HOST[:PORT][/PATH], or http:// to a "
			"loopback host",
			"is bound to a base URL that cannot be one: %s", reason);
	if (delivery->base_url && tells_secret(delivery, delivery->base_url))
		return ks_problem(problem, KS_INVALID, "take the secret out of base-url= or ANTHROPIC_BASE_URL",
			"is bound to a base URL that holds the secret itself");
	if (rule->binding == KS_BOUND_ALWAYS && ks_url_equal(delivery->base_url, KS_URL_FIRST_PARTY))
		return ks_problem(problem, KS_INVALID, "name the gateway with base-url=, or put an API key there",
			"is of kind %s, and the base URL is that of the API itself", rule->name);
	if (delivery->expires_at > 0 && delivery->expires_at <= (int64_t)time(NULL) + KS_EXPIRY_SKEW_S)
		return ks_problem(problem, KS_EXPIRED, "put a new one there", "has expired");
	return check_config_dir(delivery, problem);
}

/* Whether it is what was asked for. `ceiling` is all that table, module and credential allow. */
static int check_request(struct ks_call *call, const struct ks_kind_rule *rule, bool bound, uint32_t ceiling)
{
	enum ks_payer payer = bound ? rule->payer_bound : rule->payer;

	if (!(ceiling & call->wish.transports))
		return ks_problem(&call->problem, KS_NOT_CONFIGURED,
			ceiling == KS_TRANSPORT_API ? "ask with -t api or -t any"
						    : "use keystile exec for claude, or ask with -t cli or -t any",
			"is of kind %s, for %s, and %s was asked for", rule->name, ks_transports_word(ceiling),
			ks_transports_word(call->wish.transports));
	if (!(rule->kind & call->wish.kinds))
		return ks_problem(&call->problem, KS_NOT_CONFIGURED,
			rule->is_handle ? "use keystile exec, or -f json" : "ask for that kind as well",
			"is of kind %s, which this request has no use for", rule->name);
	if (!(payer & call->wish.payers))
		return ks_problem(&call->problem, KS_NOT_CONFIGURED, "ask without -p, or with another payer",
			"would be billed to payer %s, which was not asked for", ks_payer_name(payer));
	return 0;
}

/* What can be wrong whatever is configured. Leaves in *ret_stripped what both sides know of it, without a line end.
 */
static const char *check_contract(
	const struct ks_manifest *manifest, const struct ks_delivery *delivery, struct ks_delivery *ret_stripped)
{
	const char *breach = check_form(manifest, delivery);

	if (breach)
		return breach;
	*ret_stripped = copy_delivery(delivery);
	strip_newline(ret_stripped);
	return check_telling(ret_stripped);
}

const char *ks_delivery_breach(const struct ks_manifest *manifest, const struct ks_delivery *delivery)
{
	struct ks_delivery stripped;

	return check_contract(manifest, delivery, &stripped);
}

const char *ks_deliver(struct ks_call *call, const struct ks_delivery *delivery)
{
	struct ks_delivery stripped;
	const char *breach = check_contract(&call->entry->module->manifest, delivery, &stripped);
	const struct ks_kind_rule *rule = NULL;
	uint32_t ceiling = 0, granted = 0;

	if (breach)
		return breach;
	rule = ks_kind_rule(delivery->kind);
	drop_first_party(&stripped, rule);
	ks_call_source(call, delivery->source);
	stripped.source = call->source;
	/* the intersection: nothing here ever widens */
	ceiling = rule->transports & call->entry->config.transports & call->entry->module->manifest.transports &
		  delivery->transports;
	if (check_use(call, &stripped, rule) < 0 || check_request(call, rule, stripped.base_url != NULL, ceiling) < 0)
		return NULL;
	granted = ceiling & call->wish.transports;
	call->credential = ks_credential_new(&stripped, call->entry->module->file, ceiling,
		(enum ks_transport)(granted & call->wish.preferred ? granted & call->wish.preferred : granted));
	if (!call->credential)
		(void)ks_problem(
			&call->problem, KS_ERROR, KS_TRY_AGAIN, "cannot be kept: no memory, or it changed meanwhile");
	return NULL;
}
