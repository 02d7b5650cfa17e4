/* SPDX-License-Identifier: MIT */
/*
 * The text of a configuration file: its logical lines become entries and includes. Nothing is opened here.
 */
#ifndef KEYSTILE_CORE_CONFIG_H
#define KEYSTILE_CORE_CONFIG_H

#include "core/arena.h"
#include "core/control.h"
#include "core/kind.h"
#include "core/lex.h"

enum {
	KS_ENTRIES_MAX = 1024, /* after includes */
	KS_INCLUDE_DEPTH_MAX = 8,
	KS_FILE_MAX = 64 * 1024, /* bytes of one file */
	KS_NAME_MAX = 64,        /* of a service or module name */
	KS_OPTION_NAME_MAX = 32,
	KS_TIMEOUT_MAX_MS = 600000 /* the longest duration an entry or request may have */
};

/* NAME=VALUE of an entry, with the places of both. */
struct ks_argument {
	const char *name, *value;
	unsigned line, column;
	unsigned value_line, value_column;
};

/* @isolate: where the module runs. */
enum ks_isolate {
	KS_ISOLATE_DEFAULT = 0, /* as the module's note has it: KS_PROVIDER_NETWORK runs in a worker */
	KS_ISOLATE_NONE,        /* in the caller's process */
	KS_ISOLATE_PROCESS      /* in a worker */
};

/* One entry, or (where `include` is not NULL) one include line. Text lives in the arena. */
struct ks_entry {
	const char *file;
	unsigned line, column;
	unsigned module_line, module_column;
	uint32_t transports; /* enum ks_transport bits */
	struct ks_control control;
	const char *control_text; /* as written */
	const char *module;       /* "env", without .so */
	struct ks_argument *arguments;
	unsigned argument_count;
	bool is_incomplete;  /* an argument had a fault and is left out */
	const char *include; /* the service it inlines */

	/* The core's own options. */
	enum ks_isolate isolate;
	int64_t timeout_ms; /* @timeout, or KS_ENTRY_TIMEOUT_MS */
	const char *accept; /* @accept, or NULL */
};

/*
 * Is called for each entry or include line, in order: also for one with a fault, where its module or service is named
 * well, so that what is wrong with those is told too. Returns 0 to go on, or a negative errno that ends the parse.
 */
typedef int ks_entry_fn(void *data, const struct ks_entry *entry);

/*
 * Parses one file's text. Every fault goes to `report`; parsing goes on after it, so that all are told. Returns 0
 * where the whole text was read (faults or not), or what `entry` returned, or -ENOMEM (reported as well).
 */
int ks_config_parse(const char *file, const char *text, size_t length, struct ks_arena *arena, ks_entry_fn *entry,
	void *data, struct ks_report *report);

/* [a-z0-9][a-z0-9_-]{0,63}: the name of a service or of a module; and the same for people. */
#define KS_NAME_RULE "lower-case letters, digits, - and _, beginning with a letter or digit, at most 64"
bool ks_name_is_valid(const char *name);

/* [1-9][0-9]*(ms|s|m), at most KS_TIMEOUT_MAX_MS. Returns 0 and milliseconds, or -EINVAL, or -ERANGE. */
int ks_duration_parse(const char *text, int64_t *ret_ms);

#endif
