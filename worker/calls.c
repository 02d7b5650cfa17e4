/* SPDX-License-Identifier: MIT */
#include "worker/calls.h"

#include <fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
	PRCTL_NAME_MEMORY = 0x53564d41, /* PR_SET_VMA, which the headers of Debian 12 do not have everywhere */
	OPEN_TO_CHANGE = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY),
	/* A thread shares memory and signal handlers; anything else is a process. */
	THREAD = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD,
	NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
		     CLONE_NEWNET
};

/* The kernel looks at the lower half of an int alone, and so does the filter. */
#define INT(argument, value) argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, (scmp_datum_t)(value)
#define NO_BIT_OF(argument, bits) argument, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(bits), 0

static const int allowed[] = {
	/* memory: malloc, the loader, the stacks of threads, secret memory; nothing here reaches another process */
	SCMP_SYS(brk),
	SCMP_SYS(madvise),
	SCMP_SYS(mincore),
	SCMP_SYS(mlock),
	SCMP_SYS(mlock2),
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(mremap),
	SCMP_SYS(munlock),
	SCMP_SYS(munmap),
	/* threads of its own, and their ends */
	SCMP_SYS(arch_prctl),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(futex),
	SCMP_SYS(membarrier),
	SCMP_SYS(rseq),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_getparam),
	SCMP_SYS(sched_getscheduler),
	SCMP_SYS(sched_yield),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(set_tid_address),
	/* signals as it handles and waits for them; sending is in `conditional` */
	SCMP_SYS(pause),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigpending),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigsuspend),
	SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sigaltstack),
	/* reading and looking; which files, is up to Landlock. Writing is to pipes and sockets, for no file is open
	   so. */
	SCMP_SYS(access),
	SCMP_SYS(close),
	SCMP_SYS(close_range),
	SCMP_SYS(dup),
	SCMP_SYS(dup2),
	SCMP_SYS(dup3),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(fadvise64),
	SCMP_SYS(fstat),
	SCMP_SYS(fstatfs),
	SCMP_SYS(getcwd),
	SCMP_SYS(getdents),
	SCMP_SYS(getdents64),
	SCMP_SYS(lseek),
	SCMP_SYS(lstat),
	SCMP_SYS(name_to_handle_at),
	SCMP_SYS(newfstatat),
	SCMP_SYS(pread64),
	SCMP_SYS(preadv),
	SCMP_SYS(read),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(readv),
	SCMP_SYS(stat),
	SCMP_SYS(statfs),
	SCMP_SYS(statx),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	/* waiting for descriptors, and waking a thread that does */
	SCMP_SYS(epoll_create),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(eventfd2),
	SCMP_SYS(pipe),
	SCMP_SYS(pipe2),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(pselect6),
	SCMP_SYS(select),
	/* the socket to the caller, which every worker has. sendto(2) without an address is what send(3) calls. */
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	/* time, and timers that end in a signal to itself (a resolver without threads has its time limit from
	   alarm(2)) */
	SCMP_SYS(alarm),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(getitimer),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(nanosleep),
	SCMP_SYS(setitimer),
	SCMP_SYS(time),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_gettime),
	SCMP_SYS(timerfd_settime),
	/* who and where it is, and random numbers */
	SCMP_SYS(getcpu),
	SCMP_SYS(getegid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getgroups),
	SCMP_SYS(getpgid),
	SCMP_SYS(getpgrp),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(getrandom),
	SCMP_SYS(getresgid),
	SCMP_SYS(getresuid),
	SCMP_SYS(getrlimit),
	SCMP_SYS(getrusage),
	SCMP_SYS(getsid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(sysinfo),
	SCMP_SYS(times),
	SCMP_SYS(uname),
};

