/* SPDX-License-Identifier: MIT */
/*
 * What a module may say through the host table, and what each breach of the contract costs it.
 */
#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/host.h"
#include "core/process.h"
#include "core/secret.h"

#define KEY "sk-ant-api03-canary-canary-canary-canary-canary-canary-canary-canary-canary-AA"

typedef int act(const struct ks_host *host);

static act *open_act, *resolve_act;
static struct ks_delivery delivery;
static int state_of_test;

static int open_fake(const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)settings;
	(void)stride;
	*ret_state = &state_of_test;
	return open_act ? open_act(host) : KS_OK;
}

static int resolve_fake(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	assert_ptr_equal(state, &state_of_test);
	assert_int_equal(request->size, sizeof(*request));
	return resolve_act(host);
}

static unsigned closed;

static void close_fake(void *state)
{
	(void)state;
	closed++;
}

static struct ks_option options[] = {
	{"var", KS_TYPE_VARIABLE, 0, "", ""},
	{"other", KS_TYPE_STRING, 0, "", ""},
};
static const char *environment[] = {"KEYSTILE_DECLARED"};
static struct ks_setting settings[] = {{"KEYSTILE_NAMED"}, {"KEYSTILE_OTHER"}};
static struct ks_argument arguments[] = {
	{.name = "var", .value = "KEYSTILE_NAMED", .line = 1, .column = 20, .value_line = 1, .value_column = 24}};
static const struct ks_provider provider = {
	.size = sizeof(provider), .open = open_fake, .resolve = resolve_fake, .close = close_fake};
static struct ks_module module = {
	.name = "fake",
	.file = "fake.so",
	.provider = &provider,
	.manifest = {.transports = 3,
		.kinds = 31,
		.options = options,
		.option_count = 2,
		.environment = environment,
		.environment_count = 1},
};
static const struct ks_stack_entry entry = {
	.config = {.file = "f", .line = 1, .transports = 3, .arguments = arguments, .argument_count = 1},
	.module = &module,
	.settings = settings,
};
static const struct ks_log no_log;

static struct ks_call call;

static enum ks_result run(act *what)
{
	struct ks_wish wish = {
		.transports = 3, .preferred = 1, .payers = 7, .kinds = UINT32_MAX, .deadline = ks_now_ms() + 1000};

	resolve_act = what;
	delivery = (struct ks_delivery){
		.size = sizeof(delivery),
		.kind = KS_KIND_API_KEY,
		.transports = 3,
		.secret = KEY,
		.secret_length = strlen(KEY),
		.source = "test",
	};
	return ks_host_resolve(&call, &entry, &no_log, &state_of_test, &wish);
}

static void refuse(act *what, const char *part_of_reason)
{
	assert_int_equal(run(what), KS_ERROR);
	assert_null(call.credential);
	if (!strstr(call.problem.reason, part_of_reason))
		fail_msg("'%s' is not in '%s'", part_of_reason, call.problem.reason);
	assert_int_equal(ks_secret_in_use(), 0);
}

static int say_nothing_ok(const struct ks_host *host)
{
	(void)host;
	return KS_OK;
}

static int say_nothing_denied(const struct ks_host *host)
{
	(void)host;
	return KS_DENIED;
}

static int say_unknown(const struct ks_host *host)
{
	(void)host;
	return 99;
}

static int say_negative(const struct ks_host *host)
{
	(void)host;
	return -1;
}

static int deliver_twice(const struct ks_host *host)
{
	(void)host->deliver(host, &delivery);
	return host->deliver(host, &delivery);
}

static int deliver_then_fail(const struct ks_host *host)
{
	(void)host->deliver(host, &delivery);
	return host->fail(host, KS_DENIED, "s", "r", "m");
}

static int deliver_then_return_failure(const struct ks_host *host)
{
	(void)host->deliver(host, &delivery);
	return KS_UNAVAILABLE;
}

static int fail_then_deliver(const struct ks_host *host)
{
	(void)host->fail(host, KS_DENIED, "s", "r", "m");
	return host->deliver(host, &delivery);
}

static int fail_then_return_ok(const struct ks_host *host)
{
	(void)host->fail(host, KS_DENIED, "s", "r", "m");
	return KS_OK;
}

static int fail_with_ok(const struct ks_host *host)
{
	return host->fail(host, KS_OK, "s", "r", "m");
}

