/* SPDX-License-Identifier: MIT */
/*
 * The directories that are compiled in. The tests link a copy of their own (tests/support/paths.c), so that no
 * installed program has a switch for them.
 */
#ifndef KEYSTILE_CORE_PATHS_H
#define KEYSTILE_CORE_PATHS_H

const char *ks_path_config(void);  /* SYSCONFDIR/keystile */
const char *ks_path_vendor(void);  /* PREFIX/lib/keystile */
const char *ks_path_modules(void); /* LIBDIR/keystile */
const char *ks_path_worker(void);  /* LIBEXECDIR/keystile-worker */
const char *ks_path_log(void);     /* the system's log socket */

#endif
