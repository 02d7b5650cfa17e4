/* SPDX-License-Identifier: MIT */
/*
 * env.so: a credential in an environment variable, or in the file that VARIABLE_FILE names.
 */
#include <errno.h>
#include <keystile/provider.h>
#include <stdlib.h>
#include <string.h>

#include "providers/support/file.h"
#include "providers/support/key.h"
#include "providers/support/variable.h"

#define OPTIONS(X)                                                                                                   \
	X("var", VARIABLE, OPTIONAL, "ANTHROPIC_API_KEY", "the variable; ANTHROPIC_AUTH_TOKEN for a gateway-token")  \
	X("kind", CHOICE, OPTIONAL, KS_KEY_KIND_WORDS, "what the variable holds")                                    \
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

struct env {
	struct ks_key key;
	struct ks_secret_variable variable;
	const char *base_url_variable;
};

static int open_env(const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	struct env *env = calloc(1, sizeof(*env));
	const char *name = KS_SETTING(settings, stride, VAR), *misfit = NULL;

	if (!env)
		return KS_ERROR;
	misfit = ks_key_init(&env->key, KS_SETTING(settings, stride, KIND), KS_SETTING(settings, stride, BASE_URL),
		KS_SETTING(settings, stride, WORKSPACE));
	if (misfit) {
		free(env);
		return host->bad_option(host, WORKSPACE, misfit);
	}
	if (!name)
		name = env->key.kind == KS_KIND_API_KEY ? "ANTHROPIC_API_KEY" : "ANTHROPIC_AUTH_TOKEN";
	ks_secret_variable_init(
		&env->variable, name, ks_file_trust(KS_SETTING(settings, stride, TRUST)), KS_FILE_SECRET_MAX);
	env->base_url_variable = KS_SETTING(settings, stride, BASE_URL_VAR);
	if (!env->base_url_variable)
		env->base_url_variable = "ANTHROPIC_BASE_URL";
	*ret_state = env;
	return KS_OK;
}

static void close_env(void *state)
{
	free(state);
}

static int resolve_env(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	const struct env *env = state;
	struct ks_found found = {0};
	const char *base_url = NULL, *reason = NULL;
	int error = 0, r = ks_secret_variable_find(&env->variable, host, &found);

	(void)request;
	if (r != KS_OK)
		return r;
	base_url = ks_variable_value(host, env->base_url_variable, &error, &reason);
	if (error == -EMSGSIZE && !env->key.base_url)
		return ks_variable_refuse_long(host, env->base_url_variable);
	return ks_key_deliver(&env->key, host, found.text, found.length, found.source, base_url);
}

KS_PROVIDER("env", "1.0.0", "a variable of the environment, or the file that VARIABLE_FILE names",
	KS_PROVIDER_REENTRANT, KS_TRANSPORT_API | KS_TRANSPORT_CLI, KS_KIND_API_KEY | KS_KIND_GATEWAY_TOKEN, OPTIONS,
	ENVIRONMENT, open_env, resolve_env, close_env)