static int fail_without_reason(const struct ks_host *host)
{
	return host->fail(host, KS_DENIED, "s", NULL, "m");
}

static int deliver_null(const struct ks_host *host)
{
	return host->deliver(host, NULL);
}

static int deliver_short(const struct ks_host *host)
{
	delivery.size = offsetof(struct ks_delivery, base_url);
	return host->deliver(host, &delivery);
}

static int deliver_refused_then_ok(const struct ks_host *host)
{
	delivery.secret_length = 0;
	(void)host->deliver(host, &delivery);
	return KS_OK;
}

static int breach_then_fail(const struct ks_host *host)
{
	(void)host->bad_option(host, 0, "x");
	return host->fail(host, KS_NOT_CONFIGURED, "s", "is absent", NULL);
}

static int breach_then_deliver(const struct ks_host *host)
{
	(void)host->bad_option(host, 0, "x");
	delivery.secret_length = 0;
	return host->deliver(host, &delivery);
}

static int come_late_with_nothing(const struct ks_host *host)
{
	while (host->time_left(host) > 0)
		(void)usleep(10000);
	(void)usleep(5000);
	return host->fail(host, KS_NOT_CONFIGURED, "s", "is absent", NULL);
}

static int refuse_option_in_resolve(const struct ks_host *host)
{
	return host->bad_option(host, 0, "x");
}

static void test_breaches(void **state)
{
	(void)state;
	refuse(say_nothing_ok, "delivered nothing");
	refuse(say_nothing_denied, "gave no reason");
	refuse(say_unknown, "a result that is none");
	refuse(say_negative, "a result that is none");
	refuse(deliver_twice, "after it had answered");
	refuse(deliver_then_fail, "after it had answered");
	refuse(deliver_then_return_failure, "delivered and then returned a failure");
	refuse(fail_then_deliver, "after it had answered");
	refuse(fail_then_return_ok, "another result");
	refuse(fail_with_ok, "a result that is none");
	refuse(fail_without_reason, "without a reason");
	refuse(deliver_null, "too short");
	refuse(deliver_short, "too short");
	refuse(deliver_refused_then_ok, "another result");
	refuse(refuse_option_in_resolve, "outside open()");
	refuse(breach_then_fail, "outside open()");
	refuse(breach_then_deliver, "outside open()");
}

static int deliver_as_it_is(const struct ks_host *host)
{
	return host->deliver(host, &delivery);
}

/* Changes the delivery in one way. */
static int (*change)(void);

static int deliver_changed(const struct ks_host *host)
{
	(void)change();
	return host->deliver(host, &delivery);
}

#define CHANGE(name, code)                                                                                           \
	static int name(void)                                                                                        \
	{                                                                                                            \
		code;                                                                                                \
		return 0;                                                                                            \
	}

static struct ks_attribute attributes[KS_ATTRIBUTES_MAX + 1];

static void set_attribute(const char *name, const char *value)
{
	attributes[0] = (struct ks_attribute){name, value};
	delivery.attributes = attributes;
	delivery.attribute_count = 1;
	delivery.attribute_stride = sizeof(attributes[0]);
}

static void set_many_attributes(void)
{
	set_attribute("a", "b");
	delivery.attribute_count = KS_ATTRIBUTES_MAX + 1;
}

static void set_attribute_twice(void)
{
	set_attribute("a", "b");
	attributes[1] = attributes[0];
	delivery.attribute_count = 2;
}

static char long_text[2 * KS_SECRET_MAX];

CHANGE(no_kind, delivery.kind = 0)
CHANGE(unknown_kind, delivery.kind = 1u << 9)
CHANGE(two_kinds, delivery.kind = 3)
CHANGE(no_transport, delivery.transports = 0)
CHANGE(no_source, delivery.source = NULL)
CHANGE(empty_source, delivery.source = "")
CHANGE(telling_source, delivery.source = "/run/" KEY)
CHANGE(telling_source_and_newline, (delivery.source = KEY, delivery.secret = KEY "\n", delivery.secret_length++))
CHANGE(endless_secret, delivery.secret_length = SIZE_MAX)
CHANGE(huge_secret, delivery.secret_length = (size_t)1 << 40)
CHANGE(wide_attributes,
	(set_attribute("a", "b"), delivery.attribute_count = 2, delivery.attribute_stride = 0xfffffff8))
