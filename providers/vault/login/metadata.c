/* SPDX-License-Identifier: MIT */
#include "providers/vault/login/metadata.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	CONNECT_MS = 1000, /* it is on this machine's own host */
	ANSWER_MS = 3000   /* and may have to ask another for a token */
};

/* The unique local addresses that AWS has for metadata (fd00:ec2::/32). */
static bool is_of_ec2(const struct in6_addr *address)
{
	static const uint8_t prefix[] = {0xfd, 0x00, 0x0e, 0xc2};

	return memcmp(address->s6_addr, prefix, sizeof(prefix)) == 0;
}

/* `host` is as libcurl gives it: with brackets around an address of version 6. */
static bool is_near(const char *host)
{
	static const uint32_t link_local = 0xa9fe; /* 169.254.0.0/16 */
	struct in_addr address;
	struct in6_addr address6;
	char bare[INET6_ADDRSTRLEN];
	const size_t length = strlen(host);

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &address) == 1)
		return ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET || ntohl(address.s_addr) >> 16 == link_local;
	if (host[0] != '[' || length - 2 >= sizeof(bare))
		return false;
	memcpy(bare, host + 1, length - 2);
	bare[length - 2] = '\0';
	return inet_pton(AF_INET6, bare, &address6) == 1 && (IN6_IS_ADDR_LOOPBACK(&address6) || is_of_ec2(&address6));
}

static const char *check_parts(CURLU *url, const char *scheme, const char *host)
{
	char *user = NULL;

	if (curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_OK) {
		curl_free(user);
		return "holds a user";
	}
	if (strcmp(scheme, "https") == 0)
		return NULL;
	if (strcmp(scheme, "http") != 0)
		return "is neither https:// nor http://";
	return is_near(host) ? NULL
			     : "is http:// to a host that is not this one, where anybody on the way could read keys";
}

const char *ks_vault_metadata_check(const char *url)
{
	CURLU *parsed = curl_url();
	char *scheme = NULL, *host = NULL;
	const char *fault = "is no URL";

	if (parsed && curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
		curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		fault = check_parts(parsed, scheme, host);
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(parsed);
	return fault;
}

static struct ks_vault_http_request request_of(const struct ks_vault_metadata *metadata)
{
	struct ks_vault_http_request request = {
		.method = "GET", .url = metadata->url, .timeout_ms = ANSWER_MS, .connect_ms = CONNECT_MS};

	ks_vault_http_add(&request, metadata->name, metadata->value);
	return request;
}

/* Says where such a server would be. */
static enum ks_result advise(
	struct ks_vault_call *call, const struct ks_vault_metadata *metadata, enum ks_result result)
{
	char remedy[KS_REMEDY_MAX];

	if (result != KS_UNAVAILABLE)
		return result;
	(void)snprintf(remedy, sizeof(remedy),
		"see that this is a machine of %s, and its metadata are on, or use another auth=", metadata->cloud);
	return ks_vault_fail(call, result, call->failure.source, remedy, "%s", call->failure.reason);
}

enum ks_result ks_vault_metadata_word(
	struct ks_vault_call *call, const struct ks_vault_metadata *metadata, const char **ret_word)
{
	struct ks_vault_http_request request = request_of(metadata);
	const struct ks_vault_sent sent = {0};

	return advise(call, metadata, ks_vault_issuer_ask_word(call, &request, &sent, ret_word));
}

enum ks_result ks_vault_metadata_json(
	struct ks_vault_call *call, const struct ks_vault_metadata *metadata, json_t **ret_root)
{
	struct ks_vault_http_request request = request_of(metadata);
	const struct ks_vault_sent sent = {0};

	return advise(call, metadata, ks_vault_issuer_ask_json(call, &request, &sent, ret_root));
}
