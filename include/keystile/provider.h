/* SPDX-License-Identifier: MIT */
/*
 * The contract between Keystile's core and a provider module. This comment is all of it.
 *
 * A module is one shared object, NAME.so, in Keystile's module directory. It delivers one credential. It links
 * nothing of Keystile: whatever it needs comes in a table of functions, so a test can pass a table of its own.
 *
 *  1. It exports exactly one symbol, keystile_provider_v1, and carries one ELF note. KS_PROVIDER makes both from
 *     the same words. The core reads the note before any code of the module runs, and compares them afterwards.
 *  2. open() is called once for each configured entry, with the entry's settings. It checks them and does no I/O, so
 *     that a check can open every module. It returns KS_OK and a state, or the value of host->bad_option(), or
 *     KS_ERROR where memory is short.
 *  3. resolve() is called for each request, never twice at once on one state unless the module says
 *     KS_PROVIDER_REENTRANT. Different states may run at the same time: no unguarded globals. It ends with
 *     `return host->deliver(...)` or `return host->fail(...)`: one of them, once.
 *  4. close() frees the state. close(NULL) is allowed. The code stays mapped for good.
 *  5. It leaves the process as it was: signals, working directory, root, umask, ids, locale, environment, limits,
 *     descriptors 0 to 2. It does not exit, abort, jump across the boundary, fork without exec, leave a thread, or
 *     register handlers (atexit, fork, thread-specific destructors). Set-up of a library that is process-wide
 *     belongs in a KS_PROVIDER_NETWORK module, which runs in a process of its own.
 *  6. Every descriptor is close-on-exec from birth and closed before the call returns. It blocks no longer than
 *     host->time_left() says. It never writes to standard output or error, never prompts, and never logs a secret.
 *  7. A secret lives only in memory from host->secret_alloc(). The core copies what is delivered. A
 *     KS_PROVIDER_NETWORK module may keep one from call to call, and hand one to its libraries, in memory of its own
 *     that it wipes before it frees it.
 *  8. It answers the same in a process of its own (@isolate=process), where it has the files and variables of its
 *     user by host->open_private() and host->getenv() alone.
 *
 *  Build:   cc -shared -fPIC -fvisibility=hidden NAME.c -o NAME.so
 *  Install: in the folder that `pkg-config --variable=moduledir keystile` prints, owned by root.
 *
 * Memory: the descriptor, its tables and the settings are constant; settings live until close(). What a host
 * function hands out (text, secret memory) lives until resolve() returns. Neither side frees the other's memory.
 * Threads: the host table is used only by the call it was passed to, and not after that call returned.
 *
 * Versions: a structure that crosses by itself begins with its size and only ever grows at the end; KS_HAS() tells
 * whether a member is there. Arrays travel with a count and a stride. The major version is part of the exported
 * symbol's name; a minor version only adds. Flag bits 0 to 15 must be understood by the core, 16 to 31 may be
 * ignored.
 */
#ifndef KEYSTILE_PROVIDER_H
#define KEYSTILE_PROVIDER_H

#include <keystile/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KS_ABI_MAJOR 1
#define KS_ABI_MINOR 0
#define KS_PROVIDER_MAGIC 0x6b737470u /* "kstp" */

/* Whether the writer of the structure PTR points to knew MEMBER. */
#define KS_HAS(ptr, member) ((ptr)->size >= offsetof(__typeof__(*(ptr)), member) + sizeof((ptr)->member))

/* Provider flags. */
enum ks_provider_flag {
	KS_PROVIDER_NETWORK = 1 << 0,     /* talks to a network, or must not live in the caller's process */
	KS_PROVIDER_REENTRANT = 1 << 1,   /* resolve() may run twice at once on one state */
	KS_PROVIDER_HEAP_SECRETS = 1 << 2 /* reserved */
};

/* Types of an option. The core checks a value before the module sees it. */
enum ks_option_type {
	KS_TYPE_STRING = 1, /* any printable text, not empty */
	KS_TYPE_CHOICE = 2, /* one of the words in `fallback`, which are separated by '|'; the first is the default */
	KS_TYPE_PATH = 3,   /* an absolute path, or one that begins with ~/ */
	KS_TYPE_URL = 4,    /* https://..., or http:// to a loopback host; no user, query or fragment */
	KS_TYPE_VARIABLE = 5, /* the name of an environment variable; an entry that gives it lets getenv() read it,
				 and NAME_FILE (a fallback is read where ENVIRONMENT declares it) */
	KS_TYPE_NUMBER = 6,   /* [0-9]{1,9} */
	KS_TYPE_DURATION = 7, /* [1-9][0-9]*(ms|s|m) */
	KS_TYPE_NAME = 8      /* [A-Za-z0-9_.-]{1,128}, not beginning with '.' */
};

