/* SPDX-License-Identifier: MIT */
/*
 * core/request.c, core/worker.c, core/broker.c, core/grant.c and what they call: a caller whose worker sends whatever
 * it likes in one request. The input is the packets, as packets.h has them; behind a line "open", the request is to
 * open the module. The worker is a socket and a process that has ended, so nothing is waited for, and all that it
 * said is heard.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/context.h"
#include "core/process.h"
#include "core/request.h"
#include "core/secret.h"
#include "core/text.h"
#include "fuzz.h"
#include "packets.h"

enum {
	PACKETS_MAX = 64, /* so that the replies, which nobody reads meanwhile, have room */
	SERIAL = 1,       /* of a worker's first request */
	DEADLINE_MS = 3600000,
	ALL_KINDS = (1 << 5) - 1
};

#define OTHER_VALUE "no module may read this"

/* As a module's, but for the worker that it is to reach. */
static int open_remote(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state);
static int resolve_remote(void *state, const struct ks_provider_request *request, const struct ks_host *host);

static const struct ks_provider provider = {.size = sizeof(provider), .open = open_remote, .resolve = resolve_remote};
static struct ks_option options[] = {
	{"path", KS_TYPE_PATH, KS_OPTION_OPTIONAL, "/nonexistent/default", ""},
	{"var", KS_TYPE_VARIABLE, KS_OPTION_OPTIONAL, "", ""},
};
static const char *environment[] = {"KEYSTILE_FUZZ", "KEYSTILE_FUZZ_DIR"};
static struct ks_setting values[] = {{"/nonexistent/key"}, {"KEYSTILE_FUZZ_NAMED"}};
static struct ks_module module = {
	.name = "fake",
	.file = "fake.so",
	.provider = &provider,
	.manifest = {.transports = KS_TRANSPORT_API | KS_TRANSPORT_CLI,
		.kinds = ALL_KINDS,
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.environment = environment,
		.environment_count = sizeof(environment) / sizeof(environment[0])},
};
static const struct ks_stack_entry entry = {
	.config = {.file = "f", .line = 1, .transports = KS_TRANSPORT_API | KS_TRANSPORT_CLI},
	.module = &module,
	.settings = values,
};
static struct ks_context context = {.lock = PTHREAD_MUTEX_INITIALIZER, .stack = {.service = "fuzz"}};
static struct ks_crew crew = {.context = &context};
static struct ks_worker worker;

/*
 * Whether what people are told is compared: a worker may put a secret that it knows into any text, and only what it
 * delivers as one is kept from people.
 */
static bool may_tell;

static bool has(const char *bytes, size_t length, const char *text)
{
	return length > 0 && memmem(bytes, length, text, strlen(text));
}

/* Every secret is the first text of a delivery, and no packet is another than it seems. */
static bool delivers_secrets_only(const char *bytes, size_t length)
{
	const char *end = bytes + length;
	bool is_delivery = false;

	for (const char *line = bytes, *next = NULL; line < end; line = next) {
		const char *feed = memchr(line, '\n', (size_t)(end - line));
		const size_t size = (size_t)((feed ? feed : end) - line);

		next = line + size + (feed != NULL);
		if ((has(line, size, FUZZ_SECRET) || has(line, size, FUZZ_OTHER_SECRET)) &&
			!(is_delivery && *line == '"'))
			return false;
		is_delivery = size >= sizeof("deliver ") && memcmp(line, "deliver ", sizeof("deliver ") - 1) == 0;
	}
	return !has(bytes, length, "@");
}

static void tell(const char *text)
{
	PROPERTY(ks_text_is_printable(text, strlen(text)));
	if (may_tell)
		fuzz_tell("%s\n", text);
}

static int ask(const struct ks_host *host, const struct ks_provider_request *request)
{
	bool is_stale = false;
	int result = ks_request_resolve(&worker, host->core, request, &is_stale);

	PROPERTY(!is_stale || !worker.is_alive);
	return result;
}

