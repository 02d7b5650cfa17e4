/* SPDX-License-Identifier: MIT */
#include "providers/vault/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "providers/vault/address.h"
#include "providers/vault/http-end.h"
#include "providers/vault/memory.h"
#include "providers/vault/text.h"

#define NO_MEMORY "cannot be asked: out of memory"

enum {
	ROOM_MIN = 4096 /* bytes that a body begins with: most need no more */
};

struct ks_vault_http {
	CURL *handle;
	char error[CURL_ERROR_SIZE];
};

/* One exchange. */
struct exchange {
	const struct ks_vault_http_request *request;
	struct ks_vault_http_reply *reply;
	struct curl_slist *headers, *connect_to;
	char *url;
	size_t room, heads;
	bool too_long, no_memory;
	int lack; /* errno for want of what a socket takes, or 0 */
};

void ks_vault_http_add(struct ks_vault_http_request *request, const char *name, const char *value)
{
	if (request->header_count < KS_VAULT_HEADERS_MAX)
		request->headers[request->header_count] = (struct ks_vault_http_header){.name = name, .value = value};
	request->header_count++;
}

void ks_vault_http_finish(struct ks_vault_http_reply *reply)
{
	ks_vault_free(reply->body);
	ks_vault_free(reply->location);
	ks_vault_free(reply->retry_after);
	ks_vault_free(reply->index);
	ks_vault_free(reply->inline_failed);
	*reply = (struct ks_vault_http_reply){0};
}

/* Gives the body room for `size` more bytes and a NUL. */
static bool grow(struct exchange *exchange, size_t size)
{
	struct ks_vault_http_reply *reply = exchange->reply;
	size_t room = exchange->room ? exchange->room : ROOM_MIN;
	char *larger = NULL;

	while (room < reply->length + size + 1)
		room *= 2;
	if (room == exchange->room)
		return true;
	larger = ks_vault_alloc(room);
	if (!larger)
		return false;
	if (reply->body)
		memcpy(larger, reply->body, reply->length);
	ks_vault_free(reply->body);
	reply->body = larger;
	exchange->room = room;
	return true;
}

/* Any return value but `size` has libcurl give up. */
static size_t take_body(char *bytes, size_t one, size_t size, void *data)
{
	struct exchange *exchange = data;
	struct ks_vault_http_reply *reply = exchange->reply;

	exchange->too_long = size > KS_VAULT_BODY_MAX - reply->length;
	exchange->no_memory = !exchange->too_long && !grow(exchange, size);
	if (exchange->too_long || exchange->no_memory)
		return size + one;
	memcpy(reply->body + reply->length, bytes, size);
	reply->length += size;
	reply->body[reply->length] = '\0';
	return size;
}

static size_t count_head(const char *bytes, size_t one, size_t size, void *data)
{
	struct exchange *exchange = data;

	(void)bytes;
	exchange->heads += size;
	exchange->too_long = exchange->heads > KS_VAULT_HEADS_MAX;
	return exchange->too_long ? size + one : size;
}

/* Closed on exec, which libcurl's own are not; and it would take the lack of descriptors for the server's fault. */
static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct exchange *exchange = data;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

	(void)purpose;
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
		exchange->lack = errno;
	return fd;
}

static bool append(struct curl_slist **list, char *line)
{
	struct curl_slist *longer = line ? curl_slist_append(*list, line) : NULL;

	ks_vault_free(line);
	if (longer)
		*list = longer;
	return longer != NULL;
}

/* An empty value needs a semicolon in the colon's place (curl_easy_setopt(3)); one without a value takes it out. */
static bool make_headers(struct exchange *exchange)
{
	const struct ks_vault_http_request *request = exchange->request;
	bool ok =
		request->header_count <= KS_VAULT_HEADERS_MAX && append(&exchange->headers, ks_vault_copy("Expect:"));

	for (unsigned i = 0; ok && i < request->header_count; i++)
		ok = append(&exchange->headers,
			ks_vault_join(request->headers[i].name, request->headers[i].value[0] ? ": " : ";",
				request->headers[i].value, NULL));
	return ok;
}

/*
 * TLS takes the name from the URL. So where the server's certificate has another, that name is put there, and the
 * connection and the Host header go where the URL went.
 */