CHANGE(no_secret, delivery.secret = NULL)
CHANGE(handle_with_secret, delivery.kind = KS_KIND_STORED_LOGIN)
CHANGE(past, delivery.expires_at = -1)
CHANGE(bound_setup, (delivery.kind = KS_KIND_SETUP_TOKEN, delivery.base_url = "https://a.example"))
CHANGE(many_attributes, set_many_attributes())
CHANGE(attribute_twice, set_attribute_twice())
CHANGE(null_attribute, set_attribute(NULL, "x"))
CHANGE(bad_attribute, set_attribute("A b", "x"))
CHANGE(newline_attribute, set_attribute("a", "x\r\ny: z"))
CHANGE(bad_workspace, set_attribute("workspace", "a b"))
CHANGE(bad_config_dir, set_attribute("config-dir", "relative"))
CHANGE(null_config_dir, set_attribute("config-dir", NULL))
CHANGE(null_value, set_attribute("a", NULL))

static void test_forms(void **state)
{
	static int (*const breaches[])(void) = {no_kind, unknown_kind, two_kinds, no_transport, no_source,
		empty_source, telling_source, telling_source_and_newline, endless_secret, huge_secret,
		wide_attributes, no_secret, handle_with_secret, past, bound_setup, many_attributes, attribute_twice,
		null_attribute, bad_attribute, newline_attribute, bad_workspace, bad_config_dir, null_config_dir,
		null_value};

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	for (size_t i = 0; i < COUNT(breaches); i++) {
		change = breaches[i];
		refuse(deliver_changed, "broke the contract");
	}
}

CHANGE(empty_secret, delivery.secret_length = 0)
CHANGE(newline_only, (delivery.secret = "\n", delivery.secret_length = 1))
CHANGE(inner_newline, (delivery.secret = "sk-ant-api03-a\nb", delivery.secret_length = 16))
CHANGE(two_newlines, (delivery.secret = "sk-ant-api03-ab\n\n", delivery.secret_length = 17))
CHANGE(inner_nul, (delivery.secret = "sk-ant-api03-a\0b", delivery.secret_length = 16))
CHANGE(high_byte, (delivery.secret = "sk-ant-api03-a\xff"
				     "b",
			  delivery.secret_length = 16))
CHANGE(long_secret, (delivery.secret = long_text, delivery.secret_length = KS_SECRET_MAX + 1))
CHANGE(user_in_url, delivery.base_url = "https://user:pass@gateway.example")
CHANGE(plain_http, delivery.base_url = "http://gateway.example")
CHANGE(newline_in_url, delivery.base_url = "https://gateway.example\r\n")
CHANGE(long_url, delivery.base_url = long_text)
CHANGE(prefix_alone, delivery.secret_length = strlen("sk-ant-api03-"))
CHANGE(query_in_url, delivery.base_url = "https://gateway.example/?k=v")
CHANGE(gateway_without_url,
	(delivery.kind = KS_KIND_GATEWAY_TOKEN, delivery.secret = "gw-0123456789", delivery.secret_length = 13))

static void set_login(const char *config_dir)
{
	delivery.kind = KS_KIND_STORED_LOGIN;
	delivery.secret = NULL;
	delivery.secret_length = 0;
	set_attribute("config-dir", config_dir);
}

static char long_path[KS_ATTRIBUTE_VALUE_MAX + 2];
CHANGE(control_in_config_dir, set_login("/a\nb"))
CHANGE(long_config_dir, set_login(long_path))

static void test_what_a_user_can_get_wrong_is_invalid(void **state)
{
	static int (*const changes[])(void) = {empty_secret, newline_only, inner_newline, two_newlines, inner_nul,
		high_byte, long_secret, user_in_url, plain_http, newline_in_url, long_url, prefix_alone, query_in_url,
		gateway_without_url, control_in_config_dir, long_config_dir};

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	memset(long_path, '/', sizeof(long_path) - 1);
	for (size_t i = 0; i < COUNT(changes); i++) {
		change = changes[i];
		if (run(deliver_changed) != KS_INVALID)
			fail_msg("change %zu: %s", i, call.problem.reason);
		assert_null(call.credential);
		assert_true(call.problem.remedy[0] != '\0');
		assert_null(strstr(call.problem.reason, "pass"));
	}
}

CHANGE(one_newline, (delivery.secret = KEY "\n", delivery.secret_length = strlen(KEY) + 1))
CHANGE(one_crlf, (delivery.secret = KEY "\r\n", delivery.secret_length = strlen(KEY) + 2))

