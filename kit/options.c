/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kit/ask.h"
#include "kit/checks.h"

#define ISOLATE "none"   /* nothing of the module runs */
#define SCRATCH "option" /* a service of its own, for one option at a time */

/* A value that no option of a type may have; NULL where every one is good. */
static const char *bad_value(uint32_t type)
{
	switch (type) {
	case KS_TYPE_CHOICE:
		return "none of its words";
	case KS_TYPE_PATH:
		return "relative/path";
	case KS_TYPE_URL:
		return "ftp://host.example";
	case KS_TYPE_VARIABLE:
		return "1-IS-NO-NAME";
	case KS_TYPE_NUMBER:
		return "many";
	case KS_TYPE_DURATION:
		return "long";
	case KS_TYPE_NAME:
		return ".hidden name";
	default:
		return NULL;
	}
}

/* Whether a stack with this value for an option opens. Without the module's own opinion. */
static bool opens(const struct kit *kit, const struct ks_option *option, const char *value)
{
	const struct ks_open_options options = {.size = sizeof(options), .config_dir = place_folder()};
	struct ks_context *context = NULL;
	enum ks_result result = KS_OK;

	if (place_write_stack(kit, SCRATCH, ISOLATE, option->name, value) < 0)
		unable("a stack in the private folder", EIO);
	result = ks_open(SCRATCH, &options, &context, NULL);
	if (result != KS_OK && result != KS_MISCONFIGURED)
		unable("a stack with another value for an option", EIO);
	(void)ks_close(context);
	return result == KS_OK;
}

static void check_option(const struct kit *kit, const struct ks_option *option)
{
	const char *bad = bad_value(option->type);

	if (!option->help[0])
		broken(RULE_OPTION, "option %s has no help", option->name);
	if (bad && opens(kit, option, bad))
		broken(RULE_OPTION, "option %s takes '%s', which is not of its type", option->name, bad);
	if ((option->flags & KS_OPTION_REQUIRED) && opens(kit, option, NULL))
		broken(RULE_OPTION, "option %s is required, and the module is used without it", option->name);
	if (option->type != KS_TYPE_CHOICE && option->fallback[0] && !opens(kit, option, option->fallback))
		broken(RULE_OPTION, "the default of option %s, '%s', is not of its type", option->name,
			option->fallback);
}

void check_options(const struct kit *kit, const struct home *home)
{
	(void)home;
	for (uint32_t i = 0; i < kit->manifest.option_count; i++)
		check_option(kit, &kit->manifest.options[i]);
}
