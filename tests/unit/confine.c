/* SPDX-License-Identifier: MIT */
/*
 * The whole confinement of a worker: every measure is in effect, none is lost in silence, and what a module needs
 * still works. What is in landlock.c and filter.c has tests of its own.
 */
#include "worker/confine.h"

#include "child.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "core/confinement.h"

enum {
	GIB = 1 << 30,
	LANDLOCK = KS_MEASURE_FILES | KS_MEASURE_PORTS | KS_MEASURE_SCOPE
};

#define WITH_SANITIZER (WITH_ASAN || WITH_TSAN)

static uint32_t measures;

static int confine(bool network)
{
	const struct ks_confine_rules rules = {
		.network = network, .limits_memory = !WITH_SANITIZER, .module = "/usr/lib/module.so"};

	return ks_confine(&rules, &measures, NULL);
}

static uint32_t wanted(bool network)
{
	return ks_measures_wanted(network) & ~(uint32_t)(WITH_SANITIZER ? KS_MEASURE_MEMORY : 0);
}

static void reports_what_is_in_effect(void)
{
	const uint32_t available = ks_measures_available();

	EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0);
	EXPECT(confine(false) == 0);
	EXPECT(measures == (available & wanted(false)));
	EXPECT(measures & KS_MEASURE_CALLS && measures & KS_MEASURE_SOCKETS);
}

static void reports_sockets(void)
{
	const uint32_t available = ks_measures_available();

	EXPECT(confine(true) == 0);
	EXPECT(measures == (available & wanted(true)) && !(measures & KS_MEASURE_SOCKETS));
}

/* "Name:\tvalue" in proc_pid_status(5). */
static int status_is(const char *line)
{
	FILE *status = fopen("/proc/self/status", "re");
	char text[256];
	int is = 0;

	while (status && !is && fgets(text, sizeof(text), status))
		is = strncmp(text, line, strlen(line)) == 0;
	if (status)
		(void)fclose(status);
	return is;
}

static void has_no_privilege(void)
{
	const bool is_root = geteuid() == 0;

	EXPECT(confine(false) == 0);
	EXPECT(status_is("NoNewPrivs:\t1\n") && status_is("Seccomp:\t2\n"));
	EXPECT(status_is("CapInh:\t0000000000000000\n") && status_is("CapPrm:\t0000000000000000\n"));
	EXPECT(status_is("CapEff:\t0000000000000000\n") && status_is("CapAmb:\t0000000000000000\n"));
	EXPECT(!is_root || status_is("CapBnd:\t0000000000000000\n"));
}

static int limit_is(__rlimit_resource_t resource, rlim_t value)
{
	struct rlimit limit = {0};

	return getrlimit(resource, &limit) == 0 && limit.rlim_cur == value && limit.rlim_max == value;
}

static void is_limited(void)
{
	char path[] = "/tmp/keystile-confine-XXXXXX";
	void *volatile memory = NULL;
	int file = mkostemp(path, O_CLOEXEC);

	EXPECT(file >= 0 && unlink(path) == 0);
	EXPECT(confine(false) == 0);
	EXPECT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && limit_is(RLIMIT_CORE, 0));
	EXPECT(limit_is(RLIMIT_NOFILE, KS_CONFINE_DESCRIPTORS) && limit_is(RLIMIT_FSIZE, 0));
	REFUSED(EFBIG, (int)write(file, "x", 1));
	if (WITH_SANITIZER)
		return;
	EXPECT(limit_is(RLIMIT_AS, (rlim_t)KS_CONFINE_MEMORY_GIB * GIB));
	EXPECT((memory = malloc((size_t)8 * GIB)) == NULL && errno == ENOMEM);
}

/* Whoever set them is still served by them. */
static void keeps_lower_limits_and_its_end(void)
{
	const struct rlimit lower = {16, 16};
	int signal = 0;

	EXPECT(setrlimit(RLIMIT_NOFILE, &lower) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0);
	EXPECT(confine(false) == 0);
	EXPECT(limit_is(RLIMIT_NOFILE, 16));
	EXPECT(prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0) == 0 && signal == SIGKILL);
}

