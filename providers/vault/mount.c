/* SPDX-License-Identifier: MIT */
#include "providers/vault/mount.h"

#include <string.h>

#include "providers/vault/address.h"
#include "providers/vault/login/login.h"
#include "providers/vault/memory.h"
#include "providers/vault/session.h"
#include "providers/vault/status.h"
#include "providers/vault/text.h"

void ks_vault_mount_clear(struct ks_vault_mount *mount)
{
	ks_vault_free(mount->identity);
	ks_vault_free(mount->path);
	*mount = (struct ks_vault_mount){0};
}

const char *ks_vault_mount_split(const char *path, const char *mount, size_t *ret_mount_length)
{
	size_t length = 0;

	while (mount && *mount) {
		length = strlen(mount);
		while (length > 0 && mount[length - 1] == '/')
			length--;
		if (length > 0 && strncmp(path, mount, length) == 0 && path[length] == '/') {
			*ret_mount_length = length;
			return path + length + 1;
		}
		mount = strchr(mount, '/');
		mount = mount ? mount + 1 : NULL;
	}
	return NULL;
}

/* Takes down a mount, which is in the path. */
static enum ks_result note(struct ks_vault_call *call, const char *name, int version)
{
	struct ks_vault_mount mount = {.version = version};
	const char *path = ks_vault_option(call->vault, KS_VAULT_PATH);
	size_t length = 0;

	if (name)
		(void)ks_vault_mount_split(path, name, &length);
	/* without a name it is the first part, which every secret has before it */
	mount.path = ks_vault_copy_n(path, name ? length : strcspn(path, "/"));
	mount.identity = ks_vault_identity(call, NULL);
	if (!mount.path || !mount.identity) {
		ks_vault_mount_clear(&mount);
		return ks_vault_fail_memory(call);
	}
	ks_vault_mount_clear(&call->vault->mount);
	call->vault->mount = mount;
	return KS_OK;
}

/* What the command of Vault asks first (openbao, internal/command/kv_helpers.go). */
static enum ks_result ask(
	struct ks_vault_call *call, const struct ks_vault_pass *pass, struct ks_vault_answer *answer)
{
	char *escaped = ks_vault_path_escape(ks_vault_option(call->vault, KS_VAULT_PATH));
	char *path = escaped ? ks_vault_join("sys/internal/ui/mounts/", escaped, NULL) : NULL;
	enum ks_result result = path ? ks_vault_pass_ask(call, pass, path, NULL, answer) : ks_vault_fail_memory(call);

	ks_vault_free(path);
	ks_vault_free(escaped);
	return result;
}

/* The last use of a token is for the secret, and not to try what engines were long ago. */
static bool has_one_use(const struct ks_vault_pass *pass)
{
	return pass->session && pass->session->is_limited && pass->session->uses <= 1;
}

static enum ks_result refuse(struct ks_vault_call *call, const struct ks_vault_pass *pass, const char *name)
{
	char told[KS_VAULT_SAID_MAX];

	ks_vault_scrub(told, sizeof(told), name,
		&(struct ks_vault_sent){.token = pass->token, .headers = call->target.headers});
	return ks_vault_fail(call, KS_MISCONFIGURED, ks_vault_option_name(KS_VAULT_PATH),
		"write the mount, a slash, and the secret's name in it", "does not lead into the mount %s", told);
}

static enum ks_result judge(
	struct ks_vault_call *call, const struct ks_vault_pass *pass, const struct ks_vault_answer *answer)
{
	const json_t *data = json_object_get(answer->root, "data");
	const char *name = ks_vault_string(data, "path");
	const char *version = ks_vault_string(json_object_get(data, "options"), "version");
	const char *given = ks_vault_option(call->vault, KS_VAULT_MOUNT);
	size_t length = 0;

	if (answer->status == KS_VAULT_OK && name &&
		!ks_vault_mount_split(ks_vault_option(call->vault, KS_VAULT_PATH), name, &length))
		return refuse(call, pass, name);
	if (answer->status == KS_VAULT_OK && name)
		return note(call, name, version && strcmp(version, "2") == 0 ? 2 : 1);
	/* a server that is too old to know of versions */
	if (answer->status == KS_VAULT_NOT_FOUND)
		return note(call, given, 1);
	/* one that does not tell, which is no reason to fail */
	return note(call, given, has_one_use(pass) ? 2 : 0);
}

static enum ks_result check_known(struct ks_vault_call *call, bool *ret_is_known)
{
	char *identity = ks_vault_identity(call, NULL);

	if (!identity)
		return ks_vault_fail_memory(call);
	*ret_is_known = call->vault->mount.identity && strcmp(call->vault->mount.identity, identity) == 0;
	ks_vault_free(identity);
	return KS_OK;
}

enum ks_result ks_vault_mount_find(struct ks_vault_call *call, const struct ks_vault_pass *pass)
{
	struct ks_vault *vault = call->vault;
	const char *version = ks_vault_option(vault, KS_VAULT_KV_VERSION);
	struct ks_vault_answer answer = {0};
	bool is_known = false;
	enum ks_result result = check_known(call, &is_known);

	if (result != KS_OK || is_known)
		return result;
	if (strcmp(version, "auto") != 0)
		return note(call, vault->options[KS_VAULT_MOUNT], version[0] - '0');
	if (has_one_use(pass))
		return note(call, vault->options[KS_VAULT_MOUNT], 2);
	/* a login that comes with the request lets nobody look (OpenBao 2.7), and may be good for one */
	if (pass->inline_login)
		return note(call, vault->options[KS_VAULT_MOUNT], pass->inline_login->works_once ? 2 : 0);
	result = ask(call, pass, &answer);
	if (result == KS_OK)
		result = judge(call, pass, &answer);
	ks_vault_answer_finish(&answer);
	return result;
}
