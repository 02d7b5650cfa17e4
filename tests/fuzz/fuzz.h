/* SPDX-License-Identifier: MIT */
/*
 * What every fuzz target shares. A target is one function, which feeds bytes to a parser and says what must hold for
 * whatever comes out. libFuzzer, AFL++ and the replay of the seeds all enter by LLVMFuzzerTestOneInput().
 */
#ifndef KEYSTILE_TESTS_FUZZ_H
#define KEYSTILE_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The target's own. `bytes` is a heap block of exactly `length` bytes, so that AddressSanitizer sees one read too
 * far, and the target may change them. It must be deterministic, and leave no memory behind.
 */
void fuzz_target(char *bytes, size_t length);

/* What the engine calls: the target, once or (see fuzz_tell) twice. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process where the condition does not hold, which the engine takes for a crash. */
#define PROPERTY(condition) ((condition) ? (void)0 : fuzz_violated(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_violated(const char *file, int line, const char *condition);

/*
 * Notes what the parser lets people see. Where the input has FUZZ_SECRET in it, the target is run again with another
 * secret of the same length in its place, and must tell the same: so no byte of a secret reaches a message.
 * The other has the same sorts of characters in the same places, hex digits too. The dash before keeps them from
 * ending a word that the other would not end ("creat", "%5"). An input in which something else may be the same as one
 * of them runs once.
 */
#define FUZZ_SECRET "-CANARY-CANARY-CANARY-CANARY-CANARY"
#define FUZZ_OTHER_SECRET "-DBOBSZ-DBOBSZ-DBOBSZ-DBOBSZ-DBOBSZ"
void fuzz_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A reason or remedy: one printable line. Told as well. */
void fuzz_reason(const char *text);

/* A heap block of exactly `length` bytes, with a copy of these where there are any. */
void *fuzz_block(const void *bytes, size_t length);

/* A heap block with the bytes up to the first NUL, and a NUL as its last: for parsers of NUL-terminated text. */
char *fuzz_string(const char *bytes, size_t length);

/* Whether the text is 1 to `max` bytes out of the alphabet. */
bool fuzz_consists_of(const char *text, const char *alphabet, size_t max);

/* The lines of a text, counting one that no line feed ends. */
unsigned fuzz_lines(const char *text, size_t length);

/* How many descriptors are open, of the lowest numbers, among which a leak of one input is. */
unsigned fuzz_descriptors(void);

/* A stream into memory: what was printed is in *ret_text once it is closed, for the caller to free. */
FILE *fuzz_stream(char **ret_text, size_t *ret_length);

#endif
