/* SPDX-License-Identifier: MIT */
/*
 * credentials-file.so: the login of the user's own claude, as a handle. The file is looked at and left as it is: only
 * claude renews, writes and locks it. The tokens in it are in secret memory, and never leave this module.
 */
#include <errno.h>
#include <keystile/provider.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "providers/credentials-file/login.h"
#include "providers/support/json-file.h"
#include "providers/support/variable.h"

#define DEFAULT_FOLDER "~/.claude"
#define FOLDER_VARIABLE "CLAUDE_CONFIG_DIR"
#define STORE_VARIABLE                                                                                               \
	"CLAUDE_SECURESTORAGE_CONFIG_DIR" /* moves the login alone, and outranks the other (observed) */
#define FILE_NAME ".credentials.json"
#define LOG_IN "run claude auth login"
#define KEEP_PRIVATE "let it be a plain file with mode 0600, of the user whose login it is, and ask as that user"

#define OPTIONS(X)                                                                                                   \
	X("config-dir", PATH, OPTIONAL, DEFAULT_FOLDER, "the folder of claude's that the login is in")               \
	X("trust", CHOICE, OPTIONAL, KS_FILE_TRUST_WORDS, "who may read the file")
#define ENVIRONMENT(X)                                                                                               \
	X(FOLDER_VARIABLE)                                                                                           \
	X(STORE_VARIABLE)

/* In the order of OPTIONS. */
enum option {
	CONFIG_DIR,
	TRUST
};

enum {
	REASON_MAX = 192,
	ATTRIBUTES = 2,
	SKEW_S = 10 /* a login that ends within these seconds would end on its way, as any credential */
};

struct credentials_file {
	const char *config_dir;
	int trust;
};

/* Where a login is looked for. */
struct place {
	const char *folder;     /* the file is in */
	const char *config_dir; /* what the program must find in CLAUDE_CONFIG_DIR; NULL for nothing */
	const char *path;
	char remedy[KS_REMEDY_MAX]; /* how to get a login there */
};

static int open_credentials_file(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	struct credentials_file *file = calloc(1, sizeof(*file));

	(void)host;
	if (!file)
		return KS_ERROR;
	file->config_dir = KS_SETTING(settings, stride, CONFIG_DIR);
	file->trust = ks_file_trust(KS_SETTING(settings, stride, TRUST));
	*ret_state = file;
	return KS_OK;
}

static void close_credentials_file(void *state)
{
	free(state);
}

/* Whether two paths are the same text, but for slashes at the end. */
static bool is_same_path(const char *one, const char *other)
{
	const size_t length = strlen(one) > strlen(other) ? strlen(other) : strlen(one);

	return strncmp(one, other, length) == 0 && strspn(one + length, "/") == strlen(one + length) &&
	       strspn(other + length, "/") == strlen(other + length);
}

/*
 * The folder that the entry names. A variable that would lead claude to another login spoils it. The usual folder is
 * best named by no variable: claude keeps its state beside it then, and else inside (observed).
 */
static int choose_named(const struct credentials_file *file, const struct ks_host *host, struct place *place)
{
	const char *reason = NULL, *store = NULL, *usual = NULL;
	int r = host->full_path(host, file->config_dir, &place->folder, &reason);

	if (r < 0)
		return host->fail(host, ks_file_result(r), file->config_dir, reason, NULL);
	if (host->full_path(host, DEFAULT_FOLDER, &usual, &reason) < 0)
		usual = NULL;
	r = host->getenv(host, STORE_VARIABLE, &store);
	if (r == -EPERM)
		return host->fail(host, KS_NOT_CONFIGURED, STORE_VARIABLE, store, "use a setup-token in a file");
	if (r == -EMSGSIZE)
		return ks_variable_refuse_long(host, STORE_VARIABLE);
	if (r == 0 && !store[0] && usual)
		store = usual;
	if (r == 0 && !is_same_path(store, place->folder))
		return host->fail(host, KS_INVALID, STORE_VARIABLE,
			"is set, and would give claude another login than that of config-dir=", "unset it");
	(void)snprintf(place->remedy, sizeof(place->remedy), LOG_IN " without " FOLDER_VARIABLE);
	if (usual && is_same_path(place->folder, usual))
		return KS_OK;
	place->config_dir = place->folder;
	(void)snprintf(
		place->remedy, sizeof(place->remedy), LOG_IN " with " FOLDER_VARIABLE " set to %s", place->folder);
	return KS_OK;
}

/* Reads one of claude's own variables. Returns KS_OK, with NULL for one that is not set, or what host->fail() did. */
static int read_folder(const struct ks_host *host, const char *name, const char **ret_folder)
{
	const char *value = NULL;
	int r = host->getenv(host, name, &value);

	if (r == -EPERM)
		return host->fail(
			host, KS_NOT_CONFIGURED, name, value, "name the folder with config-dir= on the entry");
	if (r == -EMSGSIZE)
		return ks_variable_refuse_long(host, name);
	if (r == 0 && value[0] && value[0] != '/')
		return host->fail(
			host, KS_INVALID, name, "does not name an absolute path", "write the path from the root on");
	*ret_folder = r == 0 ? value : NULL;
	return KS_OK;
}

/* The folder that claude itself would choose; but an empty CLAUDE_CONFIG_DIR counts as none, and exec removes it. */
static int choose_as_claude_does(const struct ks_host *host, struct place *place)
{
	const char *store = NULL, *folder = NULL;
	int r = read_folder(host, FOLDER_VARIABLE, &folder);

	if (r == KS_OK)
		r = read_folder(host, STORE_VARIABLE, &store);
	if (r != KS_OK)
		return r;
	(void)snprintf(place->remedy, sizeof(place->remedy), LOG_IN);
	place->config_dir = folder && folder[0] ? folder : NULL;
	place->folder = store ? store : place->config_dir;
	if (!place->folder || !place->folder[0])
		place->folder = DEFAULT_FOLDER;
	return KS_OK;
}

