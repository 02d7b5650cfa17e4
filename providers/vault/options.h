/* SPDX-License-Identifier: MIT */
/*
 * What an entry of vault.so may say, and which variables it reads: one row each, for the module's note and for all
 * parts of the module. keystile-vault(8) says what each does.
 */
#ifndef KEYSTILE_VAULT_OPTIONS_H
#define KEYSTILE_VAULT_OPTIONS_H

#define KS_VAULT_POD_TOKEN "/var/run/secrets/kubernetes.io/serviceaccount/token"

/* ROW is given X and the identifier before what X takes. */
#define KS_VAULT_OPTION_ROWS(ROW, X)                                                                                 \
	/* where */                                                                                                  \
	ROW(X, ADDR, "addr", STRING, OPTIONAL, "https://127.0.0.1:8200",                                             \
		"the server: https://HOST[:PORT][/PREFIX], http:// to loopback, or unix:///SOCKET")                  \
	ROW(X, NAMESPACE, "namespace", STRING, OPTIONAL, "", "the namespace of all requests")                        \
	ROW(X, CA_FILE, "ca-file", PATH, OPTIONAL, "", "certificates to trust instead of the system's")              \
	ROW(X, CA_PATH, "ca-path", PATH, OPTIONAL, "", "a folder of such certificates")                              \
	ROW(X, CLIENT_CERT, "client-cert", PATH, OPTIONAL, "", "the client's certificate (PEM)")                     \
	ROW(X, CLIENT_KEY, "client-key", PATH, OPTIONAL, "", "its key (PEM)")                                        \
	ROW(X, SERVER_NAME, "server-name", STRING, OPTIONAL, "", "the name in the server's certificate")             \
	ROW(X, TLS_VERIFY, "tls-verify", CHOICE, OPTIONAL, "yes|environment|no",                                     \
		"whether VAULT_SKIP_VERIFY counts; no: never verify")                                                \
	ROW(X, PROXY, "proxy", STRING, OPTIONAL, "", "the proxy on the way to the server, or none")                  \
	ROW(X, REDIRECTS, "redirects", STRING, OPTIONAL, "same-host",                                                \
		"where a redirect may lead: none, same-host, or HOST[:PORT],...")                                    \
	ROW(X, RETRIES, "retries", NUMBER, OPTIONAL, "2", "how often a request is repeated")                         \
	/* what */                                                                                                   \
	ROW(X, PATH, "path", STRING, REQUIRED, "", "the secret, with its mount, as in ai/claude")                    \
	ROW(X, MOUNT, "mount", STRING, OPTIONAL, "", "which part of path= is the mount")                             \
	ROW(X, KV_VERSION, "kv-version", CHOICE, OPTIONAL, "auto|1|2", "the version of the mount's engine")          \
	ROW(X, VERSION, "version", NUMBER, OPTIONAL, "", "the version of the secret; the newest otherwise")          \
	ROW(X, FIELD, "field", STRING, OPTIONAL, "api_key", "the field that holds the credential")                   \
	ROW(X, KIND, "kind", CHOICE, OPTIONAL, "api-key|gateway-token|setup-token", "what the field holds")          \
	ROW(X, BASE_URL, "base-url", URL, OPTIONAL, "", "the only base URL the credential may be sent to")           \
	ROW(X, BASE_URL_FIELD, "base-url-field", STRING, OPTIONAL, "", "the field that names that URL")              \
	ROW(X, WORKSPACE, "workspace", NAME, OPTIONAL, "", "the workspace the API key is used in")                   \
	ROW(X, WORKSPACE_FIELD, "workspace-field", STRING, OPTIONAL, "", "the field that names it")                  \
	ROW(X, EXPIRES_FIELD, "expires-field", STRING, OPTIONAL, "", "the field that says until when it is good")    \
	ROW(X, CACHE, "cache", DURATION, OPTIONAL, "", "how long an answer is given again without a request")        \
	/* who */                                                                                                    \
	ROW(X, AUTH, "auth", CHOICE, OPTIONAL, "token|approle|kubernetes|jwt|cert|userpass|ldap|aws|gcp|azure|none", \
		"how to log in")                                                                                     \
	ROW(X, AUTH_MOUNT, "auth-mount", STRING, OPTIONAL, "", "where the method is mounted; else its name")         \
	ROW(X, AUTH_NAMESPACE, "auth-namespace", STRING, OPTIONAL, "", "the namespace of the login")                 \
	ROW(X, INLINE, "inline", CHOICE, OPTIONAL, "no|yes", "log in with the read itself (OpenBao)")                \
	ROW(X, REVOKE, "revoke", CHOICE, OPTIONAL, "no|yes", "revoke the token of the login after the read")         \
	ROW(X, TRUST, "trust", CHOICE, OPTIONAL, "private|group|mounted|systemd",                                    \
		"who may read the files with secrets")                                                               \
	ROW(X, TOKEN_FILE, "token-file", PATH, OPTIONAL, "~/.vault-token", "the file with the token")                \
	ROW(X, VAULT_CONFIG, "vault-config", PATH, OPTIONAL, "~/.vault",                                             \
		"where a token helper of vault is looked for")                                                       \
	ROW(X, BAO_CONFIG, "bao-config", PATH, OPTIONAL, "~/.bao", "where a token helper of bao is looked for")      \
	ROW(X, ROLE, "role", STRING, OPTIONAL, "", "the role to log in with")                                        \
	ROW(X, ROLE_ID, "role-id", STRING, OPTIONAL, "", "approle: the role's id")                                   \
	ROW(X, ROLE_ID_FILE, "role-id-file", PATH, OPTIONAL, "", "approle: the file with it")                        \
	ROW(X, SECRET_ID_FILE, "secret-id-file", PATH, OPTIONAL, "", "approle: the file with the secret id")         \
	ROW(X, SECRET_ID_VAR, "secret-id-var", VARIABLE, OPTIONAL, "", "approle: the variable with it")              \
	ROW(X, WRAPPED, "wrapped", CHOICE, OPTIONAL, "no|yes", "approle: what is there is a wrapping token")         \
	ROW(X, JWT_FILE, "jwt-file", PATH, OPTIONAL, KS_VAULT_POD_TOKEN, "kubernetes, jwt: the file with the token") \
	ROW(X, JWT_VAR, "jwt-var", VARIABLE, OPTIONAL, "", "jwt: the variable with it")                              \
	ROW(X, JWT_SOURCE, "jwt-source", CHOICE, OPTIONAL, "file|github-actions", "jwt: who makes the token")        \
	ROW(X, AUDIENCE, "audience", STRING, OPTIONAL, "", "github-actions: whom the token is for")                  \
	ROW(X, USER, "user", STRING, OPTIONAL, "", "userpass, ldap: the user")                                       \
	ROW(X, PASSWORD_FILE, "password-file", PATH, OPTIONAL, "", "userpass, ldap: the file with the password")     \
	ROW(X, PASSWORD_VAR, "password-var", VARIABLE, OPTIONAL, "", "userpass, ldap: the variable with it")         \
	ROW(X, AWS_REGION, "aws-region", NAME, OPTIONAL, "us-east-1", "aws: the region of STS")                      \
	ROW(X, AWS_SERVER_ID, "aws-server-id", STRING, OPTIONAL, "", "aws: X-Vault-AWS-IAM-Server-ID")               \
	ROW(X, AWS_PROFILE, "aws-profile", NAME, OPTIONAL, "default", "aws: the profile of aws-file=")               \
	ROW(X, AWS_FILE, "aws-file", PATH, OPTIONAL, "~/.aws/credentials", "aws: the file with profiles")            \
	ROW(X, GCP_TYPE, "gcp-type", CHOICE, OPTIONAL, "gce|iam", "gcp: the type of the role")                       \
	ROW(X, GCP_ACCOUNT, "gcp-account", STRING, OPTIONAL, "default", "gcp: the service account")                  \
	ROW(X, AZURE_RESOURCE, "azure-resource", STRING, OPTIONAL, "https://management.azure.com/",                  \
		"azure: whom the token is for")

