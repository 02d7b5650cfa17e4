/* SPDX-License-Identifier: MIT */
#include "core/credential.h"

#include <sha256.h>
#include <string.h>

#include "core/environment.h"
#include "core/secret.h"
#include "core/url.h"

#define WORKSPACE_HEADER "anthropic-workspace-id"
#define BETA_HEADER "anthropic-beta"

/* Text is laid out behind the record, in a block that was measured before. */
struct packer {
	char *next, *end;
	bool is_short; /* a text did not fit: it grew since, in a thread of the module's */
};

static const char *pack(struct packer *packer, const char *text, size_t length)
{
	char *copy = packer->next;

	if (length >= (size_t)(packer->end - packer->next)) {
		packer->is_short = true;
		return NULL;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	packer->next += length + 1;
	return copy;
}

static const char *pack_joined(struct packer *packer, const char *head, const char *tail)
{
	const char *text = packer->next;

	if (!pack(packer, head, strlen(head)))
		return NULL;
	packer->next--;
	return pack(packer, tail, strlen(tail)) ? text : NULL;
}

/* Room for every text once, the secret twice (a header's value may need a prefix), and what headers add. */
static size_t measure(const struct ks_delivery *delivery, const char *module)
{
	enum {
		HEADERS = 256
	};
	size_t size = sizeof(struct ks_credential) + sizeof(struct ks_fingerprint) + HEADERS + strlen(module) + 1 +
		      strlen(delivery->source) + 1;
	const char *base = (const char *)delivery->attributes;
	const struct ks_attribute *attribute = NULL;

	size += 2 * (delivery->secret_length + 1);
	if (delivery->base_url)
		size += strlen(delivery->base_url) + 1;
	for (uint32_t i = 0; i < delivery->attribute_count; i++) {
		attribute = (const void *)(base + (size_t)i * delivery->attribute_stride);
		size += strlen(attribute->name) + 1 + 2 * (strlen(attribute->value) + 1);
	}
	return size;
}

static void add(struct ks_pair *pairs, unsigned *count, const char *name, const char *value)
{
	pairs[*count] = (struct ks_pair){.name = name, .value = value};
	*count += 1;
}

/* What goes to the API: the credential itself, and what must go with it. */
static void set_headers(struct ks_credential *credential, struct packer *packer)
{
	const struct ks_kind_rule *rule = credential->rule;
	const char *workspace = ks_credential_attribute(credential, KS_ATTRIBUTE_WORKSPACE);

	if (!rule->header || !(credential->transports & KS_TRANSPORT_API))
		return;
	add(credential->headers, &credential->header_count, rule->header,
		pack_joined(packer, rule->header_prefix, credential->secret));
	if (rule->beta)
		add(credential->headers, &credential->header_count, BETA_HEADER, rule->beta);
	if (workspace && rule->kind == KS_KIND_API_KEY)
		add(credential->headers, &credential->header_count, WORKSPACE_HEADER, workspace);
}

/*
 * What a program finds in its environment. Headers go without a blank behind the colon, which claude and the SDKs
 * read as well (observed), so that every value is one plain word.
 */
static void set_variables(struct ks_credential *credential, struct packer *packer)
{
	const struct ks_kind_rule *rule = credential->rule;
	const char *workspace = ks_credential_attribute(credential, KS_ATTRIBUTE_WORKSPACE);
	const char *config_dir = ks_credential_attribute(credential, KS_ATTRIBUTE_CONFIG_DIR);

	if (rule->variable)
		add(credential->variables, &credential->variable_count, rule->variable, credential->secret);
	if (credential->base_url)
		add(credential->variables, &credential->variable_count, "ANTHROPIC_BASE_URL", credential->base_url);
	if (rule->beta)
		add(credential->variables, &credential->variable_count, "ANTHROPIC_CUSTOM_HEADERS",
			pack_joined(packer, BETA_HEADER ":", rule->beta));
	else if (workspace && rule->kind == KS_KIND_API_KEY)
		add(credential->variables, &credential->variable_count, "ANTHROPIC_CUSTOM_HEADERS",
			pack_joined(packer, WORKSPACE_HEADER ":", workspace));
	/* last, for without a value it is to be unset: the login that was looked at is the one that is used */
	if (config_dir || rule->kind == KS_KIND_STORED_LOGIN)
		add(credential->variables, &credential->variable_count, "CLAUDE_CONFIG_DIR", config_dir);
}

static void set_fingerprint(const struct ks_credential *credential)
{
	char digest[SHA256_DIGEST_STRING_LENGTH];

	if (SHA256Data((const uint8_t *)credential->secret, credential->secret_length, digest))
		memcpy(credential->fingerprint->digits, digest, KS_FINGERPRINT_DIGITS);
	ks_wipe(digest, sizeof(digest));
}

struct ks_credential *ks_credential_new(
	const struct ks_delivery *delivery, const char *module, uint32_t transports, enum ks_transport transport)
{
	size_t size = measure(delivery, module);
	struct ks_credential *credential = ks_secret_alloc(size);
	const char *base = (const char *)delivery->attributes;
	const struct ks_attribute *attribute = NULL;
	struct packer packer;

	if (!credential)
		return NULL;
	credential->fingerprint = (struct ks_fingerprint *)(credential + 1);
	packer.next = (char *)(credential->fingerprint + 1);
	packer.end = (char *)credential + size;
	packer.is_short = false;
	credential->rule = ks_kind_rule(delivery->kind);
	credential->transport = transport;
	credential->transports = transports;
	credential->payer = delivery->base_url ? credential->rule->payer_bound : credential->rule->payer;
	credential->expires_at = delivery->expires_at;
	credential->refresh_at = delivery->refresh_at;
	credential->source = pack(&packer, delivery->source, strlen(delivery->source));
	credential->module = pack(&packer, module, strlen(module));
	if (delivery->secret) {
		credential->secret = pack(&packer, delivery->secret, delivery->secret_length);
		credential->secret_length = delivery->secret_length;
	}
	if (delivery->base_url)
		credential->base_url = pack(&packer, delivery->base_url, strlen(delivery->base_url));
	for (uint32_t i = 0; i < delivery->attribute_count; i++) {
		attribute = (const void *)(base + (size_t)i * delivery->attribute_stride);
		add(credential->attributes, &credential->attribute_count,
			pack(&packer, attribute->name, strlen(attribute->name)),
			pack(&packer, attribute->value, strlen(attribute->value)));
	}
	set_headers(credential, &packer);
	set_variables(credential, &packer);
	/* without its base URL it would not be bound */
	return packer.is_short ? ks_credential_free(credential) : credential;
}

struct ks_credential *ks_credential_free(struct ks_credential *credential)
{
	return ks_secret_free(credential);
}

/* A credential is wiped in a child of fork, as all secret memory is: there it is as good as none. */
static bool has_content(const struct ks_credential *credential)
{
	return credential && credential->rule;
}

enum ks_kind ks_credential_kind(const struct ks_credential *credential)
{
	return has_content(credential) ? credential->rule->kind : (enum ks_kind)0;
}

enum ks_transport ks_credential_transport(const struct ks_credential *credential)
{
	return has_content(credential) ? credential->transport : (enum ks_transport)0;
}

uint32_t ks_credential_transports(const struct ks_credential *credential)
{
	return has_content(credential) ? credential->transports : 0;
}

enum ks_payer ks_credential_payer(const struct ks_credential *credential)
{
	return has_content(credential) ? credential->payer : (enum ks_payer)0;
}

const char *ks_credential_secret(const struct ks_credential *credential, size_t *ret_length)
{
	if (ret_length)
		*ret_length = has_content(credential) ? credential->secret_length : 0;
	return has_content(credential) ? credential->secret : NULL;
}

const char *ks_credential_source(const struct ks_credential *credential)
{
	return has_content(credential) ? credential->source : NULL;
}

const char *ks_credential_module(const struct ks_credential *credential)
{
	return has_content(credential) ? credential->module : NULL;
}

const char *ks_credential_base_url(const struct ks_credential *credential)
{
	return has_content(credential) ? credential->base_url : NULL;
}

const char *ks_credential_fingerprint(const struct ks_credential *credential)
{
	if (!has_content(credential) || !credential->secret || credential->secret_length < KS_FINGERPRINT_SECRET_MIN)
		return NULL;
	/* not before: it takes longer than all else of a warm request, and few ask */
	(void)pthread_mutex_lock(&credential->fingerprint->lock);
	if (!credential->fingerprint->digits[0])
		set_fingerprint(credential);
	(void)pthread_mutex_unlock(&credential->fingerprint->lock);
	return credential->fingerprint->digits;
}

int64_t ks_credential_expires_at(const struct ks_credential *credential)
{
	return has_content(credential) ? credential->expires_at : 0;
}

int64_t ks_credential_refresh_at(const struct ks_credential *credential)
{
	return has_content(credential) ? credential->refresh_at : 0;
}

static int pair_at(const struct ks_pair *pairs, unsigned count, unsigned index, struct ks_pair *ret_pair)
{
	if (index >= count)
		return 0;
	*ret_pair = pairs[index];
	return 1;
}

const char *ks_credential_attribute(const struct ks_credential *credential, const char *name)
{
	for (unsigned i = 0; has_content(credential) && i < credential->attribute_count; i++) {
		if (strcmp(credential->attributes[i].name, name) == 0)
			return credential->attributes[i].value;
	}
	return NULL;
}

int ks_credential_attribute_at(const struct ks_credential *credential, unsigned index, struct ks_pair *ret_pair)
{
	return has_content(credential) ? pair_at(credential->attributes, credential->attribute_count, index, ret_pair)
				       : 0;
}

int ks_credential_header_at(const struct ks_credential *credential, unsigned index, struct ks_pair *ret_pair)
{
	return has_content(credential) ? pair_at(credential->headers, credential->header_count, index, ret_pair) : 0;
}

static bool is_set(const struct ks_credential *credential, const char *name)
{
	for (unsigned i = 0; i < credential->variable_count; i++) {
		if (strcmp(credential->variables[i].name, name) == 0)
			return true;
	}
	return false;
}

int ks_credential_environment_at(const struct ks_credential *credential, unsigned index, struct ks_pair *ret_pair)
{
	const struct ks_variable *variable = NULL;

	if (!has_content(credential))
		return 0;
	if (pair_at(credential->variables, credential->variable_count, index, ret_pair))
		return 1;
	index -= credential->variable_count;
	for (unsigned i = 0; (variable = ks_variable_at(i)); i++) {
		if (is_set(credential, variable->name) || index-- > 0)
			continue;
		*ret_pair = (struct ks_pair){.name = variable->name};
		return 1;
	}
	return 0;
}

int ks_credential_permits_url(const struct ks_credential *credential, const char *url)
{
	if (!has_content(credential) || !(credential->transports & KS_TRANSPORT_API))
		return 0;
	return ks_url_equal(url, credential->base_url ? credential->base_url : KS_URL_FIRST_PARTY);
}
