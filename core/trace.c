/* SPDX-License-Identifier: MIT */
#include "core/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct ks_trace {
	struct ks_arena arena; /* the text is the trace's own: it outlives the context */
	struct ks_step *steps;
	unsigned count;
};

static const char *copy(struct ks_trace *trace, const char *text)
{
	return text && text[0] ? ks_arena_copy(&trace->arena, text, strlen(text)) : "";
}

static bool start_step(struct ks_trace *trace, struct ks_step *step, const struct ks_stack_entry *entry)
{
	step->size = sizeof(*step);
	step->file = copy(trace, entry->config.file);
	step->line = entry->config.line;
	step->transports = entry->config.transports;
	step->control = copy(trace, entry->config.control_text);
	step->module = copy(trace, entry->module->file);
	step->action = KS_ACTION_UNREACHED;
	step->source = step->reason = step->remedy = "";
	return step->file && step->control && step->module;
}

struct ks_trace *ks_trace_new(const struct ks_stack *stack)
{
	struct ks_trace *trace = calloc(1, sizeof(*trace));

	if (!trace)
		return NULL;
	trace->steps = ks_arena_alloc(&trace->arena, stack->count * sizeof(*trace->steps));
	if (!trace->steps)
		return ks_trace_free(trace);
	for (; trace->count < stack->count; trace->count++) {
		if (!start_step(trace, &trace->steps[trace->count], &stack->entries[trace->count]))
			return ks_trace_free(trace);
	}
	return trace;
}

int ks_trace_note(struct ks_trace *trace, unsigned index, const struct ks_note_of_step *note)
{
	struct ks_step *step = &trace->steps[index];
	const char *source = copy(trace, note->source);
	const char *reason = copy(trace, note->problem ? note->problem->reason : NULL);
	const char *remedy = copy(trace, note->problem ? note->problem->remedy : NULL);

	if (!source || !reason || !remedy)
		return -ENOMEM;
	step->action = note->action;
	step->result = note->result;
	step->microseconds = note->microseconds;
	step->source = source;
	step->reason = reason;
	step->remedy = remedy;
	return 0;
}

unsigned ks_trace_count(const struct ks_trace *trace)
{
	return trace ? trace->count : 0;
}

int ks_trace_step_at(const struct ks_trace *trace, unsigned index, struct ks_step *ret_step)
{
	size_t size = ret_step->size < sizeof(*ret_step) ? ret_step->size : sizeof(*ret_step);

	if (index >= ks_trace_count(trace) || size < sizeof(ret_step->size))
		return 0;
	memcpy(ret_step, &trace->steps[index], size);
	ret_step->size = size;
	return 1;
}

struct ks_trace *ks_trace_free(struct ks_trace *trace)
{
	if (trace) {
		ks_arena_finish(&trace->arena);
		free(trace);
	}
	return NULL;
}
