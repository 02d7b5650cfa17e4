/* SPDX-License-Identifier: MIT */
#include "packets.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/identity.h"
#include "fuzz.h"

enum {
	/* where things are in a head */
	LENGTH_AT = 4,
	SERIAL_AT = 8,
	HEAD_SIZE = 12,
	NUMBER_DIGITS_MAX = 20
};

static const struct {
	const char *name;
	enum ks_frame_type type;
} names[] = {
	{"start", KS_FRAME_START},
	{"resolve", KS_FRAME_RESOLVE},
	{"close", KS_FRAME_CLOSE},
	{"reply", KS_FRAME_REPLY},
	{"log", KS_FRAME_LOG},
	{"getenv", KS_FRAME_GETENV},
	{"full-path", KS_FRAME_FULL_PATH},
	{"open-private", KS_FRAME_OPEN_PRIVATE},
	{"deliver", KS_FRAME_DELIVER},
	{"breach", KS_FRAME_BREACH},
	{"fail", KS_FRAME_FAIL},
	{"bad-option", KS_FRAME_BAD_OPTION},
	{"ready", KS_FRAME_READY},
	{"done", KS_FRAME_DONE},
	{"failed", KS_FRAME_FAILED},
	{"stale", KS_FRAME_STALE},
	{"ended", KS_FRAME_ENDED},
};

/* A line that is not read to its end. */
struct line {
	const char *next, *end;
};

static bool take_line(struct packets *packets, struct line *ret_line)
{
	const char *feed = NULL;

	if (packets->next == packets->end)
		return false;
	feed = memchr(packets->next, '\n', (size_t)(packets->end - packets->next));
	*ret_line = (struct line){.next = packets->next, .end = feed ? feed : packets->end};
	packets->next = feed ? feed + 1 : packets->end;
	return true;
}

/* The next number in the line, 0 where there is none. Too large a one is the largest. */
static int64_t take_number(struct line *line)
{
	char digits[NUMBER_DIGITS_MAX + 1] = "";
	size_t length = 0;

	while (line->next < line->end && *line->next == ' ')
		line->next++;
	while (line->next < line->end && *line->next != ' ' && length < NUMBER_DIGITS_MAX)
		digits[length++] = *line->next++;
	return strtoll(digits, NULL, 10);
}

static void put(struct packet *packet, const void *bytes, size_t size)
{
	if (size > sizeof(packet->bytes) - packet->length)
		size = sizeof(packet->bytes) - packet->length;
	memcpy(packet->bytes + packet->length, bytes, size);
	packet->length += size;
}

/* The head tells the packet's length from now on. */
static void put_length(struct packet *packet)
{
	const uint32_t length = (uint32_t)packet->length;

	memcpy(packet->bytes + LENGTH_AT, &length, sizeof(length));
}

/* The type whose name the line begins with, or number; 0 where that is none. */
static unsigned take_type(struct line *line)
{
	const char *end = memchr(line->next, ' ', (size_t)(line->end - line->next));
	const size_t length = (size_t)((end ? end : line->end) - line->next);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (length != strlen(names[i].name) || memcmp(line->next, names[i].name, length) != 0)
			continue;
		line->next += length;
		return names[i].type;
	}
	return length > 0 && isdigit((unsigned char)*line->next) ? (unsigned)take_number(line) & UINT8_MAX : 0;
}

static void begin(struct packet *packet, unsigned type, uint32_t serial, struct line *line)
{
	const unsigned char head[HEAD_SIZE] = {KS_FRAME_VERSION, (unsigned char)type};

	packet->length = 0;
	packet->has_descriptor = false;
	put(packet, head, sizeof(head));
	memcpy(packet->bytes + SERIAL_AT, &serial, sizeof(serial));
	for (unsigned i = 0; i < KS_FRAME_NUMBERS_MAX && line->next < line->end; i++) {
		const int64_t number = take_number(line);

		put(packet, &number, sizeof(number));
	}
	put_length(packet);
}

static int digit(char byte)
{
	return isdigit((unsigned char)byte) ? byte - '0' : tolower((unsigned char)byte) - 'a' + 10;
}

static void put_text(struct packet *packet, const struct line *line, int64_t times)
{
	const size_t length_at = packet->length;
	uint32_t length = 0;

	put(packet, &length, sizeof(length));
	for (int64_t i = 0; i < times && line->next < line->end && packet->length < sizeof(packet->bytes); i++) {
		for (const char *at = line->next; at < line->end; at++) {
			char byte = *at;

			if (byte == '%' && line->end - at > 2 && isxdigit((unsigned char)at[1]) &&
				isxdigit((unsigned char)at[2])) {
				byte = (char)(digit(at[1]) << 4 | digit(at[2]));
				at += 2;
			}
			put(packet, &byte, 1);
		}
	}
	length = (uint32_t)(packet->length - length_at - sizeof(length));
	put(packet, "", 1);
	if (length_at + sizeof(length) <= packet->length)
		memcpy(packet->bytes + length_at, &length, sizeof(length));
	put_length(packet);
}

