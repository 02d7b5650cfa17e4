/* SPDX-License-Identifier: MIT */
#include "core/environment.h"

#include <stddef.h>
#include <string.h>

/*
 * From code.claude.com/docs/en/env-vars, the SDKs' sources and observation of claude 2.1.329. Vault's variables are
 * not here: they belong to the program that is started, and no client of Claude reads them.
 */
static const struct ks_variable variables[] = {
	/* name, role, carries a secret, selects by itself */
	{"ANTHROPIC_API_KEY", KS_VARIABLE_CREDENTIAL, true, true},
	{"ANTHROPIC_AUTH_TOKEN", KS_VARIABLE_CREDENTIAL, true, true},
	{"CLAUDE_CODE_OAUTH_TOKEN", KS_VARIABLE_CREDENTIAL, true, true},
	{"CLAUDE_CODE_OAUTH_REFRESH_TOKEN", KS_VARIABLE_CREDENTIAL, true, true},
	{"CLAUDE_CODE_OAUTH_SCOPES", KS_VARIABLE_CREDENTIAL, false, false},
	{"CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR", KS_VARIABLE_CREDENTIAL, true, true},
	{"CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR", KS_VARIABLE_CREDENTIAL, true, true},
	{"CLAUDE_CODE_GATEWAY_TOKEN_FILE_DESCRIPTOR", KS_VARIABLE_CREDENTIAL, true, true},
	{"CLAUDE_CODE_HOST_CREDS_FILE", KS_VARIABLE_CREDENTIAL, true, true},
	{"CLAUDE_CODE_HOST_AUTH_ENV_VAR", KS_VARIABLE_CREDENTIAL, true, true},

	{"ANTHROPIC_BASE_URL", KS_VARIABLE_HOST, false, true},
	{"ANTHROPIC_UNIX_SOCKET", KS_VARIABLE_HOST, false, true},
	{"CLAUDE_CODE_USE_GATEWAY", KS_VARIABLE_HOST, false, true},
	{"CLAUDE_CODE_CUSTOM_OAUTH_URL", KS_VARIABLE_HOST, false, false},
	{"_CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL", KS_VARIABLE_HOST, false, false},
	{"ANTHROPIC_CUSTOM_HEADERS", KS_VARIABLE_HEADERS, true, true},

	{"ANTHROPIC_PROFILE", KS_VARIABLE_PROFILE, false, true},
	{"ANTHROPIC_CONFIG_DIR", KS_VARIABLE_PROFILE, false, true},
	{"ANTHROPIC_FEDERATION_RULE_ID", KS_VARIABLE_PROFILE, false, true},
	{"ANTHROPIC_ORGANIZATION_ID", KS_VARIABLE_PROFILE, false, false},
	{"ANTHROPIC_SERVICE_ACCOUNT_ID", KS_VARIABLE_PROFILE, false, false},
	{"ANTHROPIC_IDENTITY_TOKEN", KS_VARIABLE_PROFILE, true, true},
	{"ANTHROPIC_IDENTITY_TOKEN_FILE", KS_VARIABLE_PROFILE, true, true},
	{"ANTHROPIC_WORKSPACE_ID", KS_VARIABLE_PROFILE, false, false},
	{"ANTHROPIC_SCOPE", KS_VARIABLE_PROFILE, false, false},

	/* who started claude: under some hosts it takes a login, and leaves a key or token out (observed) */
	{"CLAUDE_CODE_SIMPLE", KS_VARIABLE_MODE, false, true},
	{"CLAUDE_CODE_ENTRYPOINT", KS_VARIABLE_MODE, false, false},
	{"CLAUDE_CODE_REMOTE", KS_VARIABLE_MODE, false, true},
	{"CLAUDE_CODE_REMOTE_SESSION_ID", KS_VARIABLE_MODE, false, true},

	{"CLAUDE_CODE_USE_BEDROCK", KS_VARIABLE_CLOUD, false, true},
	{"CLAUDE_CODE_USE_VERTEX", KS_VARIABLE_CLOUD, false, true},
	{"CLAUDE_CODE_USE_FOUNDRY", KS_VARIABLE_CLOUD, false, true},
	{"CLAUDE_CODE_USE_ANTHROPIC_AWS", KS_VARIABLE_CLOUD, false, true},
	{"CLAUDE_CODE_USE_MANTLE", KS_VARIABLE_CLOUD, false, true},
	{"CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD", KS_VARIABLE_CLOUD, false, true},
	{"CLAUDE_CODE_SKIP_BEDROCK_AUTH", KS_VARIABLE_CLOUD, false, false},
	{"CLAUDE_CODE_SKIP_VERTEX_AUTH", KS_VARIABLE_CLOUD, false, false},
	{"CLAUDE_CODE_SKIP_FOUNDRY_AUTH", KS_VARIABLE_CLOUD, false, false},
	{"CLAUDE_CODE_SKIP_ANTHROPIC_AWS_AUTH", KS_VARIABLE_CLOUD, false, false},
	{"CLAUDE_CODE_SKIP_MANTLE_AUTH", KS_VARIABLE_CLOUD, false, false},
	{"CLAUDE_CODE_SKIP_ANTHROPIC_GOOGLE_CLOUD_AUTH", KS_VARIABLE_CLOUD, false, false},
	{"AWS_BEARER_TOKEN_BEDROCK", KS_VARIABLE_CLOUD, true, false},
	{"ANTHROPIC_BEDROCK_BASE_URL", KS_VARIABLE_CLOUD, false, false},
	{"ANTHROPIC_BEDROCK_MANTLE_BASE_URL", KS_VARIABLE_CLOUD, false, false},
	{"ANTHROPIC_VERTEX_BASE_URL", KS_VARIABLE_CLOUD, false, false},
	{"ANTHROPIC_VERTEX_PROJECT_ID", KS_VARIABLE_CLOUD, false, false},
	{"ANTHROPIC_FOUNDRY_API_KEY", KS_VARIABLE_CLOUD, true, false},
	{"ANTHROPIC_FOUNDRY_AUTH_TOKEN", KS_VARIABLE_CLOUD, true, false},
	{"ANTHROPIC_FOUNDRY_RESOURCE", KS_VARIABLE_CLOUD, false, false},
	{"ANTHROPIC_FOUNDRY_BASE_URL", KS_VARIABLE_CLOUD, false, false},
	{"ANTHROPIC_AWS_API_KEY", KS_VARIABLE_CLOUD, true, false},
	{"ANTHROPIC_AWS_WORKSPACE_ID", KS_VARIABLE_CLOUD, false, false},
	{"ANTHROPIC_AWS_BASE_URL", KS_VARIABLE_CLOUD, false, false},
	{"ANTHROPIC_GOOGLE_CLOUD_BASE_URL", KS_VARIABLE_CLOUD, false, false},
	{"ANTHROPIC_GOOGLE_CLOUD_PROJECT", KS_VARIABLE_CLOUD, false, false},
	{"ANTHROPIC_GOOGLE_CLOUD_LOCATION", KS_VARIABLE_CLOUD, false, false},
	{"ANTHROPIC_GOOGLE_CLOUD_WORKSPACE_ID", KS_VARIABLE_CLOUD, false, false},
};

enum {
	VARIABLES = sizeof(variables) / sizeof(variables[0])
};

const struct ks_variable *ks_variable_at(unsigned index)
{
	return index < VARIABLES ? &variables[index] : NULL;
}

const struct ks_variable *ks_variable_named(const char *name)
{
	for (unsigned i = 0; i < VARIABLES; i++) {
		if (strcmp(variables[i].name, name) == 0)
			return &variables[i];
	}
	return NULL;
}