static const struct ks_call_row conditional[] = {
	/* a thread, and never a process; clone3(2) hides its flags from a filter, so it is not listed */
	{SCMP_SYS(clone), 1, {{0, SCMP_CMP_MASKED_EQ, THREAD | NAMESPACES, THREAD}}},
	/* opening to read */
	{SCMP_SYS(open), 1, {{NO_BIT_OF(1, OPEN_TO_CHANGE)}}},
	{SCMP_SYS(openat), 1, {{NO_BIT_OF(2, OPEN_TO_CHANGE)}}},
	/* not F_SETOWN, by which the kernel signals whomever; nor leases and locks, which others wait for */
	{SCMP_SYS(fcntl), 1, {{INT(1, F_DUPFD)}}},
	{SCMP_SYS(fcntl), 1, {{INT(1, F_DUPFD_CLOEXEC)}}},
	{SCMP_SYS(fcntl), 1, {{INT(1, F_GETFD)}}},
	{SCMP_SYS(fcntl), 1, {{INT(1, F_SETFD)}}},
	{SCMP_SYS(fcntl), 1, {{INT(1, F_GETFL)}}},
	{SCMP_SYS(fcntl), 1, {{INT(1, F_SETFL)}}},
	/* whether it is a terminal, how much there is to read, not to block */
	{SCMP_SYS(ioctl), 1, {{INT(1, FIONBIO)}}},
	{SCMP_SYS(ioctl), 1, {{INT(1, FIONREAD)}}},
	{SCMP_SYS(ioctl), 1, {{INT(1, TCGETS)}}},
	/* names of threads and of memory, and what takes nothing back */
	{SCMP_SYS(prctl), 1, {{INT(0, PR_CAPBSET_READ)}}},
	{SCMP_SYS(prctl), 1, {{INT(0, PR_GET_DUMPABLE)}}},
	{SCMP_SYS(prctl), 1, {{INT(0, PR_GET_NAME)}}},
	{SCMP_SYS(prctl), 1, {{INT(0, PR_GET_NO_NEW_PRIVS)}}},
	{SCMP_SYS(prctl), 1, {{INT(0, PR_GET_PDEATHSIG)}}},
	{SCMP_SYS(prctl), 1, {{INT(0, PR_GET_SECCOMP)}}},
	{SCMP_SYS(prctl), 1, {{INT(0, PR_SET_NAME)}}},
	{SCMP_SYS(prctl), 1, {{INT(0, PRCTL_NAME_MEMORY)}}},
	/* its own limits, to read */
	{SCMP_SYS(prlimit64), 2, {{INT(0, 0)}, {2, SCMP_CMP_EQ, 0, 0}}},
};

/* Nothing here can be connected to: TCP listens on no port by Landlock, and without listen(2) nobody is accepted. */
static const int network_allowed[] = {
	SCMP_SYS(bind), /* what the resolver does with its netlink socket */
	SCMP_SYS(connect),
	SCMP_SYS(getpeername),
	SCMP_SYS(getsockname),
	SCMP_SYS(getsockopt),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(sendmmsg), /* the resolver's two questions at once */
	SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown),
};

static const struct ks_call_row network_conditional[] = {
	{SCMP_SYS(socket), 2, {{INT(0, AF_INET)}, {INT(2, 0)}}},
	{SCMP_SYS(socket), 2, {{INT(0, AF_INET)}, {INT(2, IPPROTO_TCP)}}},
	{SCMP_SYS(socket), 2, {{INT(0, AF_INET)}, {INT(2, IPPROTO_UDP)}}},
	{SCMP_SYS(socket), 2, {{INT(0, AF_INET6)}, {INT(2, 0)}}},
	{SCMP_SYS(socket), 2, {{INT(0, AF_INET6)}, {INT(2, IPPROTO_TCP)}}},
	{SCMP_SYS(socket), 2, {{INT(0, AF_INET6)}, {INT(2, IPPROTO_UDP)}}},
	/* the name service's daemons, and agents */
	{SCMP_SYS(socket), 2, {{INT(0, AF_UNIX)}, {INT(2, 0)}}},
	{SCMP_SYS(socketpair), 1, {{INT(0, AF_UNIX)}}},
	/* which addresses this machine has, as the resolver sorts its answers by them (NETLINK_ROUTE is 0) */
	{SCMP_SYS(socket), 2, {{INT(0, AF_NETLINK)}, {INT(2, 0)}}},
	/* the scope of a link-local address */
	{SCMP_SYS(ioctl), 1, {{INT(1, SIOCGIFINDEX)}}},
	{SCMP_SYS(ioctl), 1, {{INT(1, SIOCGIFNAME)}}},
};

