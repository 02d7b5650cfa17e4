/* SPDX-License-Identifier: MIT */
#include "core/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/config.h"
#include "core/mapping.h"
#include "core/paths.h"

#define REINSTALL "reinstall the package the module came with"

/* What a module built for 1.0 has. */
#define PROVIDER_SIZE_1_0 (offsetof(struct ks_provider, close) + sizeof(((struct ks_provider *)NULL)->close))

static struct ks_module *find_known(const struct ks_modules *modules, const char *name)
{
	struct ks_module *module = modules->first;

	while (module && strcmp(module->name, name) != 0)
		module = module->next;
	return module;
}

static int open_module(const struct ks_module *module, struct ks_trusted *ret_file, struct ks_problem *problem)
{
	char path[PATH_MAX];
	int r = snprintf(path, sizeof(path), "%s/%s", ks_path_modules(), module->file);

	if (r < 0 || (size_t)r >= sizeof(path)) {
		(void)ks_problem(problem, KS_ERROR, "", "the path of %s is too long", module->file);
		return -ENAMETOOLONG;
	}
	r = ks_trust_open(path, KS_TRUST_SYSTEM, ret_file, problem);
	if (r == -ENOENT)
		(void)ks_problem(problem, KS_MISCONFIGURED,
			"correct the name, or install the package that has it; keystile modules lists what is there",
			"module %s is not installed in %s", module->file, ks_path_modules());
	return r;
}

/* What is said of "the module" says which. */
static void name_module(struct ks_module *module)
{
	char reason[KS_REASON_MAX];

	(void)snprintf(reason, sizeof(reason), "%s", module->problem.reason);
	(void)snprintf(module->problem.reason, sizeof(module->problem.reason), "%s: %.*s", module->file,
		KS_REASON_MAX - KS_NAME_MAX - 8, reason);
}

static int verify(struct ks_modules *modules, struct ks_module *module)
{
	struct ks_trusted file;
	struct ks_problem *problem = &module->problem;
	int r = open_module(module, &file, problem);

	if (r < 0)
		return r;
	module->path = ks_arena_copy(modules->arena, file.path, strlen(file.path));
	ks_identity_read(file.fd, &file.status, &module->identity);
	r = module->path ? ks_note_read(file.fd, modules->arena, &module->manifest, problem)
			 : ks_problem_errno(problem, ENOMEM, "the module cannot be verified");
	(void)close(file.fd);
	if (r < 0)
		name_module(module);
	if (r == 0 && strcmp(module->manifest.name, module->name) != 0)
		r = ks_problem(problem, KS_MISCONFIGURED, "give the file its own name back",
			"%s says that its name is %s", module->file, module->manifest.name);
	return r;
}

static struct ks_module *find(struct ks_modules *modules, const char *name)
{
	struct ks_module *module = find_known(modules, name);

	if (module)
		return module;
	module = ks_arena_alloc(modules->arena, sizeof(*module));
	if (!module)
		return NULL;
	module->name = ks_arena_copy(modules->arena, name, strlen(name));
	module->file = ks_arena_print(modules->arena, "%s.so", name);
	if (!module->name || !module->file)
		return NULL;
	module->verified = verify(modules, module);
	module->next = modules->first;
	modules->first = module;
	return module;
}

struct ks_module *ks_module_find(struct ks_modules *modules, const char *name, struct ks_problem *problem)
{
	struct ks_module *module = find(modules, name);

	if (!module) {
		(void)ks_problem_errno(problem, ENOMEM, name);
		return NULL;
	}
	if (module->verified < 0) {
		*problem = module->problem;
		return NULL;
	}
	return module;
}

/* dlsym(3) also finds the symbol in a library the module needs; only the module's own counts. */
static bool is_own_symbol(void *handle, void *symbol)
{
	struct link_map *of_handle = NULL, *of_symbol = NULL;
	Dl_info info;

	return dlinfo(handle, RTLD_DI_LINKMAP, (void *)&of_handle) == 0 &&
	       dladdr1(symbol, &info, (void **)&of_symbol, RTLD_DL_LINKMAP) != 0 && of_handle == of_symbol;
}

typedef const struct ks_provider *entry_point(uint32_t host_abi_minor);

