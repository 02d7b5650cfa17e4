/* SPDX-License-Identifier: MIT */
/*
 * race SWAP LIVE SPARE TRIES: while a process of its own swaps LIVE with SPARE as fast as it can, asks for the
 *default service so many times, each in a process of its own. Prints how often each answer came:
 *
 *	COUNT ok: FINGERPRINT VERSION, the first entry's module's as it was verified
 *	COUNT RESULT: MESSAGE
 *
 *	exchange   LIVE and SPARE change places
 *	fresh      copies of the one and the other, new files each, are renamed to LIVE
 *	link       LIVE becomes a symbolic link to the one and to the other
 *	mode       LIVE takes the mode of the one and of the other
 *	owner      LIVE takes the owner of the one and of the other
 */
#include <errno.h>
#include <fcntl.h>
#include <keystile/keystile.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/context.h"

enum {
	ANSWERS_MAX = 64,
	PAUSES = 4, /* between open and resolve; by turns none, one, ... */
	PAUSE_US = 40,
	PATH_BYTES = 256
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* One of the two that change places. */
struct side {
	char path[PATH_BYTES];
	struct stat status;
	char *bytes; /* of a regular file */
};

struct race {
	const char *live;
	char next[PATH_BYTES]; /* what is made ready to take the place of `live` */
	struct side sides[2];
};

static void look(struct side *side, const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	(void)snprintf(side->path, sizeof(side->path), "%s", path);
	if (lstat(path, &side->status) < 0)
		die(path);
	if (fd >= 0 && S_ISREG(side->status.st_mode)) {
		size_t size = (size_t)side->status.st_size;

		side->bytes = malloc(size + 1);
		if (!side->bytes || read(fd, side->bytes, size) != side->status.st_size)
			die(path);
	}
	if (fd >= 0)
		(void)close(fd);
}

static void exchange(struct race *race, unsigned turn)
{
	(void)turn;
	if (renameat2(AT_FDCWD, race->live, AT_FDCWD, race->sides[1].path, RENAME_EXCHANGE) < 0)
		die("exchange");
}

/* Two inodes take turns on most file systems, so the sides do not: each comes with the number of the other. */
static void fresh(struct race *race, unsigned turn)
{
	const struct side *side = &race->sides[turn % 3 != 0];
	size_t size = (size_t)side->status.st_size;
	int fd = open(race->next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, side->bytes, size) != side->status.st_size ||
		fchown(fd, side->status.st_uid, side->status.st_gid) < 0 || fchmod(fd, side->status.st_mode) < 0 ||
		close(fd) < 0 || rename(race->next, race->live) < 0)
		die("fresh");
}

static void retarget(struct race *race, unsigned turn)
{
	if (symlink(race->sides[turn % 2].path, race->next) < 0 || rename(race->next, race->live) < 0)
		die("link");
}

static void change_mode(struct race *race, unsigned turn)
{
	if (chmod(race->live, race->sides[turn % 2].status.st_mode & 07777) < 0)
		die("mode");
}

static void change_owner(struct race *race, unsigned turn)
{
	if (chown(race->live, race->sides[turn % 2].status.st_uid, (gid_t)-1) < 0)
		die("owner");
}

static const struct swap {
	const char *name;
	void (*run)(struct race *race, unsigned turn);
} swaps[] = {
	{"exchange", exchange}, {"fresh", fresh}, {"link", retarget}, {"mode", change_mode}, {"owner", change_owner}};

static const struct swap *find_swap(const char *name)
{
	for (size_t i = 0; i < sizeof(swaps) / sizeof(swaps[0]); i++)
		if (strcmp(swaps[i].name, name) == 0)
			return &swaps[i];
	return NULL;
}

/* What lies at `live` moves out of a link's way. */
static void make_room(struct race *race)
{
	struct side *first = &race->sides[0];

	(void)snprintf(first->path, sizeof(first->path), "%.200s.first", race->live);
	if (rename(race->live, first->path) < 0)
		die(race->live);
	retarget(race, 0);
}

static pid_t start_swapper(const struct swap *swap, struct race *race)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned turn = 1;; turn++)
		swap->run(race, turn);
}

/* What one try came to; in memory that the processes share. */
struct answer {
	char text[KS_MESSAGE_MAX + 32];
	unsigned count;
};

static void ask(struct answer *answer, unsigned pause)
{
	struct ks_context *context = NULL;
	struct ks_credential *credential = NULL;
	struct ks_error error = KS_ERROR_INIT;
	enum ks_result result = ks_open(NULL, NULL, &context, &error);

	if (result == KS_OK) {
		if (pause)
			(void)usleep(pause);
		result = ks_resolve(context, NULL, &credential, NULL, &error);
	}
	if (result == KS_OK)
		(void)snprintf(answer->text, sizeof(answer->text), "ok: %s %s", ks_credential_fingerprint(credential),
			ks_context_stack(context)->entries[0].module->manifest.version);
	else
		(void)snprintf(answer->text, sizeof(answer->text), "%s: %s", ks_result_name(result), error.message);
}

/* In a process of its own, as what was loaded once stays. */
static void try_once(struct answer *answer, unsigned number)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		ask(answer, number % PAUSES * PAUSE_US);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("fork");
	if (status != 0)
		(void)snprintf(answer->text, sizeof(answer->text), "ended with 0x%x", (unsigned)status);
}

static void count_answer(struct answer answers[ANSWERS_MAX], const char *text)
{
	struct answer *at = answers;

	while (at->count > 0 && strcmp(at->text, text) != 0)
		if (++at == answers + ANSWERS_MAX)
			die("too many kinds of answers");
	(void)snprintf(at->text, sizeof(at->text), "%s", text);
	at->count++;
}

static void run(const struct swap *swap, struct race *race, unsigned tries)
{
	static struct answer answers[ANSWERS_MAX];
	struct answer *shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t swapper = start_swapper(swap, race);

	if (shared == MAP_FAILED || swapper < 0)
		die("race");
	for (unsigned i = 0; i < tries; i++) {
		try_once(shared, i);
		count_answer(answers, shared->text);
	}
	if (waitpid(swapper, NULL, WNOHANG) != 0)
		die("the swapper ended");
	(void)kill(swapper, SIGKILL);
	(void)waitpid(swapper, NULL, 0);
	for (unsigned i = 0; i < ANSWERS_MAX && answers[i].count > 0; i++)
		printf("%u %s\n", answers[i].count, answers[i].text);
}

int main(int argc, char **argv)
{
	const struct swap *swap = argc == 5 ? find_swap(argv[1]) : NULL;
	struct race race = {0};

	if (!swap) {
		(void)fputs("usage: race exchange|fresh|link|mode|owner LIVE SPARE TRIES\n", stderr);
		return 64;
	}
	race.live = argv[2];
	(void)snprintf(race.next, sizeof(race.next), "%s.next", race.live);
	look(&race.sides[0], argv[2]);
	look(&race.sides[1], argv[3]);
	if (swap->run == retarget)
		make_room(&race);
	run(swap, &race, (unsigned)strtoul(argv[4], NULL, 10));
	free(race.sides[0].bytes);
	free(race.sides[1].bytes);
	return fflush(stdout) == 0 ? 0 : 1;
}
