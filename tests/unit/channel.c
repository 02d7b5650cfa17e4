/* SPDX-License-Identifier: MIT */
/*
 * The socket between a caller and its worker: deadlines, ends, and descriptors that come along.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "core/channel.h"
#include "core/process.h"
#include "core/secret.h"

enum {
	SERIAL = 7,
	SHORT_MS = 50,
	LONG_MS = 10000, /* for what comes at once */
	LATE_MS = 5000,  /* what takes longer than this did not end when it had to */
	PASSED_MAX = 3,
	FRAMES_MAX = 10000 /* more than any socket holds */
};

#define SECRET "CANARY-of-the-channel"

static struct ks_channel here, there;
static struct ks_frame frame, got;

/* What poll(2) does in between: see test_a_last_word_is_heard. */
static void (*meanwhile)(void);

/* Stands before the C library's. */
int poll(struct pollfd *fds, nfds_t nfds, int timeout)
{
	struct timespec time = {.tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000L};
	int count = ppoll(fds, nfds, timeout < 0 ? NULL : &time, NULL);
	void (*act)(void) = meanwhile;

	meanwhile = NULL;
	if (act)
		act();
	return count;
}

static int open_pair(void **state)
{
	int fds[2] = {-1, -1};

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(ks_channel_init(&here, fds[0]), 0);
	assert_int_equal(ks_channel_init(&there, fds[1]), 0);
	return 0;
}

static int close_pair(void **state)
{
	(void)state;
	ks_channel_finish(&here);
	ks_channel_finish(&there);
	assert_int_equal(ks_secret_in_use(), 0);
	return 0;
}

static int64_t soon(int milliseconds)
{
	return ks_now_ms() + milliseconds;
}

static void make(const char *text)
{
	ks_frame_init(&frame, KS_FRAME_REPLY, SERIAL);
	ks_frame_add(&frame, text, KS_FRAME_TEXT_MAX);
}

/* How many descriptors this process has open. */
static unsigned count_open(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void send_raw(const void *bytes, size_t size)
{
	assert_int_equal(send(there.fd, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* Sends a frame that is right with `count` descriptors. */
static void send_with_descriptors(const int *fds, size_t count)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(PASSED_MAX * sizeof(int))];
	} control = {.bytes = {0}};
	unsigned char packet[64];
	struct iovec piece = {.iov_base = packet};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control};

	ks_frame_init(&frame, KS_FRAME_CLOSE, SERIAL);
	assert_int_equal(ks_frame_encode(&frame, there.out, &piece.iov_len), 0);
	memcpy(packet, there.out, piece.iov_len);
	message.msg_controllen = CMSG_SPACE(count * sizeof(int));
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
	assert_int_equal(sendmsg(there.fd, &message, MSG_NOSIGNAL), (ssize_t)piece.iov_len);
}

static void test_frames_go_both_ways(void **state)
{
	(void)state;
	make("to the worker");
	assert_int_equal(ks_channel_send(&here, &frame, -1, soon(LONG_MS)), 0);
	assert_int_equal(ks_channel_receive(&there, &got, NULL, KS_CHANNEL_FOREVER), 0);
	assert_string_equal(ks_frame_text(&got, 0), "to the worker");
	make("to the caller");
	assert_int_equal(ks_channel_send(&there, &frame, -1, KS_CHANNEL_FOREVER), 0);
	make("and another");
	assert_int_equal(ks_channel_send(&there, &frame, -1, KS_CHANNEL_FOREVER), 0);
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), 0);
	assert_string_equal(ks_frame_text(&got, 0), "to the caller");
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), 0);
	assert_string_equal(ks_frame_text(&got, 0), "and another");
}

static void test_receiving_ends_at_the_deadline(void **state)
{
	int64_t start = ks_now_ms(), took = 0;

	(void)state;
	assert_int_equal(ks_channel_receive(&here, &got, NULL, start + SHORT_MS), -ETIMEDOUT);
	took = ks_now_ms() - start;
	assert_true(took >= SHORT_MS && took < LATE_MS);
	/* one that always has something to say is not heard any longer than one that is silent */
	make("late");
	assert_int_equal(ks_channel_send(&there, &frame, -1, 0), 0);
	assert_int_equal(ks_channel_receive(&here, &got, NULL, ks_now_ms()), -ETIMEDOUT);
	assert_int_equal(ks_channel_receive(&here, &got, NULL, KS_CHANNEL_FOREVER), 0);
}