static void put_no_text(struct packet *packet)
{
	const uint32_t no_text = UINT32_MAX;

	put(packet, &no_text, sizeof(no_text));
	put_length(packet);
}

/* Of this machine's size, so that the seeds need not know it. */
static void put_identity(struct packet *packet)
{
	static const char byte = '\0';
	const struct line zero = {.next = &byte, .end = &byte + 1};

	put_text(packet, &zero, sizeof(struct ks_identity));
}

static void change_byte(struct packet *packet, struct line *line)
{
	const uint64_t place = (uint64_t)take_number(line);

	if (place < packet->length)
		packet->bytes[place] = (unsigned char)take_number(line);
}

static void change_size(struct packet *packet, struct line *line)
{
	const uint64_t size = (uint64_t)take_number(line);

	if (size > sizeof(packet->bytes))
		return;
	if (size > packet->length)
		memset(packet->bytes + packet->length, 0, size - packet->length);
	packet->length = size;
}

static void change_serial(struct packet *packet, struct line *line)
{
	const uint32_t serial = (uint32_t)take_number(line);

	if (packet->length >= HEAD_SIZE)
		memcpy(packet->bytes + SERIAL_AT, &serial, sizeof(serial));
}

static void add(struct packet *packet, struct line *line)
{
	int64_t times = 1;

	if (packet->length < HEAD_SIZE || line->next == line->end)
		return;
	switch (*line->next++) {
	case '*':
		times = take_number(line);
		line->next += line->next < line->end;
		put_text(packet, line, times);
		break;
	case '"':
		put_text(packet, line, times);
		break;
	case '-':
		put_no_text(packet);
		break;
	case '!':
		put_identity(packet);
		break;
	case '&':
		change_serial(packet, line);
		break;
	case '@':
		change_byte(packet, line);
		break;
	case '=':
		change_size(packet, line);
		break;
	case '+':
		packet->has_descriptor = true;
		break;
	default:
		break;
	}
}

struct packets packets_of(const char *text, size_t length)
{
	return (struct packets){.next = text, .end = text + length};
}

bool packets_next(struct packets *packets, uint32_t serial, struct packet *ret_packet)
{
	const char *start = packets->next;
	struct line line;
	unsigned type = 0;
	bool has_begun = false;

	while (take_line(packets, &line)) {
		type = take_type(&line);
		if (type != 0 && has_begun) {
			packets->next = start;
			return true;
		}
		if (type != 0)
			begin(ret_packet, type, serial, &line);
		else if (has_begun)
			add(ret_packet, &line);
		has_begun = has_begun || type != 0;
		start = packets->next;
	}
	return has_begun;
}

bool packets_begin_with(struct packets *packets, const char *line)
{
	const struct packets start = *packets;
	struct line first;

	if (take_line(packets, &first) && (size_t)(first.end - first.next) == strlen(line) &&
		memcmp(first.next, line, strlen(line)) == 0)
		return true;
	*packets = start;
	return false;
}

/* Returns whether the socket took it. */
static bool send_packet(const struct packet *packet, int socket)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec piece = {.iov_base = (void *)(uintptr_t)packet->bytes, .iov_len = packet->length};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	int fd = packet->has_descriptor ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
	bool is_sent = false;

	if (fd >= 0) {
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	is_sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
	if (fd >= 0)
		(void)close(fd);
	return is_sent;
}

void packets_send(struct packets *packets, uint32_t serial, int socket, unsigned limit)
{
	static struct packet packet;

	for (unsigned i = 0; i < limit && packets_next(packets, serial, &packet); i++)
		if (!send_packet(&packet, socket))
			return;
}

static bool may_have_nul(enum ks_frame_type type, unsigned index)
{
	return (type == KS_FRAME_DELIVER && index == KS_DELIVER_SECRET) ||
	       (type == KS_FRAME_START && index == KS_START_IDENTITY);
}

void packets_check_frame(const struct ks_frame *frame, const unsigned char *packet, size_t length)
{
	static unsigned char again[KS_FRAME_MAX];
	size_t length_again = 0;

	PROPERTY(frame->text_count <= KS_FRAME_TEXTS_MAX);
	for (unsigned i = 0; i < frame->text_count; i++) {
		const struct ks_frame_text *text = &frame->texts[i];
		const unsigned char *bytes = (const unsigned char *)text->bytes;

		if (!bytes)
			continue;
		PROPERTY(bytes >= packet + HEAD_SIZE && bytes < packet + length);
		PROPERTY(text->length < (size_t)(packet + length - bytes));
		PROPERTY(bytes[text->length] == '\0');
		PROPERTY(may_have_nul(frame->type, i) || strlen(text->bytes) == text->length);
	}
	PROPERTY(ks_frame_encode(frame, again, &length_again) == 0);
	PROPERTY(length_again == length);
	PROPERTY(memcmp(again, packet, length) == 0);
}