static int open_remote(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	const struct ks_provider_request request = {.size = sizeof(request)};

	(void)settings;
	(void)stride;
	*ret_state = &worker;
	return ask(host, &request);
}

static int resolve_remote(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	PROPERTY(state == &worker);
	return ask(host, request);
}

/* A pidfd of a process that has ended, and that no signal reaches. */
static int ended_process(void)
{
	static int ended = -1;
	int fd = -1;

	if (ended < 0) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(EXIT_SUCCESS);
		ended = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
		PROPERTY(ended >= 0 && waitpid(pid, NULL, 0) == pid);
	}
	fd = fcntl(ended, F_DUPFD_CLOEXEC, 0);
	PROPERTY(fd >= 0);
	return fd;
}

/* What there is to be asked for, and what is not to be had. */
static void set_environment(void)
{
	PROPERTY(setenv("KEYSTILE_FUZZ", "declared", 1) == 0);
	PROPERTY(setenv("KEYSTILE_FUZZ_DIR", "/nonexistent/folder", 1) == 0);
	PROPERTY(setenv("KEYSTILE_FUZZ_NAMED", "/nonexistent/named", 1) == 0);
	PROPERTY(setenv("KEYSTILE_FUZZ_OTHER", OTHER_VALUE, 1) == 0);
	PROPERTY(setenv("HOME", "/nonexistent/home", 1) == 0);
}

static void write_log(void *data, const char *file, int is_warning, const char *text)
{
	(void)data;
	(void)is_warning;
	PROPERTY(strcmp(file, module.file) == 0);
	tell(text);
}

/* In other words than core/grant.c: a file that the entry names, or one in a folder that it names. */
static bool may_open(const char *path)
{
	static const char *const folders[] = {"/nonexistent/key/", "/nonexistent/folder/"};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			return !strstr(path, "/../") &&
			       !(strlen(path) > 3 && strcmp(path + strlen(path) - 3, "/..") == 0);
	}
	return strcmp(path, "/nonexistent/key") == 0 || strcmp(path, "/nonexistent/named") == 0;
}

static bool may_read(const char *name)
{
	return strncmp(name, "KEYSTILE_FUZZ", sizeof("KEYSTILE_FUZZ") - 1) == 0 && !strstr(name, "OTHER");
}

/* Only what can be is replied to, and what the worker may not have it does not get; no file is there to be opened. */
static void check_reply(const struct ks_frame *question, int64_t value)
{
	const char *text = ks_frame_text(question, 0);

	PROPERTY(question->type != KS_FRAME_DELIVER || (question->text_count - KS_DELIVER_FIRST) % 2 == 0);
	PROPERTY(question->type != KS_FRAME_BREACH || text);
	PROPERTY(question->type != KS_FRAME_OPEN_PRIVATE || value < 0);
	if (question->type == KS_FRAME_OPEN_PRIVATE && value != -EPERM && value != -EINVAL)
		PROPERTY(may_open(text));
	if (question->type == KS_FRAME_GETENV && value == 0)
		PROPERTY(may_read(text));
}

/* The next packet that is replied to. */
static void take_question(struct packets *packets, struct ks_frame *ret_question)
{
	static struct packet packet;

	do {
		PROPERTY(packets_next(packets, SERIAL, &packet));
		PROPERTY(ks_frame_decode(packet.bytes, packet.length, ret_question) == 0);
	} while (ret_question->type == KS_FRAME_LOG);
}

/* What it sends, in order: the request, and a reply to each of the packets until one that ends it or is refused. */
static void check_sent(struct ks_channel *there, struct packets packets)
{
	static struct ks_frame frame, question;
	enum ks_frame_type expected = KS_FRAME_RESOLVE;
	int fd = -1;

	while (ks_channel_receive(there, &frame, &fd, ks_now_ms() + DEADLINE_MS) == 0) {
		PROPERTY(frame.type == expected && frame.serial == SERIAL && fd < 0);
		PROPERTY(!memmem(there->in, KS_FRAME_MAX, OTHER_VALUE, sizeof(OTHER_VALUE) - 1));
		packets_check_frame(&frame, there->in, there->in_used);
		if (frame.type == KS_FRAME_REPLY) {
			take_question(&packets, &question);
			check_reply(&question, frame.numbers[KS_REPLY_VALUE]);
		}
		ks_channel_wipe(there);
		expected = KS_FRAME_REPLY;
	}
}

