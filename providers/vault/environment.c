/* SPDX-License-Identifier: MIT */
#include "providers/vault/environment.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS (24.0 * 60 * 60 * 1000)
#define DURATION_MAX_MS (365 * DAY_MS)

#define VAULT_PREFIX "VAULT_"
#define BAO_PREFIX "BAO_"

enum ks_result ks_vault_variable(struct ks_vault_call *call, const char *name, struct ks_vault_variable *ret_variable)
{
	const char *value = NULL;
	int r = call->host->getenv(call->host, name, &value);

	if (r == -EMSGSIZE)
		return ks_vault_fail(
			call, KS_MISCONFIGURED, name, "check what it was set to", "has a value of more than 60 KiB");
	*ret_variable = (struct ks_vault_variable){.name = name, .value = r == 0 ? value : NULL};
	return KS_OK;
}

enum ks_result ks_vault_twin(struct ks_vault_call *call, const char *name, struct ks_vault_variable *ret_variable)
{
	const char *rest = name + sizeof(VAULT_PREFIX) - 1;
	char *twin = call->host->secret_alloc(call->host, sizeof(BAO_PREFIX) + strlen(rest));
	struct ks_vault_variable found = {0};
	enum ks_result result = KS_OK;

	if (!twin)
		return ks_vault_fail_memory(call);
	(void)stpcpy(stpcpy(twin, BAO_PREFIX), rest);
	result = ks_vault_variable(call, twin, &found);
	if (result == KS_OK && !found.value)
		result = ks_vault_variable(call, name, &found);
	if (result == KS_OK)
		*ret_variable = found;
	return result;
}

enum ks_result ks_vault_setting(struct ks_vault_call *call, enum ks_vault_option option, const char *name,
	const char **ret_value, const char **ret_where)
{
	struct ks_vault_variable variable = {0};
	enum ks_result result = KS_OK;

	if (call->vault->options[option]) {
		*ret_value = call->vault->options[option];
		*ret_where = ks_vault_option_name(option);
		return KS_OK;
	}
	result = ks_vault_twin(call, name, &variable);
	if (result != KS_OK)
		return result;
	*ret_value = variable.value && variable.value[0] ? variable.value : NULL;
	*ret_where = variable.name;
	return KS_OK;
}

enum ks_result ks_vault_flag(struct ks_vault_call *call, const char *name, bool *ret_flag, const char **ret_where)
{
	static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
	static const char *const no[] = {"", "0", "f", "F", "FALSE", "false", "False"};
	struct ks_vault_variable variable = {0};
	enum ks_result result = ks_vault_twin(call, name, &variable);

	if (result != KS_OK)
		return result;
	*ret_where = variable.name;
	for (size_t i = 0; variable.value && i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcmp(variable.value, yes[i]) == 0) {
			*ret_flag = true;
			return KS_OK;
		}
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		if (!variable.value || strcmp(variable.value, no[i]) == 0) {
			*ret_flag = false;
			return KS_OK;
		}
	}
	return ks_vault_fail(call, KS_MISCONFIGURED, variable.name, "set it to true or false, or unset it",
		"is neither true nor false");
}

/* Milliseconds of a unit that stands at `text`, and its length; 0 where none does. */
static double unit_at(const char *text, size_t *ret_length)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = {{"ns", 1e-6}, {"us", 1e-3}, {"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", DAY_MS}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		*ret_length = strlen(units[i].name);
		if (strncmp(text, units[i].name, *ret_length) == 0)
			return units[i].ms;
	}
	return 0;
}

/* "1h30m", "1.5s", "90"; -1 where it is none. */
static double parse_duration(const char *text)
{
	double total = 0, number = 0, unit = 0;
	size_t length = 0;
	char *end = NULL;

	for (bool first = true; *text; first = false) {
		if (strspn(text, "0123456789.") == 0)
			return -1;
		number = strtod(text, &end);
		if (end == text)
			return -1;
		if (first && !*end)
			return number * 1e3;
		unit = unit_at(end, &length);
		if (unit == 0)
			return -1;
		total += number * unit;
		text = end + length;
	}
	return total;
}

enum ks_result ks_vault_duration(struct ks_vault_call *call, const char *name, int64_t *ret_ms)
{
	struct ks_vault_variable variable = {0};
	enum ks_result result = ks_vault_twin(call, name, &variable);
	double ms = 0;

	if (result != KS_OK)
		return result;
	if (variable.value)
		ms = parse_duration(variable.value);
	if (ms < 0 || !isfinite(ms) || ms > DURATION_MAX_MS)
		return ks_vault_fail(call, KS_MISCONFIGURED, variable.name,
			"write it as 30s, or as a number of seconds", "is no duration");
	*ret_ms = (int64_t)ms;
	return KS_OK;
}
