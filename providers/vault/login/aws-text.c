/* SPDX-License-Identifier: MIT */
#include "providers/vault/login/aws-text.h"

#include <stdio.h>
#include <string.h>

#include "providers/vault/login/sigv4.h"
#include "providers/vault/text.h"

enum {
	TAG_MAX = 64 /* bytes of an element's tag */
};

static bool is_word(struct ks_vault_span span)
{
	return ks_vault_is_word(span.text, span.length);
}

bool ks_vault_aws_fit(const struct ks_vault_aws_spans *spans)
{
	return is_word(spans->access_key) && is_word(spans->secret_key) &&
	       spans->secret_key.length <= KS_VAULT_SIGV4_KEY_MAX &&
	       (!spans->session_token.text || is_word(spans->session_token));
}

bool ks_vault_aws_element(const char *text, const char *name, struct ks_vault_span *ret_span)
{
	char head[TAG_MAX], foot[TAG_MAX];
	const char *start = NULL, *end = NULL;

	(void)snprintf(head, sizeof(head), "<%s>", name);
	(void)snprintf(foot, sizeof(foot), "</%s>", name);
	start = strstr(text, head);
	if (!start)
		return false;
	start += strlen(head);
	end = strstr(start, foot);
	if (!end || strstr(start, head) || memchr(start, '<', (size_t)(end - start)) ||
		memchr(start, '&', (size_t)(end - start)))
		return false;
	*ret_span = (struct ks_vault_span){.text = start, .length = (size_t)(end - start)};
	return start < end;
}