enum ks_option_flag {
	KS_OPTION_OPTIONAL = 0,
	KS_OPTION_REQUIRED = 1 << 0
};

/* One option a module understands. An array element: its layout is frozen within a major version. */
struct ks_option {
	const char *name; /* [a-z][a-z0-9-]{0,31} */
	uint32_t type;    /* enum ks_option_type */
	uint32_t flags;   /* enum ks_option_flag */
	const char *
		fallback; /* the default, for people and for the worker's rules; "" for none; the words of a CHOICE */
	const char *help; /* one line: what it is for */
};

/* The value of one declared option, in the order of declaration: settings[i] belongs to options[i]. */
struct ks_setting {
	const char *value; /* NULL where the entry does not give the option */
};

/* A cast that a C++ compiler which warns of C casts accepts. */
#ifdef __cplusplus
#define KS_CAST_(cast, type, value) cast<type>(value)
#else
#define KS_CAST_(cast, type, value) ((type)(value))
#endif

/* In open(): the value of option number `index`, or NULL. */
#define KS_SETTING(settings, stride, index)                                                                          \
	(KS_CAST_(static_cast, const struct ks_setting *,                                                            \
		KS_CAST_(static_cast, const void *,                                                                  \
			KS_CAST_(reinterpret_cast, const char *, settings) +                                         \
				KS_CAST_(static_cast, size_t, index) * (stride)))                                    \
			->value)

/* What is asked of resolve(). */
enum ks_provider_request_flag {
	KS_PROVIDER_FRESH = 1 << 0 /* the API refused the last answer: fetch anew, do not repeat it */
};

struct ks_provider_request {
	uint32_t size;
	uint32_t flags;      /* enum ks_provider_request_flag */
	uint32_t transports; /* enum ks_transport bits that are of use */
	uint32_t kinds;      /* enum ks_kind bits that are of use */
	uint32_t payers;     /* enum ks_payer bits that are of use */
	uint32_t reserved;   /* 0 */
	int64_t deadline;    /* milliseconds on CLOCK_MONOTONIC */
};

struct ks_attribute {
	const char *name;
	const char *value;
};

/* A credential on its way from a module to the core. Text is NUL-terminated printable UTF-8. */
struct ks_delivery {
	uint32_t size;
	uint32_t kind;       /* one bit of enum ks_kind, and one the descriptor names */
	uint32_t transports; /* the most this credential may be used for; never widens what its kind allows */
	uint32_t attribute_count;
	uint32_t attribute_stride; /* sizeof(struct ks_attribute) */
	uint32_t reserved;         /* 0 */
	const struct ks_attribute *attributes;
	const char *secret; /* secret_length bytes; NULL for a handle. One trailing newline is stripped */
	size_t secret_length;
	int64_t expires_at;   /* seconds since the epoch; 0 where unknown */
	int64_t refresh_at;   /* when to ask again; 0 where unknown */
	const char *source;   /* where it came from: a variable, a path, a URL without query */
	const char *base_url; /* the only URL it may be sent to; NULL where it is not bound */
};

enum {
	KS_HOST_SECRET_MAX = 1024 * 1024 /* bytes that secret_alloc() gives in one block */
};

/*
 * How much a note matters. An alert is for what looks like an attack on a credential, and for nothing else: the audit
 * log has it as a line of its own, as a warning (LOG_AUTHPRIV), whatever comes of the walk and whether or not anybody
 * sees warnings; who does, has it as one. The first few of an entry are told, so it is raised in resolve() where it
 * is sure, once. In open() it is a warning like any other.
 */
enum ks_log_level {
	KS_LOG_WARNING = 1,
	KS_LOG_DEBUG = 2, /* and whatever level a core does not know */
	KS_LOG_ALERT = 3
};

/* How far a file with a secret may be trusted; the three words of every `trust=` option. */
enum ks_trust {
	KS_TRUST_PRIVATE = 0, /* owned by root or the effective user, no link, nobody else may read it */
	KS_TRUST_GROUP = 1,   /* owned by root, its group may read it */
	KS_TRUST_MOUNTED = 2, /* put there by a container runtime: links inside that mount, readable by all */
	KS_TRUST_SYSTEMD = 3  /* a file in $CREDENTIALS_DIRECTORY, with the ACL mask systemd gives it */
};

/* What the core offers a module during open() and resolve(). `host` is always the table itself. */
struct ks_host {
	uint32_t size;
	uint16_t abi_major, abi_minor;
	void *core; /* the core's own */

	/* Notes one line for whoever debugs a stack. Never a secret. */
	void (*log)(const struct ks_host *host, int level, const char *text);