static bool look_up_name(void)
{
	const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *addresses = NULL;
	struct sockaddr_in address = {0};

	if (getaddrinfo("localhost", "443", &hints, &addresses) != 0)
		return false;
	memcpy(&address, addresses->ai_addr, sizeof(address));
	freeaddrinfo(addresses);
	return address.sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

static void *look_up_in_thread(void *data)
{
	*(bool *)data = look_up_name();
	return NULL;
}

static void resolves_names(void)
{
	pthread_t thread;
	bool in_thread = false;

	EXPECT(confine(true) == 0);
	EXPECT(look_up_name());
	EXPECT(pthread_create(&thread, NULL, look_up_in_thread, &in_thread) == 0);
	EXPECT(pthread_join(thread, NULL) == 0 && in_thread);
}

static void loads_libraries(void)
{
	void *library = NULL;

	EXPECT(confine(false) == 0);
	EXPECT(!dlopen("libanl.so.1", RTLD_NOW | RTLD_NOLOAD));
	EXPECT((library = dlopen("libanl.so.1", RTLD_NOW | RTLD_LOCAL)) != NULL);
	EXPECT(dlclose(library) == 0);
}

static void is_confined_as_a_whole(void)
{
	EXPECT(confine(true) == 0);
	REFUSED(EPERM, fork());
	REFUSED(EPERM, kill(getppid(), 0));
	REFUSED(EPERM, open("/dev/null", O_WRONLY | O_CLOEXEC));
	if (measures & KS_MEASURE_FILES)
		REFUSED(EACCES, open("/etc", O_RDONLY | O_CLOEXEC));
	EXPECT(!ks_confine_is_stale());
}

/* Makes the kernel answer one call so. */
static int answer(int call, int error, unsigned count, const struct scmp_arg_cmp *conditions)
{
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
	int r = -1;

	if (context)
		r = seccomp_rule_add_array(context, SCMP_ACT_ERRNO((uint32_t)error), call, count, conditions);
	if (r == 0)
		r = seccomp_load(context);
	seccomp_release(context);
	return r;
}

static void lacks_landlock(int error)
{
	const uint32_t available = ks_measures_available() & ~(uint32_t)LANDLOCK;

	EXPECT(answer(SCMP_SYS(landlock_create_ruleset), error, 0, NULL) == 0);
	EXPECT(ks_landlock_version() == 0 && ks_measures_available() == available);
	EXPECT(confine(false) == 0);
	EXPECT(measures == (available & wanted(false)));
	REFUSED(EPERM, fork());
	EXPECT(!ks_confine_is_stale());
}

static void kernel_without_landlock(void)
{
	lacks_landlock(ENOSYS);
}

static void landlock_not_enabled(void)
{
	lacks_landlock(EOPNOTSUPP);
}

static void kernel_without_filters(void)
{
	const uint32_t available = ks_measures_available() & ~(uint32_t)(KS_MEASURE_CALLS | KS_MEASURE_SOCKETS);

	EXPECT(answer(SCMP_SYS(seccomp), ENOSYS, 0, NULL) == 0);
	EXPECT(ks_measures_available() == available);
	EXPECT(confine(false) == 0);
	EXPECT(measures == (available & wanted(false)));
}

/* A call that fails, on any or on one first argument, and a measure without which it is not made. */
static const struct fault {
	int call, error;
	unsigned count;
	scmp_datum_t first;
	uint32_t of;
} faults[] = {
	{SCMP_SYS(capset), EPERM, 0, 0, KS_MEASURE_CAPABILITIES},
	{SCMP_SYS(prctl), EINVAL, 1, PR_SET_NO_NEW_PRIVS, KS_MEASURE_PRIVILEGES},
	{SCMP_SYS(prctl), EINVAL, 1, PR_SET_DUMPABLE, KS_MEASURE_DUMP},
	{SCMP_SYS(prlimit64), EPERM, 0, 0, KS_MEASURE_LIMITS},
	{SCMP_SYS(rt_sigaction), EINVAL, 1, SIGXFSZ, KS_MEASURE_LIMITS},
	{SCMP_SYS(landlock_add_rule), ENOMEM, 0, 0, KS_MEASURE_FILES},
	{SCMP_SYS(landlock_restrict_self), E2BIG, 0, 0, KS_MEASURE_FILES},
	{SCMP_SYS(seccomp), EINVAL, 1, 1 /* SECCOMP_SET_MODE_FILTER */, KS_MEASURE_CALLS},
};
static const struct fault *fault;

static void refuses_to_run(void)
{
	const struct scmp_arg_cmp first = {0, SCMP_CMP_EQ, fault->first, 0};
	const struct ks_confine_rules rules = {.module = "/usr/lib/module.so"};
	struct ks_problem problem = {0};

	measures = UINT32_MAX;
	EXPECT(answer(fault->call, fault->error, fault->count, &first) == 0);
	EXPECT(ks_confine(&rules, &measures, &problem) < 0);
	EXPECT(problem.result == KS_ERROR && problem.reason[0] && measures == UINT32_MAX);
}

static void test_refuses_to_run_without_a_measure(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		fault = &faults[i];
		if (ks_measures_available() & fault->of)
			look_from_child(refuses_to_run);
	}
}

