/* SPDX-License-Identifier: MIT */
#include "providers/vault/tls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "providers/vault/address.h"
#include "providers/vault/environment.h"
#include "providers/vault/source.h"

/*
 * Of a folder with hashed names a handshake reads the one file that it needs; the bundle that it was made of has to
 * be parsed whole (24 ms for Debian's).
 */
#define SYSTEM_FOLDER "/etc/ssl/certs"
#define BEGIN_CERTIFICATE "-----BEGIN CERTIFICATE-----"

/* What to do about a file that is not there. */
#define CORRECT_CA_FILE "correct ca-file=, or put the server's CA there"
#define CORRECT_CACERT "correct VAULT_CACERT, or put the server's CA there"
#define CORRECT_SSL_FILE "correct SSL_CERT_FILE, or put certificates there"

enum {
	BUNDLE_MAX = KS_HOST_SECRET_MAX - 2, /* bytes of all certificates to trust; Debian's are 220,000 */
	HASH_DIGITS = 8
};

/* What to trust. */
struct trust {
	const char *ca, *ca_folder;
};

/* As `openssl rehash` and c_rehash(1) name them. */
static bool is_hashed(const char *name)
{
	return strspn(name, "0123456789abcdef") == HASH_DIGITS && name[HASH_DIGITS] == '.' &&
	       name[HASH_DIGITS + 1] >= '0' && name[HASH_DIGITS + 1] <= '9';
}

static bool holds_hashed(DIR *folder)
{
	const struct dirent *entry = NULL;

	rewinddir(folder);
	while ((entry = readdir(folder)))
		if (is_hashed(entry->d_name))
			return true;
	return false;
}

/* Adds a file of the folder to the text, where it is one and there is room; negative errno where it cannot be read.
 */
static int append_file(int folder, const char *name, char *text, size_t *length)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	ssize_t got = 0;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		r = -errno;
	else if (S_ISREG(status.st_mode) && status.st_size + (off_t)*length > BUNDLE_MAX - 1)
		r = -EFBIG;
	while (r == 0 && S_ISREG(status.st_mode)) {
		got = read(fd, text + *length, BUNDLE_MAX - 1 - *length);
		if (got < 0 && errno != EINTR)
			r = -errno;
		if (got == 0)
			break;
		if (got > 0)
			*length += (size_t)got;
	}
	(void)close(fd);
	if (r == 0 && S_ISREG(status.st_mode))
		text[(*length)++] = '\n';
	return r;
}

/* One of the system's own, which is a link to wherever it was installed; every worker may read it. */
static enum ks_result read_system_file(
	struct ks_vault_call *call, const char *path, const char *remedy, const char **ret_text)
{
	char *text = call->host->secret_alloc(call->host, BUNDLE_MAX + 1);
	size_t length = 0;
	int r = text ? append_file(AT_FDCWD, path, text, &length) : -ENOMEM;

	if (r == -ENOMEM)
		return ks_vault_fail_memory(call);
	if (r < 0)
		return ks_vault_fail(call, KS_MISCONFIGURED, path, remedy, "cannot be read: %s", strerrordesc_np(-r));
	if (!strstr(text, BEGIN_CERTIFICATE))
		return ks_vault_fail(
			call, KS_MISCONFIGURED, path, "put certificates in PEM there", "holds no certificate");
	*ret_text = text;
	return KS_OK;
}

static enum ks_result read_certificates(
	struct ks_vault_call *call, const char *path, const char *remedy, const char **ret_text)
{
	const struct ks_vault_source source = {.path = path,
		.trust = KS_TRUST_MOUNTED,
		.limit = BUNDLE_MAX,
		.absent = KS_MISCONFIGURED,
		.remedy = remedy};
	struct ks_vault_found found = {0};
	enum ks_result result = KS_OK;

	if (strncmp(path, SYSTEM_FOLDER "/", sizeof(SYSTEM_FOLDER)) == 0)
		return read_system_file(call, path, remedy, ret_text);
	result = ks_vault_source_read(call, &source, &found);
	if (result != KS_OK)
		return result;
	if (!strstr(found.text, BEGIN_CERTIFICATE))
		return ks_vault_fail(call, KS_MISCONFIGURED, found.source, "put certificates in PEM there",
			"holds no certificate");
	*ret_text = found.text;
	return KS_OK;
}

