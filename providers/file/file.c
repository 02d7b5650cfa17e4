/* SPDX-License-Identifier: MIT */
/*
 * file.so: an API key or a gateway's token in a file, which holds nothing else, or variables, or JSON.
 */
#include "providers/support/file.h"

#include <errno.h>
#include <keystile/provider.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "providers/file/dotenv.h"
#include "providers/file/field.h"
#include "providers/support/json-file.h"
#include "providers/support/key.h"
#include "providers/support/variable.h"

#define OPTIONS(X)                                                                                                   \
	X("path", PATH, OPTIONAL, "", "the file")                                                                    \
	X("credential", NAME, OPTIONAL, "", "the systemd credential to read instead of a path")                      \
	X("format", CHOICE, OPTIONAL, "plain|dotenv|json", "what the file is: the secret alone, variables, or JSON") \
	X("field", STRING, OPTIONAL, "", "where in it the secret is: a variable, a member, or a JSON pointer")       \
	X("kind", CHOICE, OPTIONAL, KS_KEY_KIND_WORDS, "what the secret is")                                         \
	X("base-url", URL, OPTIONAL, "", "the only base URL the credential may be sent to")                          \
	X("base-url-field", STRING, OPTIONAL, "", "where in the file that URL is, where it is there")                \
	X("workspace", NAME, OPTIONAL, "", "the workspace an identity-linked API key is used in")                    \
	X("trust", CHOICE, OPTIONAL, KS_FILE_TRUST_WORDS, "who may read the file")
#define ENVIRONMENT(X) X(DIRECTORY)

#define DIRECTORY "CREDENTIALS_DIRECTORY" /* systemd.exec(5) */

/* In the order of OPTIONS. */
enum option {
	PATH,
	CREDENTIAL,
	FORMAT,
	FIELD,
	KIND,
	BASE_URL,
	BASE_URL_FIELD,
	WORKSPACE,
	TRUST
};

enum format {
	FORMAT_PLAIN,
	FORMAT_DOTENV,
	FORMAT_JSON
};

enum {
	REASON_MAX = 192,
	SHOWN_MAX = 96 /* bytes of a field's name in a reason */
};

struct file {
	struct ks_key key;
	const char *path, *credential;
	enum format format;
	const char *field, *base_url_field;
	bool needs_url; /* the entry names the field: then it must be there */
	int trust;
};

static enum format format_of(const char *word)
{
	if (word && strcmp(word, "dotenv") == 0)
		return FORMAT_DOTENV;
	return word && strcmp(word, "json") == 0 ? FORMAT_JSON : FORMAT_PLAIN;
}

/* What is wrong with the place of the file; NULL for nothing. */
static const char *check_place(
	const struct file *file, const struct ks_setting *settings, uint32_t stride, enum option *ret_option)
{
	*ret_option = PATH;
	if (!file->path && !file->credential)
		return "is needed, or credential=";
	if (file->path && file->credential)
		return "cannot be given beside credential=";
	*ret_option = TRUST;
	return file->credential && KS_SETTING(settings, stride, TRUST) ? "is for path= alone" : NULL;
}

/* What is wrong with a place in the file; NULL for nothing. */
static const char *check_field(enum format format, const char *field)
{
	switch (format) {
	case FORMAT_PLAIN:
		return field ? "is for format=dotenv and format=json" : NULL;
	case FORMAT_DOTENV:
		return !field || ks_dotenv_is_name(field) ? NULL : "is no variable's name";
	case FORMAT_JSON:
		return !field || ks_field_check(field) ? NULL : "is no JSON pointer: behind ~ stands 0 or 1";
	default:
		return "is for a format that is not known";
	}
}

/* The names that claude and the SDKs know, which the writers of such files use. */
static void set_usual_names(struct file *file)
{
	if (file->format != FORMAT_DOTENV)
		return;
	if (!file->field)
		file->field = file->key.kind == KS_KIND_API_KEY ? "ANTHROPIC_API_KEY" : "ANTHROPIC_AUTH_TOKEN";
	if (!file->base_url_field && !file->key.base_url && strcmp(file->field, "ANTHROPIC_BASE_URL") != 0)
		file->base_url_field = "ANTHROPIC_BASE_URL";
}

