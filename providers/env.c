/* SPDX-License-Identifier: MIT */
/*
 * env.so: a credential in an environment variable, or in the file that VARIABLE_FILE names.
 */
#include <errno.h>
#include <keystile/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "providers/support/file.h"

#define OPTIONS(X)                                                                                                   \
	X("var", VARIABLE, OPTIONAL, "ANTHROPIC_API_KEY", "the variable; ANTHROPIC_AUTH_TOKEN for a gateway-token")  \
	X("kind", CHOICE, OPTIONAL, "api-key|gateway-token", "what the variable holds")                              \
	X("base-url", URL, OPTIONAL, "", "the only base URL the credential may be sent to")                          \
	X("base-url-var", VARIABLE, OPTIONAL, "ANTHROPIC_BASE_URL", "the variable that names that URL, where set")   \
	X("workspace", NAME, OPTIONAL, "", "the workspace an identity-linked API key is used in")                    \
	X("trust", CHOICE, OPTIONAL, KS_FILE_TRUST_WORDS, "who may read the file VARIABLE_FILE names")
#define ENVIRONMENT(X)                                                                                               \
	X("ANTHROPIC_API_KEY")                                                                                       \
	X("ANTHROPIC_API_KEY_FILE")                                                                                  \
	X("ANTHROPIC_AUTH_TOKEN")                                                                                    \
	X("ANTHROPIC_AUTH_TOKEN_FILE")                                                                               \
	X("ANTHROPIC_BASE_URL")

/* In the order of OPTIONS. */
enum option {
	VAR,
	KIND,
	BASE_URL,
	BASE_URL_VAR,
	WORKSPACE,
	TRUST
};

enum {
	NAME_MAX_BYTES = 128, /* of a variable's name, as the core lets through */
	LINE_END_BYTES = 2
};

struct env {
	uint32_t kind;
	const char *variable, *base_url, *base_url_variable, *workspace;
	int trust;
	char file_variable[NAME_MAX_BYTES + sizeof("_FILE")];
	char remedy[2 * NAME_MAX_BYTES + 64];
};

static const char *setting(const struct ks_setting *settings, uint32_t stride, enum option option)
{
	return ((const struct ks_setting *)(const void *)((const char *)settings + (size_t)option * stride))->value;
}

static int open_env(const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	struct env *env = calloc(1, sizeof(*env));
	const char *kind = setting(settings, stride, KIND);

	if (!env)
		return KS_ERROR;
	env->kind = kind && strcmp(kind, "gateway-token") == 0 ? KS_KIND_GATEWAY_TOKEN : KS_KIND_API_KEY;
	env->variable = setting(settings, stride, VAR);
	if (!env->variable)
		env->variable = env->kind == KS_KIND_API_KEY ? "ANTHROPIC_API_KEY" : "ANTHROPIC_AUTH_TOKEN";
	env->base_url = setting(settings, stride, BASE_URL);
	env->base_url_variable = setting(settings, stride, BASE_URL_VAR);
	if (!env->base_url_variable)
		env->base_url_variable = "ANTHROPIC_BASE_URL";
	env->workspace = setting(settings, stride, WORKSPACE);
	if (env->workspace && env->kind != KS_KIND_API_KEY) {
		free(env);
		return host->bad_option(host, WORKSPACE, "is for kind=api-key alone");
	}
	env->trust = ks_file_trust(setting(settings, stride, TRUST));
	(void)snprintf(env->file_variable, sizeof(env->file_variable), "%s_FILE", env->variable);
	(void)snprintf(env->remedy, sizeof(env->remedy), "export %s, or name a file that holds it in %s",
		env->variable, env->file_variable);
	*ret_state = env;
	return KS_OK;
}

static void close_env(void *state)
{
	free(state);
}

/* A variable that is set and not empty, or NULL; *ret_error tells the reasons for NULL apart. */
static const char *read_variable(
	const struct ks_host *host, const char *name, int *ret_error, const char **ret_reason)
{
	const char *value = NULL;

	*ret_error = host->getenv(host, name, &value);
	if (*ret_error == 0 && value[0])
		return value;
	if (*ret_error == -EPERM)
		*ret_reason = value;
	return NULL;
}

static int deliver(
	const struct env *env, const struct ks_host *host, const char *secret, size_t length, const char *source)
{
	struct ks_attribute workspace = {.name = KS_ATTRIBUTE_WORKSPACE, .value = env->workspace};
	const char *reason = NULL;
	int error = 0;
	struct ks_delivery delivery = {
		.size = sizeof(delivery),
		.kind = env->kind,
		.transports = KS_TRANSPORT_API | KS_TRANSPORT_CLI,
		.attributes = &workspace,
		.attribute_count = env->workspace != NULL,
		.attribute_stride = sizeof(workspace),
		.secret = secret,
		.secret_length = length,
		.source = source,
		.base_url = env->base_url,
	};

	/* whoever set the key set the place it goes to */
	if (!delivery.base_url)
		delivery.base_url = read_variable(host, env->base_url_variable, &error, &reason);
	return host->deliver(host, &delivery);
}

static int deliver_file(const struct env *env, const struct ks_host *host, const char *path)
{
	struct ks_file_failure failure = {0};
	char *text = NULL;
	size_t length = 0;
	int r = 0;

	if (path[0] != '/')
		return host->fail(host, KS_INVALID, env->file_variable, "does not name an absolute path",
			"write the path from the root on");
	r = ks_file_read(host, path, env->trust, KS_SECRET_MAX + LINE_END_BYTES, &text, &length, &failure);
	if (r != KS_OK)
		return host->fail(host, r, path, failure.reason, failure.remedy);
	return deliver(env, host, text, length, path);
}

static int resolve_env(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	const struct env *env = state;
	const char *reason = NULL;
	int error = 0, file_error = 0;
	const char *value = read_variable(host, env->variable, &error, &reason);
	const char *path = read_variable(host, env->file_variable, &file_error, &reason);

	(void)request;
	if (value && path)
		return host->fail(
			host, KS_INVALID, env->variable, "is set, and so is its _FILE form", "unset one of them");
	if (value)
		return deliver(env, host, value, strlen(value), env->variable);
	if (path)
		return deliver_file(env, host, path);
	if (reason)
		return host->fail(
			host, KS_NOT_CONFIGURED, env->variable, reason, "use a file instead of the environment");
	return host->fail(
		host, KS_NOT_CONFIGURED, env->variable, error == 0 ? "is set, but empty" : "is not set", env->remedy);
}

KS_PROVIDER("env", "1.0.0", "a variable of the environment, or the file that VARIABLE_FILE names",
	KS_PROVIDER_REENTRANT, KS_TRANSPORT_API | KS_TRANSPORT_CLI, KS_KIND_API_KEY | KS_KIND_GATEWAY_TOKEN, OPTIONS,
	ENVIRONMENT, open_env, resolve_env, close_env)
