/* SPDX-License-Identifier: MIT */
#include "providers/vault/srv.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>

#include "providers/vault/backoff.h"
#include "providers/vault/memory.h"
#include "providers/vault/text.h"

#define SERVICE "_http._tcp."

enum {
	RECORDS_MAX = 64,    /* of an answer that count */
	WAIT_MAX_S = 5,      /* for a name server; the resolver's own default */
	TIME_PART = 2 * 1000 /* milliseconds of which the name service may take one second */
};

struct record {
	unsigned priority, weight, port;
	char target[KS_VAULT_ROUTE_MAX - sizeof("65535")]; /* a longer one is no name of a host */
};

/* What cannot be a host, or says that there is no such service, does not count. */
static bool is_host(const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";

	return name[0] && name[0] != '.' && strspn(name, plain) == strlen(name);
}

static bool read_record(ns_msg *message, int index, struct record *record)
{
	enum {
		FIXED = 6 /* bytes before the target */
	};
	const unsigned char *data = NULL;
	ns_rr found;

	if (ns_parserr(message, ns_s_an, index, &found) < 0 || ns_rr_type(found) != ns_t_srv ||
		ns_rr_class(found) != ns_c_in || ns_rr_rdlen(found) <= FIXED)
		return false;
	data = ns_rr_rdata(found);
	record->priority = ns_get16(data);
	record->weight = ns_get16(data + 2);
	record->port = ns_get16(data + 4);
	return ns_name_uncompress(ns_msg_base(*message), ns_msg_end(*message), data + FIXED, record->target,
		       sizeof(record->target)) > 0 &&
	       record->port > 0 && is_host(record->target);
}

/* Those of the lowest priority; the others are left behind. */
static size_t read_records(ns_msg *message, struct record records[RECORDS_MAX])
{
	struct record record;
	size_t count = 0;

	for (int i = 0; i < ns_msg_count(*message, ns_s_an); i++) {
		if (!read_record(message, i, &record) || (count > 0 && record.priority > records[0].priority))
			continue;
		if (count > 0 && record.priority < records[0].priority)
			count = 0;
		if (count < RECORDS_MAX)
			records[count++] = record;
	}
	return count;
}

static const struct record *choose(const struct record *records, size_t count, double chance)
{
	double total = 0, passed = 0;

	for (size_t i = 0; i < count; i++)
		total += records[i].weight;
	for (size_t i = 0; i < count; i++) {
		passed += records[i].weight;
		if (passed > chance * total)
			return &records[i];
	}
	/* a chance of 1 is the last one that has a weight; without weights it is the first */
	while (total > 0 && records[count - 1].weight == 0)
		count--;
	return &records[total > 0 ? count - 1 : 0];
}

int ks_vault_srv_choose(
	const unsigned char *message, size_t length, double chance, char ret_route[KS_VAULT_ROUTE_MAX])
{
	const struct record *chosen = NULL;
	struct record *records = NULL;
	ns_msg parsed;
	size_t count = 0;

	if (length > NS_MAXMSG || ns_initparse(message, (int)length, &parsed) < 0)
		return -EBADMSG;
	records = ks_vault_alloc(RECORDS_MAX * sizeof(*records));
	if (!records)
		return -ENOMEM;
	count = read_records(&parsed, records);
	if (count > 0) {
		chosen = choose(records, count, chance);
		(void)snprintf(ret_route, KS_VAULT_ROUTE_MAX, "%s:%u", chosen->target, chosen->port);
	}
	ks_vault_free(records);
	return count > 0 ? 0 : -ENOENT;
}

/* The name of https://NAME without a port (ks_vault_free()); NULL for any other address, and for a number. */
static char *name_of(const char *address)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *host = NULL, *port = NULL, *name = NULL;
	struct in_addr number;

	if (url && curl_url_set(url, CURLUPART_URL, address, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
		curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && strcmp(scheme, "https") == 0 &&
		curl_url_get(url, CURLUPART_PORT, &port, 0) != CURLUE_OK &&
		curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK && host[0] != '[' &&
		inet_pton(AF_INET, host, &number) != 1)
		name = ks_vault_copy(host);
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(url);
	return name;
}

/* Where a name server does not answer, there is time left to ask for the address itself. */
static void limit(struct ks_vault_call *call, struct __res_state *state)
{
	const int servers = state->nscount > 0 ? state->nscount : 1;
	const int64_t wait = (ks_vault_until(call) - ks_vault_now()) / TIME_PART / servers;

	state->retry = 1;
	state->retrans = wait < 1 ? 1 : wait > WAIT_MAX_S ? WAIT_MAX_S : (int)wait;
	/* by TCP the resolver waits without a limit: the beginning of a long answer has to do */
	state->options = (state->options | RES_IGNTC | RES_USE_EDNS0) & ~(unsigned long)RES_USEVC;
}

static char *look_up(struct ks_vault_call *call, const char *service)
{
	struct __res_state state = {0};
	unsigned char *message = NULL;
	char route[KS_VAULT_ROUTE_MAX] = "";
	int length = 0;

	if (res_ninit(&state) < 0)
		return NULL;
	limit(call, &state);
	message = ks_vault_alloc(NS_MAXMSG);
	if (message)
		length = res_nsearch(&state, service, ns_c_in, ns_t_srv, message, NS_MAXMSG);
	if (length > 0 && length <= NS_MAXMSG)
		(void)ks_vault_srv_choose(message, (size_t)length, ks_vault_chance(), route);
	ks_vault_free(message);
	res_nclose(&state);
	return route[0] ? ks_vault_copy(route) : NULL;
}

const char *ks_vault_srv_route(struct ks_vault_call *call)
{
	struct ks_vault_target *target = &call->target;
	char *name = NULL, *service = NULL;

	if (!target->looks_up || target->socket)
		return target->route;
	target->looks_up = false;
	name = name_of(target->address);
	service = name ? ks_vault_join(SERVICE, name, NULL) : NULL;
	if (service)
		target->route = look_up(call, service);
	ks_vault_free(name);
	ks_vault_free(service);
	return target->route;
}
