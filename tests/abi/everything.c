/* SPDX-License-Identifier: MIT */
/*
 * A module that uses all that provider.h offers, for test_headers.py: as C and as C++, with every warning on.
 */
#include <keystile/provider.h>

/* Eight of these make a note longer than the 4095 bytes that a compiler of C must take for one string. */
#define LINE "a line of 64 bytes, as help for whoever writes a configuration; "
#define HELP LINE LINE LINE LINE LINE LINE LINE LINE

#define OPTIONS(X)                                                                                                   \
	X("string", STRING, REQUIRED, "", HELP)                                                                      \
	X("choice", CHOICE, OPTIONAL, "first|second", HELP)                                                          \
	X("path", PATH, OPTIONAL, "/dev/null", HELP)                                                                 \
	X("url", URL, OPTIONAL, "", HELP)                                                                            \
	X("variable", VARIABLE, OPTIONAL, "HOME", HELP)                                                              \
	X("number", NUMBER, OPTIONAL, "3", HELP)                                                                     \
	X("duration", DURATION, OPTIONAL, "3s", HELP)                                                                \
	X("name", NAME, OPTIONAL, "", HELP)
#define ENVIRONMENT(X) X("HOME") X("PATH")

enum {
	STRING,
	CHOICE,
	OPTION_COUNT = 8
};

static char state_of_all;

static int open_all(const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	int index = CHOICE;

	for (uint32_t i = 0; i < OPTION_COUNT; i++)
		if (KS_SETTING(settings, stride, i) && KS_SETTING(settings, stride, i)[0] == '\0')
			return host->bad_option(host, i, "is empty");
	if (!KS_SETTING(settings, stride, STRING) || !KS_SETTING(settings, stride, index))
		return KS_ERROR;
	*ret_state = &state_of_all;
	return KS_OK;
}

static int deliver_all(const struct ks_host *host, uint32_t transports)
{
	struct ks_attribute attributes[2];
	struct ks_delivery delivery;

	if (!KS_HAS(host, secret_alloc) || !host->secret_alloc(host, KS_SECRET_MAX))
		return host->fail(host, KS_ERROR, "memory", "cannot be had", NULL);
	attributes[0].name = KS_ATTRIBUTE_WORKSPACE;
	attributes[0].value = "workspace";
	attributes[1].name = KS_ATTRIBUTE_CONFIG_DIR;
	attributes[1].value = "/";
	delivery.size = sizeof(delivery);
	delivery.kind = KS_KIND_API_KEY;
	delivery.transports = transports;
	delivery.attribute_count = 2;
	delivery.attribute_stride = sizeof(attributes[0]);
	delivery.reserved = 0;
	delivery.attributes = attributes;
	delivery.secret = "CANARY";
	delivery.secret_length = sizeof("CANARY") - 1;
	delivery.expires_at = delivery.refresh_at = 0;
	delivery.source = "everything";
	delivery.base_url = NULL;
	return host->deliver(host, &delivery);
}

static int resolve_all(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	const char *value = NULL, *path = NULL, *reason = NULL;
	int fd = -1;

	if (state != &state_of_all || !KS_HAS(request, deadline) || host->abi_major != KS_ABI_MAJOR)
		return KS_ERROR;
	if (request->flags & KS_PROVIDER_FRESH)
		host->log(host, KS_LOG_DEBUG, "fresh");
	if (host->getenv(host, "HOME", &value) < 0 || host->full_path(host, "~/", &path, &reason) < 0)
		host->log(host, KS_LOG_WARNING, reason);
	if (host->open_private(host, "/dev/null", KS_TRUST_PRIVATE, &fd, &reason) < 0)
		return host->fail(host, KS_DENIED, "/dev/null", reason, "use another");
	return host->time_left(host) > 0 ? deliver_all(host, request->transports)
					 : host->fail(host, KS_UNAVAILABLE, "time", "is over", "");
}

static void close_all(void *state)
{
	(void)state;
}

KS_PROVIDER("everything", "1.0.0", "uses all of the interface", KS_PROVIDER_REENTRANT,
	KS_TRANSPORT_API | KS_TRANSPORT_CLI, KS_KIND_API_KEY | KS_KIND_GATEWAY_TOKEN, OPTIONS, ENVIRONMENT, open_all,
	resolve_all, close_all)
