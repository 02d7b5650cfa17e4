/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <elf.h>
#include <errno.h>
#include <keystile/keystile.h>
#include <limits.h>
#include <link.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/process.h"

enum {
	CHILD_SECONDS = 20,
	NOBODY = 65534
};

/* The password database of this test: takes the place of the C library's. */
static struct {
	int error; /* what it returns */
	const char *home;
	size_t room; /* the buffer it wants */
	int calls;
	int read_error; /* of the list in /etc/passwd, which else has the user where is_listed */
	bool is_listed;
} database;

int getpwuid_r(uid_t uid, struct passwd *restrict resultbuf, char *restrict buffer, size_t buflen,
	struct passwd **restrict result)
{
	database.calls++;
	*result = NULL;
	if (database.error != 0)
		return database.error;
	if (buflen < database.room)
		return ERANGE;
	if (!database.home)
		return 0;
	(void)snprintf(buffer, buflen, "%s", database.home);
	*resultbuf = (struct passwd){.pw_uid = uid, .pw_dir = buffer};
	*result = resultbuf;
	return 0;
}

int fgetpwent_r(FILE *restrict stream, struct passwd *restrict resultbuf, char *restrict buffer, size_t buflen,
	struct passwd **restrict result)
{
	(void)stream;
	assert_true(buflen > 0);
	buffer[0] = '\0';
	*result = NULL;
	if (database.read_error != 0 || !database.is_listed)
		return database.read_error != 0 ? database.read_error : ENOENT;
	*resultbuf = (struct passwd){.pw_uid = getuid()};
	*result = resultbuf;
	return 0;
}

/* The entry getauxval(3) reads. Behind the environment the kernel made; found before a test changes `environ`. */
static ElfW(auxv_t) * at_secure;

static ElfW(auxv_t) * find_at_secure(void)
{
	ElfW(auxv_t) * entry;
	char **variable = environ;

	while (*variable)
		variable++;
	for (entry = (ElfW(auxv_t) *)(variable + 1); entry->a_type != AT_NULL; entry++)
		if (entry->a_type == AT_SECURE)
			return entry;
	return NULL;
}

static int be_ordinary(void **state)
{
	(void)state;
	at_secure->a_un.a_val = 0;
	memset(&database, 0, sizeof(database));
	database.home = "/home/from-database";
	return 0;
}

static void judges_ids(void **state)
{
	static const struct {
		uid_t uids[3];
		gid_t gids[3];
		int allowed;
		const char *word;
	} cases[] = {
		{{0, 0, 0}, {0, 0, 0}, 1, NULL},
		{{1000, 1000, 1000}, {100, 100, 100}, 1, NULL},
		{{1000, 0, 0}, {100, 100, 100}, 0, "user"},
		{{1000, 1000, 0}, {100, 100, 100}, 0, "user"},
		{{0, 1000, 0}, {100, 100, 100}, 0, "user"},
		{{0, 1000, 1000}, {0, 0, 0}, 0, "user"},
		{{1000, 1000, 1000}, {100, 4, 4}, 0, "group"},
		{{1000, 1000, 1000}, {100, 100, 4}, 0, "group"},
		{{0, 0, 0}, {0, 4, 0}, 0, "group"},
	};
	size_t at;
	int secure;

	(void)state;
	for (at = 0; at < COUNT(cases); at++) {
		for (secure = 0; secure <= 1; secure++) {
			struct ks_process_facts facts = {.secure = secure};
			struct ks_problem problem = {.result = KS_OK};

			memcpy(facts.uids, cases[at].uids, sizeof(facts.uids));
			memcpy(facts.gids, cases[at].gids, sizeof(facts.gids));
			assert_int_equal(ks_process_judge(&facts, &problem) == 0, cases[at].allowed);
			assert_int_equal(problem.result, cases[at].allowed ? KS_OK : KS_DENIED);
			if (cases[at].word)
				assert_non_null(strstr(problem.reason, cases[at].word));
		}
	}
}

static void judges_capabilities(void **state)
{
	static const struct {
		uid_t uid;
		bool secure;
		uint64_t permitted, ambient;
		int allowed;
	} cases[] = {
		{1000, true, 0, 0, 1}, /* a security module */
		{1000, true, 1 << 10, 0, 0},
		{1000, true, 1 << 10, 1 << 10, 1},
		{1000, true, 3 << 10, 1 << 10, 0},
		{1000, true, UINT64_C(1) << 40, 0, 0},
		{1000, false, 1 << 10, 0, 1},
		{0, true, UINT64_C(0x1ffffffffff), 0, 1},
	};
	size_t at;

	(void)state;
	for (at = 0; at < COUNT(cases); at++) {
		const uid_t uid = cases[at].uid;
		const struct ks_process_facts facts = {
			.uids = {uid, uid, uid},
			.secure = cases[at].secure,
			.permitted = cases[at].permitted,
			.ambient = cases[at].ambient,
		};
		struct ks_problem problem = {.result = KS_OK};

		assert_int_equal(ks_process_judge(&facts, &problem) == 0, cases[at].allowed);
		assert_int_equal(problem.result, cases[at].allowed ? KS_OK : KS_DENIED);
		assert_int_equal(ks_process_judge(&facts, NULL) == 0, cases[at].allowed);
	}
}