static const char *check_fields(const struct file *file, enum option *ret_option)
{
	const char *misfit = check_field(file->format, file->field);

	*ret_option = FIELD;
	if (misfit)
		return misfit;
	if (file->format == FORMAT_JSON && !file->field)
		return "is needed for format=json";
	*ret_option = BASE_URL_FIELD;
	if (file->base_url_field && file->key.base_url)
		return "cannot be given beside base-url=";
	if (file->base_url_field && file->field && strcmp(file->base_url_field, file->field) == 0)
		return "is where the secret is";
	return check_field(file->format, file->base_url_field);
}

static int open_file(const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	struct file *file = calloc(1, sizeof(*file));
	enum option option = WORKSPACE;
	const char *misfit = NULL;

	if (!file)
		return KS_ERROR;
	file->path = KS_SETTING(settings, stride, PATH);
	file->credential = KS_SETTING(settings, stride, CREDENTIAL);
	file->format = format_of(KS_SETTING(settings, stride, FORMAT));
	file->field = KS_SETTING(settings, stride, FIELD);
	file->base_url_field = KS_SETTING(settings, stride, BASE_URL_FIELD);
	file->needs_url = file->base_url_field != NULL;
	file->trust = file->credential ? KS_TRUST_SYSTEMD : ks_file_trust(KS_SETTING(settings, stride, TRUST));
	misfit = ks_key_init(&file->key, KS_SETTING(settings, stride, KIND), KS_SETTING(settings, stride, BASE_URL),
		KS_SETTING(settings, stride, WORKSPACE));
	set_usual_names(file);
	if (!misfit)
		misfit = check_place(file, settings, stride, &option);
	if (!misfit)
		misfit = check_fields(file, &option);
	if (misfit) {
		free(file);
		return host->bad_option(host, option, misfit);
	}
	*ret_state = file;
	return KS_OK;
}

static void close_file(void *state)
{
	free(state);
}

static int deliver_plain(const struct file *file, const struct ks_host *host, const char *path)
{
	struct ks_file read = {0};
	int result = ks_file_read(host, path, file->trust, KS_FILE_SECRET_MAX, &read);

	if (result != KS_OK)
		return host->fail(host, result, path, read.reason, read.remedy);
	return ks_key_deliver(&file->key, host, read.text, read.length, path, NULL);
}

/* Says what is wrong with a field. Its name stands in the configuration: it is no secret. */
static int fail_field(const struct ks_host *host, int result, const char *path, const char *field, const char *what)
{
	char reason[REASON_MAX];

	(void)snprintf(reason, sizeof(reason), "has %s '%.*s'", what, SHOWN_MAX, field);
	return host->fail(host, result, path, reason, "correct the file, or field= and base-url-field= on the entry");
}

static int deliver_dotenv(const struct file *file, const struct ks_host *host, const char *path)
{
	struct ks_dotenv_variable variables[] = {{.name = file->field}, {.name = file->base_url_field}};
	struct ks_dotenv_fault fault = {0};
	struct ks_file read = {0};
	int result = ks_file_read(host, path, file->trust, KS_FILE_MAX, &read);
	char reason[REASON_MAX];

	if (result != KS_OK)
		return host->fail(host, result, path, read.reason, read.remedy);
	if (ks_dotenv_read(read.text, read.length, variables, file->base_url_field ? 2 : 1, &fault) < 0) {
		(void)snprintf(reason, sizeof(reason), "cannot be used: line %u %s", fault.line, fault.reason);
		return host->fail(host, KS_INVALID, path, reason, "correct that line");
	}
	if (!variables[0].value)
		return fail_field(host, KS_NOT_CONFIGURED, path, file->field, "no variable");
	if (variables[0].length == 0)
		return fail_field(host, KS_NOT_CONFIGURED, path, file->field, "an empty variable");
	if (file->needs_url && (!variables[1].value || variables[1].length == 0))
		return fail_field(host, KS_INVALID, path, file->base_url_field, "no URL in variable");
	return ks_key_deliver(&file->key, host, variables[0].value, variables[0].length, path,
		variables[1].value && variables[1].length > 0 ? variables[1].value : NULL);
}

