/* SPDX-License-Identifier: MIT */
/*
 * What the audit log is told of a walk, and when.
 */
#ifndef KEYSTILE_CORE_RECORD_H
#define KEYSTILE_CORE_RECORD_H

#include "core/walk.h"

/*
 * Writes the audit line of a walk: for the first one of a context, and whenever the answer is not the one before.
 * Repeats are counted, and the count goes with the next line. Takes the context's lock.
 */
void ks_record(struct ks_context *context, const struct ks_want *want, const struct ks_finding *finding);

enum {
	KS_ALERTS_TOLD = 16 /* audit lines for one entry of a context; more alerts are told by none */
};

/* Writes what the module of an entry of the context calls an attack. Takes the context's lock. */
void ks_record_alert(struct ks_context *context, const struct ks_stack_entry *entry, const char *reason);

/* Writes that a module's worker asked for a file that its entry does not name. Takes the context's lock. */
void ks_record_refusal(struct ks_context *context, const char *module, const char *path);

/* Writes what is still uncounted when a context closes. */
void ks_record_rest(struct ks_context *context);

#endif
