/* SPDX-License-Identifier: MIT */
/*
 * One exchange with a server that never answers, for its kernel connects, and nobody reads; and one without a socket.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "providers/vault/http.h"
#include "providers/vault/memory.h"

enum {
	PATIENCE_S = 20 /* before the signal that ends the test */
};

static void ends_where_no_time_is_left(void **state)
{
	static const int64_t times[] = {0, -1, 1};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	struct ks_vault_http *http = NULL;
	struct ks_vault_http_reply reply = {0};
	enum ks_vault_http_end end = KS_VAULT_HTTP_ERROR;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char url[64];

	(void)state;
	assert_null(ks_vault_memory_init());
	assert_return_code(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_return_code(listen(fd, COUNT(times)), 0);
	assert_return_code(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", ntohs(address.sin_port));
	(void)alarm(PATIENCE_S);
	for (size_t i = 0; i < COUNT(times); i++) {
		end = ks_vault_http(&http,
			&(struct ks_vault_http_request){.method = "GET", .url = url, .timeout_ms = times[i]}, &reply);
		assert_true(end == KS_VAULT_HTTP_UNSENT || end == KS_VAULT_HTTP_UNCLEAR);
		ks_vault_http_finish(&reply);
	}
	(void)alarm(0);
	ks_vault_http_close(http);
	(void)close(fd);
}

/* Another provider must not be asked in place of a server that nobody could ask. */
static void takes_lack_of_descriptors_for_its_own(void **state)
{
	struct rlimit before = {0}, none = {0};
	struct ks_vault_http *http = NULL;
	struct ks_vault_http_reply reply = {0};
	enum ks_vault_http_end end = KS_VAULT_HTTP_UNSENT;
	const int next = dup(STDERR_FILENO);

	(void)state;
	assert_null(ks_vault_memory_init());
	assert_return_code(next, 0);
	(void)close(next);
	assert_return_code(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
	assert_return_code(setrlimit(RLIMIT_NOFILE, &none), 0);
	end = ks_vault_http(&http,
		&(struct ks_vault_http_request){.method = "GET", .url = "http://127.0.0.1:1/", .timeout_ms = 5000},
		&reply);
	assert_return_code(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(end, KS_VAULT_HTTP_ERROR);
	assert_string_equal(reply.reason, "cannot be asked: Too many open files");
	ks_vault_http_finish(&reply);
	ks_vault_http_close(http);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_where_no_time_is_left),
		cmocka_unit_test(takes_lack_of_descriptors_for_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
