/* SPDX-License-Identifier: MIT */
#include "providers/vault/text.h"

#include <stdarg.h>
#include <string.h>

#include "providers/vault/memory.h"

/* Bytes of all parts, and of the NUL. */
static size_t size_of(const char *first, va_list rest)
{
	size_t size = 1;

	for (const char *part = first; part; part = va_arg(rest, const char *))
		size += strlen(part);
	return size;
}

static void fill(char *text, const char *first, va_list rest)
{
	*text = '\0';
	for (const char *part = first; part; part = va_arg(rest, const char *))
		text = stpcpy(text, part);
}

char *ks_vault_join(const char *first, ...)
{
	va_list rest;
	char *text = NULL;

	va_start(rest, first);
	text = ks_vault_alloc(size_of(first, rest));
	va_end(rest);
	va_start(rest, first);
	if (text)
		fill(text, first, rest);
	va_end(rest);
	return text;
}

const char *ks_vault_text(struct ks_vault_call *call, const char *first, ...)
{
	va_list rest;
	char *text = NULL;

	va_start(rest, first);
	text = call->host->secret_alloc(call->host, size_of(first, rest));
	va_end(rest);
	va_start(rest, first);
	if (text)
		fill(text, first, rest);
	va_end(rest);
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
