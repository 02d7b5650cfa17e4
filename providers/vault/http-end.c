/* SPDX-License-Identifier: MIT */
#include "providers/vault/http-end.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "providers/vault/address.h"
#include "providers/vault/memory.h"

/* Whether a byte of the request may have left. */
static bool was_sent(CURL *handle)
{
	long size = 0;

	return curl_easy_getinfo(handle, CURLINFO_REQUEST_SIZE, &size) != CURLE_OK || size > 0;
}

/* A handshake fails by the network's fault or by the server's; libcurl has one number for both. */
static bool is_of_tls(const char *error)
{
	return strstr(error, "SSL routines") && !strstr(error, "unexpected eof");
}

/* With TLS 1.3 a client learns only from what it reads that its certificate was not taken. */
static bool is_alert(const char *error)
{
	return is_of_tls(error) && strstr(error, "alert");
}

enum {
	REDIRECTS = 300 /* the first status that is no success (RFC 9110, 15) */
};

/* Whether a proxy answered that it makes no connection. */
static bool stopped_at_proxy(CURL *handle)
{
	long status = 0;

	return curl_easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, &status) == CURLE_OK && status >= REDIRECTS;
}

/*
 * Whether it ended before an HTTP proxy had answered: all that was said until then was said to the proxy. A
 * connection that is used again has its tunnel, and no answer to another CONNECT. What SOCKS says has results of its
 * own.
 */
static bool is_before_tunnel(CURL *handle, const char *proxy)
{
	long status = 0, connections = 0;

	return proxy && strncasecmp(proxy, "http", strlen("http")) == 0 &&
	       curl_easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, &status) == CURLE_OK && status == 0 &&
	       curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &connections) == CURLE_OK &&
	       (connections > 0 || !was_sent(handle));
}

/* The same where it makes no difference who did it. */
static enum ks_vault_http_end end_of(CURL *handle, CURLcode code, const char *error)
{
	switch (code) {
	case CURLE_OK:
		return KS_VAULT_HTTP_ANSWERED;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return KS_VAULT_HTTP_UNTRUSTED;
	case CURLE_SSL_CONNECT_ERROR:
		return is_of_tls(error) ? KS_VAULT_HTTP_UNTRUSTED : KS_VAULT_HTTP_UNSENT;
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		return KS_VAULT_HTTP_UNUSABLE;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
		return KS_VAULT_HTTP_UNSENT;
	case CURLE_RECV_ERROR:
		if (is_alert(error))
			return KS_VAULT_HTTP_UNTRUSTED;
		if (stopped_at_proxy(handle))
			return KS_VAULT_HTTP_UNSENT;
		return was_sent(handle) ? KS_VAULT_HTTP_UNCLEAR : KS_VAULT_HTTP_UNSENT;
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_ERROR:
		return was_sent(handle) ? KS_VAULT_HTTP_UNCLEAR : KS_VAULT_HTTP_UNSENT;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, and what has no head at all */
	case CURLE_BAD_CONTENT_ENCODING:
		return KS_VAULT_HTTP_SENSELESS;
	case CURLE_OUT_OF_MEMORY: /* and a line that is longer than libcurl takes */
		return was_sent(handle) && !ks_vault_memory_failed() ? KS_VAULT_HTTP_SENSELESS : KS_VAULT_HTTP_ERROR;
	default:
		return KS_VAULT_HTTP_ERROR;
	}
}

enum ks_vault_http_end ks_vault_http_end_of(CURL *handle, CURLcode code, const char *error, const char *proxy)
{
	const enum ks_vault_http_end end = end_of(handle, code, error);

	if (end == KS_VAULT_HTTP_ANSWERED || !is_before_tunnel(handle, proxy))
		return end;
	if (end == KS_VAULT_HTTP_UNTRUSTED)
		return KS_VAULT_HTTP_UNTRUSTED_PROXY;
	return end == KS_VAULT_HTTP_UNCLEAR || end == KS_VAULT_HTTP_SENSELESS ? KS_VAULT_HTTP_UNSENT : end;
}

/* The system's word for what went wrong, or libcurl's. */
static const char *detail_of(CURL *handle, CURLcode code)
{
	long number = 0;

	if (curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &number) == CURLE_OK && number != 0)
		return strerrordesc_np((int)number);
	return curl_easy_strerror(code);
}

/* Whether it is the proxy's fault, and then what it did. Its URL is not told: it may hold a password. */
static bool explain_proxy(
	CURL *handle, CURLcode code, const char *error, const char *proxy, char reason[KS_VAULT_HTTP_REASON_MAX])
{
	const char *what = "broke the connection off", *detail = "";
	char *host = NULL;

	if (!proxy)
		return false;
	if (stopped_at_proxy(handle)) {
		what = "makes no connection";
	} else if (code == CURLE_PROXY) {
		what = "makes no connection: ";
		detail = error;
	} else if (code == CURLE_COULDNT_RESOLVE_PROXY) {
		what = "has no address that is known";
	} else if (code == CURLE_COULDNT_CONNECT) {
		what = "cannot be connected to: ";
		detail = detail_of(handle, code);
	} else if (!is_before_tunnel(handle, proxy) || code == CURLE_OUT_OF_MEMORY) {
		return false;
	} else if (code == CURLE_OPERATION_TIMEDOUT) {
		what = "did not answer in time";
	} else if (is_of_tls(error) || code == CURLE_PEER_FAILED_VERIFICATION) {
		what = "cannot be trusted: ";
		detail = error[0] ? error : curl_easy_strerror(code);
	}
	host = ks_vault_address_host(proxy);
	(void)snprintf(reason, KS_VAULT_HTTP_REASON_MAX, "cannot be reached: the proxy %s%s%s%s", host ? host : "",
		host ? " " : "", what, detail);
	ks_vault_free(host);
	return true;
}

/* What libcurl says itself has times in it, which differ each time. */
void ks_vault_http_explain(
	CURL *handle, CURLcode code, const char *error, const char *proxy, char reason[KS_VAULT_HTTP_REASON_MAX])
{
	const char *beginning = NULL, *detail = "";

	if (explain_proxy(handle, code, error, proxy, reason))
		return;
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		beginning = "cannot be reached: no address of its host is known";
		break;
	case CURLE_OPERATION_TIMEDOUT:
		beginning = was_sent(handle) ? "did not answer in time" : "could not be connected to in time";
		break;
	case CURLE_GOT_NOTHING:
		beginning = "closed the connection without an answer";
		break;
	case CURLE_PARTIAL_FILE:
		beginning = "cut its answer short";
		break;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_BAD_CONTENT_ENCODING:
		beginning = "sent what is no answer in HTTP";
		break;
	case CURLE_OUT_OF_MEMORY:
		beginning = "sent an answer that is too long";
		break;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		beginning = is_alert(error) ? "broke off: " : "broke the connection off: ";
		detail = is_alert(error) ? error : detail_of(handle, code);
		break;
	case CURLE_COULDNT_CONNECT:
		beginning = "cannot be reached: ";
		detail = detail_of(handle, code);
		break;
	default:
		beginning = is_of_tls(error) || code == CURLE_PEER_FAILED_VERIFICATION ? "cannot be trusted: "
										       : "cannot be asked: ";
		detail = error[0] ? error : curl_easy_strerror(code);
		break;
	}
	(void)snprintf(reason, KS_VAULT_HTTP_REASON_MAX, "%s%s", beginning, detail);
}
