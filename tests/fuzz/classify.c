/* SPDX-License-Identifier: MIT */
/*
 * core/kind.c: no secret passes for more than the table of prefixes says, which is told here once more. The input is
 * a prefix that an administrator allowed, a line feed, and the secret; or the secret alone.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/kind.h"
#include "fuzz.h"

#define FAMILY "sk-ant-"
#define OAUTH "sk-ant-oat"

static const char *const keys[] = {"sk-ant-api03-", "sk-ant-usr-", "sk-ant-svc-", NULL};
static const char *const useless[] = {"sk-ant-ort", "sk-ant-sid", "sk-ant-admin", "sk-ant-api01-", NULL};

struct secret {
	const char *text;
	size_t length;
	const char *accept; /* or NULL */
};

static bool begins(const char *text, size_t length, const char *prefix)
{
	return length >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

static bool begins_as_one_of(const char *text, size_t length, const char *const *prefixes)
{
	while (*prefixes && !begins(text, length, *prefixes))
		prefixes++;
	return *prefixes;
}

static void check_accept(const char *accept)
{
	struct ks_problem problem = {0};
	const size_t length = strlen(accept);

	if (ks_accept_check(accept, &problem) < 0) {
		PROPERTY(problem.result == KS_MISCONFIGURED);
		fuzz_reason(problem.reason);
		fuzz_reason(problem.remedy);
		return;
	}
	PROPERTY(begins(accept, length, FAMILY) && accept[length - 1] == '-');
	PROPERTY(!begins(accept, length, OAUTH));
	PROPERTY(!begins_as_one_of(accept, length, keys));
	PROPERTY(!begins_as_one_of(accept, length, useless));
}

/* What the table allows at most. */
static uint32_t most(const struct secret *secret)
{
	const size_t digit = sizeof(OAUTH) - 1;

	if (begins_as_one_of(secret->text, secret->length, useless))
		return 0;
	if (begins_as_one_of(secret->text, secret->length, keys))
		return KS_KIND_API_KEY;
	if (begins(secret->text, secret->length, OAUTH))
		return secret->length > digit && isdigit((unsigned char)secret->text[digit])
			       ? KS_KIND_SETUP_TOKEN | KS_KIND_FEDERATED_TOKEN
			       : 0;
	if (!memmem(secret->text, secret->length, FAMILY, sizeof(FAMILY) - 1))
		return KS_KIND_API_KEY | KS_KIND_GATEWAY_TOKEN;
	return secret->accept && ks_accept_check(secret->accept, NULL) == 0 &&
			       begins(secret->text, secret->length, secret->accept)
		       ? KS_KIND_API_KEY
		       : 0;
}

static void check_class(const struct secret *secret, const struct ks_classification *class)
{
	const bool is_foreign = !memmem(secret->text, secret->length, FAMILY, sizeof(FAMILY) - 1);

	PROPERTY((class->kinds & ~most(secret)) == 0);
	PROPERTY(class->must_be_bound == is_foreign);
	PROPERTY(!class->reason == (class->kinds != 0));
	PROPERTY(!class->remedy == !class->reason);
	fuzz_reason(class->name);
	if (class->reason) {
		fuzz_reason(class->reason);
		fuzz_reason(class->remedy);
	}
}

/* Whether every byte may stand in a header: said here in other words than the core's. */
static bool is_plain(const struct secret *secret)
{
	for (size_t at = 0; at < secret->length; at++) {
		if (!isascii((unsigned char)secret->text[at]) || !isgraph((unsigned char)secret->text[at]))
			return false;
	}
	return secret->length > 0 && secret->length <= KS_SECRET_MAX;
}

static void check_kind(const struct secret *secret, const struct ks_kind_rule *rule, bool bound)
{
	struct ks_problem problem = {0};

	if (ks_kind_accepts(rule->kind, secret->text, secret->length, bound, secret->accept, &problem) == 0) {
		PROPERTY(!rule->is_handle && is_plain(secret));
		PROPERTY((uint32_t)rule->kind & most(secret));
		PROPERTY(bound || rule->binding == KS_BOUND_ALWAYS || begins(secret->text, secret->length, FAMILY));
		return;
	}
	PROPERTY(problem.result == KS_INVALID || (rule->is_handle && problem.result == KS_ERROR));
	fuzz_reason(problem.reason);
	fuzz_reason(problem.remedy);
}

void fuzz_target(char *bytes, size_t length)
{
	const char *end = memchr(bytes, '\n', length);
	char *accept = end ? fuzz_string(bytes, (size_t)(end - bytes)) : NULL;
	const size_t skipped = end ? (size_t)(end - bytes) + 1 : 0;
	const struct secret secret = {.text = bytes + skipped, .length = length - skipped, .accept = accept};
	const struct ks_kind_rule *rule = NULL;
	struct ks_classification class = {0};

	if (accept)
		check_accept(accept);
	ks_classify(secret.text, secret.length, secret.accept, &class);
	check_class(&secret, &class);
	for (unsigned i = 0; (rule = ks_kind_rule_at(i)); i++) {
		check_kind(&secret, rule, false);
		check_kind(&secret, rule, true);
	}
	free(accept);
}
