/* SPDX-License-Identifier: MIT */
/*
 * What opens and can never work.
 */
#include "core/kind.h"
#include "core/stack.h"

/* The widest an entry can ever deliver. */
static uint32_t ceiling(const struct ks_stack_entry *entry)
{
	uint32_t transports = 0;

	for (unsigned i = 0; ks_kind_rule_at(i); i++) {
		if (entry->module->manifest.kinds & ks_kind_rule_at(i)->kind)
			transports |= ks_kind_rule_at(i)->transports;
	}
	return transports & entry->config.transports & entry->module->manifest.transports;
}

/* Whether every request that runs `behind` has run `entry` before, and ended there. */
static bool hides(const struct ks_stack_entry *entry, const struct ks_stack_entry *behind)
{
	uint32_t payers = ks_kinds_payers(entry->module->manifest.kinds);
	uint32_t payers_behind = ks_kinds_payers(behind->module->manifest.kinds);

	/* a request that has no use for a login passes over an entry that has nothing else */
	if (entry->module->manifest.kinds == KS_KIND_STORED_LOGIN &&
		behind->module->manifest.kinds != KS_KIND_STORED_LOGIN)
		return false;
	return entry->config.control.next == 0 && (ceiling(behind) & ~ceiling(entry)) == 0 &&
	       (payers_behind & ~payers) == 0;
}

static void lint_entry(const struct ks_stack *stack, const struct ks_stack_entry *entry, struct ks_report *report)
{
	const struct ks_entry *config = &entry->config;
	struct ks_problem problem;

	if (config->timeout_ms > KS_TIMEOUT_MS) {
		(void)ks_problem(&problem, KS_MISCONFIGURED, "ask with --timeout as well",
			"@timeout is longer than a request takes (%d s)", KS_TIMEOUT_MS / 1000);
		ks_report_note(report, config->file, config->line, config->column, &problem);
	}
	if (ceiling(entry) == 0) {
		(void)ks_report_fault(report, KS_MISCONFIGURED, config->file, config->line, config->column,
			"correct the first column or the module",
			"the entry can never deliver: %s.so has no credential for this transport", config->module);
		return;
	}
	for (const struct ks_stack_entry *before = stack->entries; before < entry; before++) {
		if (!hides(before, entry))
			continue;
		(void)ks_report_fault(report, KS_MISCONFIGURED, config->file, config->line, config->column,
			"move it up or remove it", "the entry is never reached: %s at %s:%u always ends the walk",
			before->config.control_text, before->config.file, before->config.line);
		return;
	}
}

void ks_stack_lint(const struct ks_stack *stack, struct ks_report *report)
{
	for (unsigned i = 0; i < stack->count; i++)
		lint_entry(stack, &stack->entries[i], report);
}
