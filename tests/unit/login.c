/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>

#include "providers/credentials-file/login.h"

/* Now, an hour before and after, and a day after: in milliseconds, as the file has them, and in seconds. */
#define NOW INT64_C(1800000000)
#define PAST "1799996400000"
#define SOON "1800003600999"
#define LATER "1800086400000"
#define SOON_S INT64_C(1800003600)
#define LATER_S INT64_C(1800086400)
#define LATEST "253402300799999"
#define LATEST_S INT64_C(253402300799)

#define SCOPES "\"scopes\":[\"user:profile\",\"user:inference\"]"
#define ACCESS "\"accessToken\":\"sk-ant-oat01-a\","
#define REFRESH "\"refreshToken\":\"r\","
#define LOGIN(members) "{\"claudeAiOauth\":{" members SCOPES "}}"

/* What a document comes to. It is in memory of its very size, so that a sanitizer sees a byte too far. */
static struct ks_login read_login(const char *text)
{
	const size_t length = strlen(text), token_size = ks_json_token_size(text, length);
	char *copy = malloc(length);
	void *tokens = malloc(token_size);
	struct ks_login login = {.state = KS_LOGIN_GOOD, .member = "?", .plan = "?"};
	const char *reason = "accepted";
	struct ks_json json;
	size_t offset = 0;

	assert_non_null(copy);
	assert_non_null(tokens);
	memcpy(copy, text, length);
	if (ks_json_parse(&json, copy, length, tokens, token_size, KS_JSON_LENIENT, &offset, &reason) < 0)
		fail_msg("%s: %s", text, reason);
	ks_login_read(&json, NOW, &login);
	free(tokens);
	free(copy);
	return login;
}

static void check_state(const char *text, enum ks_login_state state)
{
	const struct ks_login login = read_login(text);

	if (login.state != state)
		fail_msg("%s: state %d, not %d", text, (int)login.state, (int)state);
	if (state != KS_LOGIN_MALFORMED)
		assert_null(login.member);
	if (state != KS_LOGIN_GOOD)
		assert_true(login.expires_at == 0 && login.refresh_at == 0);
}

