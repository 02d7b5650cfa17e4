/* SPDX-License-Identifier: MIT */
#include "cli/view.h"

#include <stdio.h>
#include <string.h>

#include "cli/table.h"
#include "core/confinement.h"
#include "core/kind.h"

static const enum ks_transport transport_bits[] = {KS_TRANSPORT_API, KS_TRANSPORT_CLI};

enum {
	TRANSPORT_COUNT = sizeof(transport_bits) / sizeof(transport_bits[0])
};

static void append(char text[WORDS_MAX], const char *word)
{
	size_t length = strlen(text);

	(void)snprintf(text + length, WORDS_MAX - length, "%s%s", length ? ", " : "", word);
}

void view_transports(uint32_t transports, char text[WORDS_MAX])
{
	text[0] = '\0';
	for (unsigned i = 0; i < TRANSPORT_COUNT; i++)
		if (transports & transport_bits[i])
			append(text, ks_transport_name(transport_bits[i]));
}

void view_kinds(uint32_t kinds, char text[WORDS_MAX])
{
	text[0] = '\0';
	for (unsigned i = 0; ks_kind_rule_at(i); i++)
		if (kinds & ks_kind_rule_at(i)->kind)
			append(text, ks_kind_rule_at(i)->name);
}

void view_json_transports(struct json *json, const char *key, uint32_t transports)
{
	json_array(json, key);
	for (unsigned i = 0; i < TRANSPORT_COUNT; i++)
		if (transports & transport_bits[i])
			json_string(json, NULL, ks_transport_name(transport_bits[i]));
	json_array_end(json);
}

void view_json_kinds(struct json *json, const char *key, uint32_t kinds)
{
	json_array(json, key);
	for (unsigned i = 0; ks_kind_rule_at(i); i++)
		if (kinds & ks_kind_rule_at(i)->kind)
			json_string(json, NULL, ks_kind_rule_at(i)->name);
	json_array_end(json);
}

typedef int pair_at(const struct ks_credential *credential, unsigned index, struct ks_pair *ret_pair);

static void put_pairs(struct json *json, const char *key, const struct ks_credential *credential, pair_at *at)
{
	struct ks_pair pair;

	json_object(json, key);
	for (unsigned i = 0; at(credential, i, &pair); i++)
		json_string(json, pair.name, pair.value);
	json_object_end(json);
}

void view_json(struct json *json, const char *service, const struct ks_credential *credential, bool with_secret)
{
	json_string(json, "service", service);
	json_string(json, "kind", ks_kind_name(ks_credential_kind(credential)));
	json_string(json, "transport", ks_transport_name(ks_credential_transport(credential)));
	view_json_transports(json, "transports", ks_credential_transports(credential));
	if (with_secret) {
		json_string(json, "secret", ks_credential_secret(credential, NULL));
		put_pairs(json, "headers", credential, ks_credential_header_at);
		put_pairs(json, "env", credential, ks_credential_environment_at);
	}
	put_pairs(json, "attributes", credential, ks_credential_attribute_at);
	json_string(json, "base_url", ks_credential_base_url(credential));
	json_time(json, "expires_at", ks_credential_expires_at(credential));
	json_string(json, "payer", ks_payer_name(ks_credential_payer(credential)));
	json_string(json, "source", ks_credential_source(credential));
	json_string(json, "module", ks_credential_module(credential));
	json_string(json, "fingerprint", ks_credential_fingerprint(credential));
}

static void put_row(struct table *table, const char *name, const char *value)
{
	const char *cells[] = {name, value};

	if (value)
		table_add(table, cells);
}

void view_text(struct output *output, const struct ks_credential *credential)
{
	char transports[WORDS_MAX], time[TIME_TEXT_MAX];
	int64_t expires_at = ks_credential_expires_at(credential);
	struct ks_pair pair;
	struct table table;

	view_transports(ks_credential_transports(credential), transports);
	if (expires_at)
		json_time_text(expires_at, time);
	table_init(&table, 2);
	put_row(&table, "kind", ks_kind_name(ks_credential_kind(credential)));
	put_row(&table, "transport", ks_transport_name(ks_credential_transport(credential)));
	put_row(&table, "transports", transports);
	put_row(&table, "payer", ks_payer_name(ks_credential_payer(credential)));
	put_row(&table, "source", ks_credential_source(credential));
	put_row(&table, "module", ks_credential_module(credential));
	put_row(&table, "base URL", ks_credential_base_url(credential));
	put_row(&table, "expires", expires_at ? time : "unknown");
	put_row(&table, "fingerprint", ks_credential_fingerprint(credential));
	for (unsigned i = 0; ks_credential_attribute_at(credential, i, &pair); i++)
		put_row(&table, pair.name, pair.value);
	table_finish(&table, "  ", output);
}

void view_measures(uint32_t measures, char text[WORDS_MAX])
{
	const struct ks_measure_words *words = NULL;
	size_t length = 0;

	text[0] = '\0';
	for (unsigned i = 0; (words = ks_measure_at(i)) && length < WORDS_MAX; i++) {
		if (measures & (uint32_t)words->bit)
			length += (size_t)snprintf(
				text + length, WORDS_MAX - length, "%s%s", length ? ", " : "", words->name);
	}
}

void view_json_measures(struct json *json, const char *key, uint32_t measures)
{
	const struct ks_measure_words *words = NULL;

	json_array(json, key);
	for (unsigned i = 0; (words = ks_measure_at(i)); i++) {
		if (measures & (uint32_t)words->bit)
			json_string(json, NULL, words->name);
	}
	json_array_end(json);
}
