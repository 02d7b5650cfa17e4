/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <keystile/types.h>
#include <stdio.h>

#include "core/url.h"

/* 63 bytes, the longest label of a host name. */
#define LABEL "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-012345678"

static void accepts_base_urls(void **state)
{
	static const char *const urls[] = {
		KS_URL_FIRST_PARTY,
		"https://api.anthropic.com/",
		"HTTPS://API.Anthropic.COM",
		"https://gateway.corp:8443/v1",
		"https://gateway/a/b/c/",
		"https://10.0.0.1",
		"https://[2001:db8::1]:8443/x",
		"https://my_service.local",
		"https://h/a%20b",
		"https://h/~user/a.b/..c/...",
		"https://h:1",
		"https://h:65535",
		"https://h/a@b:c",
		"http://localhost",
		"http://LocalHost:8080/x",
		"http://127.0.0.1:3128",
		"http://127.255.255.254",
		"http://[::1]",
		"http://[0:0:0:0:0:0:0:1]:80/",
		"https://xn--bcher-kva.example",
		"https://3com.example",
		"https://1.2.3.4.example",
	};
	const char *reason = NULL;
	size_t at, wrong = 0;

	(void)state;
	for (at = 0; at < COUNT(urls); at++) {
		if (ks_url_check(urls[at], &reason) != 0) {
			print_error("%s: %s\n", urls[at], reason);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
	assert_int_equal(ks_url_check("https://" LABEL ".x", &reason), 0);
	assert_null(reason);
}

static void refuses_what_is_no_base_url(void **state)
{
	static const struct {
		const char *url, *reason; /* a part of it */
	} cases[] = {
		{NULL, "no URL"},
		{"", "empty"},
		{"api.anthropic.com", "does not begin"},
		{"https:/api.anthropic.com", "does not begin"},
		{"ftp://api.anthropic.com", "does not begin"},
		{"https//x", "does not begin"},
		{"unix:///run/x", "does not begin"},
		{" https://h", "printable"},
		{"https://h ", "printable"},
		{"https://h/\n", "printable"},
		{"https://h/\x7f", "printable"},
		{"https://b\xc3\xbc"
		 "cher.example",
			"printable"},
		{"https://", "no host"},
		{"https:///x", "no host"},
		{"https://:443", "no host"},
		{"https://user@h", "user name"},
		{"https://user:word@h/", "user name"},
		{"https://api.anthropic.com:443@evil.example", "user name"},
		{"https://h?x=1", "query"},
		{"https://h/?", "query"},
		{"https://h#x", "fragment"},
		{"https://h/x#", "fragment"},
		{"https://h\\@evil.example", "backslash"},
		{"https://h/a\\b", "backslash"},
		{"https://h%2eexample", "character that no host"},
		{"https://h$", "character that no host"},
		{"https://a..b", "not a host name"},
		{"https://.a", "not a host name"},
		{"https://a.", "not a host name"},
		{"https://-a", "not a host name"},
		{"https://a-.b", "not a host name"},
		{"https://" LABEL "9", "not a host name"},
		{"https://" LABEL "." LABEL "." LABEL "." LABEL, "host is too long"},
		{"https://1.2.3", "four decimal parts"},
		{"https://1.2.3.256", "four decimal parts"},
		{"https://2130706433", "four decimal parts"},
		{"https://0x7f.0.0.1", "four decimal parts"},
		{"https://a.0x1", "four decimal parts"},
		{"https://[::1", "IPv6"},
		{"https://[]", "IPv6"},
		{"https://[1.2.3.4]", "IPv6"},
		{"https://[fe80::1%25eth0]", "IPv6"},
		{"https://[/]", "IPv6"},
		{"https://[::1]x", "behind its host"},
		{"https://[::1].evil.example", "behind its host"},
		{"https://h:", "port"},
		{"https://h:/x", "port"},
		{"https://h:0", "port"},
		{"https://h:65536", "port"},
		{"https://h:99999999999999999999", "port"},
		{"https://h:80a", "port"},
		{"https://h:-1", "port"},
		{"https://h:80:80", "port"},
		{"https://h/./x", "segment"},
		{"https://h/a/..", "segment"},
		{"https://h/../x", "segment"},
		{"https://h/a/.", "segment"},
		{"https://h/%2e%2e/x", "percent-encoded dot"},
		{"https://h/a%2Fb", "percent-encoded dot"},
		{"https://h/a%5cb", "percent-encoded dot"},
		{"https://h/a%00b", "control"},
		{"https://h/a%0Ab", "control"},
		{"https://h/a%7f", "control"},
		{"https://h/a%", "two hex digits"},
		{"https://h/a%2", "two hex digits"},
		{"https://h/a%g0", "two hex digits"},
		{"https://h/a\"b", "no path has"},
		{"https://h/<x>", "no path has"},
		{"http://api.anthropic.com", "not loopback"},
		{"http://localhost.evil.example", "not loopback"},
		{"http://127.0.0.1.evil.example", "not loopback"},
		{"http://126.255.255.255", "not loopback"},
		{"http://128.0.0.1", "not loopback"},
		{"http://0.0.0.0", "not loopback"},
		{"http://[::]", "not loopback"},
		{"http://[::ffff:127.0.0.1]", "not loopback"},
		{"http://[::2]", "not loopback"},
		{"http://10.0.0.1", "not loopback"},
	};
	size_t at, wrong = 0;

	(void)state;
	for (at = 0; at < COUNT(cases); at++) {
		const char *const url = cases[at].url, *reason = NULL;

		if (ks_url_check(url, &reason) != -EINVAL)
			reason = "accepted";
		if (!reason || !strstr(reason, cases[at].reason)) {
			print_error("%s: %s\n", url ? url : "NULL", reason ? reason : "no reason");
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void bounds_the_length(void **state)
{
	char url[KS_URL_MAX + 2] = "https://h/";
	const char *reason = NULL;

	(void)state;
	memset(url + strlen(url), 'a', KS_URL_MAX - strlen(url));
	assert_int_equal(strlen(url), KS_URL_MAX);
	assert_int_equal(ks_url_check(url, &reason), 0);
	url[KS_URL_MAX] = 'a';
	assert_int_equal(ks_url_check(url, &reason), -EINVAL);
	assert_string_equal(reason, "the URL is too long");
}

static void finds_equal_urls(void **state)
{
	static const char *const pairs[][2] = {
		{KS_URL_FIRST_PARTY, KS_URL_FIRST_PARTY},
		{KS_URL_FIRST_PARTY, "https://api.anthropic.com/"},
		{KS_URL_FIRST_PARTY, "https://api.anthropic.com:443"},
		{KS_URL_FIRST_PARTY, "HTTPS://API.ANTHROPIC.COM:443/"},
		{"http://localhost", "http://LOCALHOST:80/"},
		{"https://h:8443/a/b", "https://H:8443/a/b/"},
		{"https://[2001:DB8::1]/", "https://[2001:db8::1]:443"},
	};
	size_t at, wrong = 0;

	(void)state;
	for (at = 0; at < COUNT(pairs); at++) {
		if (!ks_url_equal(pairs[at][0], pairs[at][1]) || !ks_url_equal(pairs[at][1], pairs[at][0])) {
			print_error("%s and %s differ\n", pairs[at][0], pairs[at][1]);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void tells_urls_apart(void **state)
{
	static const char *const pairs[][2] = {
		{KS_URL_FIRST_PARTY, "https://api.anthropic.co"},
		{KS_URL_FIRST_PARTY, "https://api.anthropic.com.evil.example"},
		{KS_URL_FIRST_PARTY, "https://api.anthropic.com:8443"},
		{KS_URL_FIRST_PARTY, "https://api.anthropic.com:80"},
		{KS_URL_FIRST_PARTY, "https://api.anthropic.com/v1"},
		{"http://localhost", "https://localhost"},
		{"http://localhost:443", "https://localhost:443"},
		{"http://localhost", "http://127.0.0.1"},
		{"https://h/a", "https://h/A"},
		{"https://h/a", "https://h/a//"},
		{"https://h/a", "https://h/a%20"},
		{"https://h/a", NULL},
		{NULL, NULL},
		{"", ""},
		{"nothing", "nothing"},
		{"https://user@h", "https://user@h"},
	};
	size_t at, wrong = 0;

	(void)state;
	for (at = 0; at < COUNT(pairs); at++) {
		if (ks_url_equal(pairs[at][0], pairs[at][1]) || ks_url_equal(pairs[at][1], pairs[at][0])) {
			print_error("pair %zu is called equal\n", at);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_base_urls),
		cmocka_unit_test(refuses_what_is_no_base_url),
		cmocka_unit_test(bounds_the_length),
		cmocka_unit_test(finds_equal_urls),
		cmocka_unit_test(tells_urls_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
