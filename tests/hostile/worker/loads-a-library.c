/* SPDX-License-Identifier: MIT */
/* Loads another library when it is asked: that it may. */
#include <dlfcn.h>

#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	void *library = dlopen("libresolv.so.2", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return host->fail(host, KS_ERROR, NULL, dlerror(), NULL);
	(void)dlclose(library);
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
