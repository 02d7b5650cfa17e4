/* SPDX-License-Identifier: MIT */
/*
 * The socket between a caller and its worker (AF_UNIX, SOCK_SEQPACKET): whole frames, one way or the other, until a
 * deadline. Frames may hold secrets: their bytes are in secret memory, and wiped by whoever owns the channel.
 */
#ifndef KEYSTILE_CORE_CHANNEL_H
#define KEYSTILE_CORE_CHANNEL_H

#include "core/frame.h"

struct ks_channel {
	int fd;                  /* -1: none */
	int peer;                /* a pidfd of the other side, or -1: a copy of its socket may outlive it in a fork */
	unsigned char *in, *out; /* the frame received last, and the one sent last */
	size_t in_used, out_used; /* the most bytes of each that were in use since the last wipe */
};

enum {
	KS_CHANNEL_FOREVER = -1 /* as a deadline */
};

/* Gets the memory of a channel over `fd`, which is the channel's from then on; no peer. Returns 0 or -ENOMEM. */
int ks_channel_init(struct ks_channel *channel, int fd);

/* Wipes what the last frames left. */
void ks_channel_wipe(struct ks_channel *channel);

/* Closes and frees. A channel of zeros with fd -1 is allowed. */
void ks_channel_finish(struct ks_channel *channel);

/*
 * Sends a frame, and with it a copy of the descriptor `passed` (-1: none). Waits until `deadline` (milliseconds on
 * CLOCK_MONOTONIC) for room. Returns 0; -ETIMEDOUT; -EPIPE where nobody is there any more; another negative errno.
 */
int ks_channel_send(struct ks_channel *channel, const struct ks_frame *frame, int passed, int64_t deadline);

/*
 * Receives a frame, whose texts stay until the next one is received. With it may come a descriptor, close-on-exec,
 * for *ret_passed (-1: none came); where ret_passed is NULL, none is ever taken. Returns 0; -ETIMEDOUT; -EPIPE where
 * the other side is gone; -EBADMSG or -EPROTONOSUPPORT for a packet that is no frame; another negative errno.
 */
int ks_channel_receive(struct ks_channel *channel, struct ks_frame *ret_frame, int *ret_passed, int64_t deadline);

#endif
