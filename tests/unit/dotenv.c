/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "providers/file/dotenv.h"

#define SIZED(text) text, sizeof(text) - 1

/* A text, and what KEY and URL are in it; NULL for not set. */
struct reading {
	const char *text;
	size_t length;
	const char *key, *url;
};

static int read_text(const char *text, size_t length, struct ks_dotenv_variable variables[2],
	struct ks_dotenv_fault *fault, char **ret_copy)
{
	/* memory that ends where the text may be changed, so that a sanitizer sees a byte too far */
	char *copy = malloc(length + 1);

	assert_non_null(copy);
	memcpy(copy, text, length);
	copy[length] = 'x';
	variables[0] = (struct ks_dotenv_variable){.name = "KEY"};
	variables[1] = (struct ks_dotenv_variable){.name = "URL"};
	*ret_copy = copy;
	return ks_dotenv_read(copy, length, variables, 2, fault);
}

static bool is_value(const struct ks_dotenv_variable *variable, const char *expected)
{
	if (!expected || !variable->value)
		return !expected && !variable->value;
	return strcmp(variable->value, expected) == 0 && variable->length == strlen(expected);
}

static void reads_what_such_files_hold(void **state)
{
	static const struct reading readings[] = {
		{SIZED(""), NULL, NULL},
		{SIZED("\n\n"), NULL, NULL},
		{SIZED("KEY=a"), "a", NULL},
		{SIZED("KEY=a\n"), "a", NULL},
		{SIZED("KEY=a\r\nURL=b\r\n"), "a", "b"},
		{SIZED("KEY=a\r"), "a", NULL},
		{SIZED("\r\n \t\r\nKEY=a"), "a", NULL},
		{SIZED("URL=b\nKEY=a"), "a", "b"},
		{SIZED("# KEY=x\n  # KEY=y\nKEY=a"), "a", NULL},
		{SIZED("export KEY=a\nexport\tURL = b"), "a", "b"},
		{SIZED("export=KEY\nexported=1"), NULL, NULL},
		{SIZED("  KEY  =  a  \n"), "a", NULL},
		{SIZED("KEY=\nURL="), "", ""},
		{SIZED("KEY= # nothing\nURL=# nothing"), "", ""},
		{SIZED("KEY=a # comment\nURL='b#c'"), "a", "b#c"},
		{SIZED("; KEY=x\nKEY=a\n;"), "a", NULL},
		{SIZED("OTHER=a#b\\c'd\nKEY=a"), "a", NULL},
		{SIZED("KEY=a b  c\n"), "a b  c", NULL},
		{SIZED("KEY=a=b==\n"), "a=b==", NULL},
		{SIZED("KEY='a'\nURL='b' # comment"), "a", "b"},
		{SIZED("KEY='$a \\n \"`#'"), "$a \\n \"`#", NULL},
		{SIZED("KEY=\"a\"\nURL=\"b\" "), "a", "b"},
		{SIZED("KEY=\"a\\n\\r\\t\\\"\\\\\\$'#\""), "a\n\r\t\"\\$'#", NULL},
		{SIZED("KEY=\"\"\nURL=''"), "", ""},
		{SIZED("KEY=\"a\nb\"\nURL='c\nd'\n"), "a\nb", "c\nd"},
		/* what looks like a line of its own inside another variable's quotes is none */
		{SIZED("PEM=\"x\nKEY=no\n\"\nKEY=a"), "a", NULL},
		{SIZED("PEM='x\nKEY=no\n'\nKEY=a"), "a", NULL},
		{SIZED("PEM=\"\\\"\nKEY=no\n\"\nKEY=a"), "a", NULL},
		{SIZED("PEM=\"\\\\\"\nKEY=a"), "a", NULL},
		/* what others ask for is theirs */
		{SIZED("OTHER=$HOME/`id`\nOTHER=again\nO.T-H_3=\"\\q\"\nKEY=a"), "a", NULL},
		{SIZED("KEYS=no\nXKEY=no\nKEY=a\nKE=no\nkey=no"), "a", NULL},
		{SIZED("KEY=\xc3\xa4\xff"), "\xc3\xa4\xff", NULL},
	};
	struct ks_dotenv_variable variables[2];
	struct ks_dotenv_fault fault = {0};
	char *copy = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(readings); i++) {
		const struct reading *reading = &readings[i];
		int r = read_text(reading->text, reading->length, variables, &fault, &copy);

		if (r != 0)
			fail_msg("%zu: line %u %s", i, fault.line, fault.reason);
		if (!is_value(&variables[0], reading->key) || !is_value(&variables[1], reading->url))
			fail_msg("%zu: KEY is '%s', URL is '%s'", i, variables[0].value, variables[1].value);
		free(copy);
	}
}