static void test_sending_waits_for_room_until_the_deadline(void **state)
{
	int64_t start = 0, took = 0;
	unsigned sent = 0, received = 0;

	(void)state;
	make("one of many");
	while (sent < FRAMES_MAX && ks_channel_send(&here, &frame, -1, 0) == 0)
		sent++;
	assert_true(sent > 0 && sent < FRAMES_MAX);
	start = ks_now_ms();
	assert_int_equal(ks_channel_send(&here, &frame, -1, start + SHORT_MS), -ETIMEDOUT);
	took = ks_now_ms() - start;
	assert_true(took >= SHORT_MS && took < LATE_MS);
	/* nothing was lost, and nothing of what was given up arrives */
	while (ks_channel_receive(&there, &got, NULL, soon(SHORT_MS)) == 0)
		received++;
	assert_int_equal(received, sent);
	assert_int_equal(ks_channel_send(&here, &frame, -1, 0), 0);
}

static void test_the_end_of_the_other_side_is_noticed(void **state)
{
	(void)state;
	make("the last one");
	assert_int_equal(ks_channel_send(&there, &frame, -1, soon(LONG_MS)), 0);
	ks_channel_finish(&there);
	there = (struct ks_channel){.fd = -1, .peer = -1};
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), 0);
	assert_string_equal(ks_frame_text(&got, 0), "the last one");
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), -EPIPE);
	assert_int_equal(ks_channel_send(&here, &frame, -1, soon(LONG_MS)), -EPIPE);
}

static void test_a_side_that_did_not_read_has_ended_all_the_same(void **state)
{
	(void)state;
	make("is never read");
	assert_int_equal(ks_channel_send(&here, &frame, -1, soon(LONG_MS)), 0);
	(void)close(there.fd); /* with data in its queue: ECONNRESET */
	there.fd = -1;
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), -EPIPE);
}

/* A copy of its socket may live on, in a process that it left behind. */
static void test_the_end_of_a_peer_is_noticed(void **state)
{
	int64_t start = ks_now_ms();

	(void)state;
	here.peer = eventfd(1, EFD_CLOEXEC); /* is readable, as the pidfd of a process that has ended */
	assert_true(here.peer >= 0);
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), -EPIPE);
	make("before its end");
	assert_int_equal(ks_channel_send(&there, &frame, -1, soon(LONG_MS)), 0);
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), 0);
	while (ks_channel_send(&here, &frame, -1, soon(LONG_MS)) == 0)
		;
	assert_int_equal(ks_channel_send(&here, &frame, -1, soon(LONG_MS)), -EPIPE);
	assert_true(ks_now_ms() - start < LATE_MS);
	(void)close(here.peer);
}

static void say_a_last_word(void)
{
	make("my last word");
	assert_int_equal(ks_channel_send(&there, &frame, -1, 0), 0);
}

/* It says it, and ends, after poll(2) looked at the socket and before it looked at the process. */
static void test_a_last_word_is_heard(void **state)
{
	(void)state;
	here.peer = eventfd(1, EFD_CLOEXEC);
	assert_true(here.peer >= 0);
	meanwhile = say_a_last_word;
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), 0);
	assert_string_equal(ks_frame_text(&got, 0), "my last word");
	(void)close(here.peer);
}

static void test_what_is_no_frame_is_refused(void **state)
{
	static unsigned char bytes[KS_FRAME_MAX + 1];
	size_t length = 0;

	(void)state;
	send_raw("x", 1);
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), -EBADMSG);
	send_raw("another version", 15);
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), -EPROTONOSUPPORT);
	/* one byte more than a frame may have, whose beginning would be one */
	ks_frame_init(&frame, KS_FRAME_REPLY, SERIAL);
	memset(bytes, 'x', sizeof(bytes));
	ks_frame_add_bytes(&frame, there.in, KS_FRAME_MAX - 25);
	assert_int_equal(ks_frame_encode(&frame, there.out, &length), 0);
	assert_int_equal(length, KS_FRAME_MAX);
	memset(there.out + 24, 'x', KS_FRAME_MAX - 25);
	memcpy(bytes, there.out, KS_FRAME_MAX);
	send_raw(bytes, sizeof(bytes));
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), -EBADMSG);
	send_raw(bytes, sizeof(bytes) - 1);
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), 0);
}

/* For the reader, an empty packet is the end of the other side: no frame is empty. */
static void test_an_empty_packet_ends_it(void **state)
{
	(void)state;
	send_raw("", 0);
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), -EPIPE);
}

static void test_what_cannot_be_written_is_not_sent(void **state)
{
	(void)state;
	ks_frame_init(&frame, KS_FRAME_REPLY, SERIAL);
	assert_int_equal(ks_channel_send(&here, &frame, -1, soon(LONG_MS)), -EINVAL);
	assert_int_equal(ks_channel_receive(&there, &got, NULL, soon(SHORT_MS)), -ETIMEDOUT);
}

