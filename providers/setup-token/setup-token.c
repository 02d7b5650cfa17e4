/* SPDX-License-Identifier: MIT */
/*
 * setup-token.so: what `claude setup-token` printed, in a variable or in a file.
 */
#include <keystile/provider.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "providers/setup-token/text.h"
#include "providers/support/file.h"
#include "providers/support/variable.h"

#define VARIABLE "CLAUDE_CODE_OAUTH_TOKEN"
#define MAKE_ONE "run claude setup-token, and put the new one there"

#define OPTIONS(X)                                                                                                   \
	X("path", PATH, OPTIONAL, "", "the file that holds the token, instead of a variable")                        \
	X("var", VARIABLE, OPTIONAL, VARIABLE, "the variable that holds it")                                         \
	X("length", CHOICE, OPTIONAL, "full|any", "whether a token under 108 characters counts as cut off")          \
	X("trust", CHOICE, OPTIONAL, KS_FILE_TRUST_WORDS, "who may read the file")
#define ENVIRONMENT(X)                                                                                               \
	X(VARIABLE)                                                                                                  \
	X(VARIABLE "_FILE")

/* In the order of OPTIONS. */
enum option {
	PATH,
	VAR,
	LENGTH,
	TRUST
};

enum {
	TEXT_MAX = 64 * 1024, /* bytes of a file: the token and some words around it */
	REASON_MAX = 160,
	DAY_MAX = sizeof("9999-12-31"),
	DAY_S = 24 * 60 * 60,
	LIFE_DAYS = 365,     /* code.claude.com/docs/en/authentication: a token is good for one year */
	WARN_DAYS = 30,      /* before its end */
	SLACK_DAYS = 1,      /* somebody's day begins before UTC's */
	OLDEST = 1735689600, /* 2025: a file from before that has a time which says nothing */
};

struct setup_token {
	struct ks_secret_variable variable;
	const char *path;
	bool any_length;
};

static int open_setup_token(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	struct setup_token *token = calloc(1, sizeof(*token));
	const char *name = KS_SETTING(settings, stride, VAR), *length = KS_SETTING(settings, stride, LENGTH);

	if (!token)
		return KS_ERROR;
	token->path = KS_SETTING(settings, stride, PATH);
	token->any_length = length && strcmp(length, "any") == 0;
	if (token->path && name) {
		free(token);
		return host->bad_option(host, VAR, "cannot be given beside path=");
	}
	ks_secret_variable_init(&token->variable, name ? name : VARIABLE,
		ks_file_trust(KS_SETTING(settings, stride, TRUST)), TEXT_MAX);
	*ret_state = token;
	return KS_OK;
}

static void close_setup_token(void *state)
{
	free(state);
}

/* Returns KS_OK and *ret_found, or what host->fail() returned. */
static int find_text(const struct setup_token *token, const struct ks_host *host, struct ks_found *ret_found)
{
	struct ks_file file = {0};
	const char *path = NULL, *reason = NULL;
	int result = KS_OK;

	if (!token->path)
		return ks_secret_variable_find(&token->variable, host, ret_found);
	result = host->full_path(host, token->path, &path, &reason);
	if (result < 0)
		return host->fail(host, ks_file_result(result), token->path, reason, NULL);
	result = ks_file_read(host, path, token->variable.trust, TEXT_MAX, &file);
	if (result != KS_OK)
		return host->fail(host, result, path, file.reason, file.remedy);
	*ret_found = (struct ks_found){
		.text = file.text, .length = file.length, .source = path, .modified_at = file.modified_at};
	return KS_OK;
}

static void write_day(int64_t seconds, char day[DAY_MAX])
{
	const time_t time = (time_t)seconds;
	struct tm parts;

	if (!gmtime_r(&time, &parts) || strftime(day, DAY_MAX, "%Y-%m-%d", &parts) == 0)
		day[0] = '\0';
}

/* Before the end comes: claude would only say that it was refused. */
static void warn_of_age(
	const struct ks_host *host, const char *source, const char *verb, int64_t since, const char *day)
{
	char line[KS_REASON_MAX];

	if (time(NULL) - since < (int64_t)(LIFE_DAYS - WARN_DAYS) * DAY_S)
		return;
	(void)snprintf(line, sizeof(line), "%s was %s on %s, and a setup-token is good for one year; " MAKE_ONE,
		source, verb, day);
	host->log(host, KS_LOG_WARNING, line);
}

/*
 * What the token's age is known from, as an attribute; its value is written to `day`. Returns how many there are.
 * A file's time only tells when it was written: a copy may be younger than its token, and an image's file has any
 * time, so it is no proof.
 */
