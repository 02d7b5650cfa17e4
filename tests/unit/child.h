/* SPDX-License-Identifier: MIT */
/*
 * A look at things from a child, which may take from itself what the test still needs: its right to write, say. What
 * is not as it should be, it leaves in shared memory.
 */
#ifndef KEYSTILE_TESTS_CHILD_H
#define KEYSTILE_TESTS_CHILD_H

#include "unit.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	NOBODY = 65534,
	CHILD_FOUND = 1 /* its exit status where something is not as it should be */
};

static struct {
	int line, error;
	char text[160];
} * finding;

/* In a look: ends it, with the child, where the condition is false; and where a call does not fail with this errno.
 */
#define EXPECT(condition) (errno = 0, expect(condition, __LINE__, #condition))
#define REFUSED(with, call) (errno = 0, expect((call) == -1 && errno == (with), __LINE__, #call " with " #with))

static void expect(bool is_so, int line, const char *text)
{
	if (is_so)
		return;
	finding->error = errno;
	finding->line = line;
	(void)snprintf(finding->text, sizeof(finding->text), "%s", text);
	_exit(CHILD_FOUND);
}

static int become_nobody(void)
{
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0)
		return -1;
	return setresuid(NOBODY, NOBODY, NOBODY);
}

/* Returns the child's status (waitpid(2)); no cleaning up of the test's runs in it. */
static int status_of(void (*look)(void), bool as_nobody)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		if (as_nobody && become_nobody() < 0)
			_exit(CHILD_FOUND);
		look();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void look_once(void (*look)(void), bool as_nobody)
{
	int status = 0;

	memset(finding, 0, sizeof(*finding));
	status = status_of(look, as_nobody);
	if (status != 0)
		fail_msg("status %#x as %s, line %d: %s: %s", (unsigned)status,
			geteuid() == 0 && !as_nobody ? "root" : "an ordinary user", finding->line, finding->text,
			strerror(finding->error));
}

/* As this user, and where that is root as an ordinary one too. */
static void look_from_child(void (*look)(void))
{
	look_once(look, false);
	if (geteuid() == 0)
		look_once(look, true);
}

#define TEST_FROM_CHILD(look)                                                                                        \
	static void test_##look(void **state)                                                                        \
	{                                                                                                            \
		(void)state;                                                                                         \
		look_from_child(look);                                                                               \
	}

static int share_findings(void)
{
	void *shared = mmap(NULL, sizeof(*finding), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return -1;
	finding = shared;
	return 0;
}

#endif
