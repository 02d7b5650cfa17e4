/* SPDX-License-Identifier: MIT */
#include "providers/vault/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "providers/vault/cache.h"

enum {
	NAMES_MAX = 200,     /* bytes of the fields' names that are told */
	WORKSPACE_MAX = 128, /* as of workspace= */
	NUMBER_SIZE = 16,    /* bytes of a version, with the NUL */
	ATTRIBUTES = 3
};

/* What begins the name of a field that is one of the custom metadata. */
#define OF_METADATA "metadata:"

const char *ks_vault_secret_check(const struct ks_vault *vault, enum ks_vault_option *ret_option)
{
	static const struct {
		enum ks_vault_option option, other;
		uint32_t kinds;
		const char *of_kind, *beside;
	} rows[] = {
		{KS_VAULT_BASE_URL, KS_VAULT_BASE_URL, KS_KIND_API_KEY | KS_KIND_GATEWAY_TOKEN,
			"is not for kind=setup-token", NULL},
		{KS_VAULT_BASE_URL_FIELD, KS_VAULT_BASE_URL, KS_KIND_API_KEY | KS_KIND_GATEWAY_TOKEN,
			"is not for kind=setup-token", "cannot be given beside base-url="},
		{KS_VAULT_WORKSPACE, KS_VAULT_WORKSPACE, KS_KIND_API_KEY, "is for kind=api-key alone", NULL},
		{KS_VAULT_WORKSPACE_FIELD, KS_VAULT_WORKSPACE, KS_KIND_API_KEY, "is for kind=api-key alone",
			"cannot be given beside workspace="},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		*ret_option = rows[i].option;
		if (!vault->options[rows[i].option])
			continue;
		if (!(vault->kind & rows[i].kinds))
			return rows[i].of_kind;
		if (rows[i].beside && vault->options[rows[i].other])
			return rows[i].beside;
	}
	*ret_option = KS_VAULT_VERSION;
	if (vault->options[KS_VAULT_VERSION] && ks_vault_option_is(vault, KS_VAULT_KV_VERSION, "1"))
		return "is not for kv-version=1, which keeps no versions";
	return NULL;
}

int64_t ks_vault_time(const char *text)
{
	struct tm parts = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
	int hours = 0, minutes = 0, used = 0;
	int64_t offset = 0;
	char sign = 0;

	if (!end)
		return -1;
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (strcmp(end, "Z") == 0)
		return timegm(&parts);
	if (sscanf(end, "%c%2d:%2d%n", &sign, &hours, &minutes, &used) != 3 || end[used] || !strchr("+-", sign))
		return -1;
	offset = (int64_t)hours * 3600 + (int64_t)minutes * 60;
	return timegm(&parts) - (sign == '-' ? -offset : offset);
}

static enum ks_result refuse(struct ks_vault_call *call, const struct ks_vault_secret *secret, enum ks_result result,
	const char *remedy, const char *field, const char *reason)
{
	return ks_vault_fail(call, result, secret->source, remedy, "has a field %s that %s", field, reason);
}

/* The fields that are there, by name alone. */
static void list_names(json_t *fields, char names[NAMES_MAX])
{
	static const char more[] = ", ...";
	char told[KS_VAULT_SAID_MAX];
	size_t used = 0;

	names[0] = '\0';
	for (void *at = json_object_iter(fields); at; at = json_object_iter_next(fields, at)) {
		ks_vault_scrub(told, sizeof(told), json_object_iter_key(at), &(struct ks_vault_sent){0});
		/* with what may have to stand behind it */
		if (used + sizeof(", ") - 1 + strlen(told) + sizeof(more) > NAMES_MAX) {
			(void)stpcpy(names + used, used ? more : more + sizeof(", ") - 1);
			return;
		}
		used = (size_t)(stpcpy(stpcpy(names + used, used ? ", " : ""), told) - names);
	}
}

