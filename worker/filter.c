/* SPDX-License-Identifier: MIT */
#include "worker/filter.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <unistd.h>

#include "worker/calls.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * One filter has one answer for all that it does not allow. So there are two, of which the later one's answer counts
 * where both refuse: the first allows what is allowed and answers EPERM, the second allows everything that is in the
 * tables and answers ENOSYS.
 */
struct filter {
	scmp_filter_ctx context;
	bool by_conditions; /* the first */
	int error;          /* 0, or the first negative errno */
};

/* A negative number stands for a call that this architecture does not have. */
static void allow(struct filter *filter, int call, const struct ks_call_row *row)
{
	int r = 0;

	if (call < 0 || filter->error < 0)
		return;
	if (filter->by_conditions && row)
		r = seccomp_rule_add_array(filter->context, SCMP_ACT_ALLOW, call, row->count, row->conditions);
	else
		r = seccomp_rule_add(filter->context, SCMP_ACT_ALLOW, call, 0);
	/* It is there: the rows of one call are one rule where their conditions do not count. */
	filter->error = r == -EEXIST ? 0 : r;
}

static void allow_calls(struct filter *filter, const struct ks_calls *calls)
{
	for (size_t i = 0; i < calls->always_count; i++)
		allow(filter, calls->always[i], NULL);
	for (size_t i = 0; i < calls->where_count; i++)
		allow(filter, calls->where[i].call, &calls->where[i]);
}

/* raise(3) and abort(3), and pthread_kill(3); the number is that of this very process. */
static void allow_own_signals(struct filter *filter)
{
	const struct scmp_arg_cmp own = {0, SCMP_CMP_MASKED_EQ, UINT32_MAX, (scmp_datum_t)getpid()};
	const struct ks_call_row rows[] = {
		{SCMP_SYS(kill), 1, {own}},
		{SCMP_SYS(tgkill), 1, {own}},
	};
	const struct ks_calls calls = {.where = rows, .where_count = COUNT(rows)};

	allow_calls(filter, &calls);
}

static void add_rows(struct filter *filter, bool network)
{
	allow_calls(filter, &ks_calls_of_all);
	allow_own_signals(filter);
	if (network || !filter->by_conditions)
		allow_calls(filter, &ks_calls_of_network);
	if (filter->by_conditions)
		allow(filter, SCMP_SYS(seccomp), NULL); /* for the second, which does not list it */
	else
		allow_calls(filter, &ks_calls_forbidden);
}

static int load(bool by_conditions, bool network)
{
	struct filter filter = {.by_conditions = by_conditions};
	int r = -ENOMEM;

	filter.context = seccomp_init(SCMP_ACT_ERRNO(by_conditions ? EPERM : ENOSYS));
	if (!filter.context)
		return r;
	/* Calls of another architecture would otherwise end the process. */
	r = seccomp_attr_set(filter.context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
	if (r == 0)
		r = seccomp_attr_set(filter.context, SCMP_FLTATR_CTL_NNP, 0);
	add_rows(&filter, network);
	if (r == 0)
		r = filter.error;
	if (r == 0)
		r = seccomp_load(filter.context);
	seccomp_release(filter.context);
	return r;
}

int ks_filter_apply(bool network, struct ks_problem *problem)
{
	int r = load(true, network);

	if (r == 0)
		r = load(false, network);
	return r < 0 ? ks_problem_errno(problem, -r, "cannot filter the system calls of the worker") : 0;
}
