/* SPDX-License-Identifier: MIT */
/* Changes the umask when it is loaded, before it is asked for anything. */
#include "hostile.h"

#include <sys/stat.h>

__attribute__((constructor)) static void change(void)
{
	(void)umask(umask(0) ^ 0111);
}

HOSTILE_ANSWER(deliver_well)
