/* SPDX-License-Identifier: MIT */
/*
 * The smallest module there can be, for test_headers.py: no option, no variable, no state.
 */
#include <keystile/provider.h>

static int resolve_nothing(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	(void)state;
	(void)request;
	return host->fail(host, KS_NOT_CONFIGURED, "nothing", "is here", "");
}

KS_PROVIDER("nothing", "1.0.0", "never has anything", 0, KS_TRANSPORT_API, KS_KIND_API_KEY, KS_NONE, KS_NONE, NULL,
	resolve_nothing, NULL)