static uint32_t tell_age(const struct ks_host *host, const struct ks_found *found, const struct ks_setup_token *token,
	char day[DAY_MAX], struct ks_attribute *attribute)
{
	const char *verb = token->created_at ? "created" : "written";
	const int64_t since = token->created_at ? token->created_at : found->modified_at;

	if (since < OLDEST)
		return 0;
	write_day(since, day);
	warn_of_age(host, found->source, verb, since, day);
	*attribute = (struct ks_attribute){.name = verb, .value = day};
	return day[0] != '\0';
}

/* What cannot be a day in the past is no day at all. */
static void warn_of_date(const struct ks_host *host, const struct ks_found *found, struct ks_setup_token *token)
{
	char line[KS_REASON_MAX];

	token->created_at = 0;
	(void)snprintf(line, sizeof(line),
		"%s has a comment on when the token was created that does not say the day; write it once, as "
		"# created YYYY-MM-DD",
		found->source);
	host->log(host, KS_LOG_WARNING, line);
}

static int fail_length(const struct ks_host *host, const struct ks_found *found, const struct ks_setup_token *token)
{
	const bool is_short = token->length < KS_SETUP_TOKEN_LENGTH;
	char reason[REASON_MAX], lines[REASON_MAX / 2] = "";

	if (token->lines > 1)
		(void)snprintf(lines, sizeof(lines), " on %u lines", token->lines);
	(void)snprintf(reason, sizeof(reason), "%sit has %zu characters%s, and a setup-token has %d",
		is_short ? "is truncated: " : "is of no use: ", token->length, lines, KS_SETUP_TOKEN_LENGTH);
	return host->fail(host, KS_INVALID, found->source, reason,
		is_short ? "copy it again, whole; or write length=any on the entry"
			 : "write it on one line; what follows it may have been taken for a part of it");
}

static int deliver(const struct ks_host *host, const struct ks_found *found, const struct ks_setup_token *token,
	const char *secret)
{
	struct ks_attribute age = {0};
	char day[DAY_MAX] = "";
	struct ks_delivery delivery = {
		.size = sizeof(delivery),
		.kind = KS_KIND_SETUP_TOKEN,
		.transports = KS_TRANSPORT_CLI,
		.attributes = &age,
		.attribute_stride = sizeof(age),
		.secret = secret,
		.secret_length = token->length,
		.source = found->source,
	};

	if (token->created_at)
		delivery.expires_at = token->created_at + (int64_t)(LIFE_DAYS + SLACK_DAYS) * DAY_S;
	if (delivery.expires_at && delivery.expires_at <= time(NULL))
		return host->fail(host, KS_EXPIRED, found->source,
			"holds a setup-token that was created more than a year ago", MAKE_ONE);
	delivery.attribute_count = tell_age(host, found, token, day, &age);
	return host->deliver(host, &delivery);
}

static int resolve_setup_token(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	const struct setup_token *token = state;
	struct ks_setup_token in_text = {0};
	struct ks_found found = {0};
	char *secret = NULL;
	int r = find_text(token, host, &found);

	(void)request;
	if (r != KS_OK)
		return r;
	secret = host->secret_alloc(host, found.length + 1);
	if (!secret)
		return host->fail(
			host, KS_ERROR, found.source, "cannot be used: out of memory", "free some, and try again");
	/* where a token ends that may have any length only its line tells */
	ks_setup_token_find(found.text, found.length, !token->any_length, secret, &in_text);
	if (in_text.tokens > 1)
		return host->fail(host, KS_INVALID, found.source, "holds more than one setup-token",
			"leave the one that is to be used");
	if (in_text.elsewhere)
		return host->fail(host, KS_INVALID, found.source, "has a setup-token that does not begin a line",
			"name a file or variable that holds what claude setup-token printed");
	if (in_text.has_tail)
		return host->fail(host, KS_INVALID, found.source, "has something behind the setup-token on its line",
			"leave the token alone on its line");
	if (in_text.tokens == 0) { /* the core says what it is instead */
		in_text = (struct ks_setup_token){.length = found.length};
		found.modified_at = 0;
		return deliver(host, &found, &in_text, found.text);
	}
	if (!token->any_length && (in_text.length < KS_SETUP_TOKEN_LENGTH ||
					  (in_text.lines > 1 && in_text.length > KS_SETUP_TOKEN_LENGTH)))
		return fail_length(host, &found, &in_text);
	if (in_text.bad_date || in_text.created_at > time(NULL) + (int64_t)SLACK_DAYS * DAY_S)
		warn_of_date(host, &found, &in_text);
	if (in_text.lines > 1)
		host->log(host, KS_LOG_DEBUG, "the token stands on more than one line; they were joined");
	return deliver(host, &found, &in_text, secret);
}

KS_PROVIDER("setup-token", "1.0.0", "what claude setup-token printed, in a variable or a file", KS_PROVIDER_REENTRANT,
	KS_TRANSPORT_CLI, KS_KIND_SETUP_TOKEN, OPTIONS, ENVIRONMENT, open_setup_token, resolve_setup_token,
	close_setup_token)
