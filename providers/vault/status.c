/* SPDX-License-Identifier: MIT */
#include "providers/vault/status.h"

#include <string.h>

bool ks_vault_status_is_redirect(long status)
{
	return status == KS_VAULT_MOVED || status == KS_VAULT_FOUND || status == KS_VAULT_REDIRECTED;
}

bool ks_vault_status_is_callers(long status)
{
	return status == KS_VAULT_OK || status == KS_VAULT_NO_CONTENT || status == KS_VAULT_BAD_REQUEST ||
	       status == KS_VAULT_FORBIDDEN || status == KS_VAULT_NOT_FOUND;
}

bool ks_vault_status_is_inlines(const struct ks_vault_answer *answer)
{
	return strstr(answer->said, "cannot layer inline authentication") ||
	       strstr(answer->said, "inline auth namespace was not found");
}

bool ks_vault_status_is_transient(const struct ks_vault_answer *answer)
{
	switch (answer->status) {
	case KS_VAULT_BAD_REQUEST: /* an engine that is being upgraded (openbao, internal/builtin/logical/kv) */
		return strstr(answer->said, "pgrading from non-versioned to versioned") ||
		       strstr(answer->said, "primary to upgrade from non-versioned to versioned");
	case KS_VAULT_PRECONDITION:
		return !strstr(answer->said, "X-Vault-Request");
	case KS_VAULT_TOO_MANY:
		return true;
	case KS_VAULT_SERVER_FAILED:
		return !ks_vault_status_is_inlines(answer);
	case KS_VAULT_NOT_READY:
		return false;
	default:
		return answer->status >= KS_VAULT_SERVER_FAILED;
	}
}

bool ks_vault_status_is_unprocessed(long status)
{
	return status < KS_VAULT_SERVER_FAILED || status == KS_VAULT_SEALED;
}

bool ks_vault_status_is_servers(const struct ks_vault_answer *answer)
{
	return ks_vault_status_is_transient(answer) || answer->status == KS_VAULT_NOT_READY ||
	       answer->status == KS_VAULT_SECONDARY;
}

const char *ks_vault_status_advice(long status)
{
	switch (status) {
	case KS_VAULT_TOO_MANY:
		return "try again in a moment; where it goes on, ask less often or have the quota raised";
	case KS_VAULT_SECONDARY:
		return "let addr= name a server of the primary cluster";
	case KS_VAULT_NOT_READY:
		return "have the server initialized";
	case KS_VAULT_SEALED:
		return "have the server unsealed, or wait until it is back";
	default:
		return "see the server's log";
	}
}

bool ks_vault_status_has_retry_after(long status)
{
	return status == KS_VAULT_TOO_MANY || status == KS_VAULT_SEALED;
}