static void test_one_line_end_is_stripped(void **state)
{
	static int (*const changes[])(void) = {one_newline, one_crlf};
	size_t length = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		change = changes[i];
		assert_int_equal(run(deliver_changed), KS_OK);
		assert_string_equal(ks_credential_secret(call.credential, &length), KEY);
		assert_int_equal(length, strlen(KEY));
		(void)ks_credential_free(call.credential);
	}
}

CHANGE(control_source, delivery.source = "a\nb")
CHANGE(long_source, delivery.source = long_text)

static void test_sources_are_made_fit_for_messages(void **state)
{
	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	change = control_source;
	assert_int_equal(run(deliver_changed), KS_OK);
	assert_string_equal(ks_credential_source(call.credential), "a?b");
	(void)ks_credential_free(call.credential);
	change = long_source;
	assert_int_equal(run(deliver_changed), KS_OK);
	assert_int_equal(strlen(ks_credential_source(call.credential)), KS_SOURCE_MAX);
	(void)ks_credential_free(call.credential);
}

CHANGE(first_party, delivery.base_url = "HTTPS://API.anthropic.com:443/")
CHANGE(gateway_at_first_party, (delivery.kind = KS_KIND_GATEWAY_TOKEN, delivery.secret = "gw-0123456789",
				       delivery.secret_length = 13, delivery.base_url = "https://api.anthropic.com"))

static void test_the_api_itself_is_no_gateway(void **state)
{
	(void)state;
	change = first_party;
	assert_int_equal(run(deliver_changed), KS_OK);
	assert_null(ks_credential_base_url(call.credential));
	assert_int_equal(ks_credential_payer(call.credential), KS_PAYER_API);
	(void)ks_credential_free(call.credential);
	change = gateway_at_first_party;
	assert_int_equal(run(deliver_changed), KS_INVALID);
}

CHANGE(expired, delivery.expires_at = (int64_t)time(NULL) - 1)
CHANGE(nearly_expired, delivery.expires_at = (int64_t)time(NULL) + KS_EXPIRY_SKEW_S - 2)
CHANGE(good_for_a_minute, delivery.expires_at = (int64_t)time(NULL) + 60)

static void test_expiry_with_skew(void **state)
{
	(void)state;
	change = expired;
	assert_int_equal(run(deliver_changed), KS_EXPIRED);
	change = nearly_expired;
	assert_int_equal(run(deliver_changed), KS_EXPIRED);
	change = good_for_a_minute;
	assert_int_equal(run(deliver_changed), KS_OK);
	(void)ks_credential_free(call.credential);
}

static void test_plain_results(void **state)
{
	(void)state;
	assert_int_equal(run(deliver_as_it_is), KS_OK);
	assert_string_equal(call.source, "test");
	(void)ks_credential_free(call.credential);
}

static void read_long_variable(const struct ks_host *host)
{
	static char text[KS_VALUE_MAX + 2];
	const char *value = NULL;

	memset(text, 'x', KS_VALUE_MAX);
	assert_int_equal(setenv("KEYSTILE_DECLARED", text, 1), 0);
	assert_int_equal(host->getenv(host, "KEYSTILE_DECLARED", &value), 0);
	assert_string_equal(value, text);
	text[KS_VALUE_MAX] = 'x';
	assert_int_equal(setenv("KEYSTILE_DECLARED", text, 1), 0);
	value = NULL;
	assert_int_equal(host->getenv(host, "KEYSTILE_DECLARED", &value), -EMSGSIZE);
	assert_null(value);
}

static int read_variables(const struct ks_host *host)
{
	const char *value = NULL;

	assert_int_equal(host->getenv(host, "KEYSTILE_DECLARED", &value), 0);
	assert_string_equal(value, "1");
	assert_int_equal(host->getenv(host, "KEYSTILE_NAMED", &value), 0);
	assert_int_equal(host->getenv(host, "KEYSTILE_NAMED_FILE", &value), -ENOENT);
	assert_int_equal(host->getenv(host, "KEYSTILE_NAMED_FIL", &value), -EACCES);
	assert_int_equal(host->getenv(host, "KEYSTILE_DECLARED_FILE", &value), -EACCES);
	assert_int_equal(host->getenv(host, "KEYSTILE_OTHER", &value), -EACCES);
	assert_int_equal(host->getenv(host, "PATH", &value), -EACCES);
	assert_int_equal(host->getenv(host, NULL, &value), -EACCES);
	read_long_variable(host);
	return host->fail(host, KS_NOT_CONFIGURED, "s\n", "r\x1b[31m", "m");
}

