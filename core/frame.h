/* SPDX-License-Identifier: MIT */
/*
 * What a caller and its worker say to each other: one frame is one packet of at most KS_FRAME_MAX bytes. A head
 * (version, type, two zeros, the length of the whole frame, the number of the request), then as many numbers as the
 * type has, then texts, each with its length before it and a NUL behind. Nothing is nested. Both ends are processes
 * of one machine: numbers are in its byte order.
 */
#ifndef KEYSTILE_CORE_FRAME_H
#define KEYSTILE_CORE_FRAME_H

#include <keystile/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	KS_FRAME_VERSION = 1,
	KS_FRAME_MAX = 64 * 1024,
	KS_FRAME_NUMBERS_MAX = 5,
	KS_FRAME_TEXTS_MAX = 258,
	KS_FRAME_TEXT_MAX = 60 * 1024 /* of one text that may be long; with what else its frame holds, it fits */
};

enum ks_frame_type {
	/* From the caller. */
	KS_FRAME_START = 1,   /* load the module, and open its state */
	KS_FRAME_RESOLVE = 2, /* resolve() */
	KS_FRAME_CLOSE = 3,   /* close(), and end */
	KS_FRAME_REPLY = 4,   /* to one of the host calls below */

	/* From the worker, while it works on a request: what a module says through its host table. */
	KS_FRAME_LOG = 16, /* has no reply */
	KS_FRAME_GETENV = 17,
	KS_FRAME_FULL_PATH = 18,
	KS_FRAME_OPEN_PRIVATE = 19, /* the reply has the descriptor with it */
	KS_FRAME_DELIVER = 20,
	KS_FRAME_BREACH = 21, /* a delivery whose form broke the contract, and cannot be told in a frame */
	KS_FRAME_FAIL = 22,
	KS_FRAME_BAD_OPTION = 23,

	KS_FRAME_READY = 24, /* confined, before any code of the module runs; has no reply */

	/* From the worker: the end of a request. */
	KS_FRAME_DONE = 32,   /* open() or resolve() returned */
	KS_FRAME_FAILED = 33, /* the module could not be loaded */
	KS_FRAME_STALE = 34,  /* the worker is of no more use, and wants to be started anew; nothing was done */

	/* From the supervisor, last of all. */
	KS_FRAME_ENDED = 48 /* the process that ran the module ended */
};

/* Where each number and text of a frame is. */
enum {
	KS_START_SETTINGS = 0, /* number: how many texts are settings; those behind them are paths it may read */
	KS_START_DEADLINE = 1,
	KS_START_PATH = 0,     /* of the module */
	KS_START_IDENTITY = 1, /* bytes: which file that is (struct ks_identity) */
	KS_START_FIRST = 2,

	KS_RESOLVE_FLAGS = 0,
	KS_RESOLVE_TRANSPORTS = 1,
	KS_RESOLVE_KINDS = 2,
	KS_RESOLVE_PAYERS = 3,
	KS_RESOLVE_DEADLINE = 4,

	KS_REPLY_VALUE = 0, /* what the host function returned */
	KS_REPLY_TEXT = 0,  /* a value, a path or a reason */

	KS_DELIVER_KIND = 0,
	KS_DELIVER_TRANSPORTS = 1,
	KS_DELIVER_EXPIRES = 2,
	KS_DELIVER_REFRESH = 3,
	KS_DELIVER_SECRET = 0, /* bytes */
	KS_DELIVER_SOURCE = 1,
	KS_DELIVER_BASE_URL = 2,
	KS_DELIVER_FIRST = 3, /* attributes: name, value, name, value ... */

	KS_FAIL_RESULT = 0,
	KS_FAIL_SOURCE = 0,
	KS_FAIL_REASON = 1,
	KS_FAIL_REMEDY = 2,

	KS_DONE_RETURNED = 0,

	KS_READY_MEASURES = 0, /* enum ks_measure bits: what confines the worker */

	KS_FAILED_RESULT = 0,
	KS_FAILED_REASON = 0,
	KS_FAILED_REMEDY = 1,

	KS_ENDED_BY_SIGNAL = 0, /* number: 1 or 0 */
	KS_ENDED_STATUS = 1     /* the signal, or the exit status */
};

/* `length` bytes and a NUL behind them; bytes is NULL for no text. */
struct ks_frame_text {
	const char *bytes;
	uint32_t length;
};

struct ks_frame {
	enum ks_frame_type type;
	uint32_t serial; /* of the request it belongs to */
	int64_t numbers[KS_FRAME_NUMBERS_MAX];
	unsigned text_count;
	struct ks_frame_text texts[KS_FRAME_TEXTS_MAX];
};

/* Makes it a frame of that type with no texts and all numbers 0. */
void ks_frame_init(struct ks_frame *frame, enum ks_frame_type type, uint32_t serial);

/* Adds a text, cut after `limit` bytes; NULL is a text as well. A text too many makes the frame one that is refused.
 */
void ks_frame_add(struct ks_frame *frame, const char *text, size_t limit);
void ks_frame_add_bytes(struct ks_frame *frame, const void *bytes, size_t length);

/*
 * Writes the frame into `buffer` (KS_FRAME_MAX bytes). Returns 0 and *ret_length; -EMSGSIZE where it does not fit;
 * -EINVAL where its type has other counts.
 */
int ks_frame_encode(const struct ks_frame *frame, unsigned char *buffer, size_t *ret_length);

/*
 * Reads a packet, which may be hostile: nothing is allocated, and every length is checked before it is used. The
 * frame's texts lie in `packet`. Texts have no NUL in them, but for those of which the table says so. Returns 0;
 * -EPROTONOSUPPORT for one of another version; -EBADMSG for anything else that ks_frame_encode() does not write.
 */
int ks_frame_decode(const unsigned char *packet, size_t length, struct ks_frame *ret_frame);

/* The text at an index that the type is known to have. */
static inline const char *ks_frame_text(const struct ks_frame *frame, unsigned index)
{
	return frame->texts[index].bytes;
}

#endif
