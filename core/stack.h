/* SPDX-License-Identifier: MIT */
/*
 * A service's stack: which file it is, its includes, its entries with every option checked against the modules'
 * notes.
 */
#ifndef KEYSTILE_CORE_STACK_H
#define KEYSTILE_CORE_STACK_H

#include <keystile/keystile.h>

#include "core/config.h"
#include "core/module.h"

/* An entry with what is known of it once its module was verified. */
struct ks_stack_entry {
	struct ks_entry config;
	struct ks_module *module;
	struct ks_setting *settings; /* as many as the module has options */
	bool is_isolated;            /* runs in a worker */
	struct ks_worker *worker;    /* that worker, once a context was made of the stack; NULL in this process */
};

struct ks_stack {
	struct ks_arena arena;
	const char *service; /* its name; of a file operand, the file's name without .conf */
	const char *file;    /* the path it was read from */
	struct ks_stack_entry *entries;
	unsigned count;
	struct ks_modules modules;
};

/*
 * Finds, reads, parses and verifies. Every fault goes to `report`. Returns 0 with a stack that has no fault, or a
 * negative errno; ks_stack_finish() in both cases.
 */
int ks_stack_load(
	struct ks_stack *stack, const char *service, const struct ks_open_options *options, struct ks_report *report);
void ks_stack_finish(struct ks_stack *stack);

/* Reports what opens and can never work: entries behind one that always ends the walk, empty transports. */
void ks_stack_lint(const struct ks_stack *stack, struct ks_report *report);

/*
 * Calls `found` for every service that has a file in the configuration directories (or in `config_dir`), sorted by
 * name, each once, whether its name is well-formed or not. Returns 0 or a negative errno.
 */
int ks_services(
	const char *config_dir, void (*found)(void *data, const char *name), void *data, struct ks_problem *problem);

#endif
