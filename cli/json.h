/* SPDX-License-Identifier: MIT */
/*
 * A small writer of JSON. `key` is NULL inside an array and for the top value. Nothing here can fail but the output.
 */
#ifndef KEYSTILE_CLI_JSON_H
#define KEYSTILE_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/output.h"

struct json {
	struct output *output;
	bool comma; /* a value stands before this place */
};

void json_object(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *key);
void json_array_end(struct json *json);

void json_string(struct json *json, const char *key, const char *value); /* NULL gives null */
void json_number(struct json *json, const char *key, int64_t value);
void json_milliseconds(struct json *json, const char *key, int64_t microseconds);
void json_boolean(struct json *json, const char *key, bool value);
void json_time(struct json *json, const char *key, int64_t seconds); /* RFC 3339 in UTC; 0 gives null */

/* A whole document's end: a newline. */
void json_finish(struct json *json);

enum {
	TIME_TEXT_MAX = 40
};

/* "2026-11-20T12:00:00Z" */
void json_time_text(int64_t seconds, char text[TIME_TEXT_MAX]);

#endif
