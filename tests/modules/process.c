/* SPDX-License-Identifier: MIT */
/*
 * process.so, for tests of workers: notes in which process it runs and in whose, and does there what the variable
 * KEYSTILE_TEST_WORD says:
 *
 *	crash    ends by a signal
 *	hang     notes that it does, and waits for ever
 *	environ  notes every variable that it finds without asking
 */
#include <keystile/provider.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS(X) X("result", CHOICE, OPTIONAL, "ok|not-configured", "the result")
#define ENVIRONMENT(X) X("KEYSTILE_TEST_WORD") X("ANTHROPIC_API_KEY")

/* Made up: right in form, good for nothing. */
#define SECRET "sk-ant-api03-process-process-process-process-process-process-process-process-process-AA"

enum {
	LINE_BYTES = 256
};

static int open_process(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	static char state;

	(void)host;
	*ret_state = KS_SETTING(settings, stride, 0) ? &state : NULL;
	return KS_OK;
}

static void do_as_told(const struct ks_host *host)
{
	const char *word = "";

	if (host->getenv(host, "KEYSTILE_TEST_WORD", &word) < 0)
		return;
	if (strcmp(word, "crash") == 0)
		__builtin_trap();
	if (strcmp(word, "hang") == 0)
		host->log(host, KS_LOG_WARNING, "hangs");
	while (strcmp(word, "hang") == 0)
		(void)pause();
	for (char **variable = environ; strcmp(word, "environ") == 0 && variable && *variable; variable++)
		host->log(host, KS_LOG_WARNING, *variable);
}

static int resolve_process(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	const struct ks_delivery delivery = {
		.size = sizeof(delivery),
		.kind = KS_KIND_API_KEY,
		.transports = KS_TRANSPORT_API | KS_TRANSPORT_CLI,
		.secret = SECRET,
		.secret_length = sizeof(SECRET) - 1,
		.source = "process",
	};
	char line[LINE_BYTES];

	(void)request;
	(void)snprintf(line, sizeof(line), "process %d of %d", (int)getpid(), (int)getppid());
	host->log(host, KS_LOG_WARNING, line);
	do_as_told(host);
	if (state)
		return host->fail(host, KS_NOT_CONFIGURED, "process", "was told to fail", "tell it otherwise");
	return host->deliver(host, &delivery);
}

KS_PROVIDER("process", "1.0.0", "tells of its process, for tests", 0, KS_TRANSPORT_API | KS_TRANSPORT_CLI,
	KS_KIND_API_KEY, OPTIONS, ENVIRONMENT, open_process, resolve_process, 0)
