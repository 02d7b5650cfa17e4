/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "providers/vault/login/aws-text.h"
#include "providers/vault/text.h"

/* Where in the file it is. */
struct reader {
	const char *profile;
	struct ks_vault_aws_spans spans;
	bool is_inside, was_found;
	bool has_option; /* that a line further to the right may continue */
	bool is_ours;    /* and may not, for it is one of the keys */
	size_t indent;   /* of that option */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct ks_vault_span trim(struct ks_vault_span span)
{
	while (span.length > 0 && is_blank(span.text[span.length - 1]))
		span.length--;
	while (span.length > 0 && is_blank(span.text[0])) {
		span.text++;
		span.length--;
	}
	return span;
}

static bool equals(struct ks_vault_span span, const char *word)
{
	return span.length == strlen(word) && memcmp(span.text, word, span.length) == 0;
}

/* Keys may be written in either case. */
static bool is_key(struct ks_vault_span span, const char *word)
{
	return span.length == strlen(word) && strncasecmp(span.text, word, span.length) == 0;
}

static bool begins_comment(char c)
{
	return c == '#' || c == ';';
}

/* A comment behind a value has a blank before it. */
static struct ks_vault_span without_comment(struct ks_vault_span span)
{
	for (size_t i = 1; i < span.length; i++) {
		if (begins_comment(span.text[i]) && is_blank(span.text[i - 1])) {
			span.length = i;
			break;
		}
	}
	return trim(span);
}

static int read_section(struct reader *reader, struct ks_vault_span line)
{
	const char *end = memchr(line.text, ']', line.length);
	struct ks_vault_span name = {.text = line.text + 1};

	reader->is_inside = false;
	reader->has_option = false;
	if (!end)
		return -EINVAL;
	name.length = (size_t)(end - name.text);
	if (!equals(trim(name), reader->profile))
		return 0;
	if (reader->was_found)
		return -EINVAL;
	reader->is_inside = true;
	reader->was_found = true;
	return 0;
}

static struct ks_vault_span *span_of(struct reader *reader, struct ks_vault_span key)
{
	if (is_key(key, "aws_access_key_id"))
		return &reader->spans.access_key;
	if (is_key(key, "aws_secret_access_key"))
		return &reader->spans.secret_key;
	if (is_key(key, "aws_session_token"))
		return &reader->spans.session_token;
	return NULL;
}

static int read_option(struct reader *reader, struct ks_vault_span line, size_t indent)
{
	const char *equal = memchr(line.text, '=', line.length);
	struct ks_vault_span key = {.text = line.text}, value = {0}, *span = NULL;

	reader->has_option = true;
	reader->indent = indent;
	reader->is_ours = false;
	if (!reader->is_inside)
		return 0;
	if (!equal)
		return -EINVAL;
	key.length = (size_t)(equal - line.text);
	span = span_of(reader, trim(key));
	if (!span)
		return 0;
	value.text = equal + 1;
	value.length = line.length - key.length - 1;
	value = without_comment(value);
	reader->is_ours = true;
	if (span->text || (value.length > 0 && !ks_vault_is_word(value.text, value.length)))
		return -EINVAL;
	*span = value;
	return 0;
}

static int read_line(struct reader *reader, struct ks_vault_span line)
{
	const struct ks_vault_span trimmed = trim(line);
	const size_t indent = (size_t)(trimmed.text - line.text);

	if (trimmed.length == 0 || begins_comment(trimmed.text[0]))
		return 0;
	if (reader->has_option && indent > reader->indent)
		return reader->is_inside && reader->is_ours ? -EINVAL : 0;
	if (trimmed.text[0] == '[')
		return read_section(reader, trimmed);
	return read_option(reader, trimmed, indent);
}

/* An empty value is none. */
static struct ks_vault_span or_none(struct ks_vault_span span)
{
	return span.length > 0 ? span : (struct ks_vault_span){0};
}

int ks_vault_aws_profile(const char *text, size_t length, const char *profile, struct ks_vault_aws_spans *ret_spans,
	unsigned *ret_line)
{
	struct reader reader = {.profile = profile};
	struct ks_vault_span line = {.text = text};
	const char *const end = text + length, *stop = NULL;
	unsigned number = 1;

	for (; line.text < end; line.text = stop + 1, number++) {
		stop = memchr(line.text, '\n', (size_t)(end - line.text));
		if (!stop)
			stop = end;
		line.length = (size_t)(stop - line.text);
		if (read_line(&reader, line) < 0) {
			*ret_line = number;
			return -EINVAL;
		}
	}
	if (!reader.was_found)
		return -ENOENT;
	ret_spans->access_key = or_none(reader.spans.access_key);
	ret_spans->secret_key = or_none(reader.spans.secret_key);
	ret_spans->session_token = or_none(reader.spans.session_token);
	return 0;
}
