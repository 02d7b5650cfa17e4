/* SPDX-License-Identifier: MIT */
/*
 * For builds with LeakSanitizer alone, which attaches to its own process by ptrace(2). The kernel refuses that in a
 * process that a file gave privileges, so such a one is not searched for leaks.
 */
#include <sys/auxv.h>

/* The name is LeakSanitizer's. NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return getauxval(AT_SECURE) != 0;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
