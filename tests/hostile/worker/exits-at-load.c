/* SPDX-License-Identifier: MIT */
/* Ends its process when it is loaded. */
#include <stdlib.h>
#include <unistd.h>

#include "tests/hostile/hostile.h"

__attribute__((constructor)) static void leave(void)
{
	_exit(EXIT_SUCCESS);
}

HOSTILE_ANSWER(deliver_well)
