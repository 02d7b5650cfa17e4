/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdio.h>

#include "providers/vault/status.h"

#define INLINE_FAILED "failed to perform inline authentication: "

static const struct {
	long status;
	const char *said;
	bool passes, is_servers;
} cases[] = {
	{200, "", false, false},
	{400, "missing client token", false, false},
	{400, "Upgrading from non-versioned to versioned data. This backend will be unavailable", true, true},
	{403, "permission denied", false, false},
	{404, "", false, false},
	{405, "", false, false},
	{412, "required index state not present", true, true},
	{412, "missing \"X-Vault-Request\" header", false, false},
	{413, "", false, false},
	{429, "", true, true},
	{472, "", false, true},
	{500, "internal error", true, true},
	{500, INLINE_FAILED "connection refused", true, true},
	{500, INLINE_FAILED "cannot layer inline authentication with token authentication", false, false},
	{500, INLINE_FAILED "inline auth namespace was not found", false, false},
	{501, "", false, true},
	{502, "", true, true},
	{503, "Vault is sealed", true, true},
};

static void tells_what_passes(void **state)
{
	struct ks_vault_answer answer = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		answer.status = cases[i].status;
		(void)snprintf(answer.said, sizeof(answer.said), "%s", cases[i].said);
		if (ks_vault_status_is_transient(&answer) != cases[i].passes ||
			ks_vault_status_is_servers(&answer) != cases[i].is_servers)
			fail_msg("%ld %s: not %d %d", cases[i].status, cases[i].said, cases[i].passes,
				cases[i].is_servers);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
