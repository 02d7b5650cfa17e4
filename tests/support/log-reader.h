/* SPDX-License-Identifier: MIT */
/*
 * A socket in place of the system's log, for unit tests, and a thread that reads it as fast as it can.
 */
#ifndef KEYSTILE_TESTS_LOG_READER_H
#define KEYSTILE_TESTS_LOG_READER_H

#include <pthread.h>
#include <sys/un.h>

struct log_reader {
	void (*take)(void *data, const char *line); /* called in the reader's thread */
	void *data;

	struct sockaddr_un address;
	pthread_t thread;
	int fd;
};

/* Makes the socket below place_folder and starts the thread; `take` and `data` are the caller's. */
void log_reader_start(struct log_reader *reader);

/* Takes every line that was sent before, and ends the thread. The socket goes. */
void log_reader_stop(struct log_reader *reader);

#endif