	/*
	 * Reads an environment variable: one the module declared, one an option of type VARIABLE names, or that name
	 * with _FILE behind it. 0 and *ret_value; -ENOENT where it is not set; -EPERM where this process may not read
	 * its environment (*ret_value then says why); -EACCES where the name was not declared; -EMSGSIZE where the
	 * value is longer than 60 KiB: it is set, and is not to be taken for one that is not.
	 */
	int (*getenv)(const struct ks_host *host, const char *name, const char **ret_value);

	/*
	 * The absolute path for one that is absolute or begins with ~/ (the user's home). 0 and *ret_path; or a
	 * negative errno and *ret_reason in one sentence.
	 */
	int (*full_path)(
		const struct ks_host *host, const char *path, const char **ret_path, const char **ret_reason);

	/*
	 * Opens a file that holds a secret, read-only and close-on-exec; the caller closes it. `path` is what
	 * full_path() takes. 0 and *ret_fd, or a negative errno and *ret_reason in one sentence: -ENOENT for absent,
	 * -EACCES for no permission, -EPERM for a file that must not be trusted, others for faults of the system.
	 */
	int (*open_private)(
		const struct ks_host *host, const char *path, int trust, int *ret_fd, const char **ret_reason);

	/*
	 * Memory that is locked where possible, not in core dumps, zeroed, and wiped after resolve(). NULL where
	 * there is none, or more than KS_HOST_SECRET_MAX is asked for.
	 */
	void *(*secret_alloc)(const struct ks_host *host, size_t size);

	/* Milliseconds until the deadline; 0 when it has passed. */
	int64_t (*time_left)(const struct ks_host *host);

	/* Hands over the credential. Returns what resolve() is to return; the core has copied everything. */
	int (*deliver)(const struct ks_host *host, const struct ks_delivery *delivery);

	/*
	 * Says why there is none: `source` is a variable, a path or a URL, `reason` what is wrong with it ("is not
	 * set"), `remedy` what to do ("export it"; NULL: what the last refusal of a path or file advised); never a
	 * value. Returns what resolve() is to return.
	 */
	int (*fail)(
		const struct ks_host *host, int result, const char *source, const char *reason, const char *remedy);

	/* In open(): says what is wrong with option number `index`. Returns what open() is to return. */
	int (*bad_option)(const struct ks_host *host, uint32_t index, const char *reason);
};

/* A module's descriptor. `open` may be NULL where there is nothing to check, `close` where there is no state. */
struct ks_provider {
	uint32_t size;
	uint32_t magic;
	uint16_t abi_major, abi_minor;
	uint32_t flags;      /* enum ks_provider_flag */
	uint32_t transports; /* its ceiling */
	uint32_t kinds;      /* what it can deliver */
	const char *name;    /* the file's name without .so: [a-z0-9][a-z0-9_-]{0,63} */
	const char *version;
	const char *summary; /* one line */
	const struct ks_option *options;
	uint32_t option_count, option_stride;
	const char *const *environment; /* names getenv() may read */
	uint32_t environment_count;
	uint32_t reserved;

	/* Arguments: the host; settings, as many as there are options, `stride` bytes apart; *ret_state for
	 * resolve(). */
	int (*open)(const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state);
	int (*resolve)(void *state, const struct ks_provider_request *request, const struct ks_host *host);
	void (*close)(void *state);
};

/*
 * The ELF note: section .note.keystile, owner "Keystile", type 1. Its content is this head and then `text_size`
 * bytes of text in lines, fields separated by tabs, with a NUL at the end:
 *   name NAME / version VERSION / summary TEXT / option NAME TYPE REQUIRED|OPTIONAL FALLBACK HELP / environment NAME
 */
struct ks_note_head {
	uint32_t size; /* of this head */
	uint16_t abi_major, abi_minor;
	uint32_t flags, transports, kinds;
	uint32_t text_size;
};

#define KS_NOTE_SECTION ".note.keystile"
#define KS_NOTE_OWNER "Keystile"
#define KS_NOTE_TYPE 1u
#define KS_ENTRY_POINT "keystile_provider_v1"

#define KS_NOTE_OPTION_(name, type, flag, fallback, help)                                                            \
	"option\t" name "\t" #type "\t" #flag "\t" fallback "\t" help "\n"
#define KS_NOTE_VARIABLE_(name) "environment\t" name "\n"
#define KS_NOTE_TEXT_(name, version, summary, OPTIONS, ENVIRONMENT)                                                  \
	"name\t" name "\nversion\t" version "\nsummary\t" summary "\n" OPTIONS(KS_NOTE_OPTION_)                      \
		ENVIRONMENT(KS_NOTE_VARIABLE_)