static void test_getenv_reads_declared_names_only(void **state)
{
	(void)state;
	assert_int_equal(setenv("KEYSTILE_DECLARED", "1", 1), 0);
	assert_int_equal(setenv("KEYSTILE_NAMED", "2", 1), 0);
	assert_int_equal(setenv("KEYSTILE_OTHER", "3", 1), 0);
	assert_int_equal(run(read_variables), KS_NOT_CONFIGURED);
	assert_string_equal(call.source, "s?");
	assert_string_equal(call.problem.reason, "s? r?[31m");
}

static void refuse_path(const struct ks_host *host, const char *path, int error)
{
	const char *full = NULL, *reason = NULL;
	int fd = -1;

	assert_int_equal(host->full_path(host, path, &full, &reason), error);
	assert_null(full);
	assert_true(strlen(reason) > 0);
	reason = NULL;
	assert_int_equal(host->open_private(host, path, 0, &fd, &reason), error);
	assert_int_equal(fd, -1);
	assert_true(strlen(reason) > 0);
}

static int ask_for_paths(const struct ks_host *host)
{
	const char *one = NULL, *other = NULL, *reason = NULL;
	char too_long[PATH_MAX + 1];

	memset(too_long, 'x', sizeof(too_long));
	too_long[0] = '/';
	too_long[PATH_MAX] = '\0';
	assert_int_equal(host->full_path(host, "~/a/b", &one, &reason), 0);
	assert_int_equal(host->full_path(host, "/a/~/b", &other, &reason), 0);
	assert_string_equal(one, "/home/of/test/a/b");
	assert_string_equal(other, "/a/~/b");
	too_long[PATH_MAX - 1] = '\0';
	assert_int_equal(host->full_path(host, too_long, &one, &reason), 0);
	too_long[PATH_MAX - 1] = 'x';
	refuse_path(host, too_long, -EINVAL);
	refuse_path(host, "a", -EINVAL);
	refuse_path(host, "", -EINVAL);
	refuse_path(host, NULL, -EINVAL);
	refuse_path(host, "~", -EINVAL);
	refuse_path(host, "~root/a", -EINVAL);
	return host->fail(host, KS_INVALID, "a", "is bad", NULL);
}

static void test_paths_begin_at_the_root_or_at_home(void **state)
{
	(void)state;
	assert_int_equal(setenv("HOME", "/home/of/test", 1), 0);
	assert_int_equal(run(ask_for_paths), KS_INVALID);
	assert_string_equal(call.problem.remedy, "write the path from the root on");
	assert_int_equal(ks_secret_in_use(), 0);
}

static int allocate(const struct ks_host *host)
{
	char *memory = host->secret_alloc(host, 5000);

	assert_non_null(memory);
	assert_int_equal(memory[4999], 0);
	memset(memory, 'x', 5000);
	assert_non_null(host->secret_alloc(host, 1));
	assert_non_null(host->secret_alloc(host, KS_HOST_SECRET_MAX));
	assert_null(host->secret_alloc(host, KS_HOST_SECRET_MAX + 1));
	assert_null(host->secret_alloc(host, SIZE_MAX));
	assert_true(host->time_left(host) > 0);
	assert_true(host->time_left(host) <= 1000);
	return host->fail(host, KS_DENIED, "", "r", "");
}

static void test_secret_memory_is_given_back(void **state)
{
	(void)state;
	assert_int_equal(run(allocate), KS_DENIED);
	assert_int_equal(ks_secret_in_use(), 0);
}

static int come_late(const struct ks_host *host)
{
	while (host->time_left(host) > 0)
		(void)usleep(10000);
	(void)usleep(5000);
	return host->deliver(host, &delivery);
}

static void test_late_answer_is_unavailable(void **state)
{
	(void)state;
	assert_int_equal(run(come_late_with_nothing), KS_UNAVAILABLE);
	assert_int_equal(run(come_late), KS_UNAVAILABLE);
	assert_null(call.credential);
	assert_int_equal(ks_secret_in_use(), 0);
}

