/* SPDX-License-Identifier: MIT */
/*
 * login.so, for tests only: a stored login and nothing else, so that a request can miss its kinds, its payer and its
 * ceiling.
 */
#include <keystile/provider.h>

static int resolve_login(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	const struct ks_delivery delivery = {
		.size = sizeof(delivery),
		.kind = KS_KIND_STORED_LOGIN,
		.transports = KS_TRANSPORT_CLI,
		.source = "login",
	};

	(void)state;
	(void)request;
	return host->deliver(host, &delivery);
}

KS_PROVIDER("login", "1.0.0", "a stored login, for tests", 0, KS_TRANSPORT_CLI, KS_KIND_STORED_LOGIN, KS_NONE,
	KS_NONE, NULL, resolve_login, NULL)
