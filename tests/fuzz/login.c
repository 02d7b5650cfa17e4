/* SPDX-License-Identifier: MIT */
/*
 * providers/credentials-file/login.c: a login is good only with a token of the right sort, and never becomes good
 * again; what leaves the file is facts.
 */
#include "providers/credentials-file/login.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "json-document.h"

#define NOW INT64_C(1764072000) /* 2025-11-25 */
#define YEAR_9999_S INT64_C(253402300799)

static const int64_t later[] = {NOW + 1, NOW + 86400, NOW + 315360000, YEAR_9999_S};

static void check_good(const struct ks_json *json, const struct ks_login *login, int64_t now)
{
	const char *token = ks_json_string(
		json, ks_json_member(json, ks_json_member(json, 0, "claudeAiOauth"), "accessToken"), NULL);

	PROPERTY(token && strncmp(token, "sk-ant-oat", 10) == 0);
	PROPERTY(login->expires_at == 0 || login->expires_at > now);
	PROPERTY(login->expires_at <= YEAR_9999_S && login->refresh_at >= 0 && login->refresh_at <= YEAR_9999_S);
	PROPERTY(login->refresh_at == 0 || login->expires_at == 0 || login->refresh_at <= login->expires_at);
}

static struct ks_login read(const struct ks_json *json, int64_t now)
{
	struct ks_login login = {0};

	ks_login_read(json, now, &login);
	PROPERTY(login.state <= KS_LOGIN_GOOD);
	PROPERTY(!login.member == (login.state != KS_LOGIN_MALFORMED));
	PROPERTY(strlen(login.plan) <= KS_LOGIN_PLAN_MAX);
	PROPERTY(login.plan[strspn(login.plan, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0');
	PROPERTY(login.state == KS_LOGIN_GOOD || (login.expires_at == 0 && login.refresh_at == 0));
	if (login.state == KS_LOGIN_GOOD)
		check_good(json, &login, now);
	if (login.member)
		fuzz_reason(login.member);
	fuzz_tell("%d %lld %lld %s\n", (int)login.state, (long long)login.expires_at, (long long)login.refresh_at,
		login.plan);
	return login;
}

void fuzz_target(char *bytes, size_t length)
{
	struct document document = {0};
	enum ks_login_state before = KS_LOGIN_GOOD, state = KS_LOGIN_GOOD;

	if (document_open(&document, bytes, length, KS_JSON_LENIENT)) {
		before = read(&document.json, NOW).state;
		for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++, before = state) {
			state = read(&document.json, later[i]).state;
			PROPERTY(state == before || before == KS_LOGIN_GOOD);
			PROPERTY(state == before || state == KS_LOGIN_EXPIRED || state == KS_LOGIN_ENDED);
		}
	}
	document_close(&document);
}