static void test_measures_have_names(void **state)
{
	const struct ks_measure_words *words = NULL;
	uint32_t seen = 0;

	(void)state;
	for (unsigned i = 0; (words = ks_measure_at(i)); i++) {
		assert_int_equal(seen & (uint32_t)words->bit, 0);
		assert_true(words->name[0] && words->help[0] && !strchr(words->name, ' '));
		seen |= (uint32_t)words->bit;
	}
	assert_int_equal(seen, 2 * KS_MEASURE_SCOPE - 1);
	assert_int_equal(ks_measures_wanted(false), seen);
	assert_int_equal(ks_measures_wanted(true), seen - KS_MEASURE_SOCKETS);
	assert_int_equal(ks_measures_available() & ~seen, 0);
}

TEST_FROM_CHILD(reports_what_is_in_effect)
TEST_FROM_CHILD(reports_sockets)
TEST_FROM_CHILD(has_no_privilege)
TEST_FROM_CHILD(is_limited)
TEST_FROM_CHILD(keeps_lower_limits_and_its_end)
TEST_FROM_CHILD(resolves_names)
TEST_FROM_CHILD(loads_libraries)
TEST_FROM_CHILD(is_confined_as_a_whole)
TEST_FROM_CHILD(kernel_without_landlock)
TEST_FROM_CHILD(landlock_not_enabled)
TEST_FROM_CHILD(kernel_without_filters)

/* Says which measures this kernel lets be tested. */
static int set_up(void **state)
{
	(void)state;
	for (unsigned i = 0; ks_measure_at(i); i++)
		(void)fprintf(stderr, "%s: %s\n", ks_measure_at(i)->name,
			ks_measures_available() & (uint32_t)ks_measure_at(i)->bit ? "in effect" : "not here");
	return share_findings();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measures_have_names),
		cmocka_unit_test(test_reports_what_is_in_effect),
		cmocka_unit_test(test_reports_sockets),
		cmocka_unit_test(test_has_no_privilege),
		cmocka_unit_test(test_is_limited),
		cmocka_unit_test(test_keeps_lower_limits_and_its_end),
		cmocka_unit_test(test_resolves_names),
		cmocka_unit_test(test_loads_libraries),
		cmocka_unit_test(test_is_confined_as_a_whole),
		cmocka_unit_test(test_kernel_without_landlock),
		cmocka_unit_test(test_landlock_not_enabled),
		cmocka_unit_test(test_kernel_without_filters),
		cmocka_unit_test(test_refuses_to_run_without_a_measure),
	};

	return cmocka_run_group_tests_name("confine", tests, set_up, NULL);
}