#define KS_TABLE_OPTION_(name, type, flag, fallback, help) {name, KS_TYPE_##type, KS_OPTION_##flag, fallback, help},
#define KS_TABLE_VARIABLE_(name) name,

#ifdef __cplusplus
#define KS_EXPORT_ extern "C" __attribute__((visibility("default")))
#else
#define KS_EXPORT_ __attribute__((visibility("default")))
#endif

/* A note may be longer than the 4095 bytes that every compiler of C must take for a string; gcc and clang do. */
#define KS_LONG_STRINGS_ _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Woverlength-strings\"")
#define KS_LONG_STRINGS_END_ _Pragma("GCC diagnostic pop")

/* For a module without options, or without declared environment variables. */
#define KS_NONE(X)

/*
 * Makes the note, the descriptor and the exported function. name, version and summary are string literals; OPTIONS
 * and ENVIRONMENT are macros that list, by way of the macro they are given:
 *
 *   #define OPTIONS(X)     X("var", VARIABLE, OPTIONAL, "ANTHROPIC_API_KEY", "the variable to read")
 *   #define ENVIRONMENT(X) X("ANTHROPIC_API_KEY")
 *   KS_PROVIDER("env", "1.0.0", "a variable of the environment", 0, KS_TRANSPORT_API | KS_TRANSPORT_CLI,
 *               KS_KIND_API_KEY, OPTIONS, ENVIRONMENT, open_env, resolve_env, close_env)
 */
#define KS_PROVIDER(                                                                                                 \
	name_, version_, summary_, flags_, transports_, kinds_, OPTIONS, ENVIRONMENT, open_, resolve_, close_)       \
	KS_LONG_STRINGS_                                                                                             \
	KS_NOTE_(flags_, transports_, kinds_, KS_NOTE_TEXT_(name_, version_, summary_, OPTIONS, ENVIRONMENT))        \
	KS_LONG_STRINGS_END_                                                                                         \
	static const struct ks_option ks_option_table_[] = {OPTIONS(KS_TABLE_OPTION_){NULL, 0, 0, NULL, NULL}};      \
	static const char *const ks_environment_table_[] = {ENVIRONMENT(KS_TABLE_VARIABLE_) NULL};                   \
	KS_EXPORT_ const struct ks_provider *keystile_provider_v1(uint32_t host_abi_minor);                          \
	KS_EXPORT_ const struct ks_provider *keystile_provider_v1(uint32_t host_abi_minor)                           \
	{                                                                                                            \
		static const struct ks_provider provider = {                                                         \
			sizeof(struct ks_provider),                                                                  \
			KS_PROVIDER_MAGIC,                                                                           \
			KS_ABI_MAJOR,                                                                                \
			KS_ABI_MINOR,                                                                                \
			(flags_),                                                                                    \
			(transports_),                                                                               \
			(kinds_),                                                                                    \
			name_,                                                                                       \
			version_,                                                                                    \
			summary_,                                                                                    \
			ks_option_table_,                                                                            \
			sizeof(ks_option_table_) / sizeof(ks_option_table_[0]) - 1,                                  \
			sizeof(ks_option_table_[0]),                                                                 \
			ks_environment_table_,                                                                       \
			sizeof(ks_environment_table_) / sizeof(ks_environment_table_[0]) - 1,                        \
			0,                                                                                           \
			open_,                                                                                       \
			resolve_,                                                                                    \
			close_,                                                                                      \
		};                                                                                                   \
		(void)host_abi_minor;                                                                                \
		return &provider;                                                                                    \
	}

/* The note alone; the loader of notes wants owner and content padded to four bytes. */
#define KS_NOTE_(flags_, transports_, kinds_, text_)                                                                 \
	static const struct {                                                                                        \
		uint32_t owner_size, content_size, type;                                                             \
		char owner[(sizeof(KS_NOTE_OWNER) + 3) / 4 * 4];                                                     \
		struct ks_note_head head;                                                                            \
		char text[(sizeof(text_) + 3) / 4 * 4];                                                              \
	} ks_note_ __attribute__((section(KS_NOTE_SECTION), used, aligned(4))) = {                                   \
		sizeof(KS_NOTE_OWNER),                                                                               \
		sizeof(struct ks_note_head) + (sizeof(text_) + 3) / 4 * 4,                                           \
		KS_NOTE_TYPE,                                                                                        \
		KS_NOTE_OWNER,                                                                                       \
		{sizeof(struct ks_note_head), KS_ABI_MAJOR, KS_ABI_MINOR, (flags_), (transports_), (kinds_),         \
			sizeof(text_)},                                                                              \
		text_,                                                                                               \
	};

#ifdef __cplusplus
}
#endif

#endif
