/* SPDX-License-Identifier: MIT */
/*
 * What the parts of vault.so share: an entry's state, which lives as long as its context, and one call of resolve().
 * The core never runs two calls on one state at once, so nothing here has a lock.
 */
#ifndef KEYSTILE_VAULT_VAULT_H
#define KEYSTILE_VAULT_VAULT_H

#include <keystile/provider.h>
#include <stdbool.h>

#include "providers/vault/options.h"

struct ks_vault_http;
struct ks_vault_method;

/* The token of a login. */
struct ks_vault_session {
	char *token;       /* NULL where there is none */
	char *identity;    /* who it belongs to: server, namespaces, method, mount */
	char *index;       /* X-Vault-Index of the login's answer, or NULL */
	int64_t issued_at; /* milliseconds on CLOCK_BOOTTIME, as all times here: a lease goes on while a machine
			      sleeps */
	int64_t renew_at, expires_at; /* 0: never */
	bool renewable;
	bool is_limited;
	unsigned uses; /* that are left, where they are limited */
};

/* Where the server told that the secret lies. */
struct ks_vault_mount {
	char *identity; /* of the server and namespace that told, or NULL where nothing is known */
	char *path;     /* without a slash at the end */
	int version;    /* 1 or 2 */
};

/* What was last read, for as long as cache= says. */
struct ks_vault_cached {
	char *identity; /* NULL where there is nothing */
	struct json_t *root;
	char *source;
	int version;
	int64_t read_at, refresh_at, expires_at;
	int64_t ends_at; /* of the credential in it, in seconds since 1970; 0: never */
};

struct ks_vault {
	const char *options[KS_VAULT_OPTION_COUNT]; /* NULL where the entry does not give one */
	const struct ks_vault_method *method;
	uint32_t kind;     /* enum ks_kind */
	int trust;         /* enum ks_trust, of files with secrets */
	int64_t cache_ms;  /* 0: none */
	double rate_spare; /* requests that VAULT_RATE_LIMIT still lets through */
	int64_t rate_at;   /* when that was */
	struct ks_vault_session session;
	char *unwrapped; /* the wrapping token of the last login, which is good for nothing any more; or NULL */
	char *secret_id; /* what was in it, until the server has answered a login with that; or NULL */
	struct ks_vault_mount mount;
	struct ks_vault_cached cached;
};

/* How one call reaches the server: the entry's options, else the environment. Texts are the host's. */
struct ks_vault_target {
	char *base;          /* scheme, host, port and prefix, without a slash at the end; the module's memory */
	const char *socket;  /* of an Agent, or NULL */
	bool is_agent;       /* something that may add a token of its own */
	const char *address; /* what base was made of, and where it stood: for messages */
	const char *where;
	const char *name_space, *auth_name_space, *proxy, *server_name;
	const char *redirects;  /* as the option */
	struct json_t *headers; /* of VAULT_HEADERS, or NULL */
	unsigned retries;
	int64_t timeout_ms; /* of one request with its repeats; 0: the deadline alone */
	double rate, burst; /* requests a second; 0: no limit */
	bool verifies;
	bool looks_up;                        /* VAULT_SRV_LOOKUP, and it was not done yet */
	char *route;                          /* HOST:PORT that it gave; the module's memory, or NULL */
	const char *ca, *ca_folder;           /* PEM, a folder with hashed names; both NULL: libcurl's own */
	const char *client_cert, *client_key; /* PEM, or NULL */
};

/* Why there is no credential. */
struct ks_vault_failure {
	char source[KS_SOURCE_MAX + 1], reason[KS_REASON_MAX], remedy[KS_REMEDY_MAX];
	bool host_advises; /* what to do is what the host said of the file that it refused last */
};

struct ks_vault_call {
	struct ks_vault *vault;
	const struct ks_host *host;
	const struct ks_provider_request *request;
	struct ks_vault_target target;
	struct ks_vault_http *http; /* this call's alone: no connection outlives it */
	bool can_do_without;        /* what is asked now: it gets half of the time that is left */

	struct ks_vault_failure failure;
};

/* The option's value; the first word of a CHOICE, else its fallback, where the entry does not give it ("" is NULL).
 */
const char *ks_vault_option(const struct ks_vault *vault, enum ks_vault_option option);
bool ks_vault_option_is(const struct ks_vault *vault, enum ks_vault_option option, const char *word);

/*
 * Notes why the call fails, in place of what was noted before, and returns `result`. All is copied and cut to what a
 * message holds. The reason is a predicate of the source. A `remedy` of NULL is what the host said of the file that
 * it refused last.
 */
enum ks_result ks_vault_fail(struct ks_vault_call *call, enum ks_result result, const char *source,
	const char *remedy, const char *reason, ...) __attribute__((format(printf, 5, 6)));

/* The same for lack of memory. */
enum ks_result ks_vault_fail_memory(struct ks_vault_call *call);

/* What an option is called in messages: "ca-file=". */
const char *ks_vault_option_name(enum ks_vault_option option);

/* Notes a line for whoever looks for a fault; never a secret. */
void ks_vault_warn(struct ks_vault_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Milliseconds on CLOCK_BOOTTIME. */
int64_t ks_vault_now(void);

#endif
