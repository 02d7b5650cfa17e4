/* SPDX-License-Identifier: MIT */
/*
 * Which file is behind an address of this process.
 */
#ifndef KEYSTILE_CORE_MAPPING_H
#define KEYSTILE_CORE_MAPPING_H

#include <stdbool.h>

/*
 * Whether `address` is mapped from the very file open at `fd`, as /proc/self/maps has it. Where that does not call
 * the file what stat(2) does (overlayfs, btrfs), the file is looked up there as well, by way of a mapping of our own.
 * Returns 1 or 0, or a negative errno (-ENOENT where there is no /proc).
 */
int ks_mapping_is_file(const void *address, int fd);

#endif
