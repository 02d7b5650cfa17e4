/* SPDX-License-Identifier: MIT */
#include "core/context.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/process.h"
#include "core/record.h"

/* What a caller built for 1.0 gives. */
#define OPTIONS_SIZE_1_0 (offsetof(struct ks_open_options, log_data) + sizeof(void *))

/* A page that fork wipes tells a child from its parent without a system call (madvise(2), MADV_WIPEONFORK). */
static pid_t *make_owner(void)
{
	long size = sysconf(_SC_PAGESIZE);
	pid_t *owner = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (owner == MAP_FAILED)
		return NULL;
	if (madvise(owner, (size_t)size, MADV_WIPEONFORK) < 0) {
		(void)munmap(owner, (size_t)size);
		return NULL;
	}
	*owner = getpid();
	return owner;
}

bool ks_context_is_own(const struct ks_context *context)
{
	return *context->owner != 0;
}

static void free_runtimes(struct ks_context *context)
{
	struct ks_runtime *runtime = NULL;
	const struct ks_provider *provider = NULL;

	for (unsigned i = 0; context->runtimes && i < context->stack.count; i++) {
		runtime = &context->runtimes[i];
		if (runtime->stage == KS_STAGE_OPEN && !context->stack.entries[i].worker) {
			provider = context->stack.entries[i].module->provider;
			if (provider->close)
				provider->close(runtime->state);
		}
		free(runtime->problem);
		(void)pthread_mutex_destroy(&runtime->lock);
	}
	free(context->runtimes);
}

/* In a child of fork the locks may be held by threads that are not there, and the modules' states are the parent's.
 */
static struct ks_context *abandon(struct ks_context *context)
{
	ks_crew_abandon(&context->crew);
	(void)munmap(context->owner, (size_t)sysconf(_SC_PAGESIZE));
	return NULL;
}

struct ks_context *ks_close(struct ks_context *context)
{
	if (!context)
		return NULL;
	if (context->owner && !ks_context_is_own(context))
		return abandon(context);
	ks_crew_finish(&context->crew);
	ks_record_rest(context);
	free_runtimes(context);
	ks_stack_finish(&context->stack);
	(void)pthread_mutex_destroy(&context->lock);
	if (context->owner)
		(void)munmap(context->owner, (size_t)sysconf(_SC_PAGESIZE));
	free(context);
	return NULL;
}

int ks_context_check_root(const struct ks_context *context, struct ks_problem *problem)
{
	dev_t device = 0;
	ino_t inode = 0;
	int r = ks_process_root(&device, &inode);

	if (r < 0)
		return ks_problem_errno(problem, -r, "/ cannot be looked at");
	if (device != context->root_device || inode != context->root_inode)
		return ks_problem(problem, KS_ERROR,
			"open the stack with KS_OPEN_PRELOAD before the program changes its root",
			"/ is not what it was when the stack was opened, so no module is loaded");
	return 0;
}

/* Loads and opens. A failure is a fact and stays, unless it may pass: then the next request tries again. */
static enum ks_result prepare(struct ks_context *context, unsigned index, int64_t deadline,
	struct ks_problem *problem, const struct ks_argument **ret_argument)
{
	const struct ks_stack_entry *entry = &context->stack.entries[index];
	struct ks_runtime *runtime = &context->runtimes[index];
	int r = 0;

	if (!entry->worker && entry->module->loaded == 0)
		r = ks_context_check_root(context, problem);
	if (r == 0 && !entry->worker)
		r = ks_module_load(entry->module, problem);
	if (r < 0) {
		problem->result = KS_ERROR;
		if (!ks_is_passing(r))
			runtime->stage = KS_STAGE_FAILED;
		return KS_ERROR;
	}
	runtime->result = ks_host_open(entry, &context->log, deadline, &runtime->state, problem, ret_argument);
	if (runtime->result == KS_OK)
		runtime->stage = KS_STAGE_OPEN;
	else if (runtime->result != KS_ERROR && runtime->result != KS_UNAVAILABLE)
		runtime->stage = KS_STAGE_FAILED;
	return runtime->result;
}

int ks_context_lock(pthread_mutex_t *lock, int64_t deadline)
{
	struct timespec until = {.tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000};

	if (pthread_mutex_trylock(lock) == 0)
		return 0;
	return -pthread_mutex_clocklock(lock, CLOCK_MONOTONIC, &until);
}

/* In this process no module takes long to open; a worker may, and others are not to wait for it. */
static int lock_to_prepare(struct ks_context *context, unsigned index, int64_t deadline, pthread_mutex_t **ret_lock)
{
	bool is_isolated = context->stack.entries[index].worker != NULL;

	*ret_lock = is_isolated ? &context->runtimes[index].lock : &context->lock;
	return is_isolated ? ks_context_lock(*ret_lock, deadline) : -pthread_mutex_lock(*ret_lock);
}