static bool rename_host(struct exchange *exchange)
{
	const struct ks_vault_http_request *request = exchange->request;
	CURLU *url = curl_url();
	char *host = ks_vault_address_host(request->url), *port = NULL, *name = NULL, *text = NULL;
	bool ok = false;

	if (!url || !host || curl_url_set(url, CURLUPART_URL, request->url, 0) != CURLUE_OK ||
		curl_url_get(url, CURLUPART_HOST, &name, 0) != CURLUE_OK ||
		curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
		curl_url_set(url, CURLUPART_HOST, request->server_name, 0) != CURLUE_OK ||
		curl_url_get(url, CURLUPART_URL, &text, 0) != CURLUE_OK)
		goto out;
	exchange->url = ks_vault_copy(text);
	ok = exchange->url && append(&exchange->headers, ks_vault_join("Host: ", host, NULL)) &&
	     (request->route || append(&exchange->connect_to, ks_vault_join("::", name, ":", port, NULL)));
out:
	curl_free(text);
	curl_free(name);
	curl_free(port);
	ks_vault_free(host);
	curl_url_cleanup(url);
	return ok;
}

#define SET(handle, option, value) (curl_easy_setopt(handle, option, value) == CURLE_OK)

static bool set_blob(CURL *handle, CURLoption option, const char *text)
{
	struct curl_blob blob = {.len = strlen(text), .flags = CURL_BLOB_COPY};

	/* the library takes a copy, and reads alone */
	blob.data = (void *)(uintptr_t)text;
	return curl_easy_setopt(handle, option, &blob) == CURLE_OK;
}

/* Without a bundle of its own, and without a folder, it is what libcurl was built for. */
static bool set_trust(CURL *handle, const struct ks_vault_http_request *request, CURLoption blob, CURLoption file,
	CURLoption folder)
{
	if (request->ca)
		return set_blob(handle, blob, request->ca) && SET(handle, folder, NULL);
	return !request->ca_folder || (SET(handle, file, NULL) && SET(handle, folder, request->ca_folder));
}

/*
 * An https:// proxy is trusted by the same certificates, as Go does. Unlike there it is verified even where the
 * server is not: its URL may hold a password, which is sent to it. It is given no certificate of ours, which is the
 * server's.
 */
