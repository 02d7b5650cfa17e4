/* SPDX-License-Identifier: MIT */
#include "core/frame.h"

#include <errno.h>
#include <string.h>

enum {
	HEAD_SIZE = 12,
	NO_TEXT = -1 /* as a length: NULL */
};

/* Of each type: how many numbers and texts it has, and which text is bytes. */
struct shape {
	enum ks_frame_type type;
	unsigned numbers, texts_min, texts_max;
	int bytes; /* index of the text that may have NULs in it, or -1 */
};

static const struct shape shapes[] = {
	{KS_FRAME_START, 2, 2, KS_FRAME_TEXTS_MAX, KS_START_IDENTITY},
	{KS_FRAME_RESOLVE, 5, 0, 0, -1},
	{KS_FRAME_CLOSE, 0, 0, 0, -1},
	{KS_FRAME_REPLY, 1, 1, 1, -1},
	{KS_FRAME_LOG, 1, 1, 1, -1},
	{KS_FRAME_GETENV, 0, 1, 1, -1},
	{KS_FRAME_FULL_PATH, 0, 1, 1, -1},
	{KS_FRAME_OPEN_PRIVATE, 1, 1, 1, -1},
	{KS_FRAME_DELIVER, 4, 3, KS_DELIVER_FIRST + 2 * KS_ATTRIBUTES_MAX, KS_DELIVER_SECRET},
	{KS_FRAME_BREACH, 0, 1, 1, -1},
	{KS_FRAME_FAIL, 1, 3, 3, -1},
	{KS_FRAME_BAD_OPTION, 1, 1, 1, -1},
	{KS_FRAME_READY, 1, 0, 0, -1},
	{KS_FRAME_DONE, 1, 0, 0, -1},
	{KS_FRAME_FAILED, 1, 2, 2, -1},
	{KS_FRAME_STALE, 0, 0, 0, -1},
	{KS_FRAME_ENDED, 2, 0, 0, -1},
};

static const struct shape *shape_of(unsigned type)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if ((unsigned)shapes[i].type == type)
			return &shapes[i];
	}
	return NULL;
}

static bool has_shape(const struct ks_frame *frame, const struct shape *shape)
{
	return shape && frame->text_count >= shape->texts_min && frame->text_count <= shape->texts_max;
}

void ks_frame_init(struct ks_frame *frame, enum ks_frame_type type, uint32_t serial)
{
	frame->type = type;
	frame->serial = serial;
	frame->text_count = 0;
	memset(frame->numbers, 0, sizeof(frame->numbers));
}

void ks_frame_add_bytes(struct ks_frame *frame, const void *bytes, size_t length)
{
	if (frame->text_count < KS_FRAME_TEXTS_MAX)
		frame->texts[frame->text_count] = (struct ks_frame_text){
			.bytes = bytes, .length = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX - 1};
	frame->text_count++;
}

void ks_frame_add(struct ks_frame *frame, const char *text, size_t limit)
{
	ks_frame_add_bytes(frame, text, text ? strnlen(text, limit) : 0);
}

/* Where the next byte goes, and how many there are left. */
struct writer {
	unsigned char *next;
	size_t room;
	bool is_full;
};

static void put(struct writer *writer, const void *bytes, size_t size)
{
	if (size > writer->room) {
		writer->is_full = true;
		return;
	}
	if (size > 0)
		memcpy(writer->next, bytes, size);
	writer->next += size;
	writer->room -= size;
}

static void put_u32(struct writer *writer, uint32_t value)
{
	put(writer, &value, sizeof(value));
}

static void put_text(struct writer *writer, const struct ks_frame_text *text)
{
	put_u32(writer, text->bytes ? text->length : (uint32_t)NO_TEXT);
	if (!text->bytes)
		return;
	put(writer, text->bytes, text->length);
	put(writer, "", 1);
}

int ks_frame_encode(const struct ks_frame *frame, unsigned char *buffer, size_t *ret_length)
{
	const struct shape *shape = shape_of(frame->type);
	struct writer writer = {.next = buffer, .room = KS_FRAME_MAX};
	const unsigned char head[] = {KS_FRAME_VERSION, (unsigned char)frame->type, 0, 0};
	uint32_t length = 0;

	if (!has_shape(frame, shape))
		return -EINVAL;
	put(&writer, head, sizeof(head));
	put_u32(&writer, 0);
	put_u32(&writer, frame->serial);
	put(&writer, frame->numbers, shape->numbers * sizeof(frame->numbers[0]));
	for (unsigned i = 0; i < frame->text_count && !writer.is_full; i++)
		put_text(&writer, &frame->texts[i]);
	if (writer.is_full)
		return -EMSGSIZE;
	length = (uint32_t)(writer.next - buffer);
	memcpy(buffer + sizeof(head), &length, sizeof(length));
	*ret_length = length;
	return 0;
}

/* What of a packet was not read yet. */
struct reader {
	const unsigned char *next;
	size_t left;
};

static bool take(struct reader *reader, void *bytes, size_t size)
{
	if (size > reader->left)
		return false;
	if (size > 0)
		memcpy(bytes, reader->next, size);
	reader->next += size;
	reader->left -= size;
	return true;
}

static bool take_text(struct reader *reader, bool is_bytes, struct ks_frame_text *ret_text)
{
	uint32_t length = 0;

	if (!take(reader, &length, sizeof(length)))
		return false;
	if (length == (uint32_t)NO_TEXT) {
		*ret_text = (struct ks_frame_text){0};
		return true;
	}
	if (length >= reader->left || reader->next[length] != '\0' ||
		(!is_bytes && memchr(reader->next, '\0', length)))
		return false;
	*ret_text = (struct ks_frame_text){.bytes = (const char *)reader->next, .length = length};
	reader->next += length + 1;
	reader->left -= length + 1;
	return true;
}

int ks_frame_decode(const unsigned char *packet, size_t length, struct ks_frame *ret_frame)
{
	struct reader reader = {.next = packet, .left = length};
	const struct shape *shape = NULL;
	unsigned char head[4];
	uint32_t told = 0, serial = 0;

	if (length < HEAD_SIZE || length > KS_FRAME_MAX || !take(&reader, head, sizeof(head)) ||
		!take(&reader, &told, sizeof(told)) || !take(&reader, &serial, sizeof(serial)))
		return -EBADMSG;
	shape = shape_of(head[1]);
	if (head[0] != KS_FRAME_VERSION)
		return -EPROTONOSUPPORT;
	if (head[2] != 0 || head[3] != 0 || told != length || !shape)
		return -EBADMSG;
	ks_frame_init(ret_frame, shape->type, serial);
	if (!take(&reader, ret_frame->numbers, shape->numbers * sizeof(ret_frame->numbers[0])))
		return -EBADMSG;
	while (reader.left > 0) {
		if (ret_frame->text_count == shape->texts_max ||
			!take_text(&reader, (int)ret_frame->text_count == shape->bytes,
				&ret_frame->texts[ret_frame->text_count]))
			return -EBADMSG;
		ret_frame->text_count++;
	}
	return has_shape(ret_frame, shape) ? 0 : -EBADMSG;
}
