/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "providers/vault/memory.h"
#include "providers/vault/tls.h"
#include "tests/support/vault-host.h"

/* Begins as a certificate does, which is all that is looked at. */
#define PEM(name) "-----BEGIN CERTIFICATE-----\n" name "\n"

enum {
	PATH_BYTES = 128,
	PATHS = 16,               /* that a test has at a time */
	LARGE_BYTES = 600 * 1024, /* two of which are more than may be trusted */
	MOST_BYTES = KS_HOST_SECRET_MAX - 3
};

static struct ks_vault_call *const call = &vault_host.call;
static const char **const options = vault_host.vault.options;
static char folder[PATH_BYTES];

/* The path in the folder, until PATHS more were asked for. */
static const char *at(const char *name)
{
	static char paths[PATHS][PATH_BYTES];
	static unsigned next;
	char *path = paths[next++ % PATHS];

	assert_in_range(snprintf(path, PATH_BYTES, "%s/%s", folder, name), 1, PATH_BYTES - 1);
	return path;
}

static const char *write_file(const char *name, const char *text)
{
	const char *path = at(name);
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	return path;
}

static const char *make_folder(const char *name)
{
	const char *path = at(name);

	assert_int_equal(mkdir(path, 0700), 0);
	return path;
}

static int begin(void **state)
{
	static char base[] = "https://vault.example";

	(void)snprintf(folder, sizeof(folder), "/tmp/keystile-tls-XXXXXX");
	if (ks_vault_memory_init() || vault_host_begin(state) != 0 || !mkdtemp(folder))
		return -1;
	call->target.base = base;
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static int end(void **state)
{
	(void)vault_host_end(state);
	return nftw(folder, remove_one, 4, FTW_DEPTH | FTW_PHYS);
}

static enum ks_result find(void)
{
	vault_host_forget();
	return ks_vault_tls_find(call);
}

/* What is trusted: texts that must all be in it, and nothing else; or a folder. */
static void assert_trusted(const char *ca, const char *ca_folder)
{
	assert_int_equal(find(), KS_OK);
	assert_int_equal(call->target.ca != NULL, ca != NULL);
	if (ca)
		assert_string_equal(call->target.ca, ca);
	assert_int_equal(call->target.ca_folder != NULL, ca_folder != NULL);
	if (ca_folder)
		assert_string_equal(call->target.ca_folder, ca_folder);
	assert_true(call->target.verifies);
}

static void assert_refused(const char *source, const char *reason)
{
	if (find() != KS_MISCONFIGURED || strcmp(call->failure.source, source) != 0 ||
		!strstr(call->failure.reason, reason))
		fail_msg("%s %s; not %s", call->failure.source, call->failure.reason, source);
	assert_null(call->target.ca);
	assert_null(call->target.ca_folder);
}

static void needs_nothing_without_tls(void **state)
{
	static char base[] = "http://127.0.0.1:8200";

	(void)state;
	call->target.base = base;
	vault_host_set("VAULT_SKIP_VERIFY", "perhaps");
	vault_host_set("VAULT_CACERT", "/nonexistent");
	assert_int_equal(find(), KS_OK);
	assert_null(call->target.ca);
}

static void takes_the_first_that_is_named(void **state)
{
	const char *file = write_file("file", PEM("of the option")), *system = write_file("system", PEM("of SSL"));
	const char *variable = write_file("variable", PEM("of the variable")), *authorities = make_folder("folder");

	(void)state;
	(void)write_file("folder/one", PEM("of the folder"));
	vault_host_set("SSL_CERT_FILE", system);
	assert_trusted(PEM("of SSL"), NULL);
	vault_host_set("VAULT_CAPATH", authorities);
	assert_trusted(PEM("of the folder") "\n", NULL);
	vault_host_set("VAULT_CACERT_BYTES", PEM("of bytes"));
	assert_trusted(PEM("of bytes"), NULL);
	vault_host_set("VAULT_CACERT", variable);
	assert_trusted(PEM("of the variable"), NULL);
	/* a variable that is empty says nothing */
	vault_host_set("BAO_CACERT", "");
	assert_trusted(PEM("of bytes"), NULL);
	options[KS_VAULT_CA_PATH] = authorities;
	assert_trusted(PEM("of the folder") "\n", NULL);
	options[KS_VAULT_CA_FILE] = file;
	vault_host_set("VAULT_CACERT", "/nonexistent");
	assert_trusted(PEM("of the option"), NULL);
}

static void takes_folders(void **state)
{
	const char *hashed = make_folder("hashed"), *plain = make_folder("plain");
	const char *const list = "/nonexistent:/neither";

	(void)state;
	(void)write_file("hashed/0123abcd.0", "no matter what");
	(void)write_file("plain/one", PEM("one"));
	(void)write_file("plain/.hidden", PEM("hidden"));
	(void)make_folder("plain/folder");
	options[KS_VAULT_CA_PATH] = hashed;
	assert_trusted(NULL, hashed);
	options[KS_VAULT_CA_PATH] = NULL;
	vault_host_set("SSL_CERT_DIR", hashed);
	assert_trusted(NULL, hashed);
	vault_host_set("SSL_CERT_DIR", list);
	assert_trusted(NULL, list);
	options[KS_VAULT_CA_PATH] = plain;
	assert_int_equal(find(), KS_OK);
	assert_non_null(strstr(call->target.ca, PEM("one")));
	assert_null(strstr(call->target.ca, "hidden"));
}

static void knows_names_that_are_hashed(void **state)
{
	static const struct {
		const char *name;
		bool is_hashed;
	} cases[] = {
		{"deadbeef.0", true},
		{"00000000.9", true},
		{"0123abcd.10", true},
		{"0123abc.0", false},
		{"0123abcd0.0", false},
		{"0123abcd.r0", false},
		{"0123ABCD.0", false},
		{"0123abcg.0", false},
		{"0123abcd", false},
		{"0123abcd.", false},
		{"x0123abcd.0", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char name[PATH_BYTES];

		(void)snprintf(name, sizeof(name), "folder-%zu", i);
		options[KS_VAULT_CA_PATH] = make_folder(name);
		(void)snprintf(name, sizeof(name), "folder-%zu/%s", i, cases[i].name);
		(void)write_file(name, PEM("text"));
		assert_int_equal(find(), KS_OK);
		if ((call->target.ca_folder != NULL) != cases[i].is_hashed)
			fail_msg("%s: not %d", cases[i].name, cases[i].is_hashed);
	}
}

static void refuses_what_it_cannot_trust(void **state)
{
	const char *empty = write_file("empty", ""), *words = write_file("words", "CANARY\n");
	const char *void_folder = make_folder("folder");

	(void)state;
	options[KS_VAULT_CA_FILE] = "/nonexistent/ca.pem";
	assert_refused("/nonexistent/ca.pem", "");
	options[KS_VAULT_CA_FILE] = words;
	assert_refused(words, "holds no certificate");
	options[KS_VAULT_CA_FILE] = empty;
	assert_refused(empty, "");
	options[KS_VAULT_CA_FILE] = NULL;
	options[KS_VAULT_CA_PATH] = "/nonexistent";
	assert_refused("/nonexistent", "cannot be read: No such file or directory");
	options[KS_VAULT_CA_PATH] = "certificates";
	assert_refused("certificates", "is no absolute path");
	options[KS_VAULT_CA_PATH] = words;
	assert_refused(words, "cannot be read: Not a directory");
	options[KS_VAULT_CA_PATH] = void_folder;
	assert_refused(void_folder, "holds no certificate");
	options[KS_VAULT_CA_PATH] = NULL;
	vault_host_set("VAULT_CACERT_BYTES", "x");
	assert_refused("VAULT_CACERT_BYTES", "holds no certificate");
	vault_host_set("VAULT_CACERT_BYTES", NULL);
	vault_host_set("SSL_CERT_FILE", "/etc/ssl/certs/keystile-absent.pem");
	assert_refused("/etc/ssl/certs/keystile-absent.pem", "cannot be read: No such file or directory");
	vault_host_set("BAO_CAPATH", VAULT_HOST_TOO_LONG);
	assert_refused("BAO_CAPATH", "");
}

static void bounds_a_folder(void **state)
{
	const char *authorities = make_folder("folder");

	(void)state;
	(void)write_file("folder/one", PEM("one"));
	assert_int_equal(truncate(at("folder/one"), LARGE_BYTES), 0);
	options[KS_VAULT_CA_PATH] = authorities;
	assert_int_equal(find(), KS_OK);
	(void)write_file("folder/two", PEM("two"));
	assert_int_equal(truncate(at("folder/two"), LARGE_BYTES), 0);
	assert_refused(authorities, "has a file that cannot be used: File too large");
	assert_int_equal(unlink(at("folder/two")), 0);
	assert_int_equal(symlink("/nonexistent", at("folder/two")), 0);
	assert_refused(authorities, "has a file that cannot be used: No such file or directory");
}

/* Folders in it take no room. It is the sanitizer that sees one byte too many. */
static void fills_its_room(void **state)
{
	const char *authorities = make_folder("folder");
	unsigned fitting = 0;

	(void)state;
	options[KS_VAULT_CA_PATH] = authorities;
	(void)write_file("folder/one", PEM("one"));
	(void)make_folder("folder/a");
	(void)make_folder("folder/b");
	(void)make_folder("folder/c");
	for (int bytes = MOST_BYTES - 4; bytes <= MOST_BYTES + 1; bytes++) {
		assert_int_equal(truncate(at("folder/one"), bytes), 0);
		fitting += find() == KS_OK;
	}
	assert_int_equal(fitting, 5);
	assert_string_equal(call->failure.reason, "has a file that cannot be used: File too large");
	/* nor is there any for a file that is empty */
	assert_int_equal(truncate(at("folder/one"), MOST_BYTES), 0);
	assert_int_equal(find(), KS_OK);
	(void)write_file("folder/two", "");
	(void)write_file("folder/three", "");
	assert_refused(authorities, "has a file that cannot be used: File too large");
}

static void takes_the_systems(void **state)
{
	static const char bundle[] = "/etc/ssl/certs/ca-certificates.crt";

	(void)state;
	assert_trusted(NULL, "/etc/ssl/certs");
	vault_host_set("SSL_CERT_DIR", "");
	vault_host_set("SSL_CERT_FILE", "");
	vault_host_set("VAULT_CAPATH", "");
	vault_host_set("VAULT_CACERT_BYTES", "");
	assert_trusted(NULL, "/etc/ssl/certs");
	vault_host_set("SSL_CERT_FILE", bundle);
	assert_int_equal(find(), KS_OK);
	assert_non_null(strstr(call->target.ca, "-----BEGIN CERTIFICATE-----"));
	assert_null(call->target.ca_folder);
	vault_host_set("SSL_CERT_FILE", "/etc/ssl/certs/.");
	assert_refused("/etc/ssl/certs/.", "holds no certificate");
}

/* At each allocation of the host's once. */
static void tells_that_memory_is_short(void **state)
{
	static const struct {
		enum ks_vault_option option;
		const char *name, *text;
	} cases[] = {
		{KS_VAULT_CA_FILE, "file", PEM("file")},
		{KS_VAULT_CA_PATH, "folder", NULL},
		{KS_VAULT_SERVER_NAME, "name", ""},
	};

	(void)state;
	(void)make_folder("folder");
	(void)write_file("folder/one", PEM("one"));
	vault_host_set("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt");
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum ks_result result = KS_ERROR;
		unsigned count = 0;

		memset(options, 0, sizeof(vault_host.vault.options));
		options[cases[i].option] =
			cases[i].text ? write_file(cases[i].name, cases[i].text) : at(cases[i].name);
		for (; result == KS_ERROR; count++) {
			vault_host.allocations = count;
			result = find();
			assert_true(result == KS_ERROR || result == KS_OK);
		}
		assert_in_range(count, 4, 20);
	}
}

static void verifies_unless_it_is_told_twice(void **state)
{
	static const struct {
		const char *option, *variable;
		enum ks_result result;
		bool verifies;
	} cases[] = {
		{NULL, NULL, KS_OK, true},
		{NULL, "false", KS_OK, true},
		{NULL, "true", KS_MISCONFIGURED, true},
		{NULL, "perhaps", KS_MISCONFIGURED, true},
		{"yes", "true", KS_OK, true},
		{"yes", "perhaps", KS_OK, true},
		{"environment", NULL, KS_OK, true},
		{"environment", "0", KS_OK, true},
		{"environment", "1", KS_OK, false},
		{"environment", "perhaps", KS_MISCONFIGURED, true},
		{"no", NULL, KS_OK, false},
		{"no", "false", KS_OK, false},
		{"no", "perhaps", KS_OK, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum ks_result result = KS_OK;

		options[KS_VAULT_CA_FILE] = write_file("ca", PEM("ca"));
		options[KS_VAULT_TLS_VERIFY] = cases[i].option;
		vault_host_set("VAULT_SKIP_VERIFY", cases[i].variable);
		vault_host.warnings = 0;
		result = find();
		if (result != cases[i].result || call->target.verifies != cases[i].verifies)
			fail_msg("row %zu: %d, %d", i, (int)result, call->target.verifies);
		if (result != KS_OK)
			assert_string_equal(call->failure.source, "VAULT_SKIP_VERIFY");
		/* nobody is trusted less quietly */
		assert_int_equal(vault_host.warnings, !cases[i].verifies);
		assert_int_equal(call->target.ca != NULL, result == KS_OK && cases[i].verifies);
	}
}

static void shows_both_halves_or_none(void **state)
{
	const char *cert = write_file("cert", "certificate"), *key = write_file("key", "CANARY-key");

	(void)state;
	options[KS_VAULT_CA_FILE] = write_file("ca", PEM("ca"));
	assert_int_equal(find(), KS_OK);
	assert_null(call->target.client_cert);
	assert_null(call->target.client_key);

	options[KS_VAULT_CLIENT_CERT] = cert;
	assert_int_equal(find(), KS_MISCONFIGURED);
	assert_string_equal(call->failure.source, "client-cert=");
	assert_string_equal(call->failure.reason, "is only one half: the key is missing");
	vault_host_set("VAULT_CLIENT_KEY", key);
	assert_int_equal(find(), KS_OK);
	assert_string_equal(call->target.client_cert, "certificate");
	assert_string_equal(call->target.client_key, "CANARY-key");

	/* OpenBao's texts, behind the files */
	options[KS_VAULT_CLIENT_CERT] = NULL;
	vault_host_set("BAO_CLIENT_CERT_BYTES", "bytes");
	vault_host_set("BAO_CLIENT_KEY_BYTES", "CANARY-bytes");
	assert_int_equal(find(), KS_OK);
	assert_string_equal(call->target.client_cert, "bytes");
	assert_string_equal(call->target.client_key, "CANARY-key");
	vault_host_set("VAULT_CLIENT_KEY", NULL);
	assert_int_equal(find(), KS_OK);
	assert_string_equal(call->target.client_key, "CANARY-bytes");
	vault_host_set("BAO_CLIENT_CERT_BYTES", "");
	assert_int_equal(find(), KS_MISCONFIGURED);
	assert_string_equal(call->failure.source, "BAO_CLIENT_KEY_BYTES");
	assert_string_equal(call->failure.reason, "is only one half: the certificate is missing");

	options[KS_VAULT_CLIENT_CERT] = cert;
	options[KS_VAULT_CLIENT_KEY] = "/nonexistent/key.pem";
	assert_int_equal(find(), KS_MISCONFIGURED);
	assert_string_equal(call->failure.source, "/nonexistent/key.pem");
}

static void lends_it(void **state)
{
	static const struct ks_vault_target target = {
		.ca = "ca", .ca_folder = "folder", .client_cert = "cert", .client_key = "key", .verifies = true};
	struct ks_vault_http_request request = {0};

	(void)state;
	ks_vault_tls_apply(&target, &request);
	assert_string_equal(request.ca, "ca");
	assert_string_equal(request.ca_folder, "folder");
	assert_string_equal(request.client_cert, "cert");
	assert_string_equal(request.client_key, "key");
	assert_false(request.skips_verification);
	ks_vault_tls_apply(&(struct ks_vault_target){0}, &request);
	assert_true(request.skips_verification);
	assert_null(request.ca);
}

/* What is said of Vault's server is not said of another. */
static void lends_others_the_systems(void **state)
{
	struct ks_vault_http_request request = {.url = "https://sts.example/"};

	(void)state;
	options[KS_VAULT_CA_FILE] = write_file("ca", PEM("ca"));
	options[KS_VAULT_TLS_VERIFY] = "no";
	vault_host_set("VAULT_CACERT_BYTES", PEM("bytes"));
	vault_host_set("BAO_CLIENT_CERT_BYTES", "bytes");
	vault_host_set("SSL_CERT_FILE", write_file("system", PEM("system")));
	assert_int_equal(ks_vault_tls_apply_system(call, &request), KS_OK);
	assert_string_equal(request.ca, PEM("system"));
	assert_null(request.client_cert);
	assert_false(request.skips_verification);
	vault_host_set("SSL_CERT_FILE", NULL);
	vault_host_set("SSL_CERT_DIR", "/one:/two");
	assert_int_equal(ks_vault_tls_apply_system(call, &request), KS_OK);
	assert_null(request.ca);
	assert_string_equal(request.ca_folder, "/one:/two");
	vault_host_set("SSL_CERT_FILE", "/etc/ssl/certs/keystile-absent.pem");
	assert_int_equal(ks_vault_tls_apply_system(call, &request), KS_MISCONFIGURED);
	request = (struct ks_vault_http_request){.url = "http://169.254.169.254/"};
	assert_int_equal(ks_vault_tls_apply_system(call, &request), KS_OK);
	assert_null(request.ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(needs_nothing_without_tls, begin, end),
		cmocka_unit_test_setup_teardown(takes_the_first_that_is_named, begin, end),
		cmocka_unit_test_setup_teardown(takes_folders, begin, end),
		cmocka_unit_test_setup_teardown(knows_names_that_are_hashed, begin, end),
		cmocka_unit_test_setup_teardown(refuses_what_it_cannot_trust, begin, end),
		cmocka_unit_test_setup_teardown(bounds_a_folder, begin, end),
		cmocka_unit_test_setup_teardown(fills_its_room, begin, end),
		cmocka_unit_test_setup_teardown(takes_the_systems, begin, end),
		cmocka_unit_test_setup_teardown(tells_that_memory_is_short, begin, end),
		cmocka_unit_test_setup_teardown(verifies_unless_it_is_told_twice, begin, end),
		cmocka_unit_test_setup_teardown(shows_both_halves_or_none, begin, end),
		cmocka_unit_test_setup_teardown(lends_it, begin, end),
		cmocka_unit_test_setup_teardown(lends_others_the_systems, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
