/* SPDX-License-Identifier: MIT */
/*
 * Which file is behind an address of this process.
 */
#ifndef KEYSTILE_CORE_MAPPING_H
#define KEYSTILE_CORE_MAPPING_H

#include <stdbool.h>

/*
 * Whether `address` is mapped from the very file open at `fd`. Both are looked up in /proc/self/maps, the file by
 * way of a mapping of our own: stat(2) and the kernel's table may disagree about device numbers (overlayfs).
 * Returns 1 or 0, or a negative errno (-ENOENT where there is no /proc).
 */
int ks_mapping_is_file(const void *address, int fd);

#endif
