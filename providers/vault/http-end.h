/* SPDX-License-Identifier: MIT */
/*
 * What became of an exchange, from libcurl's word for it. For http.c only.
 */
#ifndef KEYSTILE_VAULT_HTTP_END_H
#define KEYSTILE_VAULT_HTTP_END_H

#include <curl/curl.h>

#include "providers/vault/http.h"

/*
 * What it comes to, once it is over; `error` is libcurl's text, `proxy` the URL of the proxy that it went by, or
 * NULL.
 */
enum ks_vault_http_end ks_vault_http_end_of(CURL *handle, CURLcode code, const char *error, const char *proxy);

/* Why there is no answer: a predicate of the server, with the proxy's host where that is the one at fault. */
void ks_vault_http_explain(
	CURL *handle, CURLcode code, const char *error, const char *proxy, char reason[KS_VAULT_HTTP_REASON_MAX]);

#endif
