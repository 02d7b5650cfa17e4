/* SPDX-License-Identifier: MIT */
/*
 * steps SERVICE [all|worker]: where the time of a cold request goes. Prints a line for each step,
 * "NAME<tab>NANOSECONDS", in the order in which a first request takes them; with "all" for the calls of the library
 * that consist of them; with "worker" for what comes on top where the module runs in a worker.
 */
#include <keystile/keystile.h>

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/identity.h"
#include "core/mapping.h"
#include "core/note.h"
#include "core/paths.h"
#include "core/process.h"
#include "core/secret.h"
#include "core/spawn.h"
#include "core/trust.h"
#include "worker/filter.h"
#include "worker/landlock.h"

enum {
	STEPS_MAX = 16,
	SECRET_SIZE = 1024,
	END_MS = 10000 /* for a worker to end that nobody wants */
};

struct step {
	const char *name;
	int64_t start, end;
};

static struct step steps[STEPS_MAX];
static unsigned count;

static int64_t now(void)
{
	struct timespec time = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Begins a step, which ends where the next one begins. */
static void begin(const char *name)
{
	if (count > 0)
		steps[count - 1].end = now();
	steps[count++] = (struct step){.name = name, .start = now()};
}

static void check(int is_good, const char *what)
{
	if (is_good)
		return;
	fprintf(stderr, "steps: %s failed\n", what);
	exit(EXIT_FAILURE);
}

static void take_steps(const char *service)
{
	char configuration[PATH_MAX], module[PATH_MAX];
	struct ks_trusted file;
	struct ks_problem problem = {0};
	struct ks_arena arena = {0};
	struct ks_manifest manifest;
	struct ks_identity identity;
	void *handle = NULL, *symbol = NULL;

	(void)snprintf(configuration, sizeof(configuration), "%s/%s.conf", ks_path_config(), service);
	(void)snprintf(module, sizeof(module), "%s/env.so", ks_path_modules());
	begin("trust of the configuration");
	check(ks_trust_open(configuration, KS_TRUST_SYSTEM, &file, &problem) == 0, configuration);
	(void)close(file.fd);
	begin("trust of the module");
	check(ks_trust_open(module, KS_TRUST_SYSTEM, &file, &problem) == 0, module);
	ks_identity_read(file.fd, &file.status, &identity);
	begin("its note");
	check(ks_note_read(file.fd, &arena, &manifest, &problem) == 0, "the note");
	(void)close(file.fd);
	begin("trust of it again, for loading");
	check(ks_trust_open(module, KS_TRUST_SYSTEM, &file, &problem) == 0, module);
	ks_identity_read(file.fd, &file.status, &identity);
	begin("dlopen");
	handle = dlopen(file.path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	symbol = handle ? dlsym(handle, KS_ENTRY_POINT) : NULL;
	check(symbol != NULL, "dlopen");
	begin("what was mapped (/proc/self/maps)");
	check(ks_mapping_is_file(symbol, file.fd) == 1, "the mapping");
	(void)close(file.fd);
	begin("the first secret memory");
	check(ks_secret_free(ks_secret_alloc(SECRET_SIZE)) == NULL, "the secret memory");
	begin("end");
	ks_arena_finish(&arena);
}

/* All of it, as the library does it. The steps above have warmed up what it reads, but in a process of their own. */
static void take_all(const char *service)
{
	struct ks_context *context = NULL;
	struct ks_credential *credential = NULL;
	struct ks_error error = KS_ERROR_INIT;

	begin("ks_open");
	check(ks_open(service, NULL, &context, &error) == KS_OK, error.message);
	begin("the first ks_resolve");
	check(ks_resolve(context, NULL, &credential, NULL, &error) == KS_OK, error.message);
	begin("ks_credential_free, ks_close");
	(void)ks_credential_free(credential);
	(void)ks_close(context);
	begin("end");
}

/* What the worker does to itself comes last: this process can do little afterwards. */
static void take_steps_of_worker(void)
{
	char module[PATH_MAX], *environment[] = {NULL};
	const struct ks_confine_rules rules = {.module = module};
	struct ks_problem problem = {0};
	uint32_t measures = 0;
	int fds[2] = {-1, -1}, pidfd = -1;

	(void)snprintf(module, sizeof(module), "%s/env.so", ks_path_modules());
	check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0, "socketpair");
	begin("execution of keystile-worker");
	check(ks_spawn(ks_path_worker(), environment, fds[1], &pidfd) == 0, "the worker");
	begin("its loader, its fork, and the end of both");
	(void)close(fds[0]);
	(void)close(fds[1]);
	check(ks_spawn_wait(pidfd, ks_now_ms() + END_MS) == 0, "the end of the worker");
	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "prctl");
	begin("Landlock");
	check(ks_landlock_apply(&rules, &measures, &problem) == 0, problem.reason);
	begin("the filter of system calls");
	check(ks_filter_apply(false, &problem) == 0, problem.reason);
	begin("the look whether files are others now, before each request");
	(void)ks_landlock_is_stale();
	begin("end");
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[2], "worker") == 0)
		take_steps_of_worker();
	else if (argc == 3 && strcmp(argv[2], "all") == 0)
		take_all(argv[1]);
	else if (argc == 2)
		take_steps(argv[1]);
	else
		return EXIT_FAILURE;
	for (unsigned i = 0; i + 1 < count; i++)
		printf("%s\t%lld\n", steps[i].name, (long long)(steps[i].end - steps[i].start));
	return EXIT_SUCCESS;
}
