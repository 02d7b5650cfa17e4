/* SPDX-License-Identifier: MIT */
/*
 * libkeystile for applications: the right Claude credential, and the way it may travel.
 *
 *	struct ks_error error = KS_ERROR_INIT;
 *	struct ks_context *context = NULL;
 *	struct ks_credential *credential = NULL;
 *
 *	if (ks_open("default", NULL, &context, &error) != KS_OK ||
 *	    ks_resolve(context, NULL, &credential, NULL, &error) != KS_OK)
 *		fprintf(stderr, "%s\n", error.message);
 *
 * Every call that can fail returns a result and fills the caller's error (which may be NULL). Compare with KS_OK for
 * equality. A parameter named ret_... is written only where the call returns KS_OK, unless it says otherwise.
 *
 * Threads: a context may be used by any number of threads; a credential, trace or error by one at a time.
 * Fork: a context belongs to the process that opened it; in a child every call on it but ks_close() is an error.
 * Secrets: a credential lives in memory that is locked where possible, left out of core dumps and wiped on free.
 * The library writes nothing to standard output or error, and changes nothing in the process but its memory.
 */
#ifndef KEYSTILE_KEYSTILE_H
#define KEYSTILE_KEYSTILE_H

#include <keystile/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ks_context;
struct ks_credential;
struct ks_trace;

/* What went wrong, in one line: source, place, reason, remedy. Never a secret. */
struct ks_error {
	size_t size; /* KS_ERROR_INIT sets it */
	enum ks_result result;
	char message[KS_MESSAGE_MAX];
};

#define KS_ERROR_INIT                                                                                                \
	{                                                                                                            \
		sizeof(struct ks_error), KS_OK, ""                                                                   \
	}

/* One fault of a configuration. Text lives until the callback returns. */
struct ks_fault {
	size_t size;
	enum ks_result result;
	const char *file;      /* NULL where no file is concerned */
	unsigned line, column; /* from 1, the column in bytes of the physical line; 0 where not known */
	const char *reason;
	const char *remedy; /* "" where the reason says it all */
	int is_note;        /* not 0: worth knowing, and no reason to refuse */
};

enum ks_open_flag {
	KS_OPEN_PRELOAD =
		1 << 0, /* load and open every module at once: for a program that will chroot, and for checks */
	KS_OPEN_LINT = 1 << 1, /* also report what opens but can never work: unreachable entries, empty transports */
	KS_OPEN_FILE = 1 << 2  /* `service` is a path; ownership and mode of configuration become notes */
};

struct ks_open_options {
	size_t size;            /* sizeof(struct ks_open_options) */
	uint32_t flags;         /* enum ks_open_flag */
	const char *config_dir; /* replaces both configuration directories; NULL for the compiled-in ones */
	void (*fault)(
		void *data, const struct ks_fault *fault); /* is told every fault, not only the first; or NULL */
	void *fault_data;
	void (*log)(
		void *data, const char *module, int is_warning, const char *text); /* what modules note; or NULL */
	void *log_data; /* a log callback may be called from any thread that resolves, and must not call the library
			 */
};

/*
 * Reads the stack of `service` (NULL: "default") and verifies every module it names without running any.
 * `options` may be NULL. The context keeps what it read: a later change of a file does not reach it.
 * Returns KS_OK; KS_MISCONFIGURED for a stack that cannot be opened; KS_DENIED in a process that gained privileges;
 * KS_ERROR. Free the context with ks_close(). Safe in threads.
 */
enum ks_result ks_open(const char *service, const struct ks_open_options *options, struct ks_context **ret_context,
	struct ks_error *error);

/* Closes every module's state, writes an outstanding audit line, frees. NULL is allowed. Always returns NULL. */
struct ks_context *ks_close(struct ks_context *context);

/* What a credential is wanted for. Zero everywhere but `size` asks for what may be sent to the API. */
struct ks_request {
	size_t size;         /* sizeof(struct ks_request) */
	uint32_t transports; /* enum ks_transport bits; 0: KS_TRANSPORT_API */
	uint32_t preferred;  /* the one to grant where both are possible; 0: KS_TRANSPORT_API */
	uint32_t payers;     /* enum ks_payer bits; 0: any */
	uint32_t kinds;      /* enum ks_kind bits; 0: any */
	int64_t timeout_ms;  /* for the whole walk; 0: KS_TIMEOUT_MS; ten minutes at most */
	const char *command; /* who asks, for the audit line; NULL: the process's own name */
};

enum {
	KS_TIMEOUT_MS = 10000,     /* a request */
	KS_ENTRY_TIMEOUT_MS = 5000 /* an entry without @timeout */
};

/*
 * Walks the stack and returns the first valid credential. `request` may be NULL.
 * Returns KS_OK; KS_NOT_CONFIGURED where nothing in the stack applies to this user and request; else the result of
 * the entry that stopped the walk, or the most telling one.
 * *ret_credential: to be freed with ks_credential_free().
 * *ret_trace (ret_trace may be NULL): what became of each entry. Written whenever the walk began, success or not,
 * and NULL otherwise; to be freed with ks_trace_free(). Blocks up to the deadline. Safe in threads. KS_ERROR where a
 * pointer it needs is NULL or a size is not set.
 */
