/* SPDX-License-Identifier: MIT */
/* Makes sockets, and says nothing of it in its note. */
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packets.h"
#include "tale.h"

static int answer(const struct ks_host *host)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct tale tale = {0};
	int pair[2] = {-1, -1};

	tell(&tale, "tcp", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	tell(&tale, "tcp6", socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
	tell(&tale, "udp", socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	tell(&tale, "unix", socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	tell(&tale, "netlink", socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
	tell(&tale, "pair", socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	tell(&tale, "connect", connect(find_socket(), (const struct sockaddr *)&address, sizeof(address)));
	tell(&tale, "bind", bind(find_socket(), (const struct sockaddr *)&address, sizeof(address)));
	tell(&tale, "listen", listen(find_socket(), 1));
	tell(&tale, "accept", accept4(find_socket(), NULL, NULL, SOCK_CLOEXEC));
	return answer_with(host, &tale);
}

HOSTILE_ANSWER(answer)