static void accepts_this_process(void **state)
{
	struct ks_problem problem = {.result = KS_OK};

	(void)state;
	assert_int_equal(ks_process_check(&problem), 0);
	assert_int_equal(problem.result, KS_OK);
}

/* Becomes an ordinary user with capabilities, as after running a file that has them. */
static int gain_capabilities(void)
{
	if (geteuid() != 0)
		return unshare(CLONE_NEWUSER); /* no id is mapped there, so it is not root, and may do everything */
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ? -1 : setresuid(NOBODY, NOBODY, NOBODY);
}

/* Keeps one capability, or none; an ambient one too where asked for. */
static int keep_capability(int capability, bool ambient)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (capability >= 0) {
		data[CAP_TO_INDEX(capability)].permitted = CAP_TO_MASK(capability);
		data[CAP_TO_INDEX(capability)].inheritable = CAP_TO_MASK(capability);
	}
	if (syscall(SYS_capset, &header, data) < 0)
		return -1;
	return ambient ? prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) : 0;
}

struct holding {
	int capability; /* -1: none */
	bool ambient;
	enum ks_result expected;
};

static int check_holding(const struct holding *holding)
{
	struct ks_problem problem = {.result = KS_OK};
	int r;

	if (gain_capabilities() < 0 || keep_capability(holding->capability, holding->ambient) < 0)
		return 2;
	if (ks_process_check(&problem) != 0 || problem.result != KS_OK)
		return 3; /* without AT_SECURE all is well */
	at_secure->a_un.a_val = 1;
	r = ks_process_check(&problem);
	return (r == 0) == (holding->expected == KS_OK) && problem.result == holding->expected ? 0 : 4;
}

static void reads_the_capabilities(void **state)
{
	static const struct holding holdings[] = {
		{-1, false, KS_OK},
		{CAP_CHOWN, false, KS_DENIED},
		{CAP_CHOWN, true, KS_OK},
		{CAP_WAKE_ALARM, false, KS_DENIED}, /* one of the upper half */
		{CAP_WAKE_ALARM, true, KS_OK},
	};
	size_t at;

	(void)state;
	for (at = 0; at < COUNT(holdings); at++) {
		int status = -1;
		const pid_t pid = fork();

		if (pid == 0) {
			(void)alarm(CHILD_SECONDS);
			_exit(check_holding(&holdings[at]));
		}
		assert_true(pid > 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status != 0)
			print_error("capability %d, ambient %d\n", holdings[at].capability, holdings[at].ambient);
		assert_int_equal(status, 0);
	}
}

static void reads_the_environment_where_it_may(void **state)
{
	const char *reason = NULL;

	(void)state;
	assert_true(ks_process_environment(&reason));
	assert_null(reason);
	at_secure->a_un.a_val = 1;
	assert_false(ks_process_environment(&reason));
	assert_non_null(strstr(reason, "AT_SECURE"));
}

static void takes_home_from_the_environment(void **state)
{
	char home[PATH_MAX] = "";

	(void)state;
	assert_int_equal(setenv("HOME", "/home/from-environment", 1), 0);
	assert_int_equal(ks_process_home(home, sizeof(home)), 0);
	assert_string_equal(home, "/home/from-environment");
	assert_int_equal(database.calls, 0);
}

static void check_home_from_database(void)
{
	char home[PATH_MAX] = "";

	assert_int_equal(ks_process_home(home, sizeof(home)), 0);
	assert_string_equal(home, "/home/from-database");
}

static void takes_home_from_the_database(void **state)
{
	(void)state;
	assert_int_equal(setenv("HOME", "", 1), 0);
	check_home_from_database();
	assert_int_equal(setenv("HOME", "relative/path", 1), 0);
	check_home_from_database();
	assert_int_equal(unsetenv("HOME"), 0);
	check_home_from_database();
	at_secure->a_un.a_val = 1;
	assert_int_equal(setenv("HOME", "/home/from-environment", 1), 0);
	check_home_from_database();
}