/*
 * Whether a path has what Unicode's form C may write in another way, as claude does (observed): a combining mark
 * (U+0300 to U+036F) or a part of a Korean syllable (U+1100 to U+11FF).
 */
static bool has_combining(const char *path)
{
	for (const unsigned char *at = (const unsigned char *)path; *at; at++)
		if (at[0] == 0xcc || (at[0] == 0xcd && at[1] < 0xb0) ||
			(at[0] == 0xe1 && at[1] >= 0x84 && at[1] <= 0x87))
			return true;
	return false;
}

/* Returns KS_OK and *ret_place, or what host->fail() returned. */
static int choose_place(const struct credentials_file *file, const struct ks_host *host, struct place *ret_place)
{
	int r = file->config_dir ? choose_named(file, host, ret_place) : choose_as_claude_does(host, ret_place);
	const char *reason = NULL;
	size_t size = 0;
	char *path = NULL;

	if (r != KS_OK)
		return r;
	size = strlen(ret_place->folder) + sizeof("/" FILE_NAME);
	path = host->secret_alloc(host, size);
	if (!path)
		return host->fail(host, KS_ERROR, ret_place->folder, "cannot be used: out of memory",
			"free some, and try again");
	(void)snprintf(path, size, "%s/" FILE_NAME, ret_place->folder);
	r = host->full_path(host, path, &ret_place->path, &reason);
	if (r < 0)
		return host->fail(host, ks_file_result(r), path, reason, NULL);
	if (has_combining(ret_place->path))
		return host->fail(host, KS_INVALID, ret_place->path,
			"is written with combining characters, and claude would take another folder for it",
			"give the folder another name");
	return KS_OK;
}

static int fail_file(const struct ks_host *host, const struct place *place, int result, const struct ks_file *file)
{
	switch (result) {
	case KS_UNAVAILABLE: /* claude is at it */
		return host->fail(host, result, place->path, file->reason, "try again");
	case KS_NOT_CONFIGURED:
		return host->fail(host, result, place->path, file->reason, place->remedy);
	case KS_INVALID: /* no command for the file: given to another user, its owner would be logged out */
		return host->fail(
			host, result, place->path, file->reason, file->remedy ? place->remedy : KEEP_PRIVATE);
	default:
		return host->fail(host, result, place->path, file->reason, file->remedy);
	}
}

static int fail_login(const struct ks_host *host, const struct place *place, const struct ks_login *login)
{
	int result = KS_INVALID;
	const char *reason = NULL;
	char text[REASON_MAX];

	switch (login->state) {
	case KS_LOGIN_NONE:
		result = KS_NOT_CONFIGURED;
		reason = "holds no login";
		break;
	case KS_LOGIN_MALFORMED:
		(void)snprintf(text, sizeof(text), "is not what claude writes: %s is of another form", login->member);
		reason = text;
		break;
	case KS_LOGIN_NO_SCOPE:
		reason = "holds a login that may not send messages: it has no scope user:inference";
		break;
	case KS_LOGIN_EXPIRED:
		result = KS_EXPIRED;
		reason = "holds a login that has expired, and no refresh token with which claude could renew it";
		break;
	case KS_LOGIN_ENDED:
		result = KS_EXPIRED;
		reason = "holds a login that has expired, and so has its refresh token";
		break;
	case KS_LOGIN_GOOD:
	default:
		return host->fail(host, KS_ERROR, place->path, "came to an end that is not known", "");
	}
	return host->fail(host, result, place->path, reason, place->remedy);
}

static int deliver(const struct ks_host *host, const struct place *place, const struct ks_login *login)
{
	struct ks_attribute attributes[ATTRIBUTES];
	struct ks_delivery delivery = {
		.size = sizeof(delivery),
		.kind = KS_KIND_STORED_LOGIN,
		.transports = KS_TRANSPORT_CLI,
		.attributes = attributes,
		.attribute_stride = sizeof(attributes[0]),
		.expires_at = login->expires_at,
		.refresh_at = login->refresh_at,
		.source = place->path,
	};

	if (place->config_dir)
		attributes[delivery.attribute_count++] =
			(struct ks_attribute){KS_ATTRIBUTE_CONFIG_DIR, place->config_dir};
	if (login->plan[0])
		attributes[delivery.attribute_count++] = (struct ks_attribute){"plan", login->plan};
	return host->deliver(host, &delivery);
}

static int resolve_credentials_file(
	void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	const struct credentials_file *file = state;
	struct ks_json_file read = {0};
	struct place place = {0};
	struct ks_login login = {0};
	int result = KS_OK;
	int r = choose_place(file, host, &place);

	(void)request;
	if (r != KS_OK)
		return r;
	result = ks_json_file_read(host, place.path, file->trust, KS_JSON_LENIENT, &read);
	if (result != KS_OK)
		return fail_file(host, &place, result, &read.file);
	ks_login_read(&read.json, time(NULL) + SKEW_S, &login);
	return login.state == KS_LOGIN_GOOD ? deliver(host, &place, &login) : fail_login(host, &place, &login);
}

KS_PROVIDER("credentials-file", "1.0.0", "the stored login of the user's own claude", KS_PROVIDER_REENTRANT,
	KS_TRANSPORT_CLI, KS_KIND_STORED_LOGIN, OPTIONS, ENVIRONMENT, open_credentials_file, resolve_credentials_file,
	close_credentials_file)
