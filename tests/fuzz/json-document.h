/* SPDX-License-Identifier: MIT */
/*
 * A JSON document for the targets that read one: in memory that ends where it ends, its tokens too.
 */
#ifndef KEYSTILE_TESTS_FUZZ_JSON_DOCUMENT_H
#define KEYSTILE_TESTS_FUZZ_JSON_DOCUMENT_H

#include <errno.h>
#include <stdlib.h>

#include "fuzz.h"
#include "providers/support/json.h"

struct document {
	char *text;
	void *tokens;
	struct ks_json json;
};

static inline void document_close(struct document *document)
{
	free(document->text);
	free(document->tokens);
}

/* Whether the text was accepted; a refusal is checked, and told. document_close() in both cases. */
static inline bool document_open(struct document *document, const char *text, size_t length, unsigned flags)
{
	const size_t token_size = ks_json_token_size(text, length);
	const char *reason = NULL;
	size_t offset = 0;
	int r = 0;

	document->text = fuzz_block(text, length);
	document->tokens = fuzz_block(NULL, token_size);
	r = ks_json_parse(
		&document->json, document->text, length, document->tokens, token_size, flags, &offset, &reason);
	if (r == 0)
		return true;
	PROPERTY(r == -EINVAL && offset <= length);
	fuzz_tell("%zu: ", offset);
	fuzz_reason(reason);
	return false;
}

#endif
