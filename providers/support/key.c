/* SPDX-License-Identifier: MIT */
#include "providers/support/key.h"

#include <string.h>

const char *ks_key_init(struct ks_key *key, const char *kind, const char *base_url, const char *workspace)
{
	key->kind = kind && strcmp(kind, "gateway-token") == 0 ? KS_KIND_GATEWAY_TOKEN : KS_KIND_API_KEY;
	key->base_url = base_url;
	key->workspace = workspace;
	return workspace && key->kind != KS_KIND_API_KEY ? "is for kind=api-key alone" : NULL;
}

int ks_key_deliver(const struct ks_key *key, const struct ks_host *host, const char *secret, size_t length,
	const char *source, const char *base_url)
{
	const struct ks_attribute workspace = {.name = KS_ATTRIBUTE_WORKSPACE, .value = key->workspace};
	const struct ks_delivery delivery = {
		.size = sizeof(delivery),
		.kind = key->kind,
		.transports = KS_TRANSPORT_API | KS_TRANSPORT_CLI,
		.attributes = &workspace,
		.attribute_count = key->workspace != NULL,
		.attribute_stride = sizeof(workspace),
		.secret = secret,
		.secret_length = length,
		.source = source,
		.base_url = key->base_url ? key->base_url : base_url,
	};

	return host->deliver(host, &delivery);
}
