/* SPDX-License-Identifier: MIT */
/*
 * The JSON web token of a job of GitHub Actions, which the job has to ask for.
 */
#ifndef KEYSTILE_VAULT_LOGIN_GITHUB_ACTIONS_H
#define KEYSTILE_VAULT_LOGIN_GITHUB_ACTIONS_H

#include "providers/vault/vault.h"

/*
 * Has one made, for audience= where the entry gives it. KS_OK and *ret_jwt (host memory); KS_MISCONFIGURED outside of
 * a job, or in one that may not have a token; or the result and why.
 */
enum ks_result ks_vault_github_token(struct ks_vault_call *call, const char **ret_jwt);

#endif
