/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "providers/vault/mount.h"

/* What is left of the path, and how long its mount is; NULL where they do not fit. */
static const struct {
	const char *path, *mount, *rest;
	size_t length;
} cases[] = {
	{"ai/claude", "ai/", "claude", 2},
	{"ai/claude", "ai", "claude", 2},
	{"ai/claude", "ai//", "claude", 2},
	{"ai/team/claude", "ai/", "team/claude", 2},
	{"ai/team/claude", "ai/team/", "claude", 7},
	{"ai/", "ai/", "", 2},
	{"a/b", "a/", "b", 1},
	/* the server says it with its namespaces before it */
	{"ai/claude", "ns/ai/", "claude", 2},
	{"ai/claude", "ns/of/more/ai/", "claude", 2},
	{"ai/team/claude", "ns/ai/team/", "claude", 7},
	{"ai/ai/claude", "ai/ai/", "claude", 5},
	{"ai/claude", "ai/ai/", "claude", 2},
	{"ai/claude", "/ai/", "claude", 2},
	/* another one */
	{"ai/claude", "a/", NULL, 0},
	{"ai/claude", "ai2/", NULL, 0},
	{"ai2/claude", "ai/", NULL, 0},
	{"ai", "ai/", NULL, 0},
	{"ai/claude", "ns/xai/", NULL, 0},
	{"ai/claude", "ai/other/", NULL, 0},
	{"ai/claude", "ai/claude/", NULL, 0},
	{"ai/claude", "", NULL, 0},
	{"ai/claude", "/", NULL, 0},
	{"/claude", "/", NULL, 0},
	{"ai/claude", "//", NULL, 0},
	{"ai/claude", NULL, NULL, 0},
};

static void finds_where_it_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t length = 0;
		const char *rest = ks_vault_mount_split(cases[i].path, cases[i].mount, &length);

		if (!rest != !cases[i].rest || length != cases[i].length)
			fail_msg("row %zu: %s, %zu", i, rest ? rest : "(none)", length);
		if (rest)
			assert_string_equal(rest, cases[i].rest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_where_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
