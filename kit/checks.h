/* SPDX-License-Identifier: MIT */
/*
 * All checks, by the file they stand in. Each is the body of a struct check.
 */
#ifndef KEYSTILE_KIT_CHECKS_H
#define KEYSTILE_KIT_CHECKS_H

#include "kit/check.h"

/* object.c: what the file is. No code of the module runs, but for check_load(). */
void check_note(const struct kit *kit, const struct home *home);
void check_exports(const struct kit *kit, const struct home *home);
void check_load(const struct kit *kit, const struct home *home);

/* options.c: what it declares, and what the core makes of that. */
void check_options(const struct kit *kit, const struct home *home);

/* calls.c: each call by itself. */
void check_open(const struct kit *kit, const struct home *home);
void check_open_io(const struct kit *kit, const struct home *home);
void check_resolve_api(const struct kit *kit, const struct home *home);
void check_resolve_cli(const struct kit *kit, const struct home *home);
void check_resolve_fresh(const struct kit *kit, const struct home *home);
void check_close(const struct kit *kit, const struct home *home);

/* process.c: what is left of the calls. */
void check_state(const struct kit *kit, const struct home *home);
void check_leaks(const struct kit *kit, const struct home *home);

/* secret.c: what it leaves of a secret. */
void check_secret(const struct kit *kit, const struct home *home);

/* homes.c: both homes. */
void check_homes(const struct kit *kit, const struct home *home);

/* time.c: how late it answers. */
void check_deadline(const struct kit *kit, const struct home *home);

/* company.c: with other processes and threads. */
void check_fork(const struct kit *kit, const struct home *home);
void check_threads(const struct kit *kit, const struct home *home);

#endif