/* A string of the document. Returns KS_OK, or what its absence means and, in *ret_what, what is there instead. */
static int read_field(const struct ks_json *json, const char *field, const char **ret_text, size_t *ret_length,
	const char **ret_what)
{
	const ks_json_ref ref = ks_field_find(json, field);
	size_t length = 0;
	const char *text = ks_json_string(json, ref, &length);

	if (ref < 0) {
		*ret_what = "no field";
		return KS_NOT_CONFIGURED;
	}
	if (ks_json_is_null(json, ref) || (text && length == 0)) {
		*ret_what = "an empty field";
		return KS_NOT_CONFIGURED;
	}
	if (!text) {
		*ret_what = "something else than text in the field";
		return KS_INVALID;
	}
	*ret_text = text;
	*ret_length = length;
	return KS_OK;
}

static int deliver_json(const struct file *file, const struct ks_host *host, const char *path)
{
	struct ks_json_file read = {0};
	int result = ks_json_file_read(host, path, file->trust, 0, &read);
	const char *secret = NULL, *base_url = NULL, *what = NULL;
	size_t length = 0, base_url_length = 0;

	if (result != KS_OK)
		return host->fail(host, result, path, read.file.reason, read.file.remedy);
	if (!ks_json_is_object(&read.json, 0) && !ks_json_is_array(&read.json, 0))
		return host->fail(
			host, KS_INVALID, path, "is JSON, but neither an object nor an array", "correct the file");
	result = read_field(&read.json, file->field, &secret, &length, &what);
	if (result != KS_OK)
		return fail_field(host, result, path, file->field, what);
	if (file->base_url_field &&
		read_field(&read.json, file->base_url_field, &base_url, &base_url_length, &what) != KS_OK)
		return fail_field(host, KS_INVALID, path, file->base_url_field, what);
	return ks_key_deliver(&file->key, host, secret, length, path, base_url);
}

/* Finds systemd's credential. Returns KS_OK and *ret_path, or what host->fail() returned. */
static int find_credential(const struct file *file, const struct ks_host *host, const char **ret_path)
{
	int error = 0;
	const char *reason = NULL, *folder = ks_variable_value(host, DIRECTORY, &error, &reason);
	size_t size = 0;
	char *path = NULL;

	if (error == -EMSGSIZE)
		return ks_variable_refuse_long(host, DIRECTORY);
	if (!folder)
		return host->fail(host, KS_NOT_CONFIGURED, DIRECTORY, reason ? reason : "is not set",
			reason ? "use path= instead of credential=" : "run it as a service with LoadCredential=");
	if (folder[0] != '/')
		return host->fail(host, KS_INVALID, DIRECTORY, "does not name an absolute path",
			"let systemd set it, with LoadCredential=");
	size = strlen(folder) + strlen(file->credential) + 2;
	path = host->secret_alloc(host, size);
	if (!path)
		return host->fail(
			host, KS_ERROR, DIRECTORY, "cannot be used: out of memory", "free some, and try again");
	(void)snprintf(path, size, "%s/%s", folder, file->credential);
	*ret_path = path;
	return KS_OK;
}

/* The same for a file of its own. */
static int find_file(const struct file *file, const struct ks_host *host, const char **ret_path)
{
	const char *reason = NULL;
	int r = host->full_path(host, file->path, ret_path, &reason);

	if (r == 0)
		return KS_OK;
	return host->fail(host, ks_file_result(r), file->path, reason, NULL);
}

static int resolve_file(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	const struct file *file = state;
	const char *path = NULL;
	int r = file->credential ? find_credential(file, host, &path) : find_file(file, host, &path);

	(void)request;
	if (r != KS_OK)
		return r;
	switch (file->format) {
	case FORMAT_PLAIN:
		return deliver_plain(file, host, path);
	case FORMAT_DOTENV:
		return deliver_dotenv(file, host, path);
	case FORMAT_JSON:
		return deliver_json(file, host, path);
	default:
		return host->fail(host, KS_ERROR, path, "is of a format that is not known", "");
	}
}

KS_PROVIDER("file", "1.0.0", "a file: plain, of variables, of JSON, or a systemd credential", KS_PROVIDER_REENTRANT,
	KS_TRANSPORT_API | KS_TRANSPORT_CLI, KS_KIND_API_KEY | KS_KIND_GATEWAY_TOKEN, OPTIONS, ENVIRONMENT, open_file,
	resolve_file, close_file)
