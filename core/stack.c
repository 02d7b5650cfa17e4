/* SPDX-License-Identifier: MIT */
#include "core/stack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/kind.h"
#include "core/option.h"
#include "core/paths.h"
#include "core/remote.h"

#define SUFFIX ".conf"

/* What one load carries along. */
struct loader {
	struct ks_stack *stack;
	struct ks_report *report;
	const char *directories[2]; /* the second may be NULL */
	unsigned trust_flags;
	const char *chain[KS_INCLUDE_DEPTH_MAX + 1]; /* the services being read, outermost first */
	unsigned depth;
	unsigned includes; /* so far, however deep */
	unsigned capacity;
};

static int load_file(struct loader *loader, const char *service, const char *path);

/* What may not be opened is as wrong as what cannot be: a stack that does not open is misconfigured. */
static void refuse(
	struct loader *loader, const char *file, unsigned line, unsigned column, struct ks_problem *problem)
{
	if (problem->result == KS_DENIED)
		problem->result = KS_MISCONFIGURED;
	(void)ks_report_problem(loader->report, file, line, column, problem);
}

/* Whether something stands at `path`: 1, 0, or a negative errno. A folder that is a dangling link is something. */
static int exists(const char *directory, const char *path)
{
	struct stat status;

	if (lstat(path, &status) == 0)
		return 1;
	if (errno != ENOENT)
		return -errno;
	if (lstat(directory, &status) == 0 && stat(directory, &status) < 0)
		return -errno;
	return 0;
}

/* The file of a service: the first directory that has one counts, whatever its state. */
static int find_file(struct loader *loader, const char *service, const char **ret_path, struct ks_problem *problem)
{
	const char *path = NULL;
	int r = 0;

	for (size_t i = 0; i < 2 && loader->directories[i]; i++) {
		path = ks_arena_print(&loader->stack->arena, "%s/%s" SUFFIX, loader->directories[i], service);
		if (!path)
			return ks_problem_errno(problem, ENOMEM, service);
		r = exists(loader->directories[i], path);
		if (r < 0)
			return ks_problem_path(problem, -r, path, "cannot be reached");
		if (r > 0) {
			*ret_path = path;
			return 0;
		}
	}
	if (loader->directories[1])
		return ks_problem(problem, KS_MISCONFIGURED, "write the file or correct the name",
			"there is no service '%s': neither %s/%s" SUFFIX " nor %s/%s" SUFFIX " exists", service,
			loader->directories[0], service, loader->directories[1], service);
	return ks_problem(problem, KS_MISCONFIGURED, "write the file or correct the name",
		"there is no service '%s': %s/%s" SUFFIX " does not exist", service, loader->directories[0], service);
}

