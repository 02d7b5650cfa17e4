/* SPDX-License-Identifier: MIT */
#include "providers/vault/source.h"

#include <string.h>

#include "providers/vault/environment.h"
#include "providers/vault/text.h"

static enum ks_result read_file(
	struct ks_vault_call *call, const struct ks_vault_source *source, struct ks_vault_found *ret_found)
{
	struct ks_file file = {0};
	const char *path = NULL, *reason = NULL;
	int result = KS_OK;

	if (call->host->full_path(call->host, source->path, &path, &reason) < 0)
		return ks_vault_fail(
			call, KS_MISCONFIGURED, source->path, "write the path from the root on", "%s", reason);
	result = ks_file_read(
		call->host, path, source->trust, source->limit ? source->limit : KS_FILE_SECRET_MAX, &file);
	switch (result) {
	case KS_OK:
		*ret_found = (struct ks_vault_found){.text = file.text, .length = file.length, .source = path};
		return KS_OK;
	case KS_NOT_CONFIGURED:
		return ks_vault_fail(
			call, source->absent, path, source->remedy ? source->remedy : file.remedy, "%s", file.reason);
	case KS_INVALID:
		return ks_vault_fail(call, KS_MISCONFIGURED, path, file.remedy, "%s", file.reason);
	default:
		return ks_vault_fail(call, (enum ks_result)result, path, file.remedy, "%s", file.reason);
	}
}

static enum ks_result read_variable(
	struct ks_vault_call *call, const struct ks_vault_source *source, struct ks_vault_found *ret_found)
{
	struct ks_vault_variable variable = {0};
	enum ks_result result = ks_vault_variable(call, source->variable, &variable);

	if (result != KS_OK)
		return result;
	if (!variable.value || !variable.value[0])
		return ks_vault_fail(call, source->absent, source->variable,
			source->remedy ? source->remedy : "export it, or name a file", "is %s",
			variable.value ? "set, but empty" : "not set");
	*ret_found = (struct ks_vault_found){
		.text = variable.value, .length = strlen(variable.value), .source = source->variable};
	return KS_OK;
}

enum ks_result ks_vault_source_read(
	struct ks_vault_call *call, const struct ks_vault_source *source, struct ks_vault_found *ret_found)
{
	return source->path ? read_file(call, source, ret_found) : read_variable(call, source, ret_found);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum ks_result ks_vault_source_word(
	struct ks_vault_call *call, const struct ks_vault_source *source, struct ks_vault_found *ret_found)
{
	struct ks_vault_found found = {0};
	enum ks_result result = ks_vault_source_read(call, source, &found);
	size_t skipped = 0;

	if (result != KS_OK)
		return result;
	while (found.length > 0 && is_space(found.text[found.length - 1]))
		found.length--;
	while (skipped < found.length && is_space(found.text[skipped]))
		skipped++;
	if (found.length == skipped)
		return ks_vault_fail(call, source->absent, found.source,
			source->remedy ? source->remedy : "write it there", "holds nothing but blanks");
	for (size_t i = skipped; i < found.length; i++)
		if (found.text[i] <= ' ' || found.text[i] > '~')
			return ks_vault_fail(call, KS_MISCONFIGURED, found.source, "write it there, and nothing else",
				"holds a byte that cannot be part of it, at place %zu", i + 1);
	found.length -= skipped;
	result = ks_vault_keep(call, found.text + skipped, found.length, &found.text);
	if (result == KS_OK)
		*ret_found = found;
	return result;
}

struct ks_vault_source ks_vault_source_of(
	const struct ks_vault *vault, enum ks_vault_option file, enum ks_vault_option variable)
{
	return (struct ks_vault_source){
		.path = vault->options[file],
		.variable = vault->options[variable],
		.trust = vault->trust,
		.absent = KS_MISCONFIGURED,
	};
}