static int refuse_first(const struct ks_host *host)
{
	return host->bad_option(host, 0, "is not good");
}

static int refuse_beyond(const struct ks_host *host)
{
	return host->bad_option(host, 2, "is not good");
}

static int breach_and_refuse(const struct ks_host *host)
{
	(void)host->deliver(host, NULL);
	(void)host->bad_option(host, 0, "is not good");
	return KS_OK;
}

static int refuse_and_ok(const struct ks_host *host)
{
	(void)host->bad_option(host, 0, "is not good");
	return KS_OK;
}

static int work_in_open(const struct ks_host *host)
{
	const char *text = NULL;
	int fd = -1;

	assert_int_equal(host->getenv(host, "KEYSTILE_DECLARED", &text), -EACCES);
	assert_int_equal(host->open_private(host, "/etc/passwd", 0, &fd, &text), -EPERM);
	assert_int_equal(host->full_path(host, "/etc/passwd", &text, &text), -EPERM);
	return KS_OK;
}

static int log_every_level(const struct ks_host *host)
{
	static const int levels[] = {KS_LOG_WARNING, KS_LOG_DEBUG, KS_LOG_ALERT, 77, 0, -1};

	for (size_t i = 0; i < COUNT(levels); i++)
		host->log(host, levels[i], "noted");
	return host->fail(host, KS_DENIED, "s", "r", "m");
}

struct noted {
	unsigned count;
	bool is_warning[8];
};

static void note_level(void *data, const char *file, int is_warning, const char *text)
{
	struct noted *noted = data;

	assert_string_equal(file, "fake.so");
	assert_string_equal(text, "noted");
	noted->is_warning[noted->count++] = is_warning;
}

/* Also for a caller without a context, whose alerts are in no audit log. */
static void test_warnings_and_alerts_are_warnings(void **state)
{
	static const bool expected[] = {true, false, true, false, false, false};
	struct noted noted = {0};
	const struct ks_log log = {.write = note_level, .data = &noted};
	const struct ks_wish wish = {.transports = 3, .deadline = ks_now_ms() + 1000};

	(void)state;
	resolve_act = log_every_level;
	assert_int_equal(ks_host_resolve(&call, &entry, &log, &state_of_test, &wish), KS_DENIED);
	assert_int_equal(noted.count, COUNT(expected));
	assert_memory_equal(noted.is_warning, expected, sizeof(expected));
}

static enum ks_result open_with(act *what, const struct ks_argument **ret_argument)
{
	struct ks_problem problem;
	void *opened = NULL;

	*ret_argument = NULL;
	open_act = what;
	return ks_host_open(&entry, &no_log, 0, &opened, &problem, ret_argument);
}

static void test_open(void **state)
{
	const struct ks_argument *argument = NULL;

	(void)state;
	assert_int_equal(open_with(NULL, &argument), KS_OK);
	assert_int_equal(open_with(work_in_open, &argument), KS_OK);
	assert_int_equal(open_with(refuse_first, &argument), KS_MISCONFIGURED);
	assert_ptr_equal(argument, &arguments[0]);
	closed = 0;
	assert_int_equal(open_with(refuse_beyond, &argument), KS_ERROR);
	assert_int_equal(open_with(refuse_and_ok, &argument), KS_ERROR);
	assert_int_equal(open_with(breach_and_refuse, &argument), KS_ERROR);
	assert_int_equal(open_with(say_unknown, &argument), KS_ERROR);
	assert_int_equal(open_with(say_nothing_denied, &argument), KS_ERROR);
	assert_int_equal(open_with(deliver_as_it_is, &argument), KS_ERROR);
	assert_int_equal(closed, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_results),
		cmocka_unit_test(test_breaches),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_what_a_user_can_get_wrong_is_invalid),
		cmocka_unit_test(test_one_line_end_is_stripped),
		cmocka_unit_test(test_sources_are_made_fit_for_messages),
		cmocka_unit_test(test_the_api_itself_is_no_gateway),
		cmocka_unit_test(test_expiry_with_skew),
		cmocka_unit_test(test_getenv_reads_declared_names_only),
		cmocka_unit_test(test_paths_begin_at_the_root_or_at_home),
		cmocka_unit_test(test_secret_memory_is_given_back),
		cmocka_unit_test(test_late_answer_is_unavailable),
		cmocka_unit_test(test_warnings_and_alerts_are_warnings),
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