static void refuses_what_may_mean_something_else(void **state)
{
	static const struct refusal {
		const char *text;
		size_t length;
		unsigned line;
		const char *reason; /* a part of it */
	} refusals[] = {
		{SIZED("KEY"), 1, "no NAME=VALUE"},
		{SIZED("KEY=a\nsource other\n"), 2, "no NAME=VALUE"},
		{SIZED("KEY=a\n=b"), 2, "no NAME=VALUE"},
		{SIZED("1KEY=a"), 1, "no NAME=VALUE"},
		{SIZED("KEY+=a"), 1, "no NAME=VALUE"},
		{SIZED("KEY: a"), 1, "no NAME=VALUE"},
		{SIZED("export\nKEY=a"), 1, "no NAME=VALUE"},
		{SIZED("export KEY\n"), 1, "no NAME=VALUE"},
		{SIZED("{\"KEY\": \"a\"}"), 1, "no NAME=VALUE"},
		{SIZED("\xef\xbb\xbfKEY=a"), 1, "byte order mark"},
		{SIZED("A=1\nKEY=a\0b\n"), 2, "NUL"},
		{SIZED("\0"), 1, "NUL"},
		{SIZED("KEY=a\n\nKEY=a\n"), 3, "again"},
		{SIZED("URL=a\nURL="), 2, "again"},
		{SIZED("KEY=\nKEY=a"), 2, "again"},
		{SIZED("KEY='a"), 1, "nothing closes"},
		{SIZED("A=1\nKEY=\"a\nb\n"), 2, "nothing closes"},
		{SIZED("KEY=\"a\\\""), 1, "nothing closes"},
		{SIZED("KEY=\"a\\"), 1, "nothing closes"},
		{SIZED("OTHER='a\nKEY=a\n"), 1, "nothing closes"},
		{SIZED("KEY='a'b"), 1, "behind a closing quote"},
		{SIZED("KEY=\"a\" 'b'"), 1, "behind a closing quote"},
		{SIZED("A=\"x\ny\" z\nKEY=a"), 2, "behind a closing quote"},
		{SIZED("KEY=$OTHER"), 1, "nothing is expanded"},
		{SIZED("A=1\nKEY=\"a${OTHER}\""), 2, "nothing is expanded"},
		{SIZED("KEY=`cat key`"), 1, "nothing is expanded"},
		{SIZED("KEY=a#b"), 1, "no quotes enclose"},
		{SIZED("KEY=a\\nb"), 1, "no quotes enclose"},
		{SIZED("KEY=a''b"), 1, "no quotes enclose"},
		{SIZED("KEY=a\"b\""), 1, "no quotes enclose"},
		{SIZED("KEY=a\\\nURL=b"), 1, "ends with a backslash"},
		{SIZED("A=1\nOTHER=a \\\nKEY=b"), 2, "ends with a backslash"},
		{SIZED("URL=\"$(cat url)\"\nKEY=a"), 1, "nothing is expanded"},
		{SIZED("KEY=\"a\\q\""), 1, "no escape"},
		{SIZED("KEY=\"a\\\nb\""), 1, "no escape"},
	};
	struct ks_dotenv_variable variables[2];
	struct ks_dotenv_fault fault;
	char *copy = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *refusal = &refusals[i];

		fault = (struct ks_dotenv_fault){.reason = "accepted"};
		if (read_text(refusal->text, refusal->length, variables, &fault, &copy) != -EINVAL ||
			fault.line != refusal->line || !strstr(fault.reason, refusal->reason))
			fail_msg("%zu: line %u %s", i, fault.line, fault.reason);
		free(copy);
	}
}

static void knows_a_name(void **state)
{
	static const char *const good[] = {"A", "_", "ANTHROPIC_API_KEY", "a.b-c9"};
	static const char *const bad[] = {"", "9", ".a", "-a", "a b", "a=", "\xc3\xa4", "/a"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(ks_dotenv_is_name(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(ks_dotenv_is_name(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_such_files_hold),
		cmocka_unit_test(refuses_what_may_mean_something_else),
		cmocka_unit_test(knows_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