/* All files of a folder whose names are not hashed, as Vault's own client takes them. */
static enum ks_result read_folder(struct ks_vault_call *call, const char *path, DIR *folder, const char **ret_text)
{
	char *text = call->host->secret_alloc(call->host, BUNDLE_MAX + 1);
	const struct dirent *entry = NULL;
	size_t length = 0;
	int r = 0;

	if (!text)
		return ks_vault_fail_memory(call);
	rewinddir(folder);
	while (r == 0 && (entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			r = append_file(dirfd(folder), entry->d_name, text, &length);
	if (r < 0)
		return ks_vault_fail(call, KS_MISCONFIGURED, path, "put certificates there, and nothing else",
			"has a file that cannot be used: %s", strerrordesc_np(-r));
	if (!strstr(text, BEGIN_CERTIFICATE))
		return ks_vault_fail(
			call, KS_MISCONFIGURED, path, "put certificates in PEM there", "holds no certificate");
	*ret_text = text;
	return KS_OK;
}

static enum ks_result find_in_folder(struct ks_vault_call *call, const char *given, struct trust *trust)
{
	const char *path = NULL, *reason = NULL;
	enum ks_result result = KS_OK;
	DIR *folder = NULL;

	if (call->host->full_path(call->host, given, &path, &reason) < 0)
		return ks_vault_fail(call, KS_MISCONFIGURED, given, "write the path from the root on", "%s", reason);
	folder = opendir(path);
	if (!folder)
		return ks_vault_fail(call, errno == ENOMEM ? KS_ERROR : KS_MISCONFIGURED, path,
			"name a folder of certificates that can be read", "cannot be read: %s",
			strerrordesc_np(errno));
	if (holds_hashed(folder))
		trust->ca_folder = path;
	else
		result = read_folder(call, path, folder, &trust->ca);
	(void)closedir(folder);
	return result;
}

/* What the system trusts, as OpenSSL and Go are told of it. */
static enum ks_result find_system(struct ks_vault_call *call, struct trust *trust)
{
	struct ks_vault_variable file = {0}, folder = {0};
	enum ks_result result = ks_vault_variable(call, "SSL_CERT_FILE", &file);
	DIR *system = NULL;

	if (result == KS_OK)
		result = ks_vault_variable(call, "SSL_CERT_DIR", &folder);
	if (result != KS_OK)
		return result;
	if (file.value && file.value[0])
		return read_certificates(call, file.value, CORRECT_SSL_FILE, &trust->ca);
	if (folder.value && strchr(folder.value, ':')) {
		trust->ca_folder = folder.value; /* OpenSSL takes a list of folders with hashed names */
		return KS_OK;
	}
	if (folder.value && folder.value[0])
		return find_in_folder(call, folder.value, trust);
	system = opendir(SYSTEM_FOLDER);
	if (system && holds_hashed(system))
		trust->ca_folder = SYSTEM_FOLDER;
	if (system)
		(void)closedir(system);
	return KS_OK;
}

/* The entry's certificates, else the first of Vault's variables that is set, else the system's. */
static enum ks_result find_trust(struct ks_vault_call *call, struct trust *trust)
{
	const char *const *options = call->vault->options;
	struct ks_vault_variable file = {0}, bytes = {0}, folder = {0};
	enum ks_result result = KS_OK;

	if (options[KS_VAULT_CA_FILE])
		return read_certificates(call, options[KS_VAULT_CA_FILE], CORRECT_CA_FILE, &trust->ca);
	if (options[KS_VAULT_CA_PATH])
		return find_in_folder(call, options[KS_VAULT_CA_PATH], trust);
	result = ks_vault_twin(call, "VAULT_CACERT", &file);
	if (result == KS_OK)
		result = ks_vault_twin(call, "VAULT_CACERT_BYTES", &bytes);
	if (result == KS_OK)
		result = ks_vault_twin(call, "VAULT_CAPATH", &folder);
	if (result != KS_OK)
		return result;
	if (file.value && file.value[0])
		return read_certificates(call, file.value, CORRECT_CACERT, &trust->ca);
	if (bytes.value && bytes.value[0] && !strstr(bytes.value, BEGIN_CERTIFICATE))
		return ks_vault_fail(
			call, KS_MISCONFIGURED, bytes.name, "put certificates in PEM there", "holds no certificate");
	if (bytes.value && bytes.value[0])
		trust->ca = bytes.value;
	else if (folder.value && folder.value[0])
		return find_in_folder(call, folder.value, trust);
	else
		return find_system(call, trust);
	return KS_OK;
}

/* Whether the server's certificate counts at all: a variable may only say so where the entry lets it. */
static enum ks_result find_verification(struct ks_vault_call *call)
{
	const char *word = call->vault->options[KS_VAULT_TLS_VERIFY], *where = NULL;
	bool skips = false;
	enum ks_result result = ks_vault_flag(call, "VAULT_SKIP_VERIFY", &skips, &where);

	call->target.verifies = true;
	if (result != KS_OK && word && strcmp(word, "environment") != 0)
		result = KS_OK;
	if (result != KS_OK)
		return result;
	if (!word && skips)
		return ks_vault_fail(call, KS_MISCONFIGURED, where,
			"unset it, or write tls-verify=environment on the entry",
			"would have any server believed, and the entry does not allow that");
	if (word && (strcmp(word, "no") == 0 || (strcmp(word, "environment") == 0 && skips))) {
		call->target.verifies = false;
		ks_vault_warn(call, "the server's certificate is not verified: whoever is on the way can read all");
	}
	return KS_OK;
}

/* One half of what the client proves itself by: a file that the option or the variable names, or OpenBao's text. */
static enum ks_result find_half(struct ks_vault_call *call, enum ks_vault_option option, const char *name,
	const char *bytes_name, int trust, const char **ret_text, const char **ret_where)
{
	struct ks_vault_source source = {.trust = trust, .limit = KS_FILE_MAX, .absent = KS_MISCONFIGURED};
	struct ks_vault_variable bytes = {0};
	struct ks_vault_found found = {0};
	enum ks_result result = ks_vault_setting(call, option, name, &source.path, ret_where);

	if (result == KS_OK && !call->vault->options[option])
		result = ks_vault_variable(call, bytes_name, &bytes);
	if (result != KS_OK)
		return result;
	if (!source.path) {
		*ret_text = bytes.value && bytes.value[0] ? bytes.value : NULL;
		if (*ret_text)
			*ret_where = bytes.name;
		return KS_OK;
	}
	result = ks_vault_source_read(call, &source, &found);
	if (result == KS_OK)
		*ret_text = found.text;
	return result;
}

static enum ks_result find_client(struct ks_vault_call *call)
{
	struct ks_vault_target *target = &call->target;
	const char *cert_where = NULL, *key_where = NULL;
	enum ks_result result = find_half(call, KS_VAULT_CLIENT_CERT, "VAULT_CLIENT_CERT", "BAO_CLIENT_CERT_BYTES",
		KS_TRUST_MOUNTED, &target->client_cert, &cert_where);

	if (result == KS_OK)
		result = find_half(call, KS_VAULT_CLIENT_KEY, "VAULT_CLIENT_KEY", "BAO_CLIENT_KEY_BYTES",
			call->vault->trust, &target->client_key, &key_where);
	if (result == KS_OK && !target->client_cert != !target->client_key)
		return ks_vault_fail(call, KS_MISCONFIGURED, target->client_cert ? cert_where : key_where,
			"give both client-cert= and client-key=, or both variables",
			"is only one half: %s is missing", target->client_cert ? "the key" : "the certificate");
	return result;
}

enum ks_result ks_vault_tls_find(struct ks_vault_call *call)
{
	struct ks_vault_target *target = &call->target;
	struct trust trust = {0};
	enum ks_result result = KS_OK;

	if (!ks_vault_address_is_secure(target->base))
		return KS_OK;
	result = find_verification(call);
	if (result == KS_OK && (target->verifies || (target->proxy && ks_vault_address_is_secure(target->proxy))))
		result = find_trust(call, &trust);
	if (result == KS_OK)
		result = find_client(call);
	target->ca = trust.ca;
	target->ca_folder = trust.ca_folder;
	return result;
}

void ks_vault_tls_apply(const struct ks_vault_target *target, struct ks_vault_http_request *request)
{
	request->ca = target->ca;
	request->ca_folder = target->ca_folder;
	request->client_cert = target->client_cert;
	request->client_key = target->client_key;
	request->skips_verification = !target->verifies;
}

enum ks_result ks_vault_tls_apply_system(struct ks_vault_call *call, struct ks_vault_http_request *request)
{
	struct trust trust = {0};
	enum ks_result result = ks_vault_address_is_secure(request->url) ? find_system(call, &trust) : KS_OK;

	request->ca = trust.ca;
	request->ca_folder = trust.ca_folder;
	return result;
}
