/* SPDX-License-Identifier: MIT */
#include "providers/credentials-file/login.h"

#include <string.h>

#define SCOPE "user:inference"
#define PLAN_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

enum {
	MS_PER_S = 1000 /* the file counts milliseconds */
};

/* The end of the year 9999: what is later is no time. */
#define LATEST_S INT64_C(253402300799)

/* A member as it stands in the document, absent where it is null. */
static ks_json_ref member(const struct ks_json *json, ks_json_ref object, const char *name)
{
	ks_json_ref ref = ks_json_member(json, object, name);

	return ref >= 0 && ks_json_is_null(json, ref) ? -1 : ref;
}

/* An API key there would be sent as the subscription's: claude looks at nothing (observed). */
static bool is_access_token(const struct ks_json *json, ks_json_ref ref)
{
	static const char prefix[] = "sk-ant-oat";
	size_t length = 0;
	const char *text = ks_json_string(json, ref, &length);

	if (!text || strncmp(text, prefix, sizeof(prefix) - 1) != 0)
		return false;
	for (size_t i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return true;
}

/* Whether a token is there; false also where the member is no text, which *ok then says. */
static bool has_token(const struct ks_json *json, ks_json_ref object, const char *name, bool *ok)
{
	ks_json_ref ref = member(json, object, name);
	size_t length = 0;

	*ok = ref < 0 || ks_json_string(json, ref, &length);
	return length > 0;
}

/* Seconds since the epoch, 0 for absent: a time that is there is at least 1. Returns whether it can be a time. */
static bool read_time(const struct ks_json *json, ks_json_ref object, const char *name, int64_t *ret_seconds)
{
	ks_json_ref ref = member(json, object, name);
	int64_t value = 0;

	*ret_seconds = 0;
	if (ref < 0)
		return true;
	if (ks_json_integer(json, ref, &value) < 0 || value < 0 || value / MS_PER_S > LATEST_S)
		return false;
	*ret_seconds = value < MS_PER_S ? 1 : value / MS_PER_S;
	return true;
}

static bool has_scope(const struct ks_json *json, ks_json_ref object)
{
	ks_json_ref scopes = member(json, object, "scopes"), value = -1;
	const char *key = NULL, *text = NULL;
	int cursor = -1;

	while (ks_json_is_array(json, scopes) && ks_json_next(json, scopes, &cursor, &key, &value)) {
		text = ks_json_string(json, value, NULL);
		if (text && strcmp(text, SCOPE) == 0)
			return true;
	}
	return false;
}

/* Only a short plain word leaves the file: what somebody put in its place may be anything. */
static void read_plan(const struct ks_json *json, ks_json_ref object, char plan[KS_LOGIN_PLAN_MAX + 1])
{
	size_t length = 0;
	const char *text = ks_json_string(json, member(json, object, "subscriptionType"), &length);

	if (text && length <= KS_LOGIN_PLAN_MAX && strspn(text, PLAN_CHARACTERS) == length)
		memcpy(plan, text, length + 1);
}

static enum ks_login_state malformed(struct ks_login *login, const char *name)
{
	login->member = name;
	return KS_LOGIN_MALFORMED;
}

/*
 * Where claude can renew the login, its end is that of the refresh token, or later that of the access token. A file
 * without a time does not expire, as far as anybody can tell.
 */
static enum ks_login_state judge_times(
	struct ks_login *login, bool can_refresh, int64_t expires_at, int64_t refresh_expires_at, int64_t now)
{
	const bool is_live = expires_at == 0 || expires_at > now;
	const bool is_renewable = can_refresh && (refresh_expires_at == 0 || refresh_expires_at > now);

	if (!is_live && !is_renewable)
		return can_refresh ? KS_LOGIN_ENDED : KS_LOGIN_EXPIRED;
	login->expires_at = expires_at;
	if (is_renewable) {
		login->refresh_at = expires_at;
		login->expires_at =
			refresh_expires_at == 0 || refresh_expires_at > expires_at ? refresh_expires_at : expires_at;
	}
	return KS_LOGIN_GOOD;
}

static enum ks_login_state judge(const struct ks_json *json, int64_t now, struct ks_login *login)
{
	ks_json_ref object = member(json, 0, "claudeAiOauth");
	int64_t expires_at = 0, refresh_expires_at = 0;
	bool ok = true, can_refresh = false;

	if (!ks_json_is_object(json, 0))
		return malformed(login, "the document");
	if (object < 0)
		return KS_LOGIN_NONE;
	if (!ks_json_is_object(json, object))
		return malformed(login, "claudeAiOauth");
	if (!has_token(json, object, "accessToken", &ok))
		return ok ? KS_LOGIN_NONE : malformed(login, "accessToken");
	if (!is_access_token(json, member(json, object, "accessToken")))
		return malformed(login, "accessToken");
	can_refresh = has_token(json, object, "refreshToken", &ok);
	if (!ok)
		return malformed(login, "refreshToken");
	if (!read_time(json, object, "expiresAt", &expires_at))
		return malformed(login, "expiresAt");
	if (!read_time(json, object, "refreshTokenExpiresAt", &refresh_expires_at))
		return malformed(login, "refreshTokenExpiresAt");
	if (!has_scope(json, object))
		return KS_LOGIN_NO_SCOPE;
	read_plan(json, object, login->plan);
	return judge_times(login, can_refresh, expires_at, refresh_expires_at, now);
}

void ks_login_read(const struct ks_json *json, int64_t now, struct ks_login *ret_login)
{
	struct ks_login login = {0};

	login.state = judge(json, now, &login);
	*ret_login = login;
}