static bool set_proxy_tls(CURL *handle, const struct ks_vault_http_request *request)
{
	return SET(handle, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       set_trust(handle, request, CURLOPT_PROXY_CAINFO_BLOB, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH);
}

static bool set_server_trust(CURL *handle, const struct ks_vault_http_request *request)
{
	if (request->skips_verification)
		return SET(handle, CURLOPT_SSL_VERIFYPEER, 0L) && SET(handle, CURLOPT_SSL_VERIFYHOST, 0L);
	return set_trust(handle, request, CURLOPT_CAINFO_BLOB, CURLOPT_CAINFO, CURLOPT_CAPATH);
}

/* A key with a passphrase is refused: without one to try, libcurl would ask for it, and crash (7.88). */
static bool set_tls(CURL *handle, const struct ks_vault_http_request *request)
{
	return SET(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) && set_server_trust(handle, request) &&
	       set_proxy_tls(handle, request) && SET(handle, CURLOPT_KEYPASSWD, "") &&
	       (!request->client_cert || (set_blob(handle, CURLOPT_SSLCERT_BLOB, request->client_cert) &&
						 set_blob(handle, CURLOPT_SSLKEY_BLOB, request->client_key)));
}

/* Only a tunnel: a proxy must not see what is sent, and has no way to this host's own addresses. */
static bool uses_proxy(const struct ks_vault_http_request *request)
{
	return request->proxy && !request->socket && ks_vault_address_is_secure(request->url);
}

static bool set_route(CURL *handle, const struct exchange *exchange)
{
	const struct ks_vault_http_request *request = exchange->request;

	return SET(handle, CURLOPT_URL, exchange->url ? exchange->url : request->url) &&
	       SET(handle, CURLOPT_PROTOCOLS_STR, "http,https") &&
	       SET(handle, CURLOPT_UNIX_SOCKET_PATH, request->socket) &&
	       SET(handle, CURLOPT_PROXY, uses_proxy(request) ? request->proxy : "") &&
	       SET(handle, CURLOPT_NOPROXY, "") && SET(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) &&
	       SET(handle, CURLOPT_CONNECT_TO, exchange->connect_to);
}

static bool set_exchange(CURL *handle, struct exchange *exchange)
{
	const struct ks_vault_http_request *request = exchange->request;
	/* 0 would be no limit */
	const long timeout = request->timeout_ms > 0 ? (long)request->timeout_ms : 1,
		   connect = (long)request->connect_ms;

	return SET(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(handle, CURLOPT_USERAGENT, "keystile/" KS_VERSION) &&
	       SET(handle, CURLOPT_HTTPHEADER, exchange->headers) && SET(handle, CURLOPT_WRITEFUNCTION, take_body) &&
	       SET(handle, CURLOPT_WRITEDATA, exchange) && SET(handle, CURLOPT_HEADERFUNCTION, count_head) &&
	       SET(handle, CURLOPT_HEADERDATA, exchange) && SET(handle, CURLOPT_OPENSOCKETFUNCTION, open_socket) &&
	       SET(handle, CURLOPT_OPENSOCKETDATA, exchange) && SET(handle, CURLOPT_NOSIGNAL, 1L) &&
	       SET(handle, CURLOPT_QUICK_EXIT, 1L) && SET(handle, CURLOPT_TIMEOUT_MS, timeout) &&
	       SET(handle, CURLOPT_CONNECTTIMEOUT_MS, connect > 0 && connect < timeout ? connect : timeout) &&
	       SET(handle, CURLOPT_FRESH_CONNECT, request->works_once ? 1L : 0L) &&
	       (request->body ? SET(handle, CURLOPT_POSTFIELDS, request->body) : SET(handle, CURLOPT_HTTPGET, 1L)) &&
	       SET(handle, CURLOPT_CUSTOMREQUEST, request->method);
}

/* A header's value, or NULL with *ok false where there is no memory for it. */
static char *header_of(CURL *handle, const char *name, bool *ok)
{
	struct curl_header *header = NULL;
	char *value = NULL;

	if (curl_easy_header(handle, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return NULL;
	value = ks_vault_copy(header->value);
	*ok = *ok && value;
	return value;
}

static bool take_heads(CURL *handle, struct ks_vault_http_reply *reply)
{
	bool ok = curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &reply->status) == CURLE_OK;

	reply->location = header_of(handle, "Location", &ok);
	reply->retry_after = header_of(handle, "Retry-After", &ok);
	reply->index = header_of(handle, "X-Vault-Index", &ok);
	reply->inline_failed = header_of(handle, "X-Vault-Inline-Auth-Failed", &ok);
	return ok;
}

static enum ks_vault_http_end judge(struct ks_vault_http *http, CURLcode code, struct exchange *exchange)
{
	struct ks_vault_http_reply *reply = exchange->reply;
	const char *proxy = uses_proxy(exchange->request) ? exchange->request->proxy : NULL;
	enum ks_vault_http_end end = ks_vault_http_end_of(http->handle, code, http->error, proxy);

	if (exchange->too_long) {
		(void)snprintf(reply->reason, sizeof(reply->reason), "sent an answer that is too long");
		return KS_VAULT_HTTP_SENSELESS;
	}
	if (exchange->no_memory || (end == KS_VAULT_HTTP_ERROR && code == CURLE_OUT_OF_MEMORY) ||
		(code == CURLE_OK && !take_heads(http->handle, reply))) {
		(void)snprintf(reply->reason, sizeof(reply->reason), NO_MEMORY);
		return KS_VAULT_HTTP_ERROR;
	}
	if (end == KS_VAULT_HTTP_UNSENT && exchange->lack) {
		(void)snprintf(
			reply->reason, sizeof(reply->reason), "cannot be asked: %s", strerrordesc_np(exchange->lack));
		return KS_VAULT_HTTP_ERROR;
	}
	if (end != KS_VAULT_HTTP_ANSWERED)
		ks_vault_http_explain(http->handle, code, http->error, proxy, reply->reason);
	return end;
}

static struct ks_vault_http *make(void)
{
	struct ks_vault_http *http = ks_vault_alloc(sizeof(*http));

	if (!http)
		return NULL;
	http->handle = curl_easy_init();
	if (!http->handle) {
		ks_vault_free(http);
		return NULL;
	}
	return http;
}

enum ks_vault_http_end ks_vault_http(struct ks_vault_http **http, const struct ks_vault_http_request *request,
	struct ks_vault_http_reply *ret_reply)
{
	struct ks_vault_http_reply reply = {0};
	struct exchange exchange = {.request = request, .reply = &reply};
	enum ks_vault_http_end end = KS_VAULT_HTTP_ERROR;
	CURL *handle = NULL;

	if (!*http)
		*http = make();
	handle = *http ? (*http)->handle : NULL;
	if (!handle || !make_headers(&exchange) || (request->server_name && !rename_host(&exchange)) ||
		(request->route && !append(&exchange.connect_to, ks_vault_join("::", request->route, NULL))) ||
		!set_route(handle, &exchange) || !set_tls(handle, request) || !set_exchange(handle, &exchange) ||
		!SET(handle, CURLOPT_ERRORBUFFER, (*http)->error)) {
		(void)snprintf(reply.reason, sizeof(reply.reason), NO_MEMORY);
		goto out;
	}
	(*http)->error[0] = '\0';
	ks_vault_memory_forgive();
	end = judge(*http, curl_easy_perform(handle), &exchange);
out:
	if (handle)
		curl_easy_reset(handle); /* keeps connections and sessions, and forgets what is freed now */
	curl_slist_free_all(exchange.headers);
	curl_slist_free_all(exchange.connect_to);
	ks_vault_free(exchange.url);
	*ret_reply = reply;
	return end;
}

void ks_vault_http_close(struct ks_vault_http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->handle);
	ks_vault_free(http);
}
