/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/audit.h"

enum {
	HANG_SECONDS = 20 /* a send that blocks ends the test by SIGALRM */
};

/* A log socket in a folder of its own. */
struct log {
	char folder[64], path[96];
	int fd;
};

static void bind_socket(struct log *log, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", log->path);
	log->fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(log->fd >= 0);
	assert_int_equal(bind(log->fd, (const struct sockaddr *)&address, sizeof(address)), 0);
}

static int set_up(void **state)
{
	struct log *log = calloc(1, sizeof(*log));

	assert_non_null(log);
	(void)snprintf(log->folder, sizeof(log->folder), "/tmp/keystile-audit-XXXXXX");
	assert_non_null(mkdtemp(log->folder));
	(void)snprintf(log->path, sizeof(log->path), "%s/log", log->folder);
	log->fd = -1;
	(void)alarm(HANG_SECONDS);
	*state = log;
	return 0;
}

static int tear_down(void **state)
{
	struct log *log = *state;

	(void)alarm(0);
	if (log->fd >= 0)
		(void)close(log->fd);
	(void)unlink(log->path);
	(void)rmdir(log->folder);
	free(log);
	return 0;
}

static void adds_pairs(void **state)
{
	struct ks_audit_line line = {0};

	(void)state;
	ks_audit_add(&line, "service", "ci");
	ks_audit_add_number(&line, "uid", 1000);
	ks_audit_add_number(&line, "low", LLONG_MIN);
	ks_audit_add(&line, "absent", NULL);
	ks_audit_add(&line, "source", "/etc/x:~+@");
	assert_string_equal(line.text, "service=ci uid=1000 low=-9223372036854775808 source=/etc/x:~+@");
	assert_int_equal(line.length, strlen(line.text));
	assert_false(line.cut);
}

static void quotes_values(void **state)
{
	static const struct {
		const char *value, *text;
	} cases[] = {
		{"", "k=\"\""},
		{"a b", "k=\"a b\""},
		{"a=b", "k=\"a=b\""},
		{"a\"b", "k=\"a\\x22b\""},
		{"a\\b", "k=\"a\\x5cb\""},
		{"a\nb uid=0", "k=\"a\\x0ab uid=0\""},
		{"\x01\x1f\x7f", "k=\"\\x01\\x1f\\x7f\""},
		{"caf\xc3\xa9", "k=\"caf\\xc3\\xa9\""},
		{"a\tb", "k=\"a\\x09b\""},
	};
	size_t at;

	(void)state;
	for (at = 0; at < COUNT(cases); at++) {
		struct ks_audit_line line = {0};

		ks_audit_add(&line, "k", cases[at].value);
		assert_string_equal(line.text, cases[at].text);
	}
}

static void cuts_at_a_pair(void **state)
{
	static const char ending[] = " cut=yes";
	struct ks_audit_line line = {0};
	char expected[KS_AUDIT_LINE_MAX] = "";
	size_t length = 0;
	int number;

	(void)state;
	for (number = 1000; !line.cut && number < 1000 + KS_AUDIT_LINE_MAX; number++)
		ks_audit_add_number(&line, "n", number);
	assert_true(line.cut);
	/* The last number is the one left out. */
	for (number -= 2; number >= 1000; number--)
		length += strlen(" n=1000");
	assert_int_equal(line.length, length - 1 + strlen(ending));
	assert_true(line.length > KS_AUDIT_LINE_MAX - 32);
	assert_int_equal(line.length, strlen(line.text));
	assert_string_equal(line.text + line.length - strlen(ending), ending);
	(void)snprintf(expected, sizeof(expected), "%s", line.text);
	ks_audit_add(&line, "k", "v");
	assert_string_equal(line.text, expected);
}

/* Values of every length, plain and escaped, up to and over the end. */
static void never_overruns(void **state)
{
	char value[KS_AUDIT_LINE_MAX + 64];
	size_t length, filled = 0;

	(void)state;
	for (length = 0; length < sizeof(value); length++) {
		struct ks_audit_line plain = {0}, escaped = {0};

		memset(value, 'a', length);
		value[length] = '\0';
		ks_audit_add(&plain, "key", value);
		memset(value, '\n', length);
		ks_audit_add(&escaped, "key", value);
		assert_int_equal(plain.length, strlen(plain.text));
		assert_int_equal(escaped.length, strlen(escaped.text));
		assert_true(escaped.cut || escaped.length == strlen("key=\"\"") + 4 * length);
		assert_true(plain.cut || length == 0 || plain.length == strlen("key=") + length);
		if (plain.cut)
			assert_string_equal(plain.text, "cut=yes");
		else
			filled = plain.length;
	}
	assert_true(filled > KS_AUDIT_LINE_MAX - 16 && filled < KS_AUDIT_LINE_MAX);
}

