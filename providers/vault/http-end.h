/* SPDX-License-Identifier: MIT */
/*
 * What became of an exchange, from libcurl's word for it. For http.c only.
 */
#ifndef KEYSTILE_VAULT_HTTP_END_H
#define KEYSTILE_VAULT_HTTP_END_H

#include <curl/curl.h>

#include "providers/vault/http.h"

/* What it comes to, once it is over; `error` is libcurl's text. */
enum ks_vault_http_end ks_vault_http_end_of(CURL *handle, CURLcode code, const char *error);

/* Why there is no answer: a predicate of the server. */
void ks_vault_http_explain(CURL *handle, CURLcode code, const char *error, char reason[KS_VAULT_HTTP_REASON_MAX]);

#endif
