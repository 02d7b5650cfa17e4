/* SPDX-License-Identifier: MIT */
#include "providers/vault/login/sigv4.h"

#include <sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define KEY_BEGINS "AWS4"
#define SCOPE_ENDS "aws4_request"

enum {
	DAY_LENGTH = sizeof("20150830") - 1,
	INNER = 0x36, /* RFC 2104 */
	OUTER = 0x5c,
	TEXT_MAX = 512 /* of what is signed: names of a region and a service, and a digest */
};

struct digest {
	uint8_t bytes[SHA256_DIGEST_LENGTH];
};

static void add(SHA2_CTX *hash, const char *text)
{
	SHA256Update(hash, (const uint8_t *)text, strlen(text));
}

static void finish(SHA2_CTX *hash, struct digest *digest)
{
	SHA256Final(digest->bytes, hash);
	explicit_bzero(hash, sizeof(*hash));
}

static void write_hex(const struct digest *digest, char text[KS_VAULT_SIGV4_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char *end = text;

	for (size_t i = 0; i < sizeof(digest->bytes); i++) {
		*end++ = digits[digest->bytes[i] >> 4];
		*end++ = digits[digest->bytes[i] & 15];
	}
	*end = '\0';
}

/* HMAC-SHA256 (RFC 2104). `ret_digest` may be the key. */
static void authenticate(
	const uint8_t *key, size_t key_length, const char *text, size_t length, struct digest *ret_digest)
{
	uint8_t block[SHA256_BLOCK_LENGTH] = {0};
	struct digest inner;
	SHA2_CTX hash;

	if (key_length > sizeof(block)) {
		SHA256Init(&hash);
		SHA256Update(&hash, key, key_length);
		finish(&hash, &inner);
		memcpy(block, inner.bytes, sizeof(inner.bytes));
	} else {
		memcpy(block, key, key_length);
	}
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= INNER;
	SHA256Init(&hash);
	SHA256Update(&hash, block, sizeof(block));
	SHA256Update(&hash, (const uint8_t *)text, length);
	finish(&hash, &inner);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= INNER ^ OUTER;
	SHA256Init(&hash);
	SHA256Update(&hash, block, sizeof(block));
	SHA256Update(&hash, inner.bytes, sizeof(inner.bytes));
	finish(&hash, ret_digest);
	explicit_bzero(block, sizeof(block));
	explicit_bzero(&inner, sizeof(inner));
}

static void derive(struct digest *key, const char *text, size_t length)
{
	authenticate(key->bytes, sizeof(key->bytes), text, length, key);
}

/* The key for this day, region and service. */
static void make_key(const struct ks_vault_sigv4 *request, struct digest *key)
{
	char first[sizeof(KEY_BEGINS) + KS_VAULT_SIGV4_KEY_MAX] = KEY_BEGINS;
	const size_t size = strnlen(request->secret_key, KS_VAULT_SIGV4_KEY_MAX);

	memcpy(first + sizeof(KEY_BEGINS) - 1, request->secret_key, size);
	authenticate((const uint8_t *)first, sizeof(KEY_BEGINS) - 1 + size, request->date, DAY_LENGTH, key);
	derive(key, request->region, strlen(request->region));
	derive(key, request->service, strlen(request->service));
	derive(key, SCOPE_ENDS, sizeof(SCOPE_ENDS) - 1);
	explicit_bzero(first, sizeof(first));
}

/* What is signed of the request itself. */
static void digest_request(
	const struct ks_vault_sigv4 *request, const char *names, char ret_digest[KS_VAULT_SIGV4_SIZE])
{
	char body[KS_VAULT_SIGV4_SIZE];
	struct digest digest;
	SHA2_CTX hash;

	SHA256Init(&hash);
	add(&hash, request->body);
	finish(&hash, &digest);
	write_hex(&digest, body);
	SHA256Init(&hash);
	add(&hash, request->method);
	add(&hash, "\n/\n\n");
	for (size_t i = 0; i < request->header_count; i++) {
		add(&hash, request->headers[i].name);
		add(&hash, ":");
		add(&hash, request->headers[i].value);
		add(&hash, "\n");
	}
	add(&hash, "\n");
	add(&hash, names);
	add(&hash, "\n");
	add(&hash, body);
	finish(&hash, &digest);
	write_hex(&digest, ret_digest);
}

static void join_names(const struct ks_vault_sigv4 *request, char names[KS_VAULT_SIGV4_NAMES_MAX])
{
	size_t used = 0;

	names[0] = '\0';
	for (size_t i = 0; i < request->header_count; i++) {
		if (used + strlen(request->headers[i].name) + 2 > KS_VAULT_SIGV4_NAMES_MAX)
			return;
		used = (size_t)(stpcpy(stpcpy(names + used, i > 0 ? ";" : ""), request->headers[i].name) - names);
	}
}

void ks_vault_sigv4_sign(const struct ks_vault_sigv4 *request, char ret_names[KS_VAULT_SIGV4_NAMES_MAX],
	char ret_signature[KS_VAULT_SIGV4_SIZE])
{
	char digest[KS_VAULT_SIGV4_SIZE], text[TEXT_MAX];
	struct digest key;
	int size = 0;

	join_names(request, ret_names);
	digest_request(request, ret_names, digest);
	size = snprintf(text, sizeof(text), ALGORITHM "\n%s\n%.*s/%s/%s/" SCOPE_ENDS "\n%s", request->date,
		DAY_LENGTH, request->date, request->region, request->service, digest);
	make_key(request, &key);
	derive(&key, text, (size_t)size < sizeof(text) ? (size_t)size : sizeof(text) - 1);
	write_hex(&key, ret_signature);
	explicit_bzero(&key, sizeof(key));
}
