/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "providers/vault/login/wrapping.h"

#define NONE NULL

static const struct {
	const char *path, *name_space, *mount, *role;
	bool fits;
} cases[] = {
	{"auth/approle/role/job/secret-id", NONE, "approle", "job", true},
	{"auth/approle/role/job/secret-id", NONE, "approle", NONE, true},
	{"auth/of/two/role/job/secret-id", NONE, "of/two", "job", true},
	{"auth/of/two/role/job/secret-id", NONE, "of/two/", "job", true},
	{"auth/role/role/role/secret-id", NONE, "role", "role", true},
	/* the namespace may stand before it, once */
	{"auth/approle/role/job/secret-id", "team/a", "approle", "job", true},
	{"team/a/auth/approle/role/job/secret-id", "team/a", "approle", "job", true},
	{"team/a/auth/approle/role/job/secret-id", "team/a/", "approle", NONE, true},
	{"auth/auth/approle/role/job/secret-id", "auth", "approle", "job", true},
	{"team/a/team/a/auth/approle/role/job/secret-id", "team/a", "approle", "job", false},
	{"team/b/auth/approle/role/job/secret-id", "team/a", "approle", "job", false},
	{"team/auth/approle/role/job/secret-id", "team/a", "approle", "job", false},
	{"team/ab/auth/approle/role/job/secret-id", "team/a", "approle", "job", false},
	{"team/a/auth/approle/role/job/secret-id", NONE, "approle", "job", false},
	/* what is not ours, or no secret id */
	{"auth/approle/role/other/secret-id", NONE, "approle", "job", false},
	{"auth/approle/role/job2/secret-id", NONE, "approle", "job", false},
	{"auth/approle-role/job/secret-id", NONE, "approle", "job", false},
	{"auth/approle2/role/job/secret-id", NONE, "approle", "job", false},
	{"auth/approle/role/job/secret-id", NONE, "approle2", "job", false},
	{"auth/approle/role/job/secret-id/lookup", NONE, "approle", "job", false},
	{"auth/approle/role/job/secret-id2", NONE, "approle", "job", false},
	{"auth/approle/role/job/role-id", NONE, "approle", "job", false},
	{"auth/approle/role/job", NONE, "approle", NONE, false},
	{"auth/approle/role/job/", NONE, "approle", NONE, false},
	{"auth/approle/role//secret-id", NONE, "approle", NONE, false},
	{"auth/approle/role/a/b/secret-id", NONE, "approle", NONE, false},
	{"auth/approle/role/secret-id", NONE, "approle", NONE, false},
	{"/auth/approle/role/job/secret-id", NONE, "approle", "job", false},
	{"Auth/approle/role/job/secret-id", NONE, "approle", "job", false},
	{"sys/wrapping/wrap", NONE, "approle", NONE, false},
	{"auth", NONE, "approle", NONE, false},
	{"", NONE, "approle", NONE, false},
};

static void fits_the_login(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (ks_vault_wrapping_fits(cases[i].path, cases[i].name_space, cases[i].mount, cases[i].role) !=
			cases[i].fits)
			fail_msg("%s, of %s %s: not %d", cases[i].path, cases[i].mount,
				cases[i].role ? cases[i].role : "(any)", cases[i].fits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits_the_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
