/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "kit/ask.h"
#include "kit/checks.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER true
#elif defined(__has_feature)
#define HAS_SANITIZER (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define HAS_SANITIZER false
#endif

enum {
	SECRET_MIN = 16, /* a shorter one may be anywhere by chance */
	LINE_BYTES = 4096 + 256
};

/* What is looked for, in a form that the search itself does not find. */
struct needle {
	size_t length;
	unsigned char bytes[KS_SECRET_MAX];
};

static const unsigned char mask = 0xa5;

static bool is_here(const struct needle *needle, const unsigned char *place)
{
	size_t i = 0;

	while (i < needle->length && (place[i] ^ mask) == needle->bytes[i])
		i++;
	return i == needle->length;
}

static bool is_in(const struct needle *needle, uintptr_t start, uintptr_t end)
{
	/* the kernel's list of what is mapped has them as numbers */
	const unsigned char *place = (const unsigned char *)start; // NOLINT(performance-no-int-to-ptr)

	for (size_t left = end - start; left >= needle->length; left--, place++) {
		if (is_here(needle, place))
			return true;
	}
	return false;
}

/*
 * Looks through the heap and all other private memory that can be written to. Not through the stack: the environment
 * is there, and what functions that have returned leave behind.
 */
static void search(const struct needle *needle)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[LINE_BYTES], mode[5], name[LINE_BYTES];
	uintptr_t start = 0, end = 0;

	if (!maps)
		left_out("the kernel does not tell what is mapped");
	while (fgets(line, sizeof(line), maps)) {
		name[0] = '\0';
		if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %4351[^\n]", &start, &end, mode, name) >= 3 &&
			strcmp(mode, "rw-p") == 0 && strcmp(name, "[stack]") != 0 && is_in(needle, start, end))
			broken(RULE_SECRET, "after resolve(), its secret is still in memory%s%s", name[0] ? ": " : "",
				name);
	}
	(void)fclose(maps);
}

static void take(struct needle *needle, const struct ks_credential *credential)
{
	const char *secret = ks_credential_secret(credential, &needle->length);

	for (size_t i = 0; i < needle->length; i++)
		needle->bytes[i] = (unsigned char)secret[i] ^ mask;
}

void check_secret(const struct kit *kit, const struct home *home)
{
	static struct needle needle;
	struct ks_request request = {.size = sizeof(request), .transports = ASK_ANY, .timeout_ms = ASK_TIMEOUT_MS};
	struct ks_context *context = open_home(home);
	struct ks_credential *credential = NULL;

	(void)kit;
	if (HAS_SANITIZER)
		left_out("a sanitizer keeps copies, and memory of its own");
	during(RULE_ENDS, "resolve()");
	(void)ks_resolve(context, &request, &credential, NULL, NULL);
	if (credential)
		take(&needle, credential);
	(void)ks_credential_free(credential);
	if (needle.length < SECRET_MIN)
		left_out("it has delivered no secret; give it options, and an environment, with which it does");
	search(&needle);
	during(RULE_CLOSE, "close()");
	(void)ks_close(context);
}
