/* SPDX-License-Identifier: MIT */
#include "core/channel.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/process.h"
#include "core/secret.h"

/* Room for the one descriptor that a frame may have with it, aligned as the kernel wants it. */
union passage {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int ks_channel_init(struct ks_channel *channel, int fd)
{
	*channel = (struct ks_channel){.fd = fd, .peer = -1, .in = ks_secret_alloc(2 * (size_t)KS_FRAME_MAX)};
	if (!channel->in) {
		ks_channel_finish(channel);
		return -ENOMEM;
	}
	channel->out = channel->in + KS_FRAME_MAX;
	return 0;
}

void ks_channel_wipe(struct ks_channel *channel)
{
	ks_wipe(channel->in, channel->in_used);
	ks_wipe(channel->out, channel->out_used);
	channel->in_used = channel->out_used = 0;
}

void ks_channel_finish(struct ks_channel *channel)
{
	if (channel->fd >= 0)
		(void)close(channel->fd);
	(void)ks_secret_free(channel->in);
	*channel = (struct ks_channel){.fd = -1, .peer = -1};
}

/* Waits until the socket has what is asked for, or its other side is gone. */
static int wait_for(const struct ks_channel *channel, short events, int64_t deadline)
{
	struct pollfd items[] = {{.fd = channel->fd, .events = events}, {.fd = channel->peer, .events = POLLIN}};
	int64_t left = -1;
	int count = 0;

	do {
		if (deadline != KS_CHANNEL_FOREVER) {
			left = deadline - ks_now_ms();
			if (left <= 0)
				return -ETIMEDOUT;
		}
		count = poll(items, sizeof(items) / sizeof(items[0]), left > INT_MAX ? INT_MAX : (int)left);
	} while (count == 0 || (count < 0 && errno == EINTR));
	if (count < 0)
		return -errno;
	/* what it sent last may have come after the first of these was looked at */
	return items[0].revents || poll(items, 1, 0) > 0 ? 0 : -EPIPE;
}

/* One who always has something to read is not to be listened to for ever. */
static bool has_passed(int64_t deadline)
{
	return deadline != KS_CHANNEL_FOREVER && ks_now_ms() >= deadline;
}

static int error_of(int error)
{
	return error == ECONNRESET ? -EPIPE : -error;
}

int ks_channel_send(struct ks_channel *channel, const struct ks_frame *frame, int passed, int64_t deadline)
{
	union passage passage = {.bytes = {0}};
	struct iovec piece = {.iov_base = channel->out};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	int r = ks_frame_encode(frame, channel->out, &piece.iov_len);

	if (r < 0)
		return r;
	if (piece.iov_len > channel->out_used)
		channel->out_used = piece.iov_len;
	if (passed >= 0) {
		passage.head.cmsg_level = SOL_SOCKET;
		passage.head.cmsg_type = SCM_RIGHTS;
		passage.head.cmsg_len = CMSG_LEN(sizeof(passed));
		memcpy(CMSG_DATA(&passage.head), &passed, sizeof(passed));
		message.msg_control = &passage;
		message.msg_controllen = sizeof(passage);
	}
	while (r == 0 && sendmsg(channel->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		if (errno == EAGAIN)
			r = wait_for(channel, POLLOUT, deadline);
		else if (errno != EINTR)
			r = error_of(errno);
	}
	return r;
}

/* The descriptor that came with a message; -1 where there was none, or more than one. */
static int take_passed(struct msghdr *message)
{
	const struct cmsghdr *head = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (!head || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS ||
		head->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -1;
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	if (message->msg_flags & MSG_CTRUNC) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

int ks_channel_receive(struct ks_channel *channel, struct ks_frame *ret_frame, int *ret_passed, int64_t deadline)
{
	union passage passage;
	struct iovec piece = {.iov_base = channel->in, .iov_len = KS_FRAME_MAX};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	ssize_t got = -1;
	int r = has_passed(deadline) ? -ETIMEDOUT : 0, passed = -1;
	bool was_reset = false;

	while (r == 0 && got < 0) {
		/* the kernel drops the descriptors for which there is no room: behind the one there is padding */
		message.msg_control = ret_passed ? &passage : NULL;
		message.msg_controllen = ret_passed ? CMSG_LEN(sizeof(passed)) : 0;
		got = recvmsg(channel->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
		if (got < 0 && errno == EAGAIN)
			r = wait_for(channel, POLLIN, deadline);
		else if (got < 0 && errno == ECONNRESET && !was_reset)
			was_reset = true; /* it left frames unread, which is told before what it said last */
		else if (got < 0 && errno != EINTR)
			r = error_of(errno);
	}
	if (r < 0)
		return r;
	if ((size_t)got > channel->in_used)
		channel->in_used = (size_t)got;
	if (ret_passed)
		passed = take_passed(&message);
	if (got == 0)
		r = -EPIPE;
	else if (message.msg_flags & MSG_TRUNC)
		r = -EBADMSG;
	else
		r = ks_frame_decode(channel->in, (size_t)got, ret_frame);
	if (r == 0 && ret_passed)
		*ret_passed = passed;
	else if (passed >= 0)
		(void)close(passed);
	return r;
}
