/* SPDX-License-Identifier: MIT */
/*
 * Paths in here are below a folder made for each test; '@' stands for it. Every user can run this; what needs a file
 * of another owner, or a mount, is registered for root.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <keystile/provider.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mounts.h"

#include "core/trust.h"

#define NAME_IT "name the file itself"
#define SYSTEMD "let systemd make it, with LoadCredential="

enum {
	STRANGER = 4242,
	TIMEOUT_S = 20 /* a FIFO that is waited for ends the program instead of hanging it */
};

static char base[64];
static int lowest_fd;

/* What a call came to; in shared memory, for a child to write. */
struct attempt {
	int r, fd;
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

static void set_mode(const char *path, mode_t mode)
{
	assert_int_equal(chmod(at(path), mode), 0);
}

static void make_folder(const char *path, mode_t mode)
{
	assert_int_equal(mkdir(at(path), 0700), 0);
	set_mode(path, mode);
}

static void make_file(const char *path, mode_t mode)
{
	int fd = open(at(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static void make_link(const char *target, const char *path)
{
	assert_int_equal(symlink(at(target), at(path)), 0);
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
	(void)snprintf(base, sizeof(base), "/tmp/keystile-private-XXXXXX");
	assert_non_null(mkdtemp(base));
	assert_int_equal(chmod(base, 0755), 0);
	make_file("@/f", 0600);
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

static void open_it(const char *path, int trust)
{
	memset(attempt, 0xee, sizeof(*attempt));
	attempt->fd = -2;
	attempt->r = ks_private_open(at(path), trust, &attempt->fd, &attempt->problem);
}

/* `path` opens, and is the file at `real`. */
static void assert_opens(const char *path, int trust, const char *real)
{
	struct stat opened, expected;

	open_it(path, trust);
	if (attempt->r != 0)
		fail_msg("%d: %s", attempt->r, attempt->problem.reason);
	assert_int_equal(fstat(attempt->fd, &opened), 0);
	assert_int_equal(stat(at(real), &expected), 0);
	assert_int_equal(opened.st_ino, expected.st_ino);
	assert_int_equal(fcntl(attempt->fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(attempt->fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(close(attempt->fd), 0);
}

static void assert_refused(int r, enum ks_result result, const char *reason, const char *remedy)
{
	assert_int_equal(attempt->r, r);
	assert_string_equal(attempt->problem.reason, reason);
	assert_string_equal(attempt->problem.remedy, at(remedy));
	assert_int_equal(attempt->problem.result, result);
	assert_int_equal(attempt->fd, -2);
}

static void assert_breach(const char *path, int trust, const char *reason, const char *remedy)
{
	open_it(path, trust);
	assert_refused(-EPERM, KS_INVALID, reason, remedy);
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

struct mode_case {
	mode_t mode;
	const char *reason; /* NULL: it opens */
};

static void try_modes(const char *path, int trust, const struct mode_case *cases, size_t count, const char *remedy)
{
	for (size_t i = 0; i < count; i++) {
		set_mode(path, cases[i].mode);
		if (cases[i].reason)
			assert_breach(path, trust, cases[i].reason, remedy);
		else
			assert_opens(path, trust, path);
	}
}

#define TRY_MODES(path, trust, cases, remedy)                                                                        \
	try_modes(path, trust, cases, sizeof(cases) / sizeof((cases)[0]), remedy)

static void private_is_nobody_elses(void **state)
{
	static const struct mode_case cases[] = {
		{0600, NULL},
		{0400, NULL},
		{0700, NULL},
		{0640, "is open to its group (mode 0640)"},
		{0610, "is open to its group (mode 0610)"},
		{0604, "is open to others (mode 0604)"},
		{0644, "is open to others (mode 0644)"},
		{0620, "may be written by its group (mode 0620)"},
		{0666, "may be written by others (mode 0666)"},
	};

	(void)state;
	TRY_MODES("@/f", KS_TRUST_PRIVATE, cases, "chmod 600 @/f");
}

static void group_is_roots(void **state)
{
	static const struct mode_case cases[] = {
		{0640, NULL},
		{0440, NULL},
		{0600, NULL},
		{0644, "is open to others (mode 0644)"},
		{0650, "is open to its group (mode 0650)"},
		{0660, "may be written by its group (mode 0660)"},
	};

	(void)state;
	TRY_MODES("@/f", KS_TRUST_GROUP, cases, "chmod 640 @/f");
	assert_int_equal(chown(at("@/f"), STRANGER, (gid_t)-1), 0);
	assert_breach("@/f", KS_TRUST_GROUP, "is owned by uid 4242, not by root", "chown 0 @/f");
}

static void group_is_not_the_users(void **state)
{
	char reason[64];

	(void)state;
	set_mode("@/f", 0640);
	(void)snprintf(reason, sizeof(reason), "is owned by uid %u, not by root", geteuid());
	assert_breach("@/f", KS_TRUST_GROUP, reason, "chown 0 @/f");
}

static void mounted_is_nobodys_to_write(void **state)
{
	static const struct mode_case cases[] = {
		{0600, NULL},
		{0644, NULL},
		{0444, NULL},
		{0755, NULL},
		{0664, "may be written by its group (mode 0664)"},
		{0646, "may be written by others (mode 0646)"},
	};

	(void)state;
	TRY_MODES("@/f", KS_TRUST_MOUNTED, cases, "chmod go-w @/f");
}

static void systemd_is_an_acl_in_a_closed_folder(void **state)
{
	static const struct mode_case cases[] = {
		{0400, NULL},
		{0440, NULL},
		{0600, NULL},
		{0444, "is open to others (mode 0444)"},
		{0460, "may be written by its group (mode 0460)"},
	};
	static const mode_t closed[] = {0700, 0500, 0750, 0550};
	static const mode_t open_modes[] = {0755, 0751, 0704, 0701, 0770};
	char reason[128];

	(void)state;
	make_folder("@/d", 0750);
	make_file("@/d/f", 0440);
	TRY_MODES("@/d/f", KS_TRUST_SYSTEMD, cases, "chmod 440 @/d/f");
	set_mode("@/d/f", 0440);
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		set_mode("@/d", closed[i]);
		assert_opens("@/d/f", KS_TRUST_SYSTEMD, "@/d/f");
	}
	for (size_t i = 0; i < sizeof(open_modes) / sizeof(open_modes[0]); i++) {
		set_mode("@/d", open_modes[i]);
		(void)snprintf(reason, sizeof(reason),
			"lies in a folder open to others (mode %04o), unlike one that systemd makes", open_modes[i]);
		assert_breach("@/d/f", KS_TRUST_SYSTEMD, reason, SYSTEMD);
	}
	set_mode("@/d", 0700);
}

static void tells_what_is_absent(void **state)
{
	(void)state;
	make_link("nowhere", "@/folder");
	for (int trust = KS_TRUST_PRIVATE; trust <= KS_TRUST_MOUNTED; trust++) {
		open_it("@/none", trust);
		assert_refused(
			-ENOENT, KS_NOT_CONFIGURED, "does not exist", "put the file there, or correct the path");
		open_it("@/none/none", trust);
		assert_refused(
			-ENOENT, KS_NOT_CONFIGURED, "does not exist", "put the file there, or correct the path");
		assert_breach("@/f/none", trust, "has a path of which a part is no folder", "correct the path");
	}
	set_mode("@", 0700);
	open_it("@/none", KS_TRUST_SYSTEMD);
	assert_refused(-ENOENT, KS_NOT_CONFIGURED, "does not exist", "put the file there, or correct the path");
	open_it("@/none/none", KS_TRUST_SYSTEMD);
	assert_refused(-ENOENT, KS_NOT_CONFIGURED, "does not exist", "put the file there, or correct the path");
}

static void refuses_long_paths(void **state)
{
	char path[2 * PATH_MAX - 128];

	(void)state;
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 2 ? 'x' : '/';
	path[sizeof(path) - 1] = '\0';
	for (int trust = KS_TRUST_PRIVATE; trust <= KS_TRUST_SYSTEMD; trust++)
		assert_breach(path, trust, "has a path that is too long", "use a shorter path");
}

static void refuses_links(void **state)
{
	static const char *const reason = "is a symbolic link, or too many links lead to it";

	(void)state;
	make_folder("@/d", 0700);
	make_file("@/d/f", 0600);
	make_link("f", "@/d/link");
	make_link("nowhere", "@/d/dangling");
	make_link("d", "@/folder");
	assert_breach("@/d/link", KS_TRUST_PRIVATE, reason, NAME_IT);
	assert_breach("@/d/link", KS_TRUST_GROUP, reason, NAME_IT);
	assert_breach("@/d/link", KS_TRUST_SYSTEMD, reason, NAME_IT);
	assert_breach("@/d/dangling", KS_TRUST_PRIVATE, reason, NAME_IT);
	assert_opens("@/folder/f", KS_TRUST_PRIVATE, "@/d/f");
	assert_opens("@/folder/f", KS_TRUST_SYSTEMD, "@/d/f");
}

static void refuses_other_types(void **state)
{
	static const char *const reason = "is not a regular file";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	make_folder("@/d", 0700);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", at("@/d/s"));
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(mkfifo(at("@/d/p"), 0600), 0);
	make_folder("@/d/d", 0700);
	make_link("p", "@/d/link");

	for (int trust = KS_TRUST_PRIVATE; trust <= KS_TRUST_SYSTEMD; trust++) {
		assert_breach("@/d/s", trust, reason, "put a regular file there");
		assert_breach("@/d/p", trust, reason, "put a regular file there");
		assert_breach("@/d/d", trust, reason, "put a regular file there");
		assert_breach("@/d/d/", trust, reason, "put a regular file there");
	}
	assert_breach("/dev/null", KS_TRUST_PRIVATE, reason, "put a regular file there");
	assert_breach("/", KS_TRUST_MOUNTED, reason, "put a regular file there");
	assert_breach("@/d/link", KS_TRUST_MOUNTED, reason, "put a regular file there");
}

/* As the kubelet lays out a secret: KEY -> ..data/KEY, ..data -> ..TIME. */
static void make_projected(void)
{
	make_folder("@/m", 0755);
	make_folder("@/m/..2026_11_20", 0755);
	make_file("@/m/..2026_11_20/key", 0644);
	make_link("..2026_11_20", "@/m/..data");
	make_link("..data/key", "@/m/key");
}

static void mounted_may_link_inside_its_folder(void **state)
{
	static const char *const leaves = "is a symbolic link that leads out of its folder";
	static const char *const special = "is a symbolic link that leads to too many or special links";

	(void)state;
	make_projected();
	assert_opens("@/m/key", KS_TRUST_MOUNTED, "@/m/..2026_11_20/key");
	set_mode("@/m/..2026_11_20/key", 0666);
	assert_breach("@/m/key", KS_TRUST_MOUNTED, "may be written by others (mode 0666)", "chmod go-w @/m/key");
	set_mode("@/m/..2026_11_20/key", 0644);

	make_link("..2026_11_20/../key", "@/m/round");
	assert_opens("@/m/round", KS_TRUST_MOUNTED, "@/m/..2026_11_20/key");
	make_link("../f", "@/m/up");
	assert_breach("@/m/up", KS_TRUST_MOUNTED, leaves, NAME_IT);
	make_link("@/m/key", "@/m/absolute");
	assert_breach("@/m/absolute", KS_TRUST_MOUNTED, leaves, NAME_IT);
	make_link("loop", "@/m/loop");
	assert_breach("@/m/loop", KS_TRUST_MOUNTED, special, NAME_IT);
	make_link("nowhere", "@/m/dangling");
	assert_breach("@/m/dangling", KS_TRUST_MOUNTED, "is a symbolic link to a file that is not there",
		"correct the link");
	assert_breach("/proc/self/fd/0", KS_TRUST_MOUNTED, special, NAME_IT);
	make_link("key/key", "@/m/through");
	assert_breach("@/m/through", KS_TRUST_MOUNTED, "has a path of which a part is no folder", "correct the path");
}

static int error_of_call;

/* Makes a system call fail from here on. */
static void fail_call(uint32_t number)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error_of_call),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void open_without_openat_body(void)
{
	fail_call(SYS_openat);
	open_it("@/f", KS_TRUST_PRIVATE);
}

/* A breach of the rule and a fault must not look alike: after a fault no other credential has its turn. */
static void tells_a_fault_from_a_breach(void **state)
{
	static const int errors[] = {EPERM, EINVAL, EIO};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		error_of_call = errors[i];
		in_child(open_without_openat_body);
		assert_int_equal(attempt->r, -EIO);
		assert_int_equal(attempt->problem.result, KS_ERROR);
	}
}

/* As on kernels before 5.6 and in old container runtimes. */
static void open_without_openat2_body(void)
{
	fail_call(SYS_openat2);
	open_it("@/m/..2026_11_20/key", KS_TRUST_MOUNTED);
	MUST(attempt->r == 0);
	open_it("@/m/key", KS_TRUST_MOUNTED);
}

static void refuses_links_on_old_kernels(void **state)
{
	static const int errors[] = {ENOSYS, EPERM};

	(void)state;
	make_projected();
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		error_of_call = errors[i];
		in_child(open_without_openat2_body);
		assert_refused(-EPERM, KS_INVALID, "is a symbolic link, and this kernel cannot confine one", NAME_IT);
	}
}

static void refuses_what_it_does_not_know(void **state)
{
	static const char *const reason = "the module asked for a file in a way that is not known";

	(void)state;
	open_it("@/f", -1);
	assert_refused(-EINVAL, KS_ERROR, reason, "");
	open_it("@/f", KS_TRUST_SYSTEMD + 1);
	assert_refused(-EINVAL, KS_ERROR, reason, "");
	open_it("f", KS_TRUST_PRIVATE);
	assert_refused(-EINVAL, KS_ERROR, reason, "");
	open_it("", KS_TRUST_MOUNTED);
	assert_refused(-EINVAL, KS_ERROR, reason, "");
}

static void is_denied_its_own_file(void **state)
{
	char reason[64];

	(void)state;
	(void)snprintf(reason, sizeof(reason), "cannot be read by uid %u", geteuid());
	set_mode("@/f", 0);
	for (int trust = KS_TRUST_PRIVATE; trust <= KS_TRUST_MOUNTED; trust++) {
		open_it("@/f", trust);
		assert_refused(-EACCES, KS_DENIED, reason, "let that user read it");
	}
}

static int trust_of_stranger;

static void open_as_stranger_body(void)
{
	MUST(seteuid(STRANGER) == 0);
	open_it("@/d/f", trust_of_stranger);
}

static void is_denied_a_file_of_root(void **state)
{
	(void)state;
	make_folder("@/d", 0755);
	make_file("@/d/f", 0600);
	for (trust_of_stranger = 0; trust_of_stranger <= KS_TRUST_MOUNTED; trust_of_stranger++) {
		in_child(open_as_stranger_body);
		assert_refused(-EACCES, KS_DENIED, "cannot be read by uid 4242", "let that user read it");
	}
	set_mode("@/d", 0700);
	for (trust_of_stranger = 0; trust_of_stranger <= KS_TRUST_SYSTEMD; trust_of_stranger++) {
		in_child(open_as_stranger_body);
		assert_refused(-EACCES, KS_DENIED, "cannot be read by uid 4242", "let that user read it");
	}
}

static void checks_the_owner(void **state)
{
	static const char *const reason = "is owned by uid 4243, not by root or the effective user (uid 4242)";
	static const int levels[] = {KS_TRUST_PRIVATE, KS_TRUST_MOUNTED};

	(void)state;
	make_folder("@/d", 0755);
	make_file("@/d/f", 0600);
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		trust_of_stranger = levels[i];
		set_mode("@/d/f", 0600);
		assert_int_equal(chown(at("@/d/f"), STRANGER, (gid_t)-1), 0);
		in_child(open_as_stranger_body);
		assert_int_equal(attempt->r, 0);
		assert_breach("@/d/f", levels[i], "is owned by uid 4242, not by root", "chown 0 @/d/f");
		assert_int_equal(chown(at("@/d/f"), STRANGER + 1, (gid_t)-1), 0);
		set_mode("@/d/f", 0644);
		in_child(open_as_stranger_body);
		assert_refused(-EPERM, KS_INVALID, reason, "chown 4242 @/d/f");
	}
	trust_of_stranger = KS_TRUST_GROUP;
	assert_int_equal(chown(at("@/d/f"), STRANGER, (gid_t)-1), 0);
	set_mode("@/d/f", 0640);
	in_child(open_as_stranger_body);
	assert_refused(-EPERM, KS_INVALID, "is owned by uid 4242, not by root", "chown 0 @/d/f");
	set_mode("@/d", 0750);
	assert_int_equal(chown(at("@/d"), STRANGER, (gid_t)-1), 0);
	assert_breach("@/d/f", KS_TRUST_SYSTEMD, "lies in a folder owned by uid 4242, not by root", SYSTEMD);
}

static void open_bound_file_body(void)
{
	MUST(enter_own_mounts());
	MUST(mount(at("@/other"), at("@/m/key"), "none", MS_BIND, NULL) == 0);
	open_it("@/m/key", KS_TRUST_MOUNTED);
	MUST(attempt->r == 0);
	open_it("@/m/link", KS_TRUST_MOUNTED);
}

/* A runtime may mount each secret as a file; a link still may not leave for another mount. */
static void mounted_may_be_a_mount_itself(void **state)
{
	(void)state;
	make_folder("@/m", 0755);
	make_file("@/m/key", 0644);
	make_file("@/other", 0444);
	make_link("key", "@/m/link");
	in_child(open_bound_file_body);
	assert_refused(-EPERM, KS_INVALID, "is a symbolic link that leads out of its folder", NAME_IT);
}

static int trust_of_read_only;

static void open_read_only_body(void)
{
	MUST(enter_own_mounts());
	MUST(mount(at("@"), at("@"), "none", MS_BIND, NULL) == 0);
	MUST(mount(NULL, at("@"), "none", MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0);
	open_it("@/f", trust_of_read_only);
}

static void mounted_may_be_read_only(void **state)
{
	(void)state;
	set_mode("@/f", 0666);
	trust_of_read_only = KS_TRUST_MOUNTED;
	in_child(open_read_only_body);
	assert_int_equal(attempt->r, 0);
	trust_of_read_only = KS_TRUST_PRIVATE;
	in_child(open_read_only_body);
	assert_refused(-EPERM, KS_INVALID, "may be written by others (mode 0666)", "chmod 600 @/f");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#define FOR_EVERYBODY                                                                                                \
	TEST(private_is_nobody_elses), TEST(mounted_is_nobodys_to_write),                                            \
		TEST(systemd_is_an_acl_in_a_closed_folder), TEST(tells_what_is_absent), TEST(refuses_long_paths),    \
		TEST(refuses_links), TEST(tells_a_fault_from_a_breach), TEST(refuses_links_on_old_kernels),          \
		TEST(refuses_what_it_does_not_know)

/* The last: where openat2(2) is not known, they cannot run. */
#define FOR_OPENAT2 TEST(refuses_other_types), TEST(mounted_may_link_inside_its_folder)

static int run(const struct CMUnitTest *tests, size_t count, size_t of_openat2)
{
	return _cmocka_run_group_tests("private", tests, UNDER_VALGRIND ? count - of_openat2 : count, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest user[] = {
		FOR_EVERYBODY,
		TEST(group_is_not_the_users),
		TEST(is_denied_its_own_file),
		FOR_OPENAT2,
	};
	const struct CMUnitTest root[] = {
		FOR_EVERYBODY,
		TEST(group_is_roots),
		TEST(is_denied_a_file_of_root),
		TEST(checks_the_owner),
		TEST(mounted_may_be_read_only),
		TEST(mounted_may_be_a_mount_itself),
		FOR_OPENAT2,
	};

	(void)alarm(TIMEOUT_S);
	(void)umask(022);
	attempt = mmap(NULL, sizeof(*attempt), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (attempt == MAP_FAILED)
		return 1;
	return geteuid() == 0 ? run(root, COUNT(root), 3) : run(user, COUNT(user), 2);
}
