/* SPDX-License-Identifier: MIT */
/*
 * The words and exit statuses for the numbers of the public headers.
 */
#include "core/words.h"

#include "core/kind.h"

static const struct {
	const char *name;
	int exit_status; /* sysexits(3) where it has one */
} results[] = {
	[KS_OK] = {"ok", 0},
	[KS_NOT_CONFIGURED] = {"not-configured", 1},
	[KS_EXPIRED] = {"expired", 65},
	[KS_INVALID] = {"invalid", 65},
	[KS_UNAVAILABLE] = {"unavailable", 75},
	[KS_DENIED] = {"denied", 77},
	[KS_MISCONFIGURED] = {"misconfigured", 78},
	[KS_ERROR] = {"error", 70},
};

static const char *const actions[] = {
	[KS_ACTION_SKIP] = "skip",
	[KS_ACTION_DONE] = "done",
	[KS_ACTION_NEXT] = "next",
	[KS_ACTION_FAIL] = "fail",
	[KS_ACTION_UNREACHED] = "unreached",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *ks_result_name(enum ks_result result)
{
	return (size_t)result < COUNT(results) ? results[result].name : "?";
}

int ks_result_exit_status(enum ks_result result)
{
	return (size_t)result < COUNT(results) ? results[result].exit_status : results[KS_ERROR].exit_status;
}

const char *ks_kind_name(enum ks_kind kind)
{
	const struct ks_kind_rule *rule = ks_kind_rule((uint32_t)kind);

	return rule ? rule->name : "?";
}

const char *ks_transport_name(enum ks_transport transport)
{
	switch (transport) {
	case KS_TRANSPORT_API:
		return "api";
	case KS_TRANSPORT_CLI:
		return "cli";
	default:
		return "?";
	}
}

const char *ks_payer_name(enum ks_payer payer)
{
	switch (payer) {
	case KS_PAYER_API:
		return "api";
	case KS_PAYER_SUBSCRIPTION:
		return "subscription";
	case KS_PAYER_GATEWAY:
		return "gateway";
	default:
		return "?";
	}
}

const char *ks_action_name(enum ks_action action)
{
	return (size_t)action < COUNT(actions) ? actions[action] : "?";
}

const char *ks_transports_word(uint32_t transports)
{
	switch (transports) {
	case KS_TRANSPORT_API:
		return "api";
	case KS_TRANSPORT_CLI:
		return "cli";
	case KS_TRANSPORT_API | KS_TRANSPORT_CLI:
		return "any";
	default:
		return "none";
	}
}

const char *ks_outcome_word(enum ks_result result)
{
	switch (result) {
	case KS_OK:
		return "ok";
	case KS_NOT_CONFIGURED:
		return "none";
	default:
		return "failed";
	}
}

const char *ks_version(void)
{
	return KS_VERSION;
}
