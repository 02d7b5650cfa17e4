/* SPDX-License-Identifier: MIT */
/*
 * What a process can still read under Landlock, which stands alone here: no filter could have refused, and root has
 * its capabilities. Where the kernel has no Landlock, there is nothing to see but that this is said.
 */
#include "worker/landlock.h"

#include "child.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "core/confinement.h"
#include "mounts.h"

enum {
	OF_ROOT = 1, /* tests, the last ones */
	ROOM = 128
};

static char base[] = "/tmp/keystile-landlock-XXXXXX";
static char granted[ROOM], later[ROOM], module[ROOM];
static const char *const folders[] = {granted, later};
static uint32_t measures;

static int restrict_self(bool network)
{
	const struct ks_confine_rules rules = {
		.network = network, .module = module, .paths = folders, .path_count = COUNT(folders)};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -1 : ks_landlock_apply(&rules, &measures, NULL);
}

static int try_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : close(fd);
}

static void says_what_it_does(void)
{
	const int version = ks_landlock_version();

	EXPECT(restrict_self(false) == 0);
	EXPECT(!(measures & KS_MEASURE_FILES) == (version < KS_LANDLOCK_FILES));
	EXPECT(!(measures & KS_MEASURE_PORTS) == (version < KS_LANDLOCK_PORTS));
	EXPECT(!(measures & KS_MEASURE_SCOPE) == (version < KS_LANDLOCK_SCOPE));
	EXPECT((measures & ~(uint32_t)(KS_MEASURE_FILES | KS_MEASURE_PORTS | KS_MEASURE_SCOPE)) == 0);
}

static void reads_what_it_needs(void)
{
	EXPECT(restrict_self(true) == 0);
	EXPECT(try_open("granted") == 0 && try_open("granted/file") == 0 && try_open("granted/inner/file") == 0);
	EXPECT(try_open("modules/data") == 0);
	EXPECT(try_open("/proc/self/maps") == 0 && try_open("/proc/self/status") == 0);
	EXPECT(try_open("/dev/null") == 0 && try_open("/dev/urandom") == 0);
	EXPECT(try_open("/etc/passwd") == 0 && try_open("/usr/share") == 0);
}

static void reads_nothing_else(void)
{
	char path[2 * ROOM];
	int file = open("private/file", O_RDONLY | O_CLOEXEC);
	char byte = 0;

	EXPECT(file >= 0);
	EXPECT(restrict_self(true) == 0);
	if (!(measures & KS_MEASURE_FILES))
		return;
	EXPECT(try_open("private/file") == -EACCES && try_open("private") == -EACCES);
	EXPECT(try_open("granted/../private/file") == -EACCES && try_open("granted/link") == -EACCES);
	(void)snprintf(path, sizeof(path), "/proc/self/root%s/private/file", base);
	EXPECT(try_open(path) == -EACCES);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	EXPECT(try_open(path) == -EACCES);
	(void)snprintf(path, sizeof(path), "/proc/%d/status", getppid());
	EXPECT(try_open(path) == -EACCES);
	EXPECT(try_open("/") == -EACCES && try_open("/etc") == -EACCES && try_open("/proc") == -EACCES);
	EXPECT(try_open("/etc/shadow") == -EACCES);
	/* What was opened before is its own. */
	EXPECT(read(file, &byte, 1) == 1);
}

/* In a folder that it may read. */
static void changes_nothing(void)
{
	char name[] = "true", *const arguments[] = {name, NULL};

	EXPECT(chdir("granted") == 0);
	EXPECT(restrict_self(true) == 0);
	if (!(measures & KS_MEASURE_FILES))
		return;
	REFUSED(EACCES, open("file", O_WRONLY | O_CLOEXEC));
	REFUSED(EACCES, open("new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	REFUSED(EACCES, unlink("file"));
	REFUSED(EACCES, rename("file", "new"));
	REFUSED(EACCES, symlink("file", "new"));
	REFUSED(EACCES, mkdir("new", 0700));
	REFUSED(EACCES, rmdir("inner"));
	REFUSED(EACCES, mkfifo("new", 0600));
	REFUSED(EACCES, execve("/usr/bin/true", arguments, environ));
	if (ks_landlock_version() >= KS_LANDLOCK_TRUNCATE)
		REFUSED(EACCES, truncate("file", 1));
}

static void tcp(bool network)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct sockaddr *const at = (struct sockaddr *)&address;
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int stream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	EXPECT(listener >= 0 && bind(listener, at, length) == 0 && listen(listener, 1) == 0);
	EXPECT(getsockname(listener, at, &length) == 0);
	EXPECT(restrict_self(network) == 0);
	if (!(measures & KS_MEASURE_PORTS))
		return;
	if (network)
		EXPECT(connect(stream, at, length) == 0);
	else
		REFUSED(EACCES, connect(stream, at, length));
	address.sin_port = 0;
	REFUSED(EACCES, bind(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), at, length));
}

