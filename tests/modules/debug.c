/* SPDX-License-Identifier: MIT */
/*
 * debug.so, for tests only: any result, after any delay, with any credential, as its options say.
 */
#include <keystile/provider.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OPTIONS(X)                                                                                                   \
	X("result", CHOICE, OPTIONAL, "ok|not-configured|expired|invalid|unavailable|denied|misconfigured|error",    \
		"what to answer")                                                                                    \
	X("kind", CHOICE, OPTIONAL, "api-key|gateway-token|federated-token|setup-token|stored-login",                \
		"what to deliver")                                                                                   \
	X("secret", STRING, OPTIONAL, "", "the secret to deliver")                                                   \
	X("transports", CHOICE, OPTIONAL, "any|api|cli", "what to claim for it")                                     \
	X("base-url", STRING, OPTIONAL, "", "what to bind it to, unchecked")                                         \
	X("workspace", STRING, OPTIONAL, "", "the attribute workspace")                                              \
	X("config-dir", STRING, OPTIONAL, "", "the attribute config-dir")                                            \
	X("expires-in", STRING, OPTIONAL, "", "seconds from now, may be negative")                                   \
	X("source", STRING, OPTIONAL, "", "where it says it found it")                                               \
	X("reason", STRING, OPTIONAL, "", "why it fails")                                                            \
	X("remedy", STRING, OPTIONAL, "", "what to do about it")                                                     \
	X("log", STRING, OPTIONAL, "", "a line to note")                                                             \
	X("delay", DURATION, OPTIONAL, "", "how long to take; stops at the deadline")                                \
	X("late", CHOICE, OPTIONAL, "no|yes", "whether the delay runs past the deadline")                            \
	X("fresh", STRING, OPTIONAL, "", "the secret to deliver where a fresh one is asked for")                     \
	X("refuse", STRING, OPTIONAL, "", "makes open() refuse this option with this reason")

enum option {
	RESULT,
	KIND,
	SECRET,
	TRANSPORTS,
	BASE_URL,
	WORKSPACE,
	CONFIG_DIR,
	EXPIRES_IN,
	SOURCE,
	REASON,
	REMEDY,
	LOG,
	DELAY,
	LATE,
	FRESH,
	REFUSE,
	OPTION_COUNT
};

/* A made-up key: right in form, good for nothing. */
#define DEFAULT_SECRET "sk-ant-api03-debug-debug-debug-debug-debug-debug-debug-debug-debug-debug-debug-debug-AA"

struct debug {
	const char *values[OPTION_COUNT];
};

static int open_debug(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	struct debug *debug = calloc(1, sizeof(*debug));

	if (!debug)
		return KS_ERROR;
	for (size_t i = 0; i < OPTION_COUNT; i++)
		debug->values[i] = KS_SETTING(settings, stride, i);
	if (debug->values[REFUSE]) {
		free(debug);
		return host->bad_option(host, REFUSE, "was told to be refused");
	}
	*ret_state = debug;
	return KS_OK;
}

static void close_debug(void *state)
{
	free(state);
}

/* The place of a word in a list of words separated by '|'; 0 where there is none. */
static unsigned find_word(const char *words, const char *word)
{
	unsigned index = 0;

	for (size_t length = strlen(word); word[0] && *words; index++) {
		if (strncmp(words, word, length) == 0 && (words[length] == '|' || words[length] == '\0'))
			return index;
		words += strcspn(words, "|");
		words += *words == '|';
	}
	return 0;
}

static long long delay_ms(const char *text)
{
	char *unit = NULL;
	long long value = strtoll(text, &unit, 10);

	return strcmp(unit, "ms") == 0 ? value : strcmp(unit, "s") == 0 ? value * 1000 : value * 60000;
}

static void wait(const struct debug *debug, const struct ks_host *host)
{
	long long ms = debug->values[DELAY] ? delay_ms(debug->values[DELAY]) : 0;
	struct timespec rest;

	if (!debug->values[LATE] && ms > host->time_left(host))
		ms = host->time_left(host);
	rest = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	while (nanosleep(&rest, &rest) < 0)
		;
}

static const char *value_or(const struct debug *debug, enum option option, const char *fallback)
{
	return debug->values[option] ? debug->values[option] : fallback;
}

static uint32_t add_attributes(const struct debug *debug, struct ks_attribute attributes[2])
{
	uint32_t count = 0;

	if (debug->values[WORKSPACE])
		attributes[count++] = (struct ks_attribute){KS_ATTRIBUTE_WORKSPACE, debug->values[WORKSPACE]};
	if (debug->values[CONFIG_DIR])
		attributes[count++] = (struct ks_attribute){KS_ATTRIBUTE_CONFIG_DIR, debug->values[CONFIG_DIR]};
	return count;
}

static int deliver(const struct debug *debug, const struct ks_provider_request *request, const struct ks_host *host)
{
	static const uint32_t claims[] = {KS_TRANSPORT_API | KS_TRANSPORT_CLI, KS_TRANSPORT_API, KS_TRANSPORT_CLI};
	struct ks_attribute attributes[2];
	bool is_fresh = (request->flags & KS_PROVIDER_FRESH) && debug->values[FRESH];
	struct ks_delivery delivery = {
		.size = sizeof(delivery),
		.kind = 1u << find_word("api-key|gateway-token|federated-token|setup-token|stored-login",
				value_or(debug, KIND, "")),
		.transports = claims[find_word("any|api|cli", value_or(debug, TRANSPORTS, ""))],
		.attributes = attributes,
		.attribute_count = add_attributes(debug, attributes),
		.attribute_stride = sizeof(attributes[0]),
		.source = value_or(debug, SOURCE, "debug"),
		.base_url = debug->values[BASE_URL],
	};

	if (delivery.kind != KS_KIND_STORED_LOGIN) {
		delivery.secret = is_fresh ? debug->values[FRESH] : value_or(debug, SECRET, DEFAULT_SECRET);
		delivery.secret_length = strlen(delivery.secret);
	}
	if (debug->values[EXPIRES_IN])
		delivery.expires_at = (int64_t)time(NULL) + strtoll(debug->values[EXPIRES_IN], NULL, 10);
	return host->deliver(host, &delivery);
}

static int resolve_debug(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	const struct debug *debug = state;
	int result = (int)find_word("ok|not-configured|expired|invalid|unavailable|denied|misconfigured|error",
		value_or(debug, RESULT, ""));

	if (debug->values[LOG])
		host->log(host, KS_LOG_WARNING, debug->values[LOG]);
	wait(debug, host);
	if (!debug->values[LATE] && host->time_left(host) == 0)
		return host->fail(host, KS_UNAVAILABLE, "debug", "the deadline passed", "wait less");
	if (result == KS_OK)
		return deliver(debug, request, host);
	return host->fail(host, result, value_or(debug, SOURCE, "debug"), value_or(debug, REASON, "was told to fail"),
		value_or(debug, REMEDY, "tell it otherwise"));
}

KS_PROVIDER("debug", "1.0.0", "answers what its options say, for tests", 0, KS_TRANSPORT_API | KS_TRANSPORT_CLI,
	KS_KIND_API_KEY | KS_KIND_GATEWAY_TOKEN | KS_KIND_FEDERATED_TOKEN | KS_KIND_SETUP_TOKEN |
		KS_KIND_STORED_LOGIN,
	OPTIONS, KS_NONE, open_debug, resolve_debug, close_debug)
