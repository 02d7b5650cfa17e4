/* SPDX-License-Identifier: MIT */
/*
 * twin.so, for tests only: built several times, of which one is to be taken for another (tests/e2e/test_race.py).
 * What TWIN says is in its answer, and in the names of the files it leaves: when it is loaded, and when it is asked.
 */
#include <fcntl.h>
#include <keystile/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET "sk-ant-api03-CANARY-twin-" TWIN "-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxAA"

static void leave_mark(const char *what)
{
	const char *folder = getenv("KEYSTILE_TEST_MARKS");
	char path[256];
	int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/" TWIN "-%s", folder ? folder : "/nonexistent", what);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)close(fd);
}

__attribute__((constructor)) static void be_loaded(void)
{
	leave_mark("loaded");
}

static int resolve_twin(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	const struct ks_delivery delivery = {
		.size = sizeof(delivery),
		.kind = KS_KIND_API_KEY,
		.transports = KS_TRANSPORT_API,
		.source = "twin",
		.secret = SECRET,
		.secret_length = sizeof(SECRET) - 1,
	};

	(void)state;
	(void)request;
	leave_mark("asked");
	return host->deliver(host, &delivery);
}

KS_PROVIDER("twin", TWIN_VERSION, "one of several, for tests", KS_PROVIDER_REENTRANT, KS_TRANSPORT_API,
	KS_KIND_API_KEY, KS_NONE, KS_NONE, NULL, resolve_twin, NULL)
