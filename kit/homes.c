/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "kit/ask.h"
#include "kit/checks.h"

/* `home` is the worker's: what is here is asked first. */
void check_homes(const struct kit *kit, const struct home *home)
{
	static const struct home caller = {.name = "caller", .isolate = "none", .is_here = true};
	struct ks_context *here = open_home(&caller), *there = open_home(home);
	const struct answer first = ask(here, ASK_TIMEOUT_MS), second = ask(there, ASK_TIMEOUT_MS);

	(void)kit;
	if (first.result != second.result)
		broken(RULE_HOMES, "it comes to %s in the caller, and to %s in a worker",
			ks_result_name(first.result), ks_result_name(second.result));
	if (first.kind != second.kind || strcmp(first.source, second.source) != 0)
		broken(RULE_HOMES, "it delivers one credential in the caller, and another one in a worker");
	(void)ks_close(there);
	(void)ks_close(here);
}