static enum ks_result refuse_missing(
	struct ks_vault_call *call, const struct ks_vault_secret *secret, json_t *fields, const char *field)
{
	char names[NAMES_MAX];

	list_names(fields, names);
	return ks_vault_fail(call, KS_MISCONFIGURED, secret->source, "correct the name of the field on the entry",
		"has no field %s; it has %s", field, names[0] ? names : "none");
}

/* The field that an option names; NULL in *ret_value where the option names none. */
static enum ks_result find(struct ks_vault_call *call, const struct ks_vault_secret *secret,
	enum ks_vault_option option, const json_t **ret_value)
{
	const char *field = ks_vault_option(call->vault, option), *name = field;
	json_t *fields = ks_vault_kv_fields(secret->root, secret->version);

	*ret_value = NULL;
	if (!field)
		return KS_OK;
	if (strncmp(field, OF_METADATA, sizeof(OF_METADATA) - 1) == 0) {
		name += sizeof(OF_METADATA) - 1;
		fields = json_object_get(ks_vault_kv_metadata(secret->root, secret->version), "custom_metadata");
	}
	*ret_value = json_object_get(fields, name);
	return *ret_value ? KS_OK : refuse_missing(call, secret, fields, field);
}

/* The same for a text. */
static enum ks_result find_text(struct ks_vault_call *call, const struct ks_vault_secret *secret,
	enum ks_vault_option option, const char **ret_text)
{
	const char *field = ks_vault_option(call->vault, option);
	const json_t *value = NULL;
	enum ks_result result = find(call, secret, option, &value);

	if (result != KS_OK || !value)
		return result;
	if (!json_is_string(value))
		return refuse(call, secret, KS_INVALID, "write it as a string", field, "is no string");
	if (json_string_length(value) == 0)
		return refuse(call, secret, KS_INVALID, "write a value there", field, "is empty");
	if (strlen(json_string_value(value)) != json_string_length(value))
		return refuse(call, secret, KS_INVALID, "write it anew", field, "holds a NUL");
	*ret_text = json_string_value(value);
	return KS_OK;
}

/* What says in what workspace it is; it goes into a header. */
static enum ks_result find_workspace(
	struct ks_vault_call *call, const struct ks_vault_secret *secret, const char **ret_workspace)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	const char *text = NULL;
	enum ks_result result = find_text(call, secret, KS_VAULT_WORKSPACE_FIELD, &text);

	if (result != KS_OK || !text)
		return result;
	if (text[strspn(text, allowed)] || strlen(text) > WORKSPACE_MAX)
		return refuse(call, secret, KS_INVALID, "write the workspace's id there",
			ks_vault_option(call->vault, KS_VAULT_WORKSPACE_FIELD), "is no id of a workspace");
	*ret_workspace = text;
	return KS_OK;
}

/* When its version will be deleted; 0 for never. One that cannot be read is no "never". */
static enum ks_result find_deletion(
	struct ks_vault_call *call, const struct ks_vault_secret *secret, int64_t *ret_deleted_at)
{
	const json_t *value = json_object_get(ks_vault_kv_metadata(secret->root, secret->version), "deletion_time");
	const char *text = json_is_null(value) || !value ? "" : json_string_value(value);
	const int64_t deleted_at = !text ? -1 : text[0] ? ks_vault_time(text) : 0;

	if (deleted_at == -1)
		return ks_vault_fail(call, KS_UNAVAILABLE, secret->source,
			"see that nothing on the way changes the server's answers",
			"has a deletion_time that is no time");
	*ret_deleted_at = deleted_at;
	return KS_OK;
}

/* The end of the credential: its own field's, or that of its version, whichever comes first. */
static enum ks_result find_end(
	struct ks_vault_call *call, const struct ks_vault_secret *secret, struct ks_delivery *delivery)
{
	const char *field = ks_vault_option(call->vault, KS_VAULT_EXPIRES_FIELD);
	const json_t *value = NULL;
	enum ks_result result = find(call, secret, KS_VAULT_EXPIRES_FIELD, &value);
	int64_t expires_at = 0, deleted_at = 0;
	char *end = NULL;

