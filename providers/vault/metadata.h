/* SPDX-License-Identifier: MIT */
/*
 * Where a cloud tells its machines who they are: servers at addresses that mean the machine's own host, which speak
 * plain HTTP.
 */
#ifndef KEYSTILE_VAULT_METADATA_H
#define KEYSTILE_VAULT_METADATA_H

/* Of EC2, Google Cloud and Azure alike. */
#define KS_VAULT_METADATA_HOST "169.254.169.254"

/*
 * What is wrong with a URL that a variable names for one: NULL, or a phrase. It is https://, or http:// to loopback
 * or a link-local address, or one that AWS gives to containers: nobody else is on the way there.
 */
const char *ks_vault_metadata_check(const char *url);

#endif
