/* SPDX-License-Identifier: MIT */
/*
 * Answers well mostly, and misbehaves now and then, by chance: what it does in a request follows from its option
 * `seed` and the request's deadline. Each answer has that deadline in its secret, its source and an attribute, so
 * that whoever asked can tell it from the answer to another request (tests/programs/resolves.c).
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "crash.h"
#include "packets.h"

#define OPTIONS(X) X("seed", NUMBER, REQUIRED, "", "where chance begins")

enum {
	LINES = 400, /* that are noted at once; more than are heard */
	CALLS = 40,  /* of the host */
	TOO_MANY = 1100,
	LEAK = 256 * 1024,
	SHORT_MS = 1000, /* a request that leaves less time may be slept through */
	PAUSE_US = 500
};

struct answer {
	char secret[112], source[32], number[24];
	struct ks_attribute attribute;
	struct ks_delivery delivery;
};

/* One request. */
struct turn {
	const struct ks_host *host;
	uint32_t serial;
	int64_t deadline;
	struct answer answer;
};

static uint64_t seed;
static uint32_t last_serial = OPEN_SERIAL;

/* splitmix64 */
static uint64_t mix(uint64_t value)
{
	value += UINT64_C(0x9e3779b97f4a7c15);
	value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

static uint64_t now_ns(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void prepare(struct answer *answer, int64_t deadline)
{
	(void)snprintf(answer->number, sizeof(answer->number), "%" PRId64, deadline);
	(void)snprintf(answer->source, sizeof(answer->source), "random %s", answer->number);
	(void)snprintf(answer->secret, sizeof(answer->secret), "sk-ant-api03-CANARY-random-%020" PRId64 "-%0*dAA",
		deadline, 58, 0);
	answer->attribute = (struct ks_attribute){"deadline", answer->number};
	answer->delivery = (struct ks_delivery){
		.size = sizeof(answer->delivery),
		.kind = KS_KIND_API_KEY,
		.transports = ALL_TRANSPORTS,
		.attribute_count = 1,
		.attribute_stride = sizeof(answer->attribute),
		.attributes = &answer->attribute,
		.secret = answer->secret,
		.secret_length = strlen(answer->secret),
		.source = answer->source,
	};
}

static int deliver(struct turn *turn)
{
	return turn->host->deliver(turn->host, &turn->answer.delivery);
}

/* The same by hand, for any request. */
static void forge(const struct turn *turn, uint32_t of_serial)
{
	struct ks_frame frame;

	ks_frame_init(&frame, KS_FRAME_DELIVER, of_serial);
	frame.numbers[KS_DELIVER_KIND] = KS_KIND_API_KEY;
	frame.numbers[KS_DELIVER_TRANSPORTS] = ALL_TRANSPORTS;
	ks_frame_add(&frame, turn->answer.secret, KS_FRAME_TEXT_MAX);
	ks_frame_add(&frame, turn->answer.source, KS_FRAME_TEXT_MAX);
	ks_frame_add(&frame, NULL, 0);
	ks_frame_add(&frame, turn->answer.attribute.name, KS_FRAME_TEXT_MAX);
	ks_frame_add(&frame, turn->answer.attribute.value, KS_FRAME_TEXT_MAX);
	write_frame(&frame);
	write_done(of_serial, KS_OK);
}

static int fail_with(struct turn *turn, enum ks_result result)
{
	return turn->host->fail(turn->host, (int)result, turn->answer.source, "has a whim", "ask again");
}

static int have_nothing(struct turn *turn)
{
	return fail_with(turn, KS_NOT_CONFIGURED);
}

static int have_bad_luck(struct turn *turn)
{
	static const enum ks_result results[] = {KS_EXPIRED, KS_INVALID, KS_UNAVAILABLE, KS_DENIED, KS_ERROR};

	return fail_with(turn, results[mix((uint64_t)turn->deadline) % (sizeof(results) / sizeof(results[0]))]);
}

static int answer_nothing(struct turn *turn)
{
	(void)turn;
	return KS_OK;
}

static int answer_twice(struct turn *turn)
{
	(void)deliver(turn);
	return deliver(turn);
}

static int crash_before(struct turn *turn)
{
	crash();
	return deliver(turn);
}

static int crash_after(struct turn *turn)
{
	int result = deliver(turn);

	crash();
	return result;
}

static int abort_before(struct turn *turn)
{
	(void)turn;
	abort();
}

static int exit_before(struct turn *turn)
{
	(void)turn;
	exit(EXIT_SUCCESS);
}

static int exit_after(struct turn *turn)
{
	(void)deliver(turn);
	_exit(EXIT_SUCCESS);
}

static int write_garbage(struct turn *turn)
{
	write_packet("garbage", sizeof("garbage"));
	return deliver(turn);
}

/* For a request that is over, if there was one. */
static int answer_another(struct turn *turn)
{
	forge(turn, turn->serial - 1);
	wait_for_the_end();
}

static int leave_answer_behind(struct turn *turn)
{
	forge(turn, turn->serial);
	forge(turn, turn->serial);
	wait_for_the_end();
}

static void *forge_later(void *data)
{
	struct turn *turn = data;

	(void)usleep(PAUSE_US);
	forge(turn, turn->serial);
	free(turn);
	return NULL;
}

/* By a thread that comes back to it when it may be another's turn. */
static int answer_later_again(struct turn *turn)
{
	struct turn *copy = malloc(sizeof(*copy));
	pthread_t thread;

	if (!copy)
		return KS_ERROR;
	*copy = *turn;
	if (pthread_create(&thread, NULL, forge_later, copy) != 0)
		free(copy);
	return deliver(turn);
}

static int say_ended(struct turn *turn)
{
	struct ks_frame frame;

	(void)turn;
	ks_frame_init(&frame, KS_FRAME_ENDED, 0);
	write_frame(&frame);
	wait_for_the_end();
}

static int say_stale(struct turn *turn)
{
	struct ks_frame frame;

	(void)turn;
	ks_frame_init(&frame, KS_FRAME_STALE, turn->serial);
	write_frame(&frame);
	wait_for_the_end();
}

static int leak(struct turn *turn)
{
	char *volatile memory = malloc(LEAK);

	if (memory)
		memset(memory, 1, LEAK);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): that is what it is for */
	(void)open("/dev/null", O_RDONLY);
	return deliver(turn);
}

static int flood_log(struct turn *turn)
{
	for (int i = 0; i < LINES; i++)
		turn->host->log(turn->host, KS_LOG_DEBUG, turn->answer.source);
	return deliver(turn);
}

static int ask(struct turn *turn, int count)
{
	const char *path = NULL, *reason = NULL;

	for (int i = 0; i < count; i++)
		(void)turn->host->full_path(turn->host, "/x", &path, &reason);
	return deliver(turn);
}

static int ask_much(struct turn *turn)
{
	return ask(turn, CALLS);
}

static int ask_too_much(struct turn *turn)
{
	return ask(turn, TOO_MANY);
}

/* How often, of a thousand requests; the others are answered well. */
static const struct whim {
	unsigned odds;
	int (*follow)(struct turn *turn);
} whims[] = {
	{40, have_nothing},
	{30, have_bad_luck},
	{4, answer_nothing},
	{4, answer_twice},
	{5, crash_before},
	{4, crash_after},
	{2, abort_before},
	{3, exit_before},
	{4, exit_after},
	{4, write_garbage},
	{4, answer_another},
	{5, leave_answer_behind},
	{5, answer_later_again},
	{3, say_ended},
	{3, say_stale},
	{20, leak},
	{5, flood_log},
	{20, ask_much},
	{3, ask_too_much},
};

static int open_random(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	uint64_t chance = 0;

	(void)host;
	(void)ret_state;
	seed = strtoul(KS_SETTING(settings, stride, 0), NULL, 10);
	chance = mix(seed ^ now_ns());
	if (chance % 100 == 0)
		crash();
	if (chance % 100 == 1)
		write_packet("garbage", sizeof("garbage"));
	return KS_OK;
}

static int resolve_random(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	struct turn turn = {.host = host, .serial = ++last_serial, .deadline = request->deadline};
	uint64_t chance = mix(seed ^ (uint64_t)request->deadline);
	unsigned at = (unsigned)(chance % 1000);

	(void)state;
	prepare(&turn.answer, request->deadline);
	if (host->time_left(host) < SHORT_MS && chance >> 63)
		(void)usleep((useconds_t)SHORT_MS * 1000);
	for (size_t i = 0; i < sizeof(whims) / sizeof(whims[0]); i++) {
		if (at < whims[i].odds)
			return whims[i].follow(&turn);
		at -= whims[i].odds;
	}
	return deliver(&turn);
}

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves by chance, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, OPTIONS,
	KS_NONE, open_random, resolve_random, 0)
