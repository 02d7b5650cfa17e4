/* SPDX-License-Identifier: MIT */
#include "core/identity.h"

#include <string.h>

void ks_identity_read(int fd, const struct stat *status, struct ks_identity *ret_identity)
{
	union {
		struct file_handle head;
		char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} handle = {.head = {.handle_bytes = MAX_HANDLE_SZ}};
	int mount = 0;

	*ret_identity = (struct ks_identity){.device = status->st_dev, .inode = status->st_ino};
	if (name_to_handle_at(fd, "", &handle.head, &mount, AT_EMPTY_PATH) < 0)
		return;
	ret_identity->handle_type = handle.head.handle_type;
	ret_identity->handle_size = handle.head.handle_bytes;
	memcpy(ret_identity->handle, handle.head.f_handle, handle.head.handle_bytes);
}

bool ks_identity_equal(const struct ks_identity *a, const struct ks_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->handle_type == b->handle_type &&
	       a->handle_size == b->handle_size && memcmp(a->handle, b->handle, a->handle_size) == 0;
}
