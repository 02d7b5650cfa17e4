/* SPDX-License-Identifier: MIT */
/* A library that is there when a module is linked, and under no such name when it is loaded. */
#include <keystile/provider.h>

KS_EXPORT_ int keystile_hostile_absent(void);

int keystile_hostile_absent(void)
{
	return 0;
}
