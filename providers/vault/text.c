/* SPDX-License-Identifier: MIT */
#include "providers/vault/text.h"

#include <stdarg.h>
#include <string.h>

#include "providers/vault/memory.h"

/* In the host's memory, or without a call in the module's. */
static char *join(struct ks_vault_call *call, const char *first, va_list parts)
{
	va_list again;
	size_t size = 1;
	char *text = NULL, *end = NULL;

	va_copy(again, parts);
	for (const char *part = first; part; part = va_arg(parts, const char *))
		size += strlen(part);
	text = call ? call->host->secret_alloc(call->host, size) : ks_vault_alloc(size);
	end = text;
	for (const char *part = first; text && part; part = va_arg(again, const char *))
		end = stpcpy(end, part);
	va_end(again);
	return text;
}

char *ks_vault_join(const char *first, ...)
{
	va_list parts;
	char *text = NULL;

	va_start(parts, first);
	text = join(NULL, first, parts);
	va_end(parts);
	return text;
}

const char *ks_vault_text(struct ks_vault_call *call, const char *first, ...)
{
	va_list parts;
	const char *text = NULL;

	va_start(parts, first);
	text = join(call, first, parts);
	va_end(parts);
	return text;
}

enum ks_result ks_vault_keep(struct ks_vault_call *call, const char *text, size_t length, const char **ret_copy)
{
	char *copy = call->host->secret_alloc(call->host, length + 1);

	if (!copy)
		return ks_vault_fail_memory(call);
	memcpy(copy, text, length);
	copy[length] = '\0';
	*ret_copy = copy;
	return KS_OK;
}

bool ks_vault_is_word(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return length > 0;
}