static void tcp_without_network(void)
{
	tcp(false);
}

static void tcp_with_network(void)
{
	tcp(true);
}

static void reaches_nobody(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct sockaddr *const at = (struct sockaddr *)&address;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), stream = -1;

	(void)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", base);
	EXPECT(listener >= 0 && bind(listener, at, sizeof(address)) == 0 && listen(listener, 1) == 0);
	EXPECT((stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0);
	EXPECT(restrict_self(true) == 0);
	if (!(measures & KS_MEASURE_SCOPE))
		return;
	REFUSED(EPERM, connect(stream, at, sizeof(address)));
	REFUSED(EPERM, kill(getppid(), 0));
	EXPECT(kill(getpid(), 0) == 0);
}

/* What a restricted child holds of it, when `change` is made behind its back: stale, not stale, or gone wrong. */
enum view {
	VIEW_CURRENT,
	VIEW_STALE,
	VIEW_NONE
};

static _Noreturn void watch(int ready, int told, bool network)
{
	char byte = 0;

	if (restrict_self(network) < 0 || ks_landlock_is_stale() || write(ready, "x", 1) != 1 ||
		read(told, &byte, 1) != 1)
		_exit(VIEW_NONE);
	_exit(ks_landlock_is_stale() ? VIEW_STALE : VIEW_CURRENT);
}

static enum view view_after(bool network, int (*change)(void))
{
	int ready[2] = {-1, -1}, told[2] = {-1, -1}, status = 0;
	pid_t child = -1;
	char byte = 0;
	bool done = false;

	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(told, O_CLOEXEC) < 0)
		return VIEW_NONE;
	child = fork();
	if (child == 0)
		watch(ready[1], told[0], network);
	(void)close(ready[1]);
	(void)close(told[0]);
	done = read(ready[0], &byte, 1) == 1 && change() == 0 && write(told[1], "x", 1) == 1;
	(void)close(ready[0]);
	(void)close(told[1]);
	if (waitpid(child, &status, 0) != child || !done || !WIFEXITED(status))
		return VIEW_NONE;
	return (enum view)WEXITSTATUS(status);
}

static enum view stale(void)
{
	return ks_landlock_version() > 0 ? VIEW_STALE : VIEW_CURRENT;
}

static int write_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	return fd < 0 || write(fd, "text", 4) != 4 ? -1 : close(fd);
}

static int replace_folder(void)
{
	return rename("granted", "old") < 0 || mkdir("granted", 0755) < 0 ? -1 : 0;
}

static int restore_folder(void)
{
	return rmdir("granted") < 0 ? -1 : rename("old", "granted");
}

static int make_folder(void)
{
	return mkdir("later", 0755);
}

static int remove_folder(void)
{
	return rmdir("later");
}

static int replace_file_in_folder(void)
{
	return write_file("granted/new") < 0 ? -1 : rename("granted/new", "granted/spare");
}

static void sees_folders_put_there_anew(void)
{
	EXPECT(view_after(false, replace_folder) == stale());
	EXPECT(restore_folder() == 0);
	EXPECT(view_after(false, make_folder) == stale());
	EXPECT(view_after(false, remove_folder) == VIEW_CURRENT);
	EXPECT(view_after(false, replace_file_in_folder) == VIEW_CURRENT);
}

static int replace_hosts(void)
{
	return write_file("/etc/new") < 0 ? -1 : rename("/etc/new", "/etc/hosts");
}

static int make_resolver_file(void)
{
	return write_file("/etc/resolv.conf");
}

static int change_hosts(void)
{
	return write_file("/etc/hosts");
}

static int remove_hosts(void)
{
	return unlink("/etc/hosts");
}

