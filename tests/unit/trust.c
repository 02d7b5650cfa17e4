/* SPDX-License-Identifier: MIT */
/*
 * Paths in here are below a folder made for each test; '@' stands for it. Every user can run this; what needs a file
 * of another owner, or a mount, is registered for root.
 */
#include "core/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "mounts.h"

enum {
	STRANGER = 4242,
	OTHER_STRANGER = 4243,
	OVERFLOW_UID = 65534,
	LINKS_MAX = 40,
	TIMEOUT_S = 20 /* a FIFO that is waited for ends the program instead of hanging it */
};

static char base[64];
static int lowest_fd;

/* What a call came to; in shared memory, for a child to write. */
struct attempt {
	int r;
	struct ks_trusted file;
	struct ks_problem problem;
};
static struct attempt *attempt;

static const char *at(const char *path)
{
	static char texts[4][2 * PATH_MAX];
	static unsigned next;
	char *text = texts[next++ % 4];
	size_t length = 0;

	for (; *path && length < sizeof(texts[0]) - sizeof(base); path++) {
		if (*path == '@')
			length += (size_t)sprintf(text + length, "%s", base);
		else
			text[length++] = *path;
	}
	text[length] = '\0';
	return text;
}

static void make_folder(const char *path, mode_t mode)
{
	assert_int_equal(mkdir(at(path), 0700), 0);
	assert_int_equal(chmod(at(path), mode), 0);
}

