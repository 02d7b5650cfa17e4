/* SPDX-License-Identifier: MIT */
/*
 * Runs a target over files, in a build without a fuzzer: the seeds as a regression test, or a finding.
 *
 *   fuzz-TARGET PATTERN...    patterns as glob(3) knows them; one that matches nothing is a failure
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/* Returns whether the whole file could be read. */
static bool read_file(const char *path, char **ret_bytes, size_t *ret_length)
{
	FILE *file = fopen(path, "re"), *bytes = fuzz_stream(ret_bytes, ret_length);
	char buffer[BUFSIZ];
	size_t got = 0;
	bool good = false;

	while (file && (got = fread(buffer, 1, sizeof(buffer), file)) > 0)
		(void)fwrite(buffer, 1, got, bytes);
	good = file && !ferror(file);
	if (fclose(bytes) != 0)
		good = false;
	if (file)
		(void)fclose(file);
	return good;
}

/* One line of TAP. A crash leaves the plan unfulfilled, and the line before says how far it came. */
static void replay(const char *path, unsigned number)
{
	const char *slash = strrchr(path, '/');
	char *bytes = NULL;
	size_t length = 0;
	bool good = read_file(path, &bytes, &length);

	(void)printf("# %s\n", path);
	(void)fflush(stdout);
	if (good)
		(void)LLVMFuzzerTestOneInput((const uint8_t *)bytes, length);
	(void)printf("%s %u - %s\n", good ? "ok" : "not ok", number, slash ? slash + 1 : path);
	free(bytes);
}

int main(int argc, char **argv)
{
	glob_t found = {0};

	for (int i = 1; i < argc; i++) {
		if (glob(argv[i], i > 1 ? GLOB_APPEND : 0, NULL, &found) == 0)
			continue;
		(void)printf("Bail out! nothing matches %s\n", argv[i]);
		return EXIT_FAILURE;
	}
	(void)printf("1..%zu\n", found.gl_pathc);
	for (size_t i = 0; i < found.gl_pathc; i++)
		replay(found.gl_pathv[i], (unsigned)i + 1);
	globfree(&found);
	return EXIT_SUCCESS;
}
