/* SPDX-License-Identifier: MIT */
/*
 * Messages: one line each on standard error, `keystile: ...`. Control characters become '?'. Never a secret.
 */
#ifndef KEYSTILE_CLI_MESSAGE_H
#define KEYSTILE_CLI_MESSAGE_H

#include <stdbool.h>

/* From here on, no warnings and no notes. */
void message_quiet(bool quiet);

void message_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void message_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void message_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
