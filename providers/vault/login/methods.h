/* SPDX-License-Identifier: MIT */
/*
 * The methods of login.c's table. For login.c and the files that have them alone; the contract stands in login.h.
 */
#ifndef KEYSTILE_VAULT_LOGIN_METHODS_H
#define KEYSTILE_VAULT_LOGIN_METHODS_H

#include "providers/vault/login/login.h"

const char *ks_vault_approle_check(const struct ks_vault *vault, enum ks_vault_option *ret_option);
enum ks_result ks_vault_approle_prepare(struct ks_vault_call *call, struct ks_vault_login *login);

const char *ks_vault_kubernetes_check(const struct ks_vault *vault, enum ks_vault_option *ret_option);
enum ks_result ks_vault_kubernetes_prepare(struct ks_vault_call *call, struct ks_vault_login *login);

const char *ks_vault_jwt_check(const struct ks_vault *vault, enum ks_vault_option *ret_option);
enum ks_result ks_vault_jwt_prepare(struct ks_vault_call *call, struct ks_vault_login *login);

enum ks_result ks_vault_cert_prepare(struct ks_vault_call *call, struct ks_vault_login *login);

const char *ks_vault_userpass_check(const struct ks_vault *vault, enum ks_vault_option *ret_option);
enum ks_result ks_vault_userpass_prepare(struct ks_vault_call *call, struct ks_vault_login *login);

const char *ks_vault_aws_check(const struct ks_vault *vault, enum ks_vault_option *ret_option);
enum ks_result ks_vault_aws_prepare(struct ks_vault_call *call, struct ks_vault_login *login);

const char *ks_vault_gcp_check(const struct ks_vault *vault, enum ks_vault_option *ret_option);
enum ks_result ks_vault_gcp_prepare(struct ks_vault_call *call, struct ks_vault_login *login);

const char *ks_vault_azure_check(const struct ks_vault *vault, enum ks_vault_option *ret_option);
enum ks_result ks_vault_azure_prepare(struct ks_vault_call *call, struct ks_vault_login *login);

#endif
