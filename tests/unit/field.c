/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>

#include "providers/file/field.h"

static const char document[] =
	"{\"foo\": [\"bar\", \"baz\"], \"\": \"empty\", \"a/b\": \"slash\", \"m~n\": \"tilde\", "
	"\"~1\": \"escaped\", \"x\": {\"y\": {\"z\": \"deep\"}, \"0\": \"digit\"}, \"n\": null, "
	"\"list\": [[\"one\", [\"two\"]]], \"\\u00e4\": \"umlaut\"}";

/* What a field means in a document; "(none)" where there is no such string. */
static void check(const char *text, const char *field, const char *expected)
{
	const size_t length = strlen(text), token_size = ks_json_token_size(text, length);
	char *copy = strdup(text);
	void *tokens = malloc(token_size);
	const char *reason = NULL, *found = NULL;
	struct ks_json json;
	size_t offset = 0;

	assert_non_null(copy);
	assert_non_null(tokens);
	assert_int_equal(ks_json_parse(&json, copy, length, tokens, token_size, 0, &offset, &reason), 0);
	found = ks_json_string(&json, ks_field_find(&json, field), NULL);
	if (strcmp(found ? found : "(none)", expected) != 0)
		fail_msg("%s: %s, not %s", field, found ? found : "(none)", expected);
	free(tokens);
	free(copy);
}

static void finds_members_and_pointers(void **state)
{
	static const char *const cases[][2] = {
		{"a/b", "slash"},
		{"m~n", "tilde"},
		{"~1", "escaped"},
		{"\xc3\xa4", "umlaut"},
		{"foo", "(none)"},
		{"x.y", "(none)"},
		{"y", "(none)"},
		{"/foo/0", "bar"},
		{"/foo/1", "baz"},
		{"/foo/2", "(none)"},
		{"/foo/-", "(none)"},
		{"/foo/01", "(none)"},
		{"/foo/1000000", "(none)"},
		{"/foo/", "(none)"},
		{"/foo/0/0", "(none)"},
		{"/", "empty"},
		{"/a~1b", "slash"},
		{"/a/b", "(none)"},
		{"/m~0n", "tilde"},
		{"/~01", "escaped"},
		{"/x/y/z", "deep"},
		{"/x/0", "digit"},
		{"/x/y/z/", "(none)"},
		{"/x/y", "(none)"},
		{"/x/ye", "(none)"},
		{"/xx", "(none)"},
		{"/n", "(none)"},
		{"/list/0/0", "one"},
		{"/list/0/1/0", "two"},
		{"/list/0/1/1", "(none)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(document, cases[i][0], cases[i][1]);
}

static void finds_nothing_where_there_are_no_members(void **state)
{
	(void)state;
	check("\"text\"", "text", "(none)");
	check("[\"a\"]", "0", "(none)");
	check("[\"a\"]", "/0", "a");
	check("{}", "/", "(none)");
	check("null", "/a", "(none)");
}

static void checks_a_pointers_escapes(void **state)
{
	(void)state;
	assert_true(ks_field_check("a~b"));
	assert_true(ks_field_check("/a~0b~1"));
	assert_false(ks_field_check("/a~b"));
	assert_false(ks_field_check("/a~0~"));
	assert_false(ks_field_check("/~2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_members_and_pointers),
		cmocka_unit_test(finds_nothing_where_there_are_no_members),
		cmocka_unit_test(checks_a_pointers_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