/* With an /etc of its own. */
static void sees_system_files_put_there_anew(void)
{
	EXPECT(enter_own_mounts() && mount("none", "/etc", "tmpfs", 0, NULL) == 0);
	EXPECT(write_file("/etc/hosts") == 0);
	EXPECT(view_after(true, change_hosts) == VIEW_CURRENT);
	EXPECT(view_after(true, replace_hosts) == stale());
	EXPECT(view_after(true, make_resolver_file) == stale());
	EXPECT(view_after(false, replace_hosts) == VIEW_CURRENT); /* of no use to it */
	EXPECT(view_after(true, remove_hosts) == VIEW_CURRENT);
}

TEST_FROM_CHILD(says_what_it_does)
TEST_FROM_CHILD(reads_what_it_needs)
TEST_FROM_CHILD(reads_nothing_else)
TEST_FROM_CHILD(changes_nothing)
TEST_FROM_CHILD(tcp_without_network)
TEST_FROM_CHILD(tcp_with_network)
TEST_FROM_CHILD(reaches_nobody)
TEST_FROM_CHILD(sees_folders_put_there_anew)

static void test_sees_system_files_put_there_anew(void **state)
{
	(void)state;
	look_once(sees_system_files_put_there_anew, false);
}

static void refuse_rules(const struct ks_confine_rules *rules, int error)
{
	struct ks_problem problem = {0};
	uint32_t written = UINT32_MAX;
	int expected = ks_landlock_version() > 0 ? error : 0;

	assert_int_equal(ks_landlock_apply(rules, &written, &problem), expected);
	assert_int_equal(problem.result, expected < 0 ? KS_ERROR : KS_OK);
	assert_int_equal(written, expected < 0 ? UINT32_MAX : 0);
}

static void test_refuses_rules_it_cannot_keep(void **state)
{
	static const char *const many[65];
	const struct ks_confine_rules no_folder = {.module = "module.so"};
	const struct ks_confine_rules too_many = {.module = module, .paths = many, .path_count = COUNT(many)};

	(void)state;
	refuse_rules(&no_folder, -EINVAL);
	refuse_rules(&too_many, -E2BIG);
}

/* Nothing in it is kept from an ordinary user but by Landlock. */
static int set_up(void **state)
{
	static const char *const names[] = {"granted", "granted/inner", "private", "modules"};
	static const char *const files[] = {"granted/file", "granted/inner/file", "private/file", "modules/data"};

	(void)state;
	if (!mkdtemp(base) || chmod(base, 0777) < 0 || chdir(base) < 0)
		return -1;
	(void)snprintf(granted, sizeof(granted), "%s/granted", base);
	(void)snprintf(later, sizeof(later), "%s/later", base);
	(void)snprintf(module, sizeof(module), "%s/modules/module.so", base);
	for (size_t i = 0; i < COUNT(names); i++)
		if (mkdir(names[i], 0700) < 0 || chmod(names[i], 0777) < 0)
			return -1;
	for (size_t i = 0; i < COUNT(files); i++)
		if (write_file(files[i]) < 0 || chmod(files[i], 0666) < 0)
			return -1;
	return symlink("../private/file", "granted/link") < 0 ? -1 : share_findings();
}

static int tear_down(void **state)
{
	static const char *const names[] = {"granted/link", "granted/spare", "granted/file", "granted/inner/file",
		"granted/inner", "granted", "private/file", "private", "modules/data", "modules"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		if (remove(names[i]) < 0)
			return -1;
	return chdir("/") < 0 ? -1 : rmdir(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says_what_it_does),
		cmocka_unit_test(test_reads_what_it_needs),
		cmocka_unit_test(test_reads_nothing_else),
		cmocka_unit_test(test_changes_nothing),
		cmocka_unit_test(test_tcp_without_network),
		cmocka_unit_test(test_tcp_with_network),
		cmocka_unit_test(test_reaches_nobody),
		cmocka_unit_test(test_refuses_rules_it_cannot_keep),
		cmocka_unit_test(test_sees_folders_put_there_anew),
		/* as root alone: */
		cmocka_unit_test(test_sees_system_files_put_there_anew),
	};
	size_t count = geteuid() == 0 ? COUNT(tests) : COUNT(tests) - OF_ROOT;

	return _cmocka_run_group_tests("landlock", tests, count, set_up, tear_down);
}
