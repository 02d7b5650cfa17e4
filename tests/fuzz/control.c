/* SPDX-License-Identifier: MIT */
/*
 * core/control.c: no control word lets a stack go on after a fault of its own, and what one means can be written out.
 */
#include <stdlib.h>
#include <string.h>

#include "core/control.h"
#include "fuzz.h"

static bool goes_on(struct ks_control control, int result)
{
	return ks_control_action(control, (enum ks_result)result) == KS_ACTION_NEXT;
}

/* Every result that a control word may name, with what it does. */
static void write_out(struct ks_control control, char **ret_text)
{
	size_t length = 0;
	FILE *stream = fuzz_stream(ret_text, &length);

	(void)fputc('[', stream);
	for (int result = KS_NOT_CONFIGURED; result <= KS_DENIED; result++)
		(void)fprintf(stream, "%s=%s ", ks_result_name((enum ks_result)result),
			goes_on(control, result) ? "next" : "fail");
	(void)fprintf(stream, "]");
	(void)fclose(stream);
}

static void check(struct ks_control control)
{
	struct ks_control again = {0};
	size_t offset = 0;
	char *text = NULL;

	PROPERTY(ks_control_action(control, KS_OK) == KS_ACTION_DONE);
	for (int result = KS_MISCONFIGURED; result < 2 * KS_ERROR; result++)
		PROPERTY(ks_control_action(control, (enum ks_result)result) == KS_ACTION_FAIL);
	write_out(control, &text);
	PROPERTY(ks_control_parse(text, &again, &offset, NULL) == 0);
	PROPERTY(again.next == control.next);
	free(text);
}

void fuzz_target(char *bytes, size_t length)
{
	char *text = fuzz_string(bytes, length);
	struct ks_control control = {0};
	struct ks_problem problem = {0};
	size_t offset = 0;

	if (ks_control_parse(text, &control, &offset, &problem) == 0) {
		check(control);
	} else {
		PROPERTY(problem.result == KS_MISCONFIGURED);
		PROPERTY(offset <= strlen(text));
		fuzz_tell("%zu: ", offset);
		fuzz_reason(problem.reason);
		fuzz_reason(problem.remedy);
	}
	free(text);
}
