/* SPDX-License-Identifier: MIT */
/*
 * The words that applications and provider modules share: results, kinds, transports, payers.
 *
 * Every number here is part of the ABI. A new one is appended; none is reused and none changes its meaning. A
 * reader treats a number it does not know as the worst of its sort: a result as KS_ERROR, a bit as absent.
 */
#ifndef KEYSTILE_TYPES_H
#define KEYSTILE_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What became of one entry of a stack, or of a whole request. The comment gives the command's exit status. */
enum ks_result {
	KS_OK = 0,             /*  0: a credential was delivered */
	KS_NOT_CONFIGURED = 1, /*  1: nothing here for this user */
	KS_EXPIRED = 2,        /* 65: it was good once */
	KS_INVALID = 3,        /* 65: something is here, and it cannot be a usable credential */
	KS_UNAVAILABLE = 4,    /* 75: a backend did not answer, or not sensibly, or the deadline passed */
	KS_DENIED = 5,         /* 77: a backend or a permission refused */
	KS_MISCONFIGURED = 6,  /* 78: an option, or a file or path it names, cannot be right */
	KS_ERROR = 7           /* 70: the work could not be done: memory, descriptors, I/O, a faulty module */
};

/* How a credential may travel. */
enum ks_transport {
	KS_TRANSPORT_API = 1 << 0, /* it may be sent to the API directly */
	KS_TRANSPORT_CLI = 1 << 1  /* it may be handed to the official, unmodified `claude` program */
};

/* What a credential is. The kind alone decides the widest use; see keystile.conf(5). */
enum ks_kind {
	KS_KIND_API_KEY = 1 << 0,
	KS_KIND_GATEWAY_TOKEN = 1 << 1,
	KS_KIND_FEDERATED_TOKEN = 1 << 2,
	KS_KIND_SETUP_TOKEN = 1 << 3,
	KS_KIND_STORED_LOGIN = 1 << 4 /* a handle: it has no secret */
};

/* Who is billed. */
enum ks_payer {
	KS_PAYER_API = 1 << 0,
	KS_PAYER_SUBSCRIPTION = 1 << 1,
	KS_PAYER_GATEWAY = 1 << 2
};

/* Attributes with a meaning of their own; a module may deliver others, which are only passed on. */
#define KS_ATTRIBUTE_WORKSPACE "workspace"   /* goes out as anthropic-workspace-id */
#define KS_ATTRIBUTE_CONFIG_DIR "config-dir" /* CLAUDE_CONFIG_DIR, where it is not the default */

/* Limits on what may be delivered, in bytes without the final NUL. */
enum {
	KS_SECRET_MAX = 16384,       /* what an apiKeyHelper may print: code.claude.com/docs/en/settings */
	KS_SETUP_TOKEN_LENGTH = 108, /* reported, not documented: a shorter one was cut by a terminal */
	KS_SOURCE_MAX = 1024,
	KS_URL_MAX = 1024,
	KS_ATTRIBUTES_MAX = 16, /* a count */
	KS_ATTRIBUTE_NAME_MAX = 64,
	KS_ATTRIBUTE_VALUE_MAX = 1024,
	KS_MESSAGE_MAX = 1024, /* an error's text */
	KS_REASON_MAX = 512,
	KS_REMEDY_MAX = 256
};

#ifdef __cplusplus
}
#endif

#endif
