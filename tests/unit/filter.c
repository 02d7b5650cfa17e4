/* SPDX-License-Identifier: MIT */
/*
 * What a filtered process can call, and what it is answered. The filter stands alone here: nothing else could have
 * refused, and as root.
 */
#include "worker/filter.h"

#include "child.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>

enum {
	THREADS = 8,
	NO_CALL = 100000,
	X32 = 0x40000000, /* the other calls of x86-64 */
	MPTCP = 262       /* IPPROTO_MPTCP, which Landlock takes for no TCP */
};

static char folder[] = "/tmp/keystile-filter-XXXXXX";
static int listener = -1;
static struct sockaddr_in address = {.sin_family = AF_INET};

static int filter(bool network)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -1 : ks_filter_apply(network, NULL);
}

/* The kernel's own, without what libraries and sanitizers put before it. */
static int call(long number, long a, long b, long c, long d)
{
	return (int)syscall(number, a, b, c, d, 0L, 0L);
}

static void no_process(void)
{
	char name[] = "true", *const arguments[] = {name, NULL};
	pid_t pid = 0;

	EXPECT(filter(true) == 0);
	REFUSED(EPERM, fork());
	REFUSED(EPERM, call(SYS_clone, SIGCHLD, 0, 0, 0));
	REFUSED(EPERM, call(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWUSER, 0, 0, 0));
	REFUSED(ENOSYS, call(SYS_clone3, 0, 0, 0, 0));
	REFUSED(EPERM, execve("/bin/true", arguments, environ));
	REFUSED(EPERM, call(SYS_execveat, AT_FDCWD, (long)"/bin/true", (long)arguments, (long)environ));
	REFUSED(EPERM, unshare(CLONE_FILES));
	EXPECT(posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environ) == EPERM);
}

static void *name_itself(void *data)
{
	(void)data;
	return prctl(PR_SET_NAME, "named", 0, 0, 0) == 0 ? folder : NULL;
}

