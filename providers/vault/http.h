/* SPDX-License-Identifier: MIT */
/*
 * One exchange over HTTP: a request, and its answer or what became of it. Nothing is followed or repeated here, and
 * nothing of Vault's is known.
 */
#ifndef KEYSTILE_VAULT_HTTP_H
#define KEYSTILE_VAULT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	KS_VAULT_BODY_MAX = 1024 * 1024, /* bytes of an answer (the reference's limit; a secret is some hundreds) */
	KS_VAULT_HEADS_MAX = 64 * 1024,  /* of all its header lines */
	KS_VAULT_HTTP_REASON_MAX = 320,
	KS_VAULT_HEADERS_MAX = 64 /* of a request: names and values */
};

enum ks_vault_http_end {
	KS_VAULT_HTTP_ANSWERED,        /* whole: *ret_reply holds it */
	KS_VAULT_HTTP_UNSENT,          /* the server did not get it */
	KS_VAULT_HTTP_UNCLEAR,         /* the server may have got it, and did not answer in full */
	KS_VAULT_HTTP_SENSELESS,       /* what came is no answer, or too long */
	KS_VAULT_HTTP_UNTRUSTED,       /* the server cannot prove who it is, or speaks no TLS that is good enough */
	KS_VAULT_HTTP_UNTRUSTED_PROXY, /* the same of the proxy */
	KS_VAULT_HTTP_UNUSABLE,        /* a certificate or key of ours is none */
	KS_VAULT_HTTP_ERROR            /* no memory, or a fault of the library's */
};

struct ks_vault_http_header {
	const char *name, *value;
};

struct ks_vault_http_request {
	const char *method; /* GET, POST or PUT */
	const char *url;    /* http:// or https:// */
	const char *route;  /* HOST:PORT to connect to in place of the URL's, or NULL; all else stays the URL's */
	const char *socket; /* a Unix socket to use, whatever host the URL has; or NULL */
	const char *proxy;  /* or NULL: none, whatever the environment says */
	const char *body;   /* of a POST or PUT, not NULL there */
	struct ks_vault_http_header headers[KS_VAULT_HEADERS_MAX];
	unsigned header_count;
	const char *ca, *ca_folder;           /* PEM, a folder of hashed names; both NULL: the system's */
	const char *client_cert, *client_key; /* PEM, or NULL */
	const char *server_name;              /* in place of the URL's host for TLS, or NULL */
	bool skips_verification;
	bool works_once;    /* is sent by a connection of its own, so that libcurl does not repeat it */
	int64_t timeout_ms; /* what is 0 or less is over at once */
	int64_t connect_ms; /* of these, until it is connected; 0: all */
};

struct ks_vault_http_reply {
	long status;
	char *body; /* ks_vault_http_finish(); ends with a NUL beyond `length` */
	size_t length;
	char *location, *retry_after, *index, *inline_failed; /* headers, or NULL */
	char reason[KS_VAULT_HTTP_REASON_MAX]; /* of all ends but ANSWERED: a predicate of the server */
};

/* The connections are kept in *http, which the first call makes; ks_vault_http_close() frees it. */
struct ks_vault_http;
enum ks_vault_http_end ks_vault_http(struct ks_vault_http **http, const struct ks_vault_http_request *request,
	struct ks_vault_http_reply *ret_reply);
void ks_vault_http_close(struct ks_vault_http *http);

void ks_vault_http_finish(struct ks_vault_http_reply *reply);

/* Adds a header; one too many is left out, which ks_vault_http() then reports as an ERROR. */
void ks_vault_http_add(struct ks_vault_http_request *request, const char *name, const char *value);

#endif