static void check_datagram(struct log *log, bool failed, int priority)
{
	struct ks_audit_line line = {0};
	char received[2 * KS_AUDIT_LINE_MAX], expected[2 * KS_AUDIT_LINE_MAX];
	ssize_t length = 0;

	ks_audit_add(&line, "outcome", failed ? "failed" : "ok");
	assert_int_equal(ks_audit_send(log->path, failed, &line), 0);
	length = recv(log->fd, received, sizeof(received) - 1, 0);
	assert_true(length > 0);
	received[length] = '\0';
	(void)snprintf(expected, sizeof(expected), "<%d>keystile[%ld]: %s", priority, (long)getpid(), line.text);
	assert_string_equal(received, expected);
}

static void sends_priority_and_ident(void **state)
{
	struct log *log = *state;

	bind_socket(log, SOCK_DGRAM);
	check_datagram(log, false, 86);
	check_datagram(log, true, 84);
}

static void sends_a_full_line_whole(void **state)
{
	struct log *log = *state;
	struct ks_audit_line line = {0};
	char received[2 * KS_AUDIT_LINE_MAX];
	ssize_t length;

	bind_socket(log, SOCK_DGRAM);
	while (!line.cut)
		ks_audit_add(&line, "key", "some value");
	assert_int_equal(ks_audit_send(log->path, false, &line), 0);
	length = recv(log->fd, received, sizeof(received), 0);
	assert_true(length > (ssize_t)line.length);
	assert_memory_equal(received + length - line.length, line.text, line.length);
}

/* A reader that does not read: the queue fills up, and the send says so at once. */
static void never_blocks(void **state)
{
	struct log *log = *state;
	struct ks_audit_line line = {0};
	int r = 0, sent = 0;

	bind_socket(log, SOCK_DGRAM);
	ks_audit_add(&line, "k", "v");
	while (r == 0 && sent < 100000) {
		r = ks_audit_send(log->path, false, &line);
		sent += r == 0;
	}
	assert_int_equal(r, -EAGAIN);
	assert_true(sent > 0);
}

static void reports_a_missing_reader(void **state)
{
	struct log *log = *state;
	struct ks_audit_line line = {0};
	char path[256];

	ks_audit_add(&line, "k", "v");
	assert_int_equal(ks_audit_send(log->path, false, &line), -ENOENT);
	bind_socket(log, SOCK_DGRAM);
	(void)close(log->fd);
	log->fd = -1;
	assert_int_equal(ks_audit_send(log->path, false, &line), -ECONNREFUSED);
	(void)unlink(log->path);
	bind_socket(log, SOCK_STREAM);
	assert_int_equal(listen(log->fd, 1), 0);
	assert_int_equal(ks_audit_send(log->path, false, &line), -EPROTOTYPE);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(ks_audit_send(path, false, &line), -ENAMETOOLONG);
}

static int lowest_free_descriptor(void)
{
	const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	(void)close(fd);
	return fd;
}

static void leaves_no_descriptor(void **state)
{
	struct log *log = *state;
	struct ks_audit_line line = {0};
	int before;

	ks_audit_add(&line, "k", "v");
	before = lowest_free_descriptor();
	assert_int_equal(ks_audit_send(log->path, false, &line), -ENOENT);
	assert_int_equal(lowest_free_descriptor(), before);
	bind_socket(log, SOCK_DGRAM);
	before = lowest_free_descriptor();
	assert_int_equal(ks_audit_send(log->path, false, &line), 0);
	assert_int_equal(lowest_free_descriptor(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_pairs),
		cmocka_unit_test(quotes_values),
		cmocka_unit_test(cuts_at_a_pair),
		cmocka_unit_test(never_overruns),
		cmocka_unit_test_setup_teardown(sends_priority_and_ident, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sends_a_full_line_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(never_blocks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reports_a_missing_reader, set_up, tear_down),
		cmocka_unit_test_setup_teardown(leaves_no_descriptor, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