static void threads(void)
{
	pthread_t started[THREADS];
	void *result = NULL;

	EXPECT(filter(false) == 0);
	for (int i = 0; i < THREADS; i++)
		EXPECT(pthread_create(&started[i], NULL, name_itself, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		EXPECT(pthread_join(started[i], &result) == 0 && result == folder);
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

static void signals_to_itself(void)
{
	const struct sigaction count = {.sa_handler = count_signal};

	EXPECT(sigaction(SIGUSR1, &count, NULL) == 0);
	EXPECT(filter(false) == 0);
	EXPECT(raise(SIGUSR1) == 0 && kill(getpid(), SIGUSR1) == 0 && pthread_kill(pthread_self(), SIGUSR1) == 0);
	EXPECT(signals == 3);
}

static void end_itself(void)
{
	const struct sigaction usual = {.sa_handler = SIG_DFL};

	EXPECT(sigaction(SIGABRT, &usual, NULL) == 0);
	EXPECT(filter(false) == 0);
	abort();
}

static void no_other_process(void)
{
	const pid_t parent = getppid();
	char byte = 0;
	struct iovec local = {&byte, 1}, remote = {&byte, 1};
	struct rlimit limit = {0};
	int ends[2] = {-1, -1};

	EXPECT(pipe2(ends, O_CLOEXEC) == 0);
	EXPECT(filter(true) == 0);
	REFUSED(EPERM, kill(parent, 0));
	REFUSED(EPERM, kill(0, 0));
	REFUSED(EPERM, kill(-1, 0));
	REFUSED(EPERM, call(SYS_tgkill, parent, parent, 0, 0));
	REFUSED(EPERM, call(SYS_tkill, parent, 0, 0, 0));
	REFUSED(EPERM, call(SYS_rt_sigqueueinfo, parent, 0, 0, 0));
	REFUSED(EPERM, call(SYS_pidfd_open, parent, 0, 0, 0));
	REFUSED(EPERM, call(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0));
	REFUSED(EPERM, (int)process_vm_readv(parent, &local, 1, &remote, 1, 0));
	REFUSED(EPERM, (int)process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
	REFUSED(EPERM, fcntl(ends[0], F_SETOWN, parent)); /* the kernel would send its SIGIO */
	REFUSED(EPERM, prlimit(parent, RLIMIT_NOFILE, NULL, &limit));
	REFUSED(EPERM, setpriority(PRIO_PROCESS, 0, 1));
}

static void no_change_of_itself(void)
{
	struct rlimit limit = {0};

	EXPECT(filter(true) == 0);
	REFUSED(EPERM, prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	REFUSED(EPERM, prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0));
	EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	REFUSED(EPERM, setrlimit(RLIMIT_NOFILE, &limit));
	REFUSED(EPERM, call(SYS_setresuid, getuid(), getuid(), getuid(), 0));
	REFUSED(EPERM, call(SYS_setsid, 0, 0, 0, 0));
}

/* In a folder where all of it could be done. */
static void no_change_of_files(void)
{
	const struct timeval times[2] = {{0}};
	int file = -1;

	EXPECT((file = open("file", O_RDWR | O_CLOEXEC)) >= 0);
	EXPECT(filter(true) == 0);
	REFUSED(EPERM, open("file", O_WRONLY | O_CLOEXEC));
	REFUSED(EPERM, open("file", O_RDWR | O_CLOEXEC));
	REFUSED(EPERM, open("file", O_ACCMODE | O_CLOEXEC));
	REFUSED(EPERM, open("file", O_RDONLY | O_TRUNC | O_CLOEXEC));
	REFUSED(EPERM, open("file", O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
	REFUSED(EPERM, open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
	REFUSED(EPERM, creat("file", 0600));
	REFUSED(ENOSYS, call(SYS_openat2, AT_FDCWD, (long)"file", 0, 0));
	REFUSED(EPERM, ftruncate(file, 4));
	REFUSED(EPERM, truncate("file", 4));
	REFUSED(EPERM, link("file", "other"));
	REFUSED(EPERM, symlink("file", "other"));
	REFUSED(EPERM, mkdir("other", 0700));
	REFUSED(EPERM, mkfifo("other", 0600));
	REFUSED(EPERM, rename("file", "other"));
	REFUSED(EPERM, unlink("file"));
	REFUSED(EPERM, rmdir("."));
	REFUSED(EPERM, chmod("file", 0666));
	REFUSED(EPERM, fchmod(file, 0666));
	REFUSED(EPERM, chown("file", getuid(), getgid()));
	REFUSED(EPERM, utimes("file", times));
	REFUSED(EPERM, flock(file, LOCK_SH));
	REFUSED(EPERM, fcntl(file, F_SETLEASE, F_UNLCK));
}

static void reading(void)
{
	struct stat status;
	char byte = 0;
	int file = -1, copy = -1;

	EXPECT(filter(false) == 0);
	EXPECT((file = open("file", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) >= 0);
	EXPECT(fstat(file, &status) == 0 && status.st_size == 4 && stat("file", &status) == 0);
	EXPECT(pread(file, &byte, 1, 1) == 1 && byte == 'e' && lseek(file, 0, SEEK_SET) == 0);
	EXPECT((copy = fcntl(file, F_DUPFD_CLOEXEC, 3)) > file && close(copy) == 0 && close(file) == 0);
	EXPECT((file = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0 && close(file) == 0);
}

static void few_requests_to_devices(void)
{
	int ends[2] = {-1, -1}, waiting = -1, on = 1;

	EXPECT(pipe2(ends, O_CLOEXEC) == 0);
	EXPECT(filter(false) == 0);
	EXPECT(write(ends[1], "x", 1) == 1);
	EXPECT(ioctl(ends[0], FIONREAD, &waiting) == 0 && waiting == 1 && ioctl(ends[0], FIONBIO, &on) == 0);
	REFUSED(ENOTTY, ioctl(ends[0], TCGETS, &on));
	REFUSED(EPERM, ioctl(ends[0], TIOCSTI, "x"));
	REFUSED(EPERM, ioctl(ends[0], FIOASYNC, &on));
}

static void answers(void)
{
	EXPECT(filter(true) == 0);
	REFUSED(EPERM, call(SYS_io_uring_setup, 1, 0, 0, 0));
	REFUSED(EPERM, call(SYS_bpf, 0, 0, 0, 0));
	REFUSED(EPERM, call(SYS_keyctl, 0, 0, 0, 0));
	REFUSED(EPERM, call(SYS_userfaultfd, 0, 0, 0, 0));
	REFUSED(EPERM, call(SYS_setns, -1, 0, 0, 0));
	REFUSED(ENOSYS, call(SYS_memfd_create, (long)"", 0, 0, 0));
	REFUSED(ENOSYS, call(SYS_seccomp, 0, 0, 0, 0));
	REFUSED(ENOSYS, call(NO_CALL, 0, 0, 0, 0));
#ifdef __x86_64__
	REFUSED(EPERM, call(X32 | SYS_getpid, 0, 0, 0, 0));
#endif
}

/* As a worker and its caller do, over a socket from before. */
static void talk(bool network)
{
	char byte = 0;
	struct iovec vector = {&byte, 1};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	int ends[2] = {-1, -1};
	struct pollfd waiting = {.events = POLLIN};

	EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	EXPECT(filter(network) == 0);
	waiting.fd = ends[1];
	EXPECT(sendmsg(ends[0], &message, MSG_NOSIGNAL) == 1 && poll(&waiting, 1, -1) == 1);
	EXPECT(recvmsg(ends[1], &message, MSG_CMSG_CLOEXEC) == 1);
	EXPECT(send(ends[0], "x", 1, MSG_NOSIGNAL) == 1 && recv(ends[1], &byte, 1, 0) == 1 && byte == 'x');
}

static void talk_without_network(void)
{
	talk(false);
}

static void talk_with_network(void)
{
	talk(true);
}

static void no_socket(void)
{
	const struct sockaddr *const to = (const struct sockaddr *)&address;
	int ends[2] = {-1, -1}, from_before = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	EXPECT(from_before >= 0);
	EXPECT(filter(false) == 0);
	REFUSED(EPERM, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	REFUSED(EPERM, socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	REFUSED(EPERM, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	REFUSED(EPERM, socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
	REFUSED(EPERM, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	REFUSED(EPERM, bind(from_before, to, sizeof(address)));
	REFUSED(EPERM, listen(from_before, 1));
	REFUSED(EPERM, connect(from_before, to, sizeof(address)));
}

static void few_sockets(void)
{
	int stream = -1, ends[2] = {-1, -1};

	EXPECT(filter(true) == 0);
	EXPECT((stream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP)) >= 0);
	EXPECT(connect(stream, (const struct sockaddr *)&address, sizeof(address)) == 0);
	EXPECT(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) >= 0);
	EXPECT(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
	EXPECT(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE) >= 0);
	EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	/* The machine may be without it. */
	EXPECT(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0) >= 0 || errno == EAFNOSUPPORT);
	REFUSED(EPERM, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, MPTCP));
	REFUSED(EPERM, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP));
	REFUSED(EPERM, socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT));
	REFUSED(EPERM, socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	REFUSED(EPERM, socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
	REFUSED(EPERM, socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
	REFUSED(EPERM, listen(stream, 1));
	REFUSED(EPERM, accept4(stream, NULL, NULL, SOCK_CLOEXEC));
}

TEST_FROM_CHILD(no_process)
TEST_FROM_CHILD(threads)
TEST_FROM_CHILD(signals_to_itself)
TEST_FROM_CHILD(no_other_process)
TEST_FROM_CHILD(no_change_of_itself)
TEST_FROM_CHILD(no_change_of_files)
TEST_FROM_CHILD(reading)
TEST_FROM_CHILD(few_requests_to_devices)
TEST_FROM_CHILD(answers)
TEST_FROM_CHILD(talk_without_network)
TEST_FROM_CHILD(talk_with_network)
TEST_FROM_CHILD(no_socket)
TEST_FROM_CHILD(few_sockets)

static void test_abort(void **state)
{
	int status = status_of(end_itself, false);

	(void)state;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static int set_up(void **state)
{
	socklen_t length = sizeof(address);
	int file = -1;

	(void)state;
	if (!mkdtemp(folder) || chmod(folder, 0777) < 0 || chdir(folder) < 0)
		return -1;
	file = open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (file < 0 || fchmod(file, 0666) < 0 || write(file, "text", 4) != 4 || close(file) < 0)
		return -1;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 2) < 0 ||
		getsockname(listener, (struct sockaddr *)&address, &length) < 0)
		return -1;
	return share_findings();
}

static int tear_down(void **state)
{
	(void)state;
	(void)close(listener);
	(void)unlink("file");
	return chdir("/") < 0 ? -1 : rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_process),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_signals_to_itself),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_no_other_process),
		cmocka_unit_test(test_no_change_of_itself),
		cmocka_unit_test(test_no_change_of_files),
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_few_requests_to_devices),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_talk_without_network),
		cmocka_unit_test(test_talk_with_network),
		cmocka_unit_test(test_no_socket),
		cmocka_unit_test(test_few_sockets),
	};

	return cmocka_run_group_tests_name("filter", tests, set_up, tear_down);
}