/* The module's entry point, or NULL and *problem. */
static entry_point *find_entry_point(const struct ks_module *module, struct ks_problem *problem)
{
	void *handle = dlopen(module->path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	void *symbol = NULL;
	entry_point *entry = NULL;
	const char *text = NULL;

	if (!handle) {
		text = dlerror();
		(void)ks_problem(problem, KS_ERROR,
			"the file is there: one of its libraries may be missing, see ldd(1)",
			"%s cannot be loaded: %.300s", module->file, text ? text : "no reason given");
		return NULL;
	}
	symbol = dlsym(handle, KS_ENTRY_POINT);
	if (!symbol || !is_own_symbol(handle, symbol)) {
		(void)ks_problem(problem, KS_ERROR, REINSTALL, "%s does not export " KS_ENTRY_POINT, module->file);
		return NULL;
	}
	memcpy(&entry, &symbol, sizeof(symbol));
	return entry;
}

static bool is_same(const char *text, const char *other)
{
	return text && strcmp(text, other) == 0;
}

static bool is_same_option(const struct ks_option *option, const struct ks_option *other)
{
	return is_same(option->name, other->name) && option->type == other->type && option->flags == other->flags &&
	       is_same(option->fallback, other->fallback) && is_same(option->help, other->help);
}

static bool is_stride(uint32_t stride)
{
	return stride >= sizeof(struct ks_option) && stride <= KS_STRIDE_MAX &&
	       stride % _Alignof(struct ks_option) == 0;
}

/* The name of the first part in which descriptor and note differ; NULL where they agree. */
static const char *find_difference(const struct ks_provider *provider, const struct ks_manifest *manifest)
{
	const char *base = (const char *)provider->options;

	if (provider->abi_major != manifest->abi_major || provider->abi_minor != manifest->abi_minor)
		return "ABI version";
	if (provider->flags != manifest->flags)
		return "flags";
	if (provider->transports != manifest->transports)
		return "transports";
	if (provider->kinds != manifest->kinds)
		return "kinds";
	if (!is_same(provider->name, manifest->name))
		return "name";
	if (!is_same(provider->version, manifest->version))
		return "version";
	if (!is_same(provider->summary, manifest->summary))
		return "summary";
	if (provider->option_count != manifest->option_count ||
		(provider->option_count && (!base || !is_stride(provider->option_stride))))
		return "options";
	for (uint32_t i = 0; i < manifest->option_count; i++) {
		if (!is_same_option(
			    (const void *)(base + (size_t)i * provider->option_stride), &manifest->options[i]))
			return "options";
	}
	if (provider->environment_count != manifest->environment_count ||
		(provider->environment_count && !provider->environment))
		return "environment";
	for (uint32_t i = 0; i < manifest->environment_count; i++) {
		if (!is_same(provider->environment[i], manifest->environment[i]))
			return "environment";
	}
	return NULL;
}

static int check_descriptor(
	const struct ks_module *module, const struct ks_provider *provider, struct ks_problem *problem)
{
	const char *difference = NULL;

	if (!provider)
		return ks_problem(problem, KS_ERROR, REINSTALL, "%s returned no descriptor", module->file);
	if (provider->magic != KS_PROVIDER_MAGIC)
		return ks_problem(problem, KS_ERROR, REINSTALL, "%s has magic 0x%08x in its descriptor, not 0x%08x",
			module->file, provider->magic, KS_PROVIDER_MAGIC);
	if (provider->size < PROVIDER_SIZE_1_0)
		return ks_problem(problem, KS_ERROR, REINSTALL, "%s has a descriptor of %u bytes, and %zu are needed",
			module->file, provider->size, PROVIDER_SIZE_1_0);
	difference = find_difference(provider, &module->manifest);
	if (difference)
		return ks_problem(problem, KS_ERROR, REINSTALL,
			"%s says one thing in its note and another in its code: %s", module->file, difference);
	if (!provider->resolve)
		return ks_problem(problem, KS_ERROR, REINSTALL, "%s has no resolve function", module->file);
	return 0;
}

static int check_mapping(const struct ks_module *module, entry_point *entry, int fd, struct ks_problem *problem)
{
	void *address = NULL;
	int r = 0;

	memcpy(&address, &entry, sizeof(address));
	r = ks_mapping_is_file(address, fd);
	if (r < 0) {
		(void)ks_problem(problem, KS_ERROR, "mount /proc, or load every module before (KS_OPEN_PRELOAD)",
			"what %s was loaded from cannot be told: %s", module->file, strerrordesc_np(-r));
		return r;
	}
	if (r == 0)
		return ks_problem(problem, KS_ERROR, "start the program again",
			"%s was replaced after it was verified or loaded", module->path);
	return 0;
}

int ks_module_reopen(const struct ks_module *module, struct ks_trusted *ret_file, struct ks_problem *problem)
{
	struct ks_identity identity;
	int r = open_module(module, ret_file, problem);

	if (r < 0) {
		problem->result = KS_ERROR;
		return r;
	}
	ks_identity_read(ret_file->fd, &ret_file->status, &identity);
	if (ks_identity_equal(&identity, &module->identity) && strcmp(ret_file->path, module->path) == 0)
		return 0;
	(void)close(ret_file->fd);
	return ks_problem(
		problem, KS_ERROR, "open the stack again", "%s was replaced after it was verified", module->path);
}

int ks_module_map(struct ks_module *module, int fd, struct ks_problem *problem)
{
	entry_point *entry = find_entry_point(module, problem);
	int r = entry ? check_mapping(module, entry, fd, problem) : -EIO;

	if (r < 0)
		return r;
	module->provider = entry(KS_ABI_MINOR);
	return check_descriptor(module, module->provider, problem);
}

static int load(struct ks_module *module, struct ks_problem *problem)
{
	struct ks_trusted file;
	int r = ks_module_reopen(module, &file, problem);

	if (r < 0)
		return r;
	r = ks_module_map(module, file.fd, problem);
	(void)close(file.fd);
	return r;
}

int ks_module_load(struct ks_module *module, struct ks_problem *problem)
{
	int r = 0;

	if (module->loaded == 0) {
		r = load(module, &module->problem);
		if (r == 0)
			module->loaded = 1;
		else if (!ks_is_passing(r))
			module->loaded = r;
	}
	if (module->loaded > 0)
		return 0;
	*problem = module->problem;
	return module->loaded < 0 ? module->loaded : r;
}