static void make_file(const char *path, mode_t mode)
{
	int fd = open(at(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "text", 4), 4);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static void make_link(const char *target, const char *path)
{
	assert_int_equal(symlink(at(target), at(path)), 0);
}

static void give(const char *path, uid_t owner)
{
	assert_int_equal(lchown(at(path), owner, (gid_t)-1), 0);
}

static int find_lowest_fd(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	return fd;
}

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(base, sizeof(base), "/tmp/keystile-trust-XXXXXX");
	assert_non_null(mkdtemp(base));
	assert_int_equal(chmod(base, 0755), 0);
	make_folder("@/d", 0755);
	make_file("@/d/f", 0644);
	lowest_fd = find_lowest_fd();
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(find_lowest_fd(), lowest_fd);
	return nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static void open_it(const char *path, unsigned flags)
{
	memset(attempt, 0xee, sizeof(*attempt));
	attempt->file.fd = -2;
	attempt->r = ks_trust_open(at(path), flags, &attempt->file, &attempt->problem);
}

/* Runs `body` in a child, which may change its ids and mounts and leaves its result in `attempt`. */
static void in_child(void (*body)(void))
{
	pid_t child = fork();
	int status = -1;

	assert_true(child >= 0);
	if (child == 0) {
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* In a child, which has no tests of its own: goes on, or says why not and ends it. */
static void must(int condition, const char *what)
{
	if (condition)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, strerror(errno));
	_exit(1);
}
#define MUST(condition) must(condition, #condition)

static struct {
	const char *path;
	unsigned flags;
	uid_t uid;
} as;

static void open_as_body(void)
{
	MUST(seteuid(as.uid) == 0);
	open_it(as.path, as.flags);
}

static void open_as(uid_t uid, const char *path)
{
	as.uid = uid;
	as.path = path;
	in_child(open_as_body);
}

/* `attempt` was made in this process, and led to `path`. */
static void assert_opened(const char *path)
{
	struct stat status;

	if (attempt->r != 0)
		fail_msg("%d: %s", attempt->r, attempt->problem.reason);
	assert_string_equal(attempt->file.path, at(path));
	assert_int_equal(attempt->problem.result, KS_OK);
	assert_string_equal(attempt->problem.reason, "");
	assert_int_equal(fstat(attempt->file.fd, &status), 0);
	assert_int_equal(status.st_ino, attempt->file.status.st_ino);
	assert_int_equal(fcntl(attempt->file.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(close(attempt->file.fd), 0);
}

/* The same where a child made it. */
static void assert_passed(void)
{
	if (attempt->r != 0)
		fail_msg("%d: %s", attempt->r, attempt->problem.reason);
	assert_int_equal(attempt->problem.result, KS_OK);
}

static void assert_refused(int r, enum ks_result result, const char *reason, const char *remedy)
{
	assert_int_equal(attempt->r, r);
	assert_string_equal(attempt->problem.reason, at(reason));
	assert_string_equal(attempt->problem.remedy, at(remedy));
	assert_int_equal(attempt->problem.result, result);
	assert_int_equal(attempt->file.fd, -2);
}

static void assert_breach(const char *reason, const char *remedy)
{
	assert_refused(-EPERM, KS_MISCONFIGURED, reason, remedy);
}

static void opens_a_file(void **state)
{
	char text[8];

	(void)state;
	open_it("@/d/f", 0);
	assert_int_equal(read(attempt->file.fd, text, sizeof(text)), 4);
	assert_true(S_ISREG(attempt->file.status.st_mode));
	assert_opened("@/d/f");
	open_it("@/./d//.///f", 0);
	assert_opened("@/d/f");
	open_it("@/d/../d/./../d/f", 0);
	assert_opened("@/d/f");
	open_it("/../..@/d/f", 0);
	assert_opened("@/d/f");
}

static void works_without_a_problem(void **state)
{
	struct ks_trusted file = {.fd = -1};

	(void)state;
	assert_int_equal(ks_trust_open(at("@/none"), 0, &file, NULL), -ENOENT);
	assert_int_equal(ks_trust_open(at("@/d/f"), 0, &file, NULL), 0);
	assert_int_equal(close(file.fd), 0);
}

static void tells_what_is_absent(void **state)
{
	(void)state;
	open_it("@/d/g", 0);
	assert_refused(-ENOENT, KS_MISCONFIGURED, "@/d/g does not exist", "create it, or correct the path");
	open_it("@/e/g", 0);
	assert_refused(-ENOENT, KS_MISCONFIGURED, "@/e does not exist", "create it, or correct the path");
	open_it("@/d/f/g", 0);
	assert_refused(-ENOTDIR, KS_MISCONFIGURED, "@/d/f is not a directory", "");
	open_it("d/f", 0);
	assert_refused(-EINVAL, KS_MISCONFIGURED, "d/f is not an absolute path", "write the whole path");
	open_it("", 0);
	assert_int_equal(attempt->r, -EINVAL);
}

static void refuses_long_paths(void **state)
{
	char path[PATH_MAX + 64];

	(void)state;
	memset(path, 'x', sizeof(path));
	memcpy(path, "@/", 2);
	path[2 + NAME_MAX + 1] = '\0';
	open_it(path, 0);
	assert_refused(-ENAMETOOLONG, KS_MISCONFIGURED, "@ is on a path that is too long", "use a shorter path");

	for (size_t i = 2; i < sizeof(path); i++)
		path[i] = i % 2 ? '.' : '/';
	path[PATH_MAX] = '\0';
	open_it(path, 0);
	assert_refused(-ENAMETOOLONG, KS_MISCONFIGURED, "/ is on a path that is too long", "use a shorter path");
}

static void refuses_what_others_can_write(void **state)
{
	static const struct {
		mode_t mode;
		const char *reason;
	} cases[] = {
		{0664, "@/d/f is writable by group (mode 0664)"},
		{0646, "@/d/f is writable by others (mode 0646)"},
		{0666, "@/d/f is writable by group and others (mode 0666)"},
		{01666, "@/d/f is writable by group and others (mode 1666)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(chmod(at("@/d/f"), cases[i].mode), 0);
		open_it("@/d/f", 0);
		assert_breach(cases[i].reason, "chmod go-w @/d/f");
	}
	assert_int_equal(chmod(at("@/d/f"), 0600), 0);
	assert_int_equal(chmod(at("@/d"), 0775), 0);
	open_it("@/d/f", 0);
	assert_breach("@/d is writable by group (mode 0775)", "chmod go-w @/d");
	open_it("@/d/../d/f", KS_TRUST_SYSTEM);
	assert_breach("@/d is writable by group (mode 0775)", "chmod go-w @/d");
	assert_int_equal(chmod(at("@/d"), 0755), 0);
	assert_int_equal(chmod(at("@"), 0777), 0);
	open_it("@/d/f", 0);
	assert_breach("@ is writable by group and others (mode 0777)", "chmod go-w @");
}

static void refuses_other_types(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", at("@/s"));
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(mkfifo(at("@/p"), 0600), 0);

	open_it("@/p", 0);
	assert_refused(-EINVAL, KS_MISCONFIGURED, "@/p is a FIFO, not a regular file", "put a regular file there");
	open_it("@/s", 0);
	assert_refused(-EINVAL, KS_MISCONFIGURED, "@/s is a socket, not a regular file", "put a regular file there");
	open_it("@/d", 0);
	assert_refused(
		-EINVAL, KS_MISCONFIGURED, "@/d is a directory, not a regular file", "put a regular file there");
	open_it("/dev/null", 0);
	assert_refused(
		-EINVAL, KS_MISCONFIGURED, "/dev/null is a device, not a regular file", "put a regular file there");
	open_it("@/d/..", KS_TRUST_NOTE);
	assert_refused(-EINVAL, KS_MISCONFIGURED, "@ is a directory, not a regular file", "put a regular file there");
}

static void follows_links(void **state)
{
	(void)state;
	make_link("f", "@/d/relative");
	make_link("@/d/f", "@/absolute");
	make_link("d/../d/", "@/folder");
	make_link("folder/relative", "@/both");
	make_link("/", "@/root");
	make_link(".", "@/d/here");
	open_it("@/d/relative", 0);
	assert_opened("@/d/f");
	open_it("@/absolute", 0);
	assert_opened("@/d/f");
	open_it("@/folder/f", 0);
	assert_opened("@/d/f");
	open_it("@/both", 0);
	assert_opened("@/d/f");
	open_it("@/root/..@/d/here/here/f", 0);
	assert_opened("@/d/f");
}

static void counts_links(void **state)
{
	char name[32], target[32];

	(void)state;
	make_link("d/f", "@/1");
	for (int i = 2; i <= LINKS_MAX + 1; i++) {
		(void)snprintf(name, sizeof(name), "@/%d", i);
		(void)snprintf(target, sizeof(target), "%d", i - 1);
		make_link(target, name);
	}
	(void)snprintf(name, sizeof(name), "@/%d", LINKS_MAX);
	open_it(name, 0);
	assert_opened("@/d/f");
	(void)snprintf(name, sizeof(name), "@/%d", LINKS_MAX + 1);
	open_it(name, 0);
	assert_refused(
		-ELOOP, KS_MISCONFIGURED, "@/1 is one symbolic link too many (at most 40)", "correct the links");
	make_link("loop", "@/loop");
	open_it("@/loop", 0);
	assert_refused(
		-ELOOP, KS_MISCONFIGURED, "@/loop is one symbolic link too many (at most 40)", "correct the links");
}

static void tells_dangling_from_absent(void **state)
{
	(void)state;
	make_link("nowhere/f", "@/end");
	make_link("nowhere", "@/middle");
	make_link("d", "@/good");
	make_link("good/g", "@/far");
	open_it("@/end", 0);
	assert_refused(-ELOOP, KS_MISCONFIGURED,
		"@/nowhere does not exist, and a symbolic link on the way of @/end leads there", "correct the link");
	open_it("@/middle/f", 0);
	assert_refused(-ELOOP, KS_MISCONFIGURED,
		"@/nowhere does not exist, and a symbolic link on the way of @/middle/f leads there",
		"correct the link");
	open_it("@/far", 0);
	assert_refused(-ELOOP, KS_MISCONFIGURED,
		"@/d/g does not exist, and a symbolic link on the way of @/far leads there", "correct the link");
	open_it("@/good/g", 0);
	assert_refused(-ENOENT, KS_MISCONFIGURED, "@/d/g does not exist", "create it, or correct the path");
	open_it("@/good/../good/e/g", 0);
	assert_refused(-ENOENT, KS_MISCONFIGURED, "@/d/e does not exist", "create it, or correct the path");
}

static void checks_where_links_lead(void **state)
{
	char target[PATH_MAX];

	(void)state;
	make_folder("@/open", 0757);
	make_file("@/open/f", 0644);
	make_link("open/f", "@/d/../link");
	open_it("@/link", 0);
	assert_breach("@/open is writable by others (mode 0757)", "chmod go-w @/open");
	make_link("f/f", "@/d/bad");
	open_it("@/d/bad", 0);
	assert_refused(-ENOTDIR, KS_MISCONFIGURED, "@/d/f is not a directory", "");

	for (size_t i = 0; i < sizeof(target); i++)
		target[i] = i % 2 ? '/' : '.';
	target[PATH_MAX - 2] = '\0';
	assert_int_equal(symlink(target, at("@/long")), 0);
	open_it("@/long/f", 0);
	assert_refused(-ENAMETOOLONG, KS_MISCONFIGURED, "@/long is on a path that is too long", "use a shorter path");
	assert_int_equal(symlink("/proc/self/fd/0", at("@/magic")), 0);
	open_it("@/magic", 0);
	assert_int_not_equal(attempt->r, 0);
}

static void notes_the_first_breach(void **state)
{
	(void)state;
	assert_int_equal(chmod(at("@/d"), 0775), 0);
	assert_int_equal(chmod(at("@/d/f"), 0666), 0);
	open_it("@/d/f", KS_TRUST_NOTE);
	assert_int_equal(attempt->r, 0);
	assert_int_equal(attempt->problem.result, KS_MISCONFIGURED);
	assert_string_equal(attempt->problem.reason, at("@/d is writable by group (mode 0775)"));
	assert_string_equal(attempt->problem.remedy, at("chmod go-w @/d"));
	assert_int_equal(close(attempt->file.fd), 0);
	open_it("@/d/g", KS_TRUST_NOTE);
	assert_refused(-ENOENT, KS_MISCONFIGURED, "@/d/g does not exist", "create it, or correct the path");
	assert_int_equal(chmod(at("@/d"), 0755), 0);
	assert_int_equal(chmod(at("@/d/f"), 0644), 0);
	open_it("@/d/f", KS_TRUST_NOTE);
	assert_opened("@/d/f");
}

/* What is wrong is said of a long path too; a command that would be cut is not. */
static void cuts_long_paths(void **state)
{
	static const char part[] = "/0123456789012345678901234567890123456789";
	char path[600] = "@";

	(void)state;
	for (size_t i = 0; i < 10; i++) {
		memcpy(path + 1 + i * (sizeof(part) - 1), part, sizeof(part));
		make_folder(path, 0755);
	}
	assert_int_equal(chmod(at(path), 0775), 0);
	memcpy(path + strlen(path), "/f", sizeof("/f"));
	open_it(path, 0);
	assert_int_equal(attempt->r, -EPERM);
	assert_memory_equal(attempt->problem.reason, "...", 3);
	assert_non_null(strstr(attempt->problem.reason, "0123456789 is writable by group (mode 0775)"));
	assert_string_equal(attempt->problem.remedy, "");
}

static void refuses_a_sticky_folder_of_the_user(void **state)
{
	(void)state;
	assert_int_equal(chmod(at("@/d"), 01777), 0);
	open_it("@/d/f", 0);
	assert_breach("@/d is writable by group and others (mode 1777)", "chmod go-w @/d");
}

static void tells_what_the_user_may_not_open(void **state)
{
	char remedy[64];

	(void)state;
	(void)snprintf(remedy, sizeof(remedy), "let uid %u open it", geteuid());
	assert_int_equal(chmod(at("@/d/f"), 0), 0);
	open_it("@/d/f", 0);
	assert_refused(-EACCES, KS_DENIED, "@/d/f cannot be opened: Permission denied", remedy);
}

static void root_trusts_root(void **state)
{
	(void)state;
	give("@/d/f", STRANGER);
	open_it("@/d/f", 0);
	assert_breach("@/d/f is owned by uid 4242, not by root", "chown root @/d/f");
	open_it("@/d/f", KS_TRUST_SYSTEM);
	assert_breach("@/d/f is owned by uid 4242, not by root", "chown root @/d/f");
	give("@/d/f", 0);
	give("@/d", STRANGER);
	open_it("@/d/f", 0);
	assert_breach("@/d is owned by uid 4242, not by root", "chown root @/d");
	give("@/d", 0);
	make_link("f", "@/d/link");
	give("@/d/link", STRANGER);
	open_it("@/d/link", 0);
	assert_breach("@/d/link is a symbolic link owned by uid 4242, not by root", "chown -h root @/d/link");
	open_it("@/d/link", KS_TRUST_NOTE);
	assert_int_equal(attempt->r, 0);
	assert_int_equal(attempt->problem.result, KS_MISCONFIGURED);
	assert_int_equal(close(attempt->file.fd), 0);
}

static void user_trusts_root_and_itself(void **state)
{
	(void)state;
	open_as(STRANGER, "@/d/f");
	assert_passed();
	give("@/d", STRANGER);
	give("@/d/f", STRANGER);
	make_link("f", "@/d/link");
	give("@/d/link", STRANGER);
	open_as(STRANGER, "@/d/link");
	assert_passed();
	open_as(OTHER_STRANGER, "@/d/link");
	assert_breach("@/d is owned by uid 4242, not by root or the effective user (uid 4243)", "chown root @/d");
	give("@/d/link", OTHER_STRANGER);
	open_as(STRANGER, "@/d/link");
	assert_breach("@/d/link is a symbolic link owned by uid 4243, not by root or the effective user (uid 4242)",
		"chown -h root @/d/link");
}

static void trusts_a_sticky_folder_of_root(void **state)
{
	(void)state;
	assert_int_equal(chmod(at("@/d"), 01777), 0);
	open_as(STRANGER, "@/d/f");
	assert_passed();
	give("@/d", STRANGER);
	open_as(STRANGER, "@/d/f");
	assert_breach("@/d is writable by group and others (mode 1777)", "chmod go-w @/d");
}

static void tells_what_another_user_may_not_open(void **state)
{
	(void)state;
	assert_int_equal(chmod(at("@/d/f"), 0600), 0);
	open_as(STRANGER, "@/d/f");
	assert_refused(-EACCES, KS_DENIED, "@/d/f cannot be opened: Permission denied", "let uid 4242 open it");
	assert_int_equal(chmod(at("@/d"), 0700), 0);
	open_as(STRANGER, "@/d/none");
	assert_refused(-EACCES, KS_DENIED, "@/d/none cannot be opened: Permission denied", "let uid 4242 open it");
}

static void open_in_chroot_body(void)
{
	MUST(chroot(base) == 0);
	open_it("/d/f", 0);
}

static void checks_the_root_folder(void **state)
{
	(void)state;
	in_child(open_in_chroot_body);
	assert_passed();
	assert_int_equal(chmod(at("@"), 0777), 0);
	in_child(open_in_chroot_body);
	assert_breach("/ is writable by group and others (mode 0777)", "chmod go-w /");
}

/* The folder @/d as a read-only mount of its own. */
static void open_read_only_body(void)
{
	MUST(enter_own_mounts());
	MUST(mount(at("@/d"), at("@/d"), "none", MS_BIND, NULL) == 0);
	MUST(mount(NULL, at("@/d"), "none", MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0);
	open_it("@/d/f", 0);
}

static void trusts_a_read_only_mount(void **state)
{
	(void)state;
	assert_int_equal(chmod(at("@/d"), 0777), 0);
	assert_int_equal(chmod(at("@/d/f"), 0666), 0);
	in_child(open_read_only_body);
	assert_passed();
	give("@/d/f", STRANGER);
	in_child(open_read_only_body);
	assert_breach("@/d/f is owned by uid 4242, not by root", "chown root @/d/f");
}

/* What the kernel would say of a user namespace: a file in the place of /proc/self/uid_map. */
static const char *uid_map;

static void open_in_namespace_body(void)
{
	FILE *file = fopen(at("@/uid_map"), "we");

	MUST(file && fputs(uid_map, file) >= 0 && fclose(file) == 0 && chmod(at("@/uid_map"), 0644) == 0);
	MUST(enter_own_mounts());
	MUST(mount(at("@/uid_map"), "/proc/self/uid_map", "none", MS_BIND, NULL) == 0);
	MUST(seteuid(as.uid) == 0);
	open_it(as.path, as.flags);
}

static void open_in_namespace(const char *map, uid_t uid, unsigned flags)
{
	uid_map = map;
	as.path = "@/d/f";
	as.flags = flags;
	as.uid = uid;
	in_child(open_in_namespace_body);
	as.flags = 0;
}

static void knows_an_unmapped_root(void **state)
{
	static const char *const others = "      1000       1000          1\n     2000   2000  1000\n";
	static const char *const whole = "         0          0 4294967295\n";
	static const char *const rootless = "         0       1000          1\n         1     100000      65536\n";
	static const char *const breach = "@/d is owned by uid 65534, not by root or the effective user (uid 4242)";

	(void)state;
	give("@/d", OVERFLOW_UID);
	give("@/d/f", OVERFLOW_UID);
	assert_int_equal(chmod(at("@/d"), 01777), 0);
	open_in_namespace(others, STRANGER, KS_TRUST_SYSTEM);
	assert_passed();
	open_in_namespace(others, STRANGER, 0);
	assert_breach(breach, "chown root @/d");
	open_in_namespace(whole, STRANGER, KS_TRUST_SYSTEM);
	assert_breach(breach, "chown root @/d");
	open_in_namespace(rootless, STRANGER, KS_TRUST_SYSTEM);
	assert_breach(breach, "chown root @/d");
}

/* A process without a uid shares its number with everybody without one. */
static void trusts_nobody_as_nobody(void **state)
{
	(void)state;
	give("@/d", OVERFLOW_UID);
	give("@/d/f", OVERFLOW_UID);
	open_in_namespace("0 0 4294967295\n", OVERFLOW_UID, 0);
	assert_passed();
	open_in_namespace("1000 1000 1\n", OVERFLOW_UID, 0);
	assert_breach("@/d is owned by uid 65534, not by root or the effective user (uid 65534)", "chown root @/d");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#define FOR_EVERYBODY                                                                                                \
	TEST(opens_a_file), TEST(works_without_a_problem), TEST(tells_what_is_absent), TEST(refuses_long_paths),     \
		TEST(refuses_what_others_can_write), TEST(refuses_other_types), TEST(follows_links),                 \
		TEST(counts_links), TEST(tells_dangling_from_absent), TEST(checks_where_links_lead),                 \
		TEST(notes_the_first_breach), TEST(cuts_long_paths)

int main(void)
{
	const struct CMUnitTest user[] = {
		FOR_EVERYBODY,
		TEST(refuses_a_sticky_folder_of_the_user),
		TEST(tells_what_the_user_may_not_open),
	};
	const struct CMUnitTest root[] = {
		FOR_EVERYBODY,
		TEST(root_trusts_root),
		TEST(user_trusts_root_and_itself),
		TEST(trusts_a_sticky_folder_of_root),
		TEST(tells_what_another_user_may_not_open),
		TEST(checks_the_root_folder),
		TEST(trusts_a_read_only_mount),
		TEST(knows_an_unmapped_root),
		TEST(trusts_nobody_as_nobody),
	};

	(void)alarm(TIMEOUT_S);
	(void)umask(022);
	attempt = mmap(NULL, sizeof(*attempt), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (attempt == MAP_FAILED)
		return 1;
	return geteuid() == 0 ? cmocka_run_group_tests(root, NULL, NULL) : cmocka_run_group_tests(user, NULL, NULL);
}