enum ks_result ks_context_prepare(struct ks_context *context, unsigned index, int64_t deadline,
	struct ks_problem *problem, const struct ks_argument **ret_argument)
{
	struct ks_runtime *runtime = &context->runtimes[index];
	enum ks_result result = KS_OK;
	pthread_mutex_t *lock = NULL;

	if (runtime->stage == KS_STAGE_OPEN)
		return KS_OK;
	if (lock_to_prepare(context, index, deadline, &lock) < 0) {
		(void)ks_problem(problem, KS_UNAVAILABLE, KS_RAISE_TIMEOUT, KS_STILL_BUSY);
		return KS_UNAVAILABLE;
	}
	if (runtime->stage == KS_STAGE_FRESH) {
		result = prepare(context, index, deadline, problem, ret_argument);
		if (runtime->stage == KS_STAGE_FAILED) {
			runtime->result = result;
			runtime->problem = malloc(sizeof(*runtime->problem));
			if (runtime->problem)
				*runtime->problem = *problem;
		}
	} else if (runtime->stage == KS_STAGE_FAILED) {
		result = runtime->result;
		if (runtime->problem)
			*problem = *runtime->problem;
		else
			(void)ks_problem(problem, result, "", "it could not be opened before");
	}
	(void)pthread_mutex_unlock(lock);
	return result;
}

const struct ks_stack *ks_context_stack(const struct ks_context *context)
{
	return &context->stack;
}

/* Loads and opens every entry, and reports each that cannot be. */
static void preload(struct ks_context *context, struct ks_report *report)
{
	const struct ks_entry *config = NULL;
	const struct ks_argument *argument = NULL;
	struct ks_problem problem = {0};

	for (unsigned i = 0; i < context->stack.count; i++) {
		argument = NULL;
		config = &context->stack.entries[i].config;
		if (ks_context_prepare(context, i, ks_now_ms() + config->timeout_ms, &problem, &argument) == KS_OK)
			continue;
		if (argument)
			(void)ks_report_problem(
				report, config->file, argument->value_line, argument->value_column, &problem);
		else
			(void)ks_report_problem(
				report, config->file, config->module_line, config->module_column, &problem);
	}
}

static int set_up(struct ks_context *context, struct ks_problem *problem)
{
	static _Atomic uint64_t last_serial;
	int r = ks_process_check(problem);

	if (r < 0)
		return r;
	r = ks_process_root(&context->root_device, &context->root_inode);
	if (r < 0)
		return ks_problem_errno(problem, -r, "/ cannot be looked at");
	context->serial = atomic_fetch_add(&last_serial, 1) + 1;
	context->owner = make_owner();
	if (!context->owner)
		return ks_problem_errno(problem, errno, "memory that fork wipes cannot be had");
	return 0;
}

static int set_up_runtimes(struct ks_context *context)
{
	context->runtimes = calloc(context->stack.count, sizeof(*context->runtimes));
	if (!context->runtimes)
		return -ENOMEM;
	for (unsigned i = 0; i < context->stack.count; i++)
		(void)pthread_mutex_init(&context->runtimes[i].lock, NULL);
	return ks_crew_init(&context->crew, context);
}

enum ks_result ks_open(const char *service, const struct ks_open_options *options, struct ks_context **ret_context,
	struct ks_error *error)
{
	static const struct ks_open_options defaults = {.size = sizeof(defaults)};
	struct ks_context *context = calloc(1, sizeof(*context));
	struct ks_report report = {.error = error};
	struct ks_problem problem = {0};
	enum ks_result result = KS_ERROR;

	if (!context)
		return ks_error_set(error, KS_ERROR, "out of memory");
	if (options && options->size < OPTIONS_SIZE_1_0) {
		free(context);
		return ks_error_set(error, KS_ERROR, "ks_open: the size of the options is not set");
	}
	(void)pthread_mutex_init(&context->lock, NULL);
	if (!options)
		options = &defaults;
	report.fault = options->fault;
	report.data = options->fault_data;
	context->log = (struct ks_log){.write = options->log, .data = options->log_data, .context = context};
	if (set_up(context, &problem) < 0)
		(void)ks_report_problem(&report, NULL, 0, 0, &problem);
	else if (ks_stack_load(&context->stack, service ? service : "default", options, &report) == 0 &&
		 set_up_runtimes(context) < 0)
		(void)ks_report_fault(&report, KS_ERROR, NULL, 0, 0, "", "out of memory");
	if (report.count == 0 && (options->flags & KS_OPEN_PRELOAD))
		preload(context, &report);
	if (context->runtimes && (options->flags & KS_OPEN_LINT))
		ks_stack_lint(&context->stack, &report);
	result = ks_report_finish(&report);
	if (result == KS_OK)
		*ret_context = context;
	else
		(void)ks_close(context);
	return result;
}
