/* SPDX-License-Identifier: MIT */
#include "core/kind.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define BETA "oauth-2025-04-20"

/*
 * The policy, in one table. Sources: platform.claude.com (headers), code.claude.com/docs/en/env-vars (variables),
 * code.claude.com/docs/en/legal-and-compliance (a subscription's credentials travel through `claude` only).
 */
static const struct ks_kind_rule rules[] = {
	{
		.kind = KS_KIND_API_KEY,
		.name = "api-key",
		.transports = KS_TRANSPORT_API | KS_TRANSPORT_CLI,
		.binding = KS_BOUND_MAYBE,
		.payer = KS_PAYER_API,
		.payer_bound = KS_PAYER_GATEWAY,
		.header = "x-api-key",
		.header_prefix = "",
		.variable = "ANTHROPIC_API_KEY",
	},
	{
		.kind = KS_KIND_GATEWAY_TOKEN,
		.name = "gateway-token",
		.transports = KS_TRANSPORT_API | KS_TRANSPORT_CLI,
		.binding = KS_BOUND_ALWAYS,
		.payer = KS_PAYER_GATEWAY,
		.payer_bound = KS_PAYER_GATEWAY,
		.header = "Authorization",
		.header_prefix = "Bearer ",
		.variable = "ANTHROPIC_AUTH_TOKEN",
	},
	{
		.kind = KS_KIND_FEDERATED_TOKEN,
		.name = "federated-token",
		.transports = KS_TRANSPORT_API,
		.binding = KS_BOUND_NEVER,
		.payer = KS_PAYER_API,
		.payer_bound = KS_PAYER_API,
		.header = "Authorization",
		.header_prefix = "Bearer ",
		.beta = BETA,
		.variable = "ANTHROPIC_AUTH_TOKEN",
	},
	{
		.kind = KS_KIND_SETUP_TOKEN,
		.name = "setup-token",
		.transports = KS_TRANSPORT_CLI,
		.binding = KS_BOUND_NEVER,
		.payer = KS_PAYER_SUBSCRIPTION,
		.payer_bound = KS_PAYER_SUBSCRIPTION,
		.variable = "CLAUDE_CODE_OAUTH_TOKEN",
	},
	{
		.kind = KS_KIND_STORED_LOGIN,
		.name = "stored-login",
		.transports = KS_TRANSPORT_CLI,
		.is_handle = true,
		.binding = KS_BOUND_NEVER,
		.payer = KS_PAYER_SUBSCRIPTION,
		.payer_bound = KS_PAYER_SUBSCRIPTION,
	},
};

#define FAMILY "sk-ant-"

enum {
	FIRST_PARTY_MIN = 16 /* bytes: every known prefix is shorter, and no credential is */
};

#define OAUTH "sk-ant-oat"

/* Prefixes are matched positively, the first that fits counts. A row without kinds says why the secret is of no use.
 */
static const struct prefix {
	const char *text;
	bool then_digits; /* at least one digit must follow */
	struct ks_classification class;
} prefixes[] = {
	{"sk-ant-api03-", false, {KS_KIND_API_KEY, false, "a workspace API key", NULL, NULL}},
	{"sk-ant-usr-", false, {KS_KIND_API_KEY, false, "a personal API key", NULL, NULL}},
	{"sk-ant-svc-", false, {KS_KIND_API_KEY, false, "a service account's API key", NULL, NULL}},
	{OAUTH, true, {KS_KIND_SETUP_TOKEN | KS_KIND_FEDERATED_TOKEN, false, "an OAuth access token", NULL, NULL}},
	{"sk-ant-ort", false,
		{0, false, "an OAuth refresh token", "is an OAuth refresh token, which only claude itself may use",
			"run claude setup-token, or use an API key"}},
	{"sk-ant-sid", false,
		{0, false, "a browser session of claude.ai",
			"is a session cookie of claude.ai, not a credential for programs",
			"run claude setup-token, or use an API key"}},
	{"sk-ant-admin", false,
		{0, false, "an Admin API key", "is an Admin API key, which cannot send messages",
			"create an API key for a workspace"}},
	{"sk-ant-api01-", false,
		{0, false, "an Enterprise administration key",
			"is an Enterprise administration key, which cannot send messages",
			"create an API key for a workspace"}},
};

