/* SPDX-License-Identifier: MIT */
/* Raises an alert where none is to be had, and then a thousand, with a secret, an escape and a line of another's. */
#include "hostile.h"

enum {
	ALERTS = 1000
};

static void raise_alert(const struct ks_host *host)
{
	host->log(host, KS_LOG_ALERT, "saw " SECRET "\033[2J\noutcome=ok reason=\"none\xff");
}

static int open_hostile(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)settings;
	(void)stride;
	(void)ret_state;
	raise_alert(host);
	return KS_OK;
}

static int answer(const struct ks_host *host)
{
	for (int i = 0; i < ALERTS; i++)
		raise_alert(host);
	return deliver_well(host);
}

HOSTILE(KS_KIND_API_KEY, open_hostile, answer)
