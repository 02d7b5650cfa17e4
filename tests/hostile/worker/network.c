/* SPDX-License-Identifier: MIT */
/* A module of the network: makes every kind of socket, listens, and reaches for what is not its own. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tale.h"

/* Of listeners of the test's. */
#define OPTIONS(X)                                                                                                   \
	X("port", NUMBER, REQUIRED, "", "a port of TCP")                                                             \
	X("abstract", STRING, REQUIRED, "", "the name of an abstract socket")

static const char *port, *name;

static int open_hostile(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)host;
	(void)ret_state;
	port = KS_SETTING(settings, stride, 0);
	name = KS_SETTING(settings, stride, 1);
	return KS_OK;
}

static void reach(struct tale *tale)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_un hidden = {.sun_family = AF_UNIX};
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	(void)snprintf(hidden.sun_path + 1, sizeof(hidden.sun_path) - 1, "%s", name);
	tell(tale, "connect", connect(tcp, (const struct sockaddr *)&address, sizeof(address)));
	tell(tale, "abstract",
		connect(local, (const struct sockaddr *)&hidden,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))));
	address.sin_port = htons(0);
	(void)close(tcp);
	tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	tell(tale, "bind", bind(tcp, (const struct sockaddr *)&address, sizeof(address)));
	tell(tale, "listen", listen(tcp, 1));
}

static int resolve(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	struct tale tale = {0};

	(void)state;
	(void)request;
	tell(&tale, "packet", socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
	tell(&tale, "raw", socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
	tell(&tale, "ping", socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP));
	tell(&tale, "vsock", socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
	tell(&tale, "alg", socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
	tell(&tale, "filter", socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
	tell(&tale, "sctp", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP));
	tell(&tale, "mptcp", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP));
	reach(&tale);
	return answer_with(host, &tale);
}

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", KS_PROVIDER_NETWORK, ALL_TRANSPORTS, KS_KIND_API_KEY,
	OPTIONS, KS_NONE, open_hostile, resolve, 0)
