/* SPDX-License-Identifier: MIT */
#include "providers/vault/address.h"
#include "providers/vault/login/methods.h"

enum ks_result ks_vault_cert_prepare(struct ks_vault_call *call, struct ks_vault_login *login)
{
	const struct ks_vault_target *target = &call->target;
	const char *role = call->vault->options[KS_VAULT_ROLE];

	if (!ks_vault_address_is_secure(target->base))
		return ks_vault_fail(call, KS_MISCONFIGURED, target->where,
			"let it be the server's own https://HOST[:PORT], or use another auth=",
			"leads to no TLS, in which auth=cert shows its certificate");
	if (!target->client_cert)
		return ks_vault_fail(call, KS_MISCONFIGURED, ks_vault_option_name(KS_VAULT_CLIENT_CERT),
			"give client-cert= and client-key=, or VAULT_CLIENT_CERT and VAULT_CLIENT_KEY",
			"is not given, and neither is the variable, so that auth=cert has no certificate");
	/* without a name the server looks for one that the certificate fits */
	return role ? ks_vault_login_set(call, login, "name", role) : KS_OK;
}
