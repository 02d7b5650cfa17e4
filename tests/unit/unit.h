/* SPDX-License-Identifier: MIT */
/*
 * cmocka, with what it wants before it.
 */
#ifndef KEYSTILE_TESTS_UNIT_H
#define KEYSTILE_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* the order matters: cmocka.h uses all of the above */
#include <cmocka.h>

/* the host table has a member called fail, which a macro of that name would take for itself */
#undef fail
#undef fail_msg
#define fail_msg(...)                                                                                                \
	do {                                                                                                         \
		print_error(__VA_ARGS__);                                                                            \
		print_error("\n");                                                                                   \
		_fail(__FILE__, __LINE__);                                                                           \
	} while (0)

/* Which sanitizer is built in. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN true
#endif
#if __has_feature(thread_sanitizer)
#define WITH_TSAN true
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN true
#elif defined(__SANITIZE_THREAD__)
#define WITH_TSAN true
#endif
#ifndef WITH_ASAN
#define WITH_ASAN false
#endif
#ifndef WITH_TSAN
#define WITH_TSAN false
#endif

/* Valgrind is the kernel to its program, and does not know all of it. tests/meson.build tells that it is there. */
#define UNDER_VALGRIND (getenv("KEYSTILE_TEST_VALGRIND") != NULL)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