static void grows_the_database_buffer(void **state)
{
	char home[PATH_MAX] = "";

	(void)state;
	assert_int_equal(unsetenv("HOME"), 0);
	database.room = 20000;
	check_home_from_database();
	assert_true(database.calls > 1);
	database.room = SIZE_MAX;
	database.calls = 0;
	assert_int_equal(ks_process_home(home, sizeof(home)), -ERANGE);
	assert_in_range(database.calls, 2, 20);
}

static void reports_a_missing_home(void **state)
{
	static const struct {
		int error;
		const char *home;
		int r;
	} cases[] = {
		{0, NULL, -ENOENT},
		{ENOENT, NULL, -ENOENT},
		{ESRCH, NULL, -ENOENT},
		{EIO, NULL, -EIO},
		{EMFILE, NULL, -EMFILE},
		{0, "", -ENOENT},
		{0, "relative", -ENOENT},
	};
	size_t at;

	(void)state;
	assert_int_equal(unsetenv("HOME"), 0);
	for (at = 0; at < COUNT(cases); at++) {
		char home[PATH_MAX] = "untouched";

		database.error = cases[at].error;
		database.home = cases[at].home;
		assert_int_equal(ks_process_home(home, sizeof(home)), cases[at].r);
		assert_string_equal(home, "untouched");
	}
}

/* "No such user" is what the C library says also where it could not look. */
static void confirms_that_a_user_is_missing(void **state)
{
	struct rlimit limit, none;
	char home[PATH_MAX] = "";
	int r = 0;

	(void)state;
	assert_int_equal(unsetenv("HOME"), 0);
	database.home = NULL;
	database.is_listed = true;
	assert_int_equal(ks_process_home(home, sizeof(home)), -EIO);
	database.read_error = ENOMEM;
	assert_int_equal(ks_process_home(home, sizeof(home)), -ENOMEM);
	database.read_error = 0;
	database.is_listed = false;
	assert_int_equal(ks_process_home(home, sizeof(home)), -ENOENT);

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	r = ks_process_home(home, sizeof(home));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(r, -EMFILE);
}

static void bounds_the_home(void **state)
{
	char home[6] = "";

	(void)state;
	assert_int_equal(setenv("HOME", "/12345", 1), 0);
	assert_int_equal(ks_process_home(home, sizeof(home)), -ENAMETOOLONG);
	assert_string_equal(home, "");
	assert_int_equal(setenv("HOME", "/1234", 1), 0);
	assert_int_equal(ks_process_home(home, sizeof(home)), 0);
	assert_string_equal(home, "/1234");
	assert_int_equal(unsetenv("HOME"), 0);
	assert_int_equal(ks_process_home(home, sizeof(home)), -ENAMETOOLONG);
}

static void tells_the_time(void **state)
{
	const struct timespec nap = {0, 20000000};
	struct timespec now;
	int64_t us, ms;

	(void)state;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	us = ks_now_us();
	ms = ks_now_ms();
	assert_true(us >= (int64_t)now.tv_sec * 1000000 && ms >= us / 1000);
	(void)nanosleep(&nap, NULL);
	assert_true(ks_now_us() - us >= 20000);
	assert_in_range(ks_now_ms() - ms, 19, 10000);
}

static void knows_the_root(void **state)
{
	dev_t device = 0;
	ino_t inode = 0;
	struct stat status;

	(void)state;
	assert_int_equal(stat("/", &status), 0);
	assert_int_equal(ks_process_root(&device, &inode), 0);
	assert_true(device == status.st_dev && inode == status.st_ino);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_ids),
		cmocka_unit_test(judges_capabilities),
		cmocka_unit_test_setup(accepts_this_process, be_ordinary),
		cmocka_unit_test_setup_teardown(reads_the_capabilities, be_ordinary, be_ordinary),
		cmocka_unit_test_setup_teardown(reads_the_environment_where_it_may, be_ordinary, be_ordinary),
		cmocka_unit_test_setup(takes_home_from_the_environment, be_ordinary),
		cmocka_unit_test_setup_teardown(takes_home_from_the_database, be_ordinary, be_ordinary),
		cmocka_unit_test_setup(grows_the_database_buffer, be_ordinary),
		cmocka_unit_test_setup(reports_a_missing_home, be_ordinary),
		cmocka_unit_test_setup(confirms_that_a_user_is_missing, be_ordinary),
		cmocka_unit_test_setup(bounds_the_home, be_ordinary),
		cmocka_unit_test(tells_the_time),
		cmocka_unit_test(knows_the_root),
	};

	at_secure = find_at_secure();
	if (!at_secure) {
		(void)fprintf(stderr, "no AT_SECURE in the auxiliary vector\n");
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
