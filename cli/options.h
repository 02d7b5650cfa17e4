/* SPDX-License-Identifier: MIT */
/*
 * The options of all sub-commands: one table, one parser, one structure.
 */
#ifndef KEYSTILE_CLI_OPTIONS_H
#define KEYSTILE_CLI_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/output.h"

enum {
	KEEP_MAX = 64 /* --keep on one command line */
};

/* Which options a sub-command takes. The common ones need not be named. */
enum option_bit {
	OPTION_SERVICE = 1 << 0,
	OPTION_TRANSPORT = 1 << 1,
	OPTION_PAYER = 1 << 2,
	OPTION_FORMAT = 1 << 3,
	OPTION_BASE_URL = 1 << 4,
	OPTION_SHOW = 1 << 5,
	OPTION_VERBOSE = 1 << 6,
	OPTION_QUIET = 1 << 7,
	OPTION_KEEP = 1 << 8,
	OPTION_ALLOW_SHADOW = 1 << 9,
	OPTION_PRINT_CHANGES = 1 << 10,
	OPTION_JSON = 1 << 11,
	OPTION_CONFIG_DIR = 1 << 12,
	OPTION_TIMEOUT = 1 << 13,
	OPTION_HELP = 1 << 14,
	OPTION_VERSION = 1 << 15,
	OPTIONS_COMMON = OPTION_CONFIG_DIR | OPTION_TIMEOUT | OPTION_HELP | OPTION_VERSION
};

/* What may follow the options. */
enum operand_rule {
	OPERANDS_NONE,
	OPERANDS_ONE,     /* at most one, before or after options */
	OPERANDS_ANY,     /* any number, before or after options */
	OPERANDS_COMMAND, /* at least one; options end at the first */
	OPERANDS_DASHED   /* any number, but only behind -- */
};

enum format {
	FORMAT_SECRET,
	FORMAT_JSON,
	FORMAT_ENV,
	FORMAT_HEADER,
	FORMAT_HELPER
};

struct options;

/* A sub-command, for the parser and for its help. */
struct command {
	const char *name;
	const char *synopsis; /* behind the name */
	const char *summary;
	uint32_t options; /* enum option_bit */
	enum operand_rule operands;
	int (*run)(const struct options *options);
};

struct options {
	const char *config_dir;         /* absolute, or NULL */
	char config_dir_path[PATH_MAX]; /* NULL: the compiled-in directories */
	const char *service;
	const char *base_url;
	int64_t timeout_ms;  /* 0: the default */
	uint32_t transports; /* enum ks_transport bits; 0: not written */
	uint32_t payers;     /* enum ks_payer bits; 0: any */
	enum format format;
	bool show, verbose, quiet, json, allow_shadow, print_changes, help, version;
	const char *keep[KEEP_MAX];
	unsigned keep_count;
	char **operands; /* ends with NULL */
	unsigned operand_count;
};

#define OPTIONS_INIT                                                                                                 \
	{                                                                                                            \
		.service = "default"                                                                                 \
	}

/*
 * Parses the words of `arguments` (which ends with NULL and is rearranged) for `command`. Options add to what is
 * there already; of one given twice the last counts, but --keep adds up. Parsing ends at --help and --version.
 * Returns 0, or EX_USAGE with the reason told.
 */
int options_parse(struct options *options, const struct command *command, char **arguments);

/* Says what is wrong with a command line. A text without a remedy ("; ...") gets one: --help. Returns EX_USAGE. */
int options_refuse(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes the lines of help for the options of `bits`. */
void options_help(uint32_t bits, struct output *output);

/* Whether --keep NAME was given. */
bool options_keeps(const struct options *options, const char *name);

#endif