static void check_credential(const struct ks_credential *credential, enum ks_result result)
{
	PROPERTY((result == KS_OK) == (credential != NULL));
	if (!credential)
		return;
	PROPERTY(credential->transports != 0 && !(credential->transports & ~module.manifest.transports));
	PROPERTY(credential->transports & credential->transport);
	PROPERTY(credential->secret_length <= KS_SECRET_MAX);
	PROPERTY(credential->attribute_count <= KS_ATTRIBUTES_MAX);
	tell(credential->source);
}

static void check_worker(void)
{
	PROPERTY(worker.is_alive || (worker.channel.fd < 0 && !worker.channel.in));
	if (!worker.is_alive)
		return;
	PROPERTY(worker.channel.in_used == 0 && worker.channel.out_used == 0);
	PROPERTY(!memmem(worker.channel.in, (size_t)2 * KS_FRAME_MAX, FUZZ_SECRET, sizeof(FUZZ_SECRET) - 1));
}

static void open_module(const struct ks_log *log, int64_t deadline)
{
	const struct ks_argument *argument = NULL;
	struct ks_problem problem = {0};
	void *state = NULL;
	enum ks_result result = ks_host_open(&entry, log, deadline, &state, &problem, &argument);

	PROPERTY((result == KS_OK) == (state != NULL));
	if (result == KS_OK)
		return;
	tell(problem.reason);
	tell(problem.remedy);
}

static void resolve(const struct ks_log *log, int64_t deadline)
{
	static struct ks_call call;
	const struct ks_wish wish = {.transports = KS_TRANSPORT_API | KS_TRANSPORT_CLI,
		.preferred = KS_TRANSPORT_API,
		.payers = UINT32_MAX,
		.kinds = ALL_KINDS,
		.deadline = deadline};
	enum ks_result result = ks_host_resolve(&call, &entry, log, &worker, &wish);

	PROPERTY(result >= KS_OK && result <= KS_ERROR);
	check_credential(call.credential, result);
	if (result != KS_OK) {
		tell(call.problem.reason);
		tell(call.problem.remedy);
	}
	call.credential = ks_credential_free(call.credential);
}

void fuzz_target(char *bytes, size_t length)
{
	const struct ks_log log = {.write = write_log};
	const int64_t deadline = ks_now_ms() + DEADLINE_MS;
	const size_t in_use = ks_secret_in_use();
	struct packets packets = packets_of(bytes, length), sent = {0};
	struct ks_channel there;
	const bool is_open = packets_begin_with(&packets, "open");
	int fds[2] = {-1, -1}, ended = ended_process();
	unsigned descriptors = 0;

	may_tell = delivers_secrets_only(bytes, length);
	set_environment();
	(void)close(ended);
	descriptors = fuzz_descriptors();
	PROPERTY(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	ks_worker_init(&worker, &crew, &entry);
	PROPERTY(ks_channel_init(&worker.channel, fds[0]) == 0 && ks_channel_init(&there, fds[1]) == 0);
	ks_worker_attach(&worker, ended_process());
	sent = packets;
	packets_send(&packets, SERIAL, there.fd, PACKETS_MAX);
	if (is_open)
		open_module(&log, deadline);
	else
		resolve(&log, deadline);
	check_worker();
	if (worker.is_alive)
		(void)shutdown(worker.channel.fd, SHUT_WR);
	check_sent(&there, sent);
	ks_worker_stop(&worker, 0);
	ks_channel_finish(&there);
	PROPERTY(fuzz_descriptors() == descriptors);
	PROPERTY(ks_secret_in_use() == in_use);
}