enum ks_result ks_resolve(struct ks_context *context, const struct ks_request *request,
	struct ks_credential **ret_credential, struct ks_trace **ret_trace, struct ks_error *error);

/*
 * Tells the context that the API refused (401) what it returned: the entry it came from is asked to fetch anew the
 * next time. The credential stays the caller's. Safe in threads.
 */
void ks_invalidate(struct ks_context *context, const struct ks_credential *credential);

/* Wipes and frees. NULL is allowed. Always returns NULL. */
struct ks_credential *ks_credential_free(struct ks_credential *credential);

/*
 * What a credential is. Text belongs to the credential and lives as long. No errors: a NULL credential gives 0, NULL,
 * and so does any credential in a child of fork, where its memory is wiped: copy what the child needs before.
 */
enum ks_kind ks_credential_kind(const struct ks_credential *credential);
enum ks_transport ks_credential_transport(const struct ks_credential *credential); /* the one granted */
uint32_t ks_credential_transports(const struct ks_credential *credential); /* its ceiling before the request */
enum ks_payer ks_credential_payer(const struct ks_credential *credential);
const char *ks_credential_secret(const struct ks_credential *credential, size_t *ret_length); /* NULL for a handle */
const char *ks_credential_source(const struct ks_credential *credential);
const char *ks_credential_module(const struct ks_credential *credential);      /* "env.so" */
const char *ks_credential_base_url(const struct ks_credential *credential);    /* NULL: not bound, the API's own */
const char *ks_credential_fingerprint(const struct ks_credential *credential); /* 12 hex digits, or NULL */
int64_t ks_credential_expires_at(const struct ks_credential *credential); /* seconds since the epoch; 0 unknown */
int64_t ks_credential_refresh_at(const struct ks_credential *credential);

/* A pair of texts. `value` may be NULL where a function says so. */
struct ks_pair {
	const char *name;
	const char *value;
};

/* The attribute called `name`, or NULL; and all of them by number. Each ..._at returns 1, or 0 behind the last. */
const char *ks_credential_attribute(const struct ks_credential *credential, const char *name);
int ks_credential_attribute_at(const struct ks_credential *credential, unsigned index, struct ks_pair *ret_pair);

/* The HTTP headers that carry the credential to the API; none where the API is not its ceiling. */
int ks_credential_header_at(const struct ks_credential *credential, unsigned index, struct ks_pair *ret_pair);

/*
 * The environment that carries the credential to a program: first what is to be set, then, with a NULL value, every
 * variable that is to be unset because it could make another credential win.
 */
int ks_credential_environment_at(const struct ks_credential *credential, unsigned index, struct ks_pair *ret_pair);

/*
 * Whether the credential may be sent to `url` (an API base URL): a bound one only to its own, any other only to the
 * API's own. Returns 1 or 0; 0 for a URL that is none.
 */
int ks_credential_permits_url(const struct ks_credential *credential, const char *url);

/* What the walk did after an entry. */
enum ks_action {
	KS_ACTION_SKIP = 0,     /* not run: request and entry have nothing in common */
	KS_ACTION_DONE = 1,     /* delivered */
	KS_ACTION_NEXT = 2,     /* went on */
	KS_ACTION_FAIL = 3,     /* stopped the walk */
	KS_ACTION_UNREACHED = 4 /* the walk had ended before */
};

/* One entry's part in a walk. Text belongs to the trace. */
struct ks_step {
	size_t size; /* the caller sets it before the call */
	const char *file;
	unsigned line;
	uint32_t transports; /* as the entry has them */
	const char *control; /* as it was written */
	const char *module;
	enum ks_action action;
	enum ks_result result; /* of no meaning for KS_ACTION_SKIP and KS_ACTION_UNREACHED */
	int64_t microseconds;
	const char *source; /* "" where there is none */
	const char *reason;
	const char *remedy;
};

unsigned ks_trace_count(const struct ks_trace *trace);
int ks_trace_step_at(
	const struct ks_trace *trace, unsigned index, struct ks_step *ret_step); /* 1, or 0 behind the last */
struct ks_trace *ks_trace_free(struct ks_trace *trace);                          /* always returns NULL */

/* The words of the documentation for the numbers above; "?" (an exit status of 70) for one that is not known. */
const char *ks_result_name(enum ks_result result);
int ks_result_exit_status(enum ks_result result);
const char *ks_kind_name(enum ks_kind kind);
const char *ks_transport_name(enum ks_transport transport);
const char *ks_payer_name(enum ks_payer payer);
const char *ks_action_name(enum ks_action action);

/* The version of the library that is running, "1.0.0". */
const char *ks_version(void);

#ifdef __cplusplus
}
#endif

#endif
