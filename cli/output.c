/* SPDX-License-Identifier: MIT */
#include "cli/output.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/message.h"
#include "core/secret.h"

enum {
	CAPACITY_FIRST = 4096
};

static void release(struct output *output, char *data)
{
	if (output->is_secret)
		ks_secret_free(data);
	else
		free(data);
}

static bool reserve(struct output *output, size_t more)
{
	size_t capacity = output->capacity ? output->capacity : CAPACITY_FIRST;
	char *data = NULL;

	if (output->failed || more > SIZE_MAX / 4 - output->length)
		goto fail;
	if (output->length + more <= output->capacity)
		return true;
	while (capacity < output->length + more)
		capacity *= 2;
	data = output->is_secret ? ks_secret_alloc(capacity) : malloc(capacity);
	if (!data)
		goto fail;
	if (output->length)
		memcpy(data, output->data, output->length);
	release(output, output->data);
	output->data = data;
	output->capacity = capacity;
	return true;
fail:
	output->failed = true;
	return false;
}

void output_bytes(struct output *output, const char *bytes, size_t length)
{
	if (length == 0 || !reserve(output, length))
		return;
	memcpy(output->data + output->length, bytes, length);
	output->length += length;
}

void output_text(struct output *output, const char *text)
{
	output_bytes(output, text, strlen(text));
}

void output_print(struct output *output, const char *format, ...)
{
	va_list arguments, again;
	int length = 0;

	va_start(arguments, format);
	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, arguments);
	if (length < 0)
		output->failed = true;
	else if (reserve(output, (size_t)length + 1)) {
		(void)vsnprintf(output->data + output->length, (size_t)length + 1, format, again);
		output->length += (size_t)length;
	}
	va_end(again);
	va_end(arguments);
}

/* Whatever is at the other end may have made the descriptor non-blocking. */
static int write_all(const char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = write(STDOUT_FILENO, data, length);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};

			if (poll(&ready, 1, -1) < 0 && errno != EINTR)
				return -errno;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		length -= (size_t)n;
	}
	return 0;
}

int output_write(struct output *output)
{
	int error = 0;

	if (output->failed) {
		message_error("standard output: no memory for the answer; free some and try again");
		output_finish(output);
		return EX_SOFTWARE;
	}
	error = write_all(output->data, output->length);
	if (close(STDOUT_FILENO) < 0 && error == 0 && errno != EINTR)
		error = -errno;
	output_finish(output);
	if (error < 0) {
		message_error("standard output cannot be written: %s; the answer is not complete", strerror(-error));
		return EX_SOFTWARE;
	}
	return 0;
}

void output_finish(struct output *output)
{
	release(output, output->data);
	output->data = NULL;
	output->length = output->capacity = 0;
}