/*
 * What is answered with EPERM and not as if the kernel did not have it: for whoever reads the trace of a module that
 * tries, and for libraries that would look for another way.
 */
static const int forbidden[] = {
	/* other programs, and other processes */
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(fork),
	SCMP_SYS(vfork),
	SCMP_SYS(kcmp),
	SCMP_SYS(get_robust_list),
	SCMP_SYS(migrate_pages),
	SCMP_SYS(move_pages),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(process_madvise),
	SCMP_SYS(process_mrelease),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(ptrace),
	SCMP_SYS(rt_sigqueueinfo),
	SCMP_SYS(rt_tgsigqueueinfo),
	SCMP_SYS(tkill),
	SCMP_SYS(ioprio_set),
	SCMP_SYS(sched_setaffinity),
	SCMP_SYS(sched_setattr),
	SCMP_SYS(sched_setparam),
	SCMP_SYS(sched_setscheduler),
	SCMP_SYS(setpgid),
	SCMP_SYS(setpriority),
	SCMP_SYS(setsid),
	/* what it is, and what it is limited to */
	SCMP_SYS(capset),
	SCMP_SYS(setfsgid),
	SCMP_SYS(setfsuid),
	SCMP_SYS(setgid),
	SCMP_SYS(setgroups),
	SCMP_SYS(setregid),
	SCMP_SYS(setresgid),
	SCMP_SYS(setresuid),
	SCMP_SYS(setreuid),
	SCMP_SYS(setrlimit),
	SCMP_SYS(setuid),
	/* namespaces and mounts */
	SCMP_SYS(chroot),
	SCMP_SYS(fsmount),
	SCMP_SYS(fsopen),
	SCMP_SYS(mount),
	SCMP_SYS(mount_setattr),
	SCMP_SYS(move_mount),
	SCMP_SYS(open_tree),
	SCMP_SYS(pivot_root),
	SCMP_SYS(setns),
	SCMP_SYS(umount2),
	SCMP_SYS(unshare),
	/* changing files, folders and what is known of them */
	SCMP_SYS(chmod),
	SCMP_SYS(chown),
	SCMP_SYS(creat),
	SCMP_SYS(fallocate),
	SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat),
	SCMP_SYS(fchown),
	SCMP_SYS(fchownat),
	SCMP_SYS(flock),
	SCMP_SYS(fremovexattr),
	SCMP_SYS(fsetxattr),
	SCMP_SYS(ftruncate),
	SCMP_SYS(futimesat),
	SCMP_SYS(lchown),
	SCMP_SYS(link),
	SCMP_SYS(linkat),
	SCMP_SYS(lremovexattr),
	SCMP_SYS(lsetxattr),
	SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat),
	SCMP_SYS(mknod),
	SCMP_SYS(mknodat),
	SCMP_SYS(removexattr),
	SCMP_SYS(rename),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(rmdir),
	SCMP_SYS(setxattr),
	SCMP_SYS(symlink),
	SCMP_SYS(symlinkat),
	SCMP_SYS(truncate),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(utime),
	SCMP_SYS(utimensat),
	SCMP_SYS(utimes),
	/* what the kernel does for others, or by code that it is given */
	SCMP_SYS(add_key),
	SCMP_SYS(bpf),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(keyctl),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(request_key),
	SCMP_SYS(userfaultfd),
	/* being connected to */
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(listen),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct ks_calls ks_calls_of_all = {allowed, COUNT(allowed), conditional, COUNT(conditional)};
const struct ks_calls ks_calls_of_network = {
	network_allowed, COUNT(network_allowed), network_conditional, COUNT(network_conditional)};
const struct ks_calls ks_calls_forbidden = {forbidden, COUNT(forbidden), NULL, 0};
