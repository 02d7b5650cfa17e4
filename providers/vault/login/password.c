/* SPDX-License-Identifier: MIT */
#include "providers/vault/login/password.h"

#include <jansson.h>

#include "providers/vault/memory.h"
#include "providers/vault/source.h"
#include "providers/vault/text.h"

#define ALONE "write the password there, and nothing else"

size_t ks_vault_password_length(const char *text, size_t length)
{
	if (length > 0 && text[length - 1] == '\n') {
		length--;
		if (length > 0 && text[length - 1] == '\r')
			length--;
	}
	return length;
}

size_t ks_vault_password_control(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;

	for (size_t i = 0; i < length; i++) {
		if (bytes[i] < ' ' || bytes[i] == 0x7f)
			return i + 1;
		/* U+0080 to U+009F */
		if (bytes[i] == 0xc2 && i + 1 < length && bytes[i + 1] >= 0x80 && bytes[i + 1] < 0xa0)
			return i + 1;
	}
	return 0;
}

/* KS_OK where it is text that the login's JSON can hold. */
static enum ks_result check_encoding(struct ks_vault_call *call, const struct ks_vault_found *found)
{
	json_t *string = NULL;
	bool is_text = false;

	ks_vault_memory_forgive();
	string = json_stringn(found->text, found->length);
	is_text = string != NULL;
	json_decref(string);
	if (ks_vault_memory_failed())
		return ks_vault_fail_memory(call);
	return is_text ? KS_OK : ks_vault_fail(call, KS_MISCONFIGURED, found->source, ALONE, "is not UTF-8");
}

enum ks_result ks_vault_password_read(struct ks_vault_call *call, const char **ret_password)
{
	const struct ks_vault_source source =
		ks_vault_source_of(call->vault, KS_VAULT_PASSWORD_FILE, KS_VAULT_PASSWORD_VAR);
	struct ks_vault_found found = {0};
	enum ks_result result = ks_vault_source_read(call, &source, &found);
	size_t place = 0;

	if (result != KS_OK)
		return result;
	found.length = ks_vault_password_length(found.text, found.length);
	if (found.length == 0)
		return ks_vault_fail(call, KS_MISCONFIGURED, found.source, ALONE, "holds nothing but a line end");
	place = ks_vault_password_control(found.text, found.length);
	if (place > 0)
		return ks_vault_fail(call, KS_MISCONFIGURED, found.source, ALONE,
			"holds a control character, at place %zu", place);
	result = check_encoding(call, &found);
	if (result != KS_OK)
		return result;
	return ks_vault_keep(call, found.text, found.length, ret_password);
}