	if (result == KS_OK)
		result = find_deletion(call, secret, &deleted_at);
	if (result != KS_OK)
		return result;
	if (json_is_string(value)) {
		expires_at = strtoll(json_string_value(value), &end, 10);
		if (*end)
			expires_at = ks_vault_time(json_string_value(value));
	} else if (json_is_integer(value)) {
		expires_at = json_integer_value(value);
	}
	if (value && expires_at <= 0)
		return refuse(call, secret, KS_INVALID, "write it as 2026-12-31T23:59:59Z, or in seconds since 1970",
			field, "is no time");
	if (deleted_at > 0 && (expires_at == 0 || deleted_at < expires_at))
		expires_at = deleted_at;
	delivery->expires_at = expires_at;
	return KS_OK;
}

/* When it is to be asked for again: that goes by when it was read, which may be a while ago. */
static void find_refresh(
	const struct ks_vault_call *call, const struct ks_vault_secret *secret, struct ks_delivery *delivery)
{
	const int64_t time_ms = ks_vault_cache_time(call->vault, secret);
	const int64_t left = time_ms - (ks_vault_now() - secret->read_at);

	if (time_ms > 0)
		delivery->refresh_at = (int64_t)time(NULL) + (left > 0 ? (left + 999) / 1000 : 0);
}

static void find_version(const struct ks_vault_secret *secret, char number[NUMBER_SIZE],
	struct ks_attribute *attributes, struct ks_delivery *delivery)
{
	const json_t *metadata = ks_vault_kv_metadata(secret->root, secret->version);
	const json_int_t version = json_integer_value(json_object_get(metadata, "version"));

	if (version <= 0 || version > INT32_MAX)
		return;
	(void)snprintf(number, NUMBER_SIZE, "%lld", (long long)version);
	attributes[delivery->attribute_count++] = (struct ks_attribute){.name = "version", .value = number};
}

int ks_vault_secret_deliver(struct ks_vault_call *call, struct ks_vault_secret *secret, bool *ret_is_told)
{
	struct ks_attribute attributes[ATTRIBUTES] = {{0}};
	struct ks_delivery delivery = {
		.size = sizeof(delivery),
		.kind = call->vault->kind,
		.transports = call->vault->kind == KS_KIND_SETUP_TOKEN ? KS_TRANSPORT_CLI
								       : KS_TRANSPORT_API | KS_TRANSPORT_CLI,
		.attributes = attributes,
		.attribute_stride = sizeof(attributes[0]),
		.source = secret->source,
		.base_url = call->vault->options[KS_VAULT_BASE_URL],
	};
	const char *workspace = call->vault->options[KS_VAULT_WORKSPACE];
	const char *text = "";
	char number[NUMBER_SIZE];
	enum ks_result result = find_text(call, secret, KS_VAULT_FIELD, &text);

	if (result == KS_OK && !delivery.base_url)
		result = find_text(call, secret, KS_VAULT_BASE_URL_FIELD, &delivery.base_url);
	if (result == KS_OK && !workspace)
		result = find_workspace(call, secret, &workspace);
	if (result == KS_OK)
		result = find_end(call, secret, &delivery);
	if (result != KS_OK)
		return (int)result;
	secret->ends_at = delivery.expires_at;
	delivery.secret = text;
	delivery.secret_length = strlen(text);
	if (workspace)
		attributes[delivery.attribute_count++] =
			(struct ks_attribute){.name = KS_ATTRIBUTE_WORKSPACE, .value = workspace};
	find_version(secret, number, attributes, &delivery);
	find_refresh(call, secret, &delivery);
	*ret_is_told = true;
	return call->host->deliver(call->host, &delivery);
}