static void test_a_descriptor_goes_with_a_frame(void **state)
{
	struct stat sent, received;
	int file = open("/dev/zero", O_RDONLY | O_CLOEXEC), fd = -1;
	unsigned before = count_open();

	(void)state;
	assert_true(file >= 0);
	make("with a descriptor");
	assert_int_equal(ks_channel_send(&there, &frame, file, soon(LONG_MS)), 0);
	make("without");
	assert_int_equal(ks_channel_send(&there, &frame, -1, soon(LONG_MS)), 0);
	assert_int_equal(ks_channel_receive(&here, &got, &fd, soon(LONG_MS)), 0);
	assert_true(fd >= 0 && fd != file);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(file, &sent), 0);
	assert_int_equal(fstat(fd, &received), 0);
	assert_int_equal(sent.st_rdev, received.st_rdev);
	assert_int_equal(close(fd), 0);
	assert_int_equal(ks_channel_receive(&here, &got, &fd, soon(LONG_MS)), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(count_open(), before);
	(void)close(file);
}

/* The worker's own side asks for none; what a module sends that took its socket must not become the caller's. */
static void test_descriptors_that_come_unasked_are_not_installed(void **state)
{
	const int some[PASSED_MAX] = {0, 0, 0};
	unsigned before = count_open();
	int fd = -1;

	(void)state;
	for (size_t count = 1; count <= PASSED_MAX; count++) {
		send_with_descriptors(some, count);
		assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), 0);
		assert_int_equal(count_open(), before);
	}
	/* where one is asked for, several are not what was asked for */
	send_with_descriptors(some, 1);
	assert_int_equal(ks_channel_receive(&here, &got, &fd, soon(LONG_MS)), 0);
	assert_int_equal(count_open(), before + 1);
	(void)close(fd);
	for (size_t count = 2; count <= PASSED_MAX; count++) {
		send_with_descriptors(some, count);
		assert_int_equal(ks_channel_receive(&here, &got, &fd, soon(LONG_MS)), 0);
		assert_int_equal(fd, -1);
		assert_int_equal(count_open(), before);
	}
}

/* A frame that is refused takes its descriptor with it. */
static void test_no_descriptor_stays_of_a_frame_that_is_refused(void **state)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	char rubbish[] = "rubbish";
	struct iovec piece = {.iov_base = rubbish, .iov_len = sizeof(rubbish)};
	struct msghdr message = {
		.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	unsigned before = count_open();
	int fd = -1;

	(void)state;
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	assert_int_equal(sendmsg(there.fd, &message, MSG_NOSIGNAL), (ssize_t)sizeof(rubbish));
	assert_int_equal(ks_channel_receive(&here, &got, &fd, soon(LONG_MS)), -EBADMSG);
	assert_int_equal(fd, -1);
	assert_int_equal(count_open(), before);
}

static void test_secrets_are_wiped(void **state)
{
	(void)state;
	make(SECRET);
	assert_int_equal(ks_channel_send(&there, &frame, -1, soon(LONG_MS)), 0);
	make("shorter");
	assert_int_equal(ks_channel_send(&there, &frame, -1, soon(LONG_MS)), 0);
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), 0);
	assert_int_equal(ks_channel_receive(&here, &got, NULL, soon(LONG_MS)), 0);
	assert_non_null(memmem(here.in, KS_FRAME_MAX, &SECRET[10], 5));
	assert_non_null(memmem(there.out, KS_FRAME_MAX, &SECRET[10], 5));
	ks_channel_wipe(&here);
	ks_channel_wipe(&there);
	assert_null(memmem(here.in, KS_FRAME_MAX, &SECRET[10], 5));
	assert_null(memmem(there.out, KS_FRAME_MAX, &SECRET[10], 5));
}

#define IN_A_PAIR(function) cmocka_unit_test_setup_teardown(function, open_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_PAIR(test_frames_go_both_ways),
		IN_A_PAIR(test_receiving_ends_at_the_deadline),
		IN_A_PAIR(test_sending_waits_for_room_until_the_deadline),
		IN_A_PAIR(test_the_end_of_the_other_side_is_noticed),
		IN_A_PAIR(test_a_side_that_did_not_read_has_ended_all_the_same),
		IN_A_PAIR(test_the_end_of_a_peer_is_noticed),
		IN_A_PAIR(test_a_last_word_is_heard),
		IN_A_PAIR(test_what_is_no_frame_is_refused),
		IN_A_PAIR(test_an_empty_packet_ends_it),
		IN_A_PAIR(test_what_cannot_be_written_is_not_sent),
		IN_A_PAIR(test_a_descriptor_goes_with_a_frame),
		IN_A_PAIR(test_descriptors_that_come_unasked_are_not_installed),
		IN_A_PAIR(test_no_descriptor_stays_of_a_frame_that_is_refused),
		IN_A_PAIR(test_secrets_are_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
