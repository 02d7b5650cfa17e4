/* SPDX-License-Identifier: MIT */
/*
 * keystile-module-test MODULE.so [OPTION=VALUE...]: whether a module keeps to the contract of provider.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/checks.h"

#define PROGRAM "keystile-module-test"

enum {
	STATUS_FAILED = 1,
	STATUS_USAGE = 64,
	STATUS_UNABLE = 70
};

/* In the order in which they are looked at: the caller's process first. */
static const struct home homes[] = {
	{.name = "caller", .isolate = "none", .is_here = true},
	{.name = "worker", .isolate = "process", .is_here = false},
};

enum {
	HOMES = sizeof(homes) / sizeof(homes[0])
};

/* What must hold before anything else is worth a look, in this order. */
static const struct check first_checks[] = {
	{"note", check_note},
	{"exports", check_exports},
};
static const struct check load = {"load", check_load}, options = {"options", check_options},
			  both_homes = {"same-answer", check_homes};

/* In each home, where the first one passed, until one hangs. */
static const struct {
	struct check check;
	uint32_t transports; /* 0, or what the module must have one of */
	bool is_here;        /* for the caller's process alone */
} home_checks[] = {
	{{"open", check_open}, 0, false},
	{{"open-io", check_open_io}, 0, true},
	{{"resolve-api", check_resolve_api}, KS_TRANSPORT_API, false},
	{{"resolve-cli", check_resolve_cli}, KS_TRANSPORT_CLI, false},
	{{"resolve-fresh", check_resolve_fresh}, 0, false},
	{{"close", check_close}, 0, true},
	{{"state", check_state}, 0, false},
	{{"leaks", check_leaks}, 0, false},
	{{"secret", check_secret}, 0, true},
	{{"deadline", check_deadline}, 0, false},
	{{"fork", check_fork}, 0, false},
	{{"threads", check_threads}, 0, false},
};

enum {
	HOME_CHECKS = sizeof(home_checks) / sizeof(home_checks[0])
};

static bool may_go_on(enum check_end end)
{
	return end == CHECK_PASSED || end == CHECK_LEFT_OUT;
}

/* No check after one that could not be made: it would say the same. */
static bool is_over(void)
{
	return check_count[CHECK_REFUSED] > 0 || check_count[CHECK_UNABLE] > 0;
}

/* The note again, for the kit itself. */
static int read_note(struct kit *kit)
{
	char path[PATH_MAX], file[NAME_MAX];
	struct ks_problem problem = {0};
	int fd = -1, r = 0;

	(void)snprintf(file, sizeof(file), "%s.so", kit->name);
	place_path(path, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = ks_note_read(fd, &kit->arena, &kit->manifest, &problem);
	(void)close(fd);
	return r;
}

/* Returns whether the module could be opened there. */
static bool check_home(const struct kit *kit, const struct home *home)
{
	enum check_end end = CHECK_PASSED;

	for (unsigned i = 0; i < HOME_CHECKS && !is_over(); i++) {
		if (home_checks[i].is_here && !home->is_here)
			continue;
		if (home_checks[i].transports && !(home_checks[i].transports & kit->manifest.transports))
			continue;
		end = check_run(&home_checks[i].check, kit, home);
		if (end == CHECK_HUNG || (i == 0 && !may_go_on(end)))
			return false;
	}
	return !is_over();
}

/* A module for a worker may set up what is the process's, and take its time. */
static bool is_left_out(const struct kit *kit, const struct home *home)
{
	if (!home->is_here || !(kit->manifest.flags & KS_PROVIDER_NETWORK))
		return false;
	(void)fprintf(
		stderr, PROGRAM ": in %s: left out: a module with KS_PROVIDER_NETWORK is for a worker\n", home->name);
	return true;
}

/* Returns 0, or a negative errno where the kit could not do its work. */
static int check_all(struct kit *kit)
{
	unsigned opened = 0;
	int r = 0;

	for (unsigned i = 0; i < HOMES && r == 0; i++)
		r = place_write_stack(kit, homes[i].isolate, homes[i].isolate, NULL, NULL);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < sizeof(first_checks) / sizeof(first_checks[0]); i++) {
		if (!may_go_on(check_run(&first_checks[i], kit, NULL)))
			return 0;
	}
	r = read_note(kit);
	if (r < 0 || !may_go_on(check_run(&load, kit, &homes[0])) || !may_go_on(check_run(&options, kit, NULL)))
		return r;
	for (unsigned i = 0; i < HOMES && !is_over(); i++) {
		if (!is_left_out(kit, &homes[i]))
			opened += check_home(kit, &homes[i]);
	}
	if (opened == HOMES && !is_over())
		(void)check_run(&both_homes, kit, &homes[HOMES - 1]);
	return r;
}

static int usage(void)
{
	(void)fputs("usage: " PROGRAM " MODULE.so [OPTION=VALUE...]\n", stderr);
	return STATUS_USAGE;
}

static int summarise(void)
{
	const unsigned passed = check_count[CHECK_PASSED];
	const unsigned failed = check_count[CHECK_BROKEN] + check_count[CHECK_HUNG];

	(void)printf("%u passed, %u failed\n", passed, failed);
	if (fflush(stdout) != 0)
		return STATUS_UNABLE;
	if (check_count[CHECK_UNABLE] > 0)
		return STATUS_UNABLE;
	if (check_count[CHECK_REFUSED] > 0)
		return STATUS_USAGE;
	return failed > 0 || passed == 0 ? STATUS_FAILED : 0;
}

/* The three must be there, lest a file of ours becomes one of them. */
static int open_streams(void)
{
	int fd = -1;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd < 0 || close(fd) < 0 ? -errno : 0;
}

int main(int argc, char **argv)
{
	struct kit kit = {0};
	int r = 0;

	if (argc < 2 || argv[1][0] == '-')
		return usage();
	for (char **option = argv + 2; *option; option++) {
		if (!strchr(*option, '=') || (*option)[0] == '=')
			return usage();
	}
	kit.module = argv[1];
	kit.options = argv + 2;
	r = open_streams();
	if (r == 0)
		r = check_set_up();
	if (r < 0) {
		(void)fprintf(stderr, PROGRAM ": it cannot begin: %s\n", strerror(-r));
		return STATUS_UNABLE;
	}
	r = place_make(&kit);
	if (r < 0) {
		(void)fprintf(stderr, PROGRAM ": %s: %s\n", kit.module,
			r == -EINVAL ? "is no file called NAME.so" : strerror(-r));
		place_remove();
		return STATUS_USAGE;
	}
	r = check_all(&kit);
	ks_arena_finish(&kit.arena);
	place_remove();
	if (r < 0) {
		(void)fprintf(stderr, PROGRAM ": it cannot go on: %s\n", strerror(-r));
		return STATUS_UNABLE;
	}
	return summarise();
}
