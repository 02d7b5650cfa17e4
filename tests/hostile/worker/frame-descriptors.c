/* SPDX-License-Identifier: MIT */
/* Sends descriptors along with a delivery by hand, one, and then many. */
#include "packets.h"

#include <errno.h>
#include <sys/uio.h>

enum {
	MANY = 60
};

union passage {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(MANY * sizeof(int))];
};

static void write_with_descriptors(const struct packet *packet, size_t count)
{
	union passage passage = {.bytes = {0}};
	struct iovec piece = {(void *)packet->bytes, packet->length};
	struct msghdr message = {.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &passage,
		.msg_controllen = CMSG_SPACE(count * sizeof(int))};

	passage.head.cmsg_level = SOL_SOCKET;
	passage.head.cmsg_type = SCM_RIGHTS;
	passage.head.cmsg_len = CMSG_LEN(count * sizeof(int)); /* each is descriptor 0 */
	/* only so many of a user's may be on their way */
	while (sendmsg(find_socket(), &message, MSG_NOSIGNAL) < 0)
		if (errno != ETOOMANYREFS)
			_exit(EXIT_FAILURE);
}

static int answer(const struct ks_host *host)
{
	static struct packet packet;
	struct ks_frame frame;

	(void)host;
	ks_frame_init(&frame, KS_FRAME_LOG, FIRST_SERIAL);
	frame.numbers[0] = KS_LOG_WARNING;
	ks_frame_add(&frame, "with descriptors", KS_REASON_MAX);
	encode(&packet, &frame);
	write_with_descriptors(&packet, 1);
	write_with_descriptors(&packet, MANY);
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