#define KS_VAULT_WITHOUT_ID_(X, id, ...) X(__VA_ARGS__)
#define KS_VAULT_OPTIONS(X) KS_VAULT_OPTION_ROWS(KS_VAULT_WITHOUT_ID_, X)

#define KS_VAULT_ID_(X, id, ...) KS_VAULT_##id,
enum ks_vault_option {
	KS_VAULT_OPTION_ROWS(KS_VAULT_ID_, ) KS_VAULT_OPTION_COUNT
};

/* Variables that Vault and OpenBao both have, the latter with another prefix. */
#define KS_VAULT_TWIN_(X, name) X("VAULT_" name) X("BAO_" name)
#define KS_VAULT_ENVIRONMENT(X)                                                                                      \
	KS_VAULT_TWIN_(X, "ADDR")                                                                                    \
	KS_VAULT_TWIN_(X, "AGENT_ADDR")                                                                              \
	KS_VAULT_TWIN_(X, "CACERT")                                                                                  \
	KS_VAULT_TWIN_(X, "CACERT_BYTES")                                                                            \
	KS_VAULT_TWIN_(X, "CAPATH")                                                                                  \
	KS_VAULT_TWIN_(X, "CLIENT_CERT")                                                                             \
	KS_VAULT_TWIN_(X, "CLIENT_KEY")                                                                              \
	KS_VAULT_TWIN_(X, "CLIENT_TIMEOUT")                                                                          \
	KS_VAULT_TWIN_(X, "CONFIG_PATH")                                                                             \
	KS_VAULT_TWIN_(X, "DISABLE_REDIRECTS")                                                                       \
	KS_VAULT_TWIN_(X, "HTTP_PROXY")                                                                              \
	KS_VAULT_TWIN_(X, "MAX_RETRIES")                                                                             \
	KS_VAULT_TWIN_(X, "NAMESPACE")                                                                               \
	KS_VAULT_TWIN_(X, "PROXY_ADDR")                                                                              \
	KS_VAULT_TWIN_(X, "RATE_LIMIT")                                                                              \
	KS_VAULT_TWIN_(X, "SKIP_VERIFY")                                                                             \
	KS_VAULT_TWIN_(X, "SRV_LOOKUP")                                                                              \
	KS_VAULT_TWIN_(X, "TLS_SERVER_NAME")                                                                         \
	KS_VAULT_TWIN_(X, "TOKEN")                                                                                   \
	X("BAO_CLIENT_CERT_BYTES")                                                                                   \
	X("BAO_CLIENT_KEY_BYTES")                                                                                    \
	X("BAO_TOKEN_PATH")                                                                                          \
	X("VAULT_HEADERS")                                                                                           \
	X("SSL_CERT_DIR")                                                                                            \
	X("SSL_CERT_FILE")                                                                                           \
	/* a job of GitHub Actions */                                                                                \
	X("ACTIONS_ID_TOKEN_REQUEST_TOKEN")                                                                          \
	X("ACTIONS_ID_TOKEN_REQUEST_URL")                                                                            \
	/* clouds, as their own programs read them */                                                                \
	X("AWS_ACCESS_KEY_ID")                                                                                       \
	X("AWS_CONTAINER_AUTHORIZATION_TOKEN")                                                                       \
	X("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")                                                                  \
	X("AWS_CONTAINER_CREDENTIALS_FULL_URI")                                                                      \
	X("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")                                                                  \
	X("AWS_DEFAULT_REGION")                                                                                      \
	X("AWS_EC2_METADATA_DISABLED")                                                                               \
	X("AWS_EC2_METADATA_SERVICE_ENDPOINT")                                                                       \
	X("AWS_PROFILE")                                                                                             \
	X("AWS_REGION")                                                                                              \
	X("AWS_ROLE_ARN")                                                                                            \
	X("AWS_ROLE_SESSION_NAME")                                                                                   \
	X("AWS_SECRET_ACCESS_KEY")                                                                                   \
	X("AWS_SESSION_TOKEN")                                                                                       \
	X("AWS_SHARED_CREDENTIALS_FILE")                                                                             \
	X("AWS_WEB_IDENTITY_TOKEN_FILE")                                                                             \
	X("GCE_METADATA_HOST")

#endif