static int push_entry(struct loader *loader, const struct ks_entry *entry)
{
	struct ks_stack *stack = loader->stack;
	struct ks_stack_entry *entries = NULL;
	unsigned capacity = loader->capacity ? loader->capacity * 2 : 8;

	if (stack->count == KS_ENTRIES_MAX)
		return ks_report_fault(loader->report, KS_MISCONFIGURED, entry->file, entry->line, entry->column,
			"use fewer", "more than %d entries", KS_ENTRIES_MAX);
	if (stack->count == loader->capacity) {
		entries = ks_arena_alloc(&stack->arena, capacity * sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		if (stack->count > 0)
			memcpy(entries, stack->entries, stack->count * sizeof(*entries));
		stack->entries = entries;
		loader->capacity = capacity;
	}
	stack->entries[stack->count++] = (struct ks_stack_entry){.config = *entry};
	return 0;
}

static bool is_isolated(const struct ks_entry *entry, const struct ks_module *module)
{
	switch (entry->isolate) {
	case KS_ISOLATE_NONE:
		return false;
	case KS_ISOLATE_DEFAULT:
		return module->manifest.flags & KS_PROVIDER_NETWORK;
	default:
		return true;
	}
}

static int add_entry(struct loader *loader, const struct ks_entry *entry)
{
	struct ks_problem problem = {0};
	struct ks_module *module = NULL;
	struct ks_setting *settings = NULL;
	struct ks_stack_entry *last = NULL;
	int r = push_entry(loader, entry);

	if (r < 0)
		return r;
	module = ks_module_find(&loader->stack->modules, entry->module, &problem);
	if (!module) {
		refuse(loader, entry->file, entry->module_line, entry->module_column, &problem);
		return 0;
	}
	if (is_isolated(entry, module) && ks_remote_check(&problem) < 0)
		refuse(loader, entry->file, entry->module_line, entry->module_column, &problem);
	r = ks_options_bind(entry, &module->manifest, &loader->stack->arena, &settings, loader->report);
	if (r == -ENOMEM)
		return r;
	last = &loader->stack->entries[loader->stack->count - 1];
	last->module = module;
	last->is_isolated = is_isolated(entry, module);
	last->settings = settings;
	return 0;
}

static int include(struct loader *loader, const struct ks_entry *entry)
{
	struct ks_problem problem = {0};
	const char *path = NULL;

	for (unsigned i = 0; i < loader->depth; i++) {
		if (strcmp(loader->chain[i], entry->include) == 0) {
			(void)ks_report_fault(loader->report, KS_MISCONFIGURED, entry->file, entry->line,
				entry->column, "remove one of the includes", "'%s' includes itself", entry->include);
			return 0;
		}
	}
	if (loader->depth > KS_INCLUDE_DEPTH_MAX) {
		(void)ks_report_fault(loader->report, KS_MISCONFIGURED, entry->file, entry->line, entry->column,
			"nest fewer", "includes are more than %d deep", KS_INCLUDE_DEPTH_MAX);
		return 0;
	}
	if (++loader->includes > KS_ENTRIES_MAX)
		return ks_report_fault(loader->report, KS_MISCONFIGURED, entry->file, entry->line, entry->column,
			"use fewer", "more than %d includes", KS_ENTRIES_MAX);
	if (find_file(loader, entry->include, &path, &problem) < 0) {
		refuse(loader, entry->file, entry->line, entry->column, &problem);
		return 0;
	}
	return load_file(loader, entry->include, path);
}

static int take_line(void *data, const struct ks_entry *entry)
{
	return entry->include ? include(data, entry) : add_entry(data, entry);
}

/* Fills `text`, which has room for one byte more than a file may have. */
static int read_text(const struct ks_trusted *file, char *text, size_t *ret_length, struct ks_problem *problem)
{
	size_t length = 0;
	ssize_t got = 1;

	while (length <= KS_FILE_MAX && got > 0) {
		got = read(file->fd, text + length, KS_FILE_MAX + 1 - length);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got < 0)
			return ks_problem_errno(problem, errno, "cannot be read");
		else
			length += (size_t)got;
	}
	if (length > KS_FILE_MAX)
		return ks_problem(problem, KS_MISCONFIGURED, "split it with include",
			"the file has more than %d bytes", KS_FILE_MAX);
	*ret_length = length;
	return 0;
}

static int load_file(struct loader *loader, const char *service, const char *path)
{
	struct ks_trusted file;
	struct ks_problem problem = {0};
	char *text = NULL;
	size_t length = 0;
	int r = ks_trust_open(path, loader->trust_flags, &file, &problem);

	if (r < 0) {
		refuse(loader, path, 0, 0, &problem);
		return 0;
	}
	if (problem.result != KS_OK)
		ks_report_note(loader->report, path, 0, 0, &problem);
	text = malloc(KS_FILE_MAX + 1);
	r = text ? read_text(&file, text, &length, &problem) : -ENOMEM;
	(void)close(file.fd);
	if (!text)
		return r;
	if (r < 0) {
		refuse(loader, path, 0, 0, &problem);
		r = 0;
	} else {
		loader->chain[loader->depth++] = service;
		r = ks_config_parse(path, text, length, &loader->stack->arena, take_line, loader, loader->report);
		loader->depth--;
	}
	free(text);
	return r;
}

