/* SPDX-License-Identifier: MIT */
#include "cli/json.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/text.h"

static void put_character(struct output *output, const char *text, size_t length)
{
	unsigned char c = (unsigned char)*text;

	if (length == 0)
		output_text(output, "\\ufffd"); /* what stands for a byte that is no text */
	else if (c == '"' || c == '\\') {
		output_text(output, "\\");
		output_bytes(output, text, 1);
	} else if (c == '\n')
		output_text(output, "\\n");
	else if (c == '\t')
		output_text(output, "\\t");
	else if (c < 0x20 || c == 0x7f)
		output_print(output, "\\u%04x", c);
	else
		output_bytes(output, text, length);
}

static void put_string(struct output *output, const char *text)
{
	size_t left = strlen(text);

	output_text(output, "\"");
	while (left > 0) {
		size_t length = ks_text_sequence(text, left), step = length ? length : 1;

		put_character(output, text, length);
		text += step;
		left -= step;
	}
	output_text(output, "\"");
}

/* What stands before a value: the comma and the key. */
static void begin(struct json *json, const char *key)
{
	if (json->comma)
		output_text(json->output, ",");
	if (key) {
		put_string(json->output, key);
		output_text(json->output, ":");
	}
	json->comma = true;
}

void json_object(struct json *json, const char *key)
{
	begin(json, key);
	output_text(json->output, "{");
	json->comma = false;
}

void json_object_end(struct json *json)
{
	output_text(json->output, "}");
	json->comma = true;
}

void json_array(struct json *json, const char *key)
{
	begin(json, key);
	output_text(json->output, "[");
	json->comma = false;
}

void json_array_end(struct json *json)
{
	output_text(json->output, "]");
	json->comma = true;
}

void json_string(struct json *json, const char *key, const char *value)
{
	begin(json, key);
	if (value)
		put_string(json->output, value);
	else
		output_text(json->output, "null");
}

void json_number(struct json *json, const char *key, int64_t value)
{
	begin(json, key);
	output_print(json->output, "%lld", (long long)value);
}

void json_milliseconds(struct json *json, const char *key, int64_t microseconds)
{
	begin(json, key);
	if (microseconds < 0)
		microseconds = 0;
	output_print(json->output, "%lld.%03lld", (long long)(microseconds / 1000), (long long)(microseconds % 1000));
}

void json_boolean(struct json *json, const char *key, bool value)
{
	begin(json, key);
	output_text(json->output, value ? "true" : "false");
}

void json_time_text(int64_t seconds, char text[TIME_TEXT_MAX])
{
	time_t time = (time_t)seconds;
	struct tm parts;

	if (!gmtime_r(&time, &parts) || strftime(text, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		snprintf(text, TIME_TEXT_MAX, "9999-12-31T23:59:59Z");
}

void json_time(struct json *json, const char *key, int64_t seconds)
{
	char text[TIME_TEXT_MAX];

	if (seconds == 0) {
		json_string(json, key, NULL);
		return;
	}
	json_time_text(seconds, text);
	json_string(json, key, text);
}

void json_finish(struct json *json)
{
	output_text(json->output, "\n");
}