static void tells_until_when_a_login_is_good(void **state)
{
	static const struct {
		const char *text;
		int64_t expires_at, refresh_at;
	} cases[] = {
		{LOGIN(ACCESS), 0, 0},
		{LOGIN(ACCESS REFRESH), 0, 0},
		{LOGIN(ACCESS "\"expiresAt\":" SOON ","), SOON_S, 0},
		{LOGIN(ACCESS "\"expiresAt\":" SOON ",\"refreshTokenExpiresAt\":" LATER ","), SOON_S, 0},
		{LOGIN(ACCESS "\"refreshToken\":\"\",\"expiresAt\":" SOON ","), SOON_S, 0},
		{LOGIN(ACCESS "\"refreshToken\":null,\"expiresAt\":" SOON ","), SOON_S, 0},
		{LOGIN(ACCESS REFRESH "\"expiresAt\":" SOON ","), 0, SOON_S},
		{LOGIN(ACCESS REFRESH "\"expiresAt\":" PAST ","), 0, NOW - 3600},
		{LOGIN(ACCESS REFRESH "\"expiresAt\":0,"), 0, 1},
		{LOGIN(ACCESS REFRESH "\"expiresAt\":999,"), 0, 1},
		{LOGIN(ACCESS REFRESH "\"expiresAt\":1000,"), 0, 1},
		{LOGIN(ACCESS REFRESH "\"expiresAt\":2000,"), 0, 2},
		{LOGIN(ACCESS REFRESH "\"expiresAt\":" SOON ",\"refreshTokenExpiresAt\":" LATER ","), LATER_S,
			SOON_S},
		{LOGIN(ACCESS REFRESH "\"expiresAt\":" PAST ",\"refreshTokenExpiresAt\":" LATER ","), LATER_S,
			NOW - 3600},
		{LOGIN(ACCESS REFRESH "\"expiresAt\":" LATER ",\"refreshTokenExpiresAt\":" SOON ","), LATER_S,
			LATER_S},
		{LOGIN(ACCESS REFRESH "\"expiresAt\":" SOON ",\"refreshTokenExpiresAt\":" PAST ","), SOON_S, 0},
		{LOGIN(ACCESS REFRESH "\"expiresAt\":" SOON ",\"refreshTokenExpiresAt\":0,"), SOON_S, 0},
		{LOGIN(ACCESS REFRESH "\"expiresAt\":null,\"refreshTokenExpiresAt\":null,"), 0, 0},
		{LOGIN(ACCESS REFRESH "\"refreshTokenExpiresAt\":" LATER ","), LATER_S, 0},
		{LOGIN(ACCESS REFRESH "\"refreshTokenExpiresAt\":" PAST ","), 0, 0},
		{LOGIN(ACCESS "\"expiresAt\":" LATEST ","), LATEST_S, 0},
		{LOGIN(ACCESS "\"expiresAt\":1800000001000,"), NOW + 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct ks_login login = read_login(cases[i].text);

		if (login.state != KS_LOGIN_GOOD || login.expires_at != cases[i].expires_at ||
			login.refresh_at != cases[i].refresh_at)
			fail_msg("%zu: state %d, expires at %lld, refresh at %lld", i, (int)login.state,
				(long long)login.expires_at, (long long)login.refresh_at);
		assert_null(login.member);
	}
}

static void tells_a_login_that_has_ended(void **state)
{
	static const char *const expired[] = {
		LOGIN(ACCESS "\"expiresAt\":" PAST ","),
		LOGIN(ACCESS "\"expiresAt\":1800000000000,"),
		LOGIN(ACCESS "\"expiresAt\":1800000000999,"),
		LOGIN(ACCESS "\"expiresAt\":0,"),
		LOGIN(ACCESS "\"refreshToken\":\"\",\"expiresAt\":" PAST ",\"refreshTokenExpiresAt\":" LATER ","),
		LOGIN(ACCESS "\"refreshToken\":null,\"expiresAt\":" PAST ","),
	};
	static const char *const ended[] = {
		LOGIN(ACCESS REFRESH "\"expiresAt\":" PAST ",\"refreshTokenExpiresAt\":" PAST ","),
		LOGIN(ACCESS REFRESH "\"expiresAt\":" PAST ",\"refreshTokenExpiresAt\":1800000000000,"),
		LOGIN(ACCESS REFRESH "\"expiresAt\":0,\"refreshTokenExpiresAt\":0,"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(expired); i++)
		check_state(expired[i], KS_LOGIN_EXPIRED);
	for (size_t i = 0; i < COUNT(ended); i++)
		check_state(ended[i], KS_LOGIN_ENDED);
}

static void tells_that_there_is_none(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"claudeAiOauth\":null}",
		"{\"claudeAiOauth\":{}}",
		"{\"other\":{\"accessToken\":\"a\"}}",
		LOGIN(""),
		LOGIN("\"accessToken\":\"\","),
		LOGIN("\"accessToken\":null,"),
		LOGIN("\"accessToken\":\"\",\"refreshToken\":\"\",\"expiresAt\":0,"),
		LOGIN("\"accessToken\":\"\",\"refreshToken\":1,\"expiresAt\":\"x\","),
		LOGIN("\"accesstoken\":\"a\","),
		"{\"accessToken\":\"a\"," SCOPES "}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		check_state(texts[i], KS_LOGIN_NONE);
}

static void names_the_member_that_is_of_another_form(void **state)
{
	static const struct {
		const char *text, *member;
	} cases[] = {
		{"[]", "the document"},
		{"[{\"claudeAiOauth\":{}}]", "the document"},
		{"\"a\"", "the document"},
		{"1", "the document"},
		{"null", "the document"},
		{"{\"claudeAiOauth\":[]}", "claudeAiOauth"},
		{"{\"claudeAiOauth\":\"a\"}", "claudeAiOauth"},
		{"{\"claudeAiOauth\":0}", "claudeAiOauth"},
		{"{\"claudeAiOauth\":false}", "claudeAiOauth"},
		{LOGIN("\"accessToken\":\"a\","), "accessToken"},
		{LOGIN("\"accessToken\":\" \","), "accessToken"},
		{LOGIN("\"accessToken\":\"sk-ant-api03-a\","), "accessToken"},
		{LOGIN("\"accessToken\":\"sk-ant-oat01-a b\","), "accessToken"},
		{LOGIN("\"accessToken\":\"sk-ant-oat01-\\u0000\","), "accessToken"},
		{LOGIN("\"accessToken\":1,"), "accessToken"},
		{LOGIN("\"accessToken\":false,"), "accessToken"},
		{LOGIN("\"accessToken\":[\"a\"],"), "accessToken"},
		{LOGIN("\"accessToken\":{\"a\":\"b\"},"), "accessToken"},
		{LOGIN(ACCESS "\"refreshToken\":0,"), "refreshToken"},
		{LOGIN(ACCESS "\"refreshToken\":[],"), "refreshToken"},
		{LOGIN(ACCESS "\"expiresAt\":\"" SOON "\","), "expiresAt"},
		{LOGIN(ACCESS "\"expiresAt\":true,"), "expiresAt"},
		{LOGIN(ACCESS "\"expiresAt\":[],"), "expiresAt"},
		{LOGIN(ACCESS "\"expiresAt\":-1,"), "expiresAt"},
		{LOGIN(ACCESS "\"expiresAt\":1.5,"), "expiresAt"},
		{LOGIN(ACCESS "\"expiresAt\":1e300,"), "expiresAt"},
		{LOGIN(ACCESS "\"expiresAt\":253402300800000,"), "expiresAt"},
		{LOGIN(ACCESS "\"expiresAt\":9223372036854775807,"), "expiresAt"},
		{LOGIN(ACCESS "\"expiresAt\":9223372036854775808,"), "expiresAt"},
		{LOGIN(ACCESS "\"expiresAt\":-9223372036854775809,"), "expiresAt"},
		{LOGIN(ACCESS "\"expiresAt\":123456789012345678901234567890,"), "expiresAt"},
		{LOGIN(ACCESS "\"refreshTokenExpiresAt\":-1,"), "refreshTokenExpiresAt"},
		{LOGIN(ACCESS "\"refreshTokenExpiresAt\":\"\","), "refreshTokenExpiresAt"},
		{LOGIN(ACCESS "\"refreshTokenExpiresAt\":1e12,"), "refreshTokenExpiresAt"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		check_state(cases[i].text, KS_LOGIN_MALFORMED);
		assert_string_equal(read_login(cases[i].text).member, cases[i].member);
	}
}

#define WITH_SCOPES(scopes) "{\"claudeAiOauth\":{" ACCESS "\"scopes\":" scopes "}}"

static void wants_the_scope_that_messages_need(void **state)
{
	static const char *const good[] = {
		WITH_SCOPES("[\"user:inference\"]"),
		WITH_SCOPES("[null,1,[],{},\"\",\"user:profile\",\"user:inf\\u0065rence\"]"),
	};
	static const char *const bad[] = {
		"{\"claudeAiOauth\":{\"accessToken\":\"sk-ant-oat01-a\"}}",
		WITH_SCOPES("null"),
		WITH_SCOPES("[]"),
		WITH_SCOPES("\"user:inference\""),
		WITH_SCOPES("{\"user:inference\":\"user:inference\"}"),
		WITH_SCOPES("1"),
		WITH_SCOPES("[\"user:profile\"]"),
		WITH_SCOPES("[\"user:inferences\",\"user:inferenc\",\"USER:INFERENCE\",\" user:inference\"]"),
		WITH_SCOPES("[[\"user:inference\"],{\"user:inference\":1}]"),
		WITH_SCOPES("[],\"other\":[\"user:inference\"]"),
		/* told before the login's end */
		WITH_SCOPES("[],\"expiresAt\":" PAST),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		check_state(good[i], KS_LOGIN_GOOD);
	for (size_t i = 0; i < COUNT(bad); i++)
		check_state(bad[i], KS_LOGIN_NO_SCOPE);
}

#define WITH_PLAN(plan) LOGIN(ACCESS "\"subscriptionType\":" plan ",")

static void tells_the_plan_in_a_plain_word_alone(void **state)
{
	static const char *const cases[][2] = {
		{LOGIN(ACCESS), ""},
		{WITH_PLAN("\"max\""), "max"},
		{WITH_PLAN("\"max_20x\""), "max_20x"},
		{WITH_PLAN("\"m\\u0061x\""), "max"},
		{WITH_PLAN("\"aaaaaaaaaabbbbbbbbbbccccccccccdd\""), "aaaaaaaaaabbbbbbbbbbccccccccccdd"},
		{WITH_PLAN("\"aaaaaaaaaabbbbbbbbbbccccccccccddd\""), ""},
		{WITH_PLAN("\"\""), ""},
		{WITH_PLAN("null"), ""},
		{WITH_PLAN("1"), ""},
		{WITH_PLAN("[\"max\"]"), ""},
		{WITH_PLAN("{\"max\":\"max\"}"), ""},
		{WITH_PLAN("\"Max\""), ""},
		{WITH_PLAN("\"max 5x\""), ""},
		{WITH_PLAN("\"max-5x\""), ""},
		{WITH_PLAN("\"max\\n\""), ""},
		{WITH_PLAN("\"max\\u0000\""), ""},
		{WITH_PLAN("\"max\\u0000sk\""), ""},
		{WITH_PLAN("\"\\u001b[31mmax\""), ""},
		{WITH_PLAN("\"sk-ant-oat01-a\""), ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct ks_login login = read_login(cases[i][0]);

		assert_int_equal(login.state, KS_LOGIN_GOOD);
		assert_string_equal(login.plan, cases[i][1]);
	}
}

static void looks_at_nothing_else(void **state)
{
	(void)state;
	check_state("{\"\":[],\"a\":{\"claudeAiOauth\":1},\"claudeAiOauth\":{\"x\":{\"accessToken\":1}," ACCESS SCOPES
		    ",\"y\":{\"scopes\":[]}},\"mcpOAuth\":{\"z\":{\"accessToken\":\"\",\"expiresAt\":\"\\u0000\"}}}",
		KS_LOGIN_GOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_until_when_a_login_is_good),
		cmocka_unit_test(tells_a_login_that_has_ended),
		cmocka_unit_test(tells_that_there_is_none),
		cmocka_unit_test(names_the_member_that_is_of_another_form),
		cmocka_unit_test(wants_the_scope_that_messages_need),
		cmocka_unit_test(tells_the_plan_in_a_plain_word_alone),
		cmocka_unit_test(looks_at_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