static int check_directory(const char *config_dir, struct ks_problem *problem)
{
	if (!config_dir || config_dir[0] == '/')
		return 0;
	return ks_problem(problem, KS_MISCONFIGURED, "give it from the root on",
		"the configuration directory '%s' is not an absolute path", config_dir);
}

/* A path operand: absolute, with its folder as the place of its includes. */
static int use_path(struct loader *loader, const char *operand, const char *config_dir, struct ks_problem *problem)
{
	struct ks_arena *arena = &loader->stack->arena;
	char *path = NULL, *slash = NULL, *name = NULL, *cwd = NULL;
	size_t length = 0;

	if (operand[0] != '/')
		cwd = getcwd(NULL, 0);
	if (operand[0] != '/' && !cwd && !ks_is_of_path(-errno))
		return ks_problem(problem, KS_ERROR, KS_TRY_AGAIN, "%s: the current folder cannot be told: %s",
			operand, strerrordesc_np(errno));
	path = operand[0] == '/' ? ks_arena_copy(arena, operand, strlen(operand))
				 : ks_arena_print(arena, "%s/%s", cwd ? cwd : ".", operand);
	free(cwd);
	slash = path ? strrchr(path, '/') : NULL;
	name = slash ? ks_arena_copy(arena, slash + 1, strlen(slash + 1)) : NULL;
	if (!name)
		return ks_problem_errno(problem, ENOMEM, operand);
	length = strlen(name);
	if (length > sizeof(SUFFIX) - 1 && strcmp(name + length - (sizeof(SUFFIX) - 1), SUFFIX) == 0)
		name[length - (sizeof(SUFFIX) - 1)] = '\0';
	loader->stack->service = name;
	loader->stack->file = path;
	loader->directories[0] = config_dir ? config_dir : ks_arena_copy(arena, path, (size_t)(slash - path));
	loader->trust_flags = KS_TRUST_NOTE;
	return loader->directories[0] ? 0 : ks_problem_errno(problem, ENOMEM, operand);
}

static int use_service(struct loader *loader, const char *service, const char *config_dir, struct ks_problem *problem)
{
	char shown[KS_REPORT_WORD_MAX];

	if (!ks_name_is_valid(service))
		return ks_problem(problem, KS_MISCONFIGURED, "use " KS_NAME_RULE, "%s is not a service's name",
			ks_report_word(shown, service, strlen(service), ""));
	loader->stack->service = ks_arena_copy(&loader->stack->arena, service, strlen(service));
	if (!loader->stack->service)
		return ks_problem_errno(problem, ENOMEM, service);
	loader->directories[0] = config_dir ? config_dir : ks_path_config();
	loader->directories[1] = config_dir ? NULL : ks_path_vendor();
	loader->trust_flags = config_dir ? 0 : KS_TRUST_SYSTEM;
	return find_file(loader, loader->stack->service, &loader->stack->file, problem);
}

int ks_stack_load(
	struct ks_stack *stack, const char *service, const struct ks_open_options *options, struct ks_report *report)
{
	struct loader loader = {.stack = stack, .report = report};
	struct ks_problem problem = {0};
	bool is_path = options->flags & KS_OPEN_FILE;
	int r = 0;

	stack->modules.arena = &stack->arena;
	r = check_directory(options->config_dir, &problem);
	if (r == 0)
		r = is_path ? use_path(&loader, service, options->config_dir, &problem)
			    : use_service(&loader, service, options->config_dir, &problem);
	if (r < 0)
		return ks_report_problem(report, NULL, 0, 0, &problem);
	r = load_file(&loader, stack->service, stack->file);
	if (r == -ENOMEM)
		return ks_report_fault(report, KS_ERROR, stack->file, 0, 0, "", "out of memory");
	if (report->count == 0 && stack->count == 0)
		return ks_report_fault(report, KS_MISCONFIGURED, stack->file, 0, 0,
			"write at least one line of transport, control and module", "the stack has no entries");
	return report->count == 0 ? 0 : -EINVAL;
}

void ks_stack_finish(struct ks_stack *stack)
{
	ks_arena_finish(&stack->arena);
	*stack = (struct ks_stack){0};
}