static const struct ks_classification unknown = {
	.name = "an unknown Anthropic credential",
	.reason = "is a kind of Anthropic credential this version does not know",
	.remedy = "update Keystile, or allow its prefix on the entry with @accept=",
};
static const struct ks_classification embedded = {
	.name = "an Anthropic credential with something before it",
	.reason = "has an Anthropic credential in it, and something before that",
	.remedy = "leave the credential alone there, without quotes or a name",
};
static const struct ks_classification cut_off = {
	.name = "the beginning of an Anthropic credential",
	.reason = "is cut off behind its prefix",
	.remedy = "copy it again, whole",
};
static const struct ks_classification accepted = {
	.kinds = KS_KIND_API_KEY,
	.name = "an API key with an accepted prefix",
};
static const struct ks_classification foreign = {
	.kinds = KS_KIND_GATEWAY_TOKEN | KS_KIND_API_KEY,
	.must_be_bound = true,
	.name = "a gateway's token or key",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct ks_kind_rule *ks_kind_rule_at(unsigned index)
{
	return index < COUNT(rules) ? &rules[index] : NULL;
}

const struct ks_kind_rule *ks_kind_rule(uint32_t kind)
{
	for (size_t i = 0; i < COUNT(rules); i++) {
		if ((uint32_t)rules[i].kind == kind)
			return &rules[i];
	}
	return NULL;
}

uint32_t ks_kinds_payers(uint32_t kinds)
{
	uint32_t payers = 0;

	for (size_t i = 0; i < COUNT(rules); i++) {
		if (!(kinds & rules[i].kind))
			continue;
		if (rules[i].binding != KS_BOUND_ALWAYS)
			payers |= rules[i].payer;
		if (rules[i].binding != KS_BOUND_NEVER)
			payers |= rules[i].payer_bound;
	}
	return payers;
}

static bool begins(const char *secret, size_t length, const char *prefix)
{
	size_t size = strlen(prefix);

	return length >= size && memcmp(secret, prefix, size) == 0;
}

static bool fits(const char *secret, size_t length, const struct prefix *prefix)
{
	size_t size = strlen(prefix->text);

	if (!begins(secret, length, prefix->text))
		return false;
	return !prefix->then_digits || (length > size && isdigit((unsigned char)secret[size]));
}

static const struct ks_classification *find_class(const char *secret, size_t length, const char *accept)
{
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		if (fits(secret, length, &prefixes[i]))
			return &prefixes[i].class;
	}
	if (!begins(secret, length, FAMILY))
		return memmem(secret, length, FAMILY, sizeof(FAMILY) - 1) ? &embedded : &foreign;
	if (accept && ks_accept_check(accept, NULL) == 0 && begins(secret, length, accept))
		return &accepted;
	return &unknown;
}

void ks_classify(const char *secret, size_t length, const char *accept, struct ks_classification *ret_class)
{
	const struct ks_classification *class = find_class(secret, length, accept);

	if (class->kinds && !class->must_be_bound && length < FIRST_PARTY_MIN)
		class = &cut_off;
	*ret_class = *class;
}

int ks_accept_check(const char *prefix, struct ks_problem *problem)
{
	size_t length = strlen(prefix);

	if (!begins(prefix, length, FAMILY) || length < sizeof(FAMILY) + 1 || prefix[length - 1] != '-' ||
		strspn(prefix, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
		return ks_problem(problem, KS_MISCONFIGURED, "write the prefix as in @accept=sk-ant-new01-",
			"@accept must be sk-ant-, lower-case letters or digits, and a dash");
	if (begins(prefix, length, OAUTH))
		return ks_problem(
			problem, KS_MISCONFIGURED, "leave it out", "@accept cannot make an OAuth token an API key");
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		if (begins(prefix, length, prefixes[i].text))
			return ks_problem(problem, KS_MISCONFIGURED, "leave it out",
				"@accept names a prefix this version knows already: %s", prefixes[i].class.name);
	}
	return 0;
}

static bool is_visible(char byte)
{
	return byte > 0x20 && byte < 0x7f;
}

/* A loop without a way out of it, so that a compiler can take many bytes at once. */
static bool is_all_visible(const char *secret, size_t length)
{
	unsigned char odd = 0;

	for (size_t i = 0; i < length; i++)
		odd |= !is_visible(secret[i]);
	return odd == 0;
}

int ks_secret_check(const char *secret, size_t length, struct ks_problem *problem)
{
	if (length == 0)
		return ks_problem(problem, KS_INVALID, "put a credential there", "is empty");
	if (length > KS_SECRET_MAX)
		return ks_problem(problem, KS_INVALID, "check that this is the right place",
			"has more than %d bytes, the most that a credential has", KS_SECRET_MAX);
	if (is_all_visible(secret, length))
		return 0;
	for (size_t i = 0; i < length; i++) {
		if (secret[i] == '\n' || secret[i] == '\r')
			return ks_problem(problem, KS_INVALID, "paste it again on one line",
				"has a line break at byte %zu of %zu", i + 1, length);
		if (!is_visible(secret[i]))
			return ks_problem(problem, KS_INVALID, "paste it again",
				"has a byte that no credential has, at byte %zu of %zu", i + 1, length);
	}
	return 0;
}

static int refuse_kind(
	const struct ks_kind_rule *rule, const struct ks_classification *class, struct ks_problem *problem)
{
	if (class->must_be_bound)
		return ks_problem(problem, KS_INVALID, "put the right credential there",
			"does not begin like any Anthropic credential, so it cannot be of kind %s", rule->name);
	return ks_problem(problem, KS_INVALID,
		class->kinds & KS_KIND_SETUP_TOKEN
			? "put a setup-token in CLAUDE_CODE_OAUTH_TOKEN, and an API key here"
			: "put it where an API key belongs (ANTHROPIC_API_KEY)",
		"is %s, not of kind %s", class->name, rule->name);
}

int ks_kind_accepts(
	uint32_t kind, const char *secret, size_t length, bool bound, const char *accept, struct ks_problem *problem)
{
	const struct ks_kind_rule *rule = ks_kind_rule(kind);
	struct ks_classification class = {0};

	if (!rule || rule->is_handle)
		return ks_problem(
			problem, KS_ERROR, "report it to the module's author", "its kind is none that has a secret");
	if (ks_secret_check(secret, length, problem) < 0)
		return -EINVAL;
	ks_classify(secret, length, accept, &class);
	if (class.kinds == 0)
		return ks_problem(problem, KS_INVALID, class.remedy, "%s", class.reason);
	if (!(class.kinds & kind))
		return refuse_kind(rule, &class, problem);
	if (!bound && class.must_be_bound && rule->binding == KS_BOUND_MAYBE)
		return ks_problem(problem, KS_INVALID,
			"put an API key there, or name the gateway it belongs to with base-url=",
			"does not begin like any Anthropic credential, and no base URL says where it may go");
	return 0;
}
