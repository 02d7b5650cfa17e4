/* SPDX-License-Identifier: MIT */
#include "tests/support/log-reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/place.h"
#include "tests/unit/unit.h"

enum {
	LINE_BYTES = 4096
};

/* An empty datagram is the last. */
static void *read_lines(void *data)
{
	struct log_reader *reader = data;
	char line[LINE_BYTES];
	ssize_t length = 0;

	while ((length = recv(reader->fd, line, sizeof(line) - 1, 0)) > 0) {
		line[length] = '\0';
		reader->take(reader->data, line);
	}
	return NULL;
}

void log_reader_start(struct log_reader *reader)
{
	reader->address = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)snprintf(reader->address.sun_path, sizeof(reader->address.sun_path), "%s/log", place_folder);
	reader->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(reader->fd >= 0);
	assert_int_equal(bind(reader->fd, (const struct sockaddr *)&reader->address, sizeof(reader->address)), 0);
	assert_int_equal(setenv("KEYSTILE_TEST_LOG", reader->address.sun_path, 1), 0);
	assert_int_equal(pthread_create(&reader->thread, NULL, read_lines, reader), 0);
}

void log_reader_stop(struct log_reader *reader)
{
	const struct sockaddr *address = (const struct sockaddr *)&reader->address;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(sendto(fd, "", 0, 0, address, sizeof(reader->address)), 0);
	(void)close(fd);
	assert_int_equal(pthread_join(reader->thread, NULL), 0);
	(void)close(reader->fd);
	assert_int_equal(unlink(reader->address.sun_path), 0);
	assert_int_equal(unsetenv("KEYSTILE_TEST_LOG"), 0);
}
