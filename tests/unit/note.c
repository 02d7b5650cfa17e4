/* SPDX-License-Identifier: MIT */
#include "core/note.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define REINSTALL "reinstall the package the module came with"
#define REBUILD "install the module's build for this machine and this version of keystile"
#define DAMAGED "the module's note is damaged: "

enum {
	OPTION_COUNT = 8, /* of the full module */
	VARIABLE_COUNT = 2,
	TEXT_MAX = 64 * 1024,
	FILE_MAX = 256 * 1024
};

/* A module with everything a note can say, made as a module's author makes it. */
static int resolve_nothing(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	(void)state;
	(void)request;
	return (host->fail)(host, KS_NOT_CONFIGURED, "nowhere", "nothing", "");
}

#define OPTIONS(X)                                                                                                   \
	X("var", VARIABLE, OPTIONAL, "ANTHROPIC_API_KEY", "the variable to read")                                    \
	X("path", PATH, REQUIRED, "", "a file")                                                                      \
	X("kind", CHOICE, OPTIONAL, "api-key|gateway-token", "what it is: caf\xc3\xa9")                              \
	X("addr", URL, OPTIONAL, "", "")                                                                             \
	X("retries", NUMBER, OPTIONAL, "3", "how often")                                                             \
	X("wait", DURATION, OPTIONAL, "3s", "how long")                                                              \
	X("field", NAME, OPTIONAL, "", "which field")                                                                \
	X("text", STRING, OPTIONAL, "a b", "any text")
#define ENVIRONMENT(X) X("ANTHROPIC_API_KEY") X("_lower9")

KS_PROVIDER("full-1_x", "1.2.3", "everything a note can say", KS_PROVIDER_NETWORK | KS_PROVIDER_REENTRANT,
	KS_TRANSPORT_API | KS_TRANSPORT_CLI, KS_KIND_API_KEY | KS_KIND_GATEWAY_TOKEN, OPTIONS, ENVIRONMENT, NULL,
	resolve_nothing, NULL)

static struct ks_arena arena;
static struct ks_manifest manifest;
static struct ks_problem problem;

static int set_up(void **state)
{
	(void)state;
	memset(&manifest, 0xee, sizeof(manifest));
	memset(&problem, 0, sizeof(problem));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ks_arena_finish(&arena);
	return 0;
}

/* Parses a copy that ends with its allocation, so that a sanitizer sees each byte too many. */
static int parse_bytes(const void *content, size_t size)
{
	char *copy = malloc(size ? size : 1);
	int r = 0;

	assert_non_null(copy);
	memcpy(copy, content, size);
	r = ks_note_parse(copy, size, &arena, &manifest, &problem);
	free(copy);
	return r;
}

static int parse(const struct ks_note_head *head, const char *text, size_t size)
{
	static char content[sizeof(*head) + TEXT_MAX];

	memcpy(content, head, sizeof(*head));
	memcpy(content + sizeof(*head), text, size);
	return parse_bytes(content, sizeof(*head) + size);
}

/* A note of this text under the full module's head. */
static int parse_text(const char *text, uint16_t minor)
{
	struct ks_note_head head = ks_note_.head;

	head.abi_minor = minor;
	head.text_size = (uint32_t)strlen(text) + 1;
	return parse(&head, text, head.text_size);
}

static void assert_refused(int r, const char *reason, const char *remedy)
{
	assert_string_equal(problem.reason, reason);
	assert_string_equal(problem.remedy, remedy);
	assert_int_equal(problem.result, KS_MISCONFIGURED);
	assert_int_equal(r, -EINVAL);
}

/* Note and descriptor come from the same words, so they must say the same. */
static void assert_is_full(void)
{
	const struct ks_provider *provider = keystile_provider_v1(KS_ABI_MINOR);

	assert_string_equal(manifest.name, provider->name);
	assert_string_equal(manifest.version, provider->version);
	assert_string_equal(manifest.summary, provider->summary);
	assert_int_equal(manifest.abi_major, provider->abi_major);
	assert_int_equal(manifest.abi_minor, provider->abi_minor);
	assert_int_equal(manifest.flags, provider->flags);
	assert_int_equal(manifest.transports, provider->transports);
	assert_int_equal(manifest.kinds, provider->kinds);
	assert_int_equal(manifest.option_count, OPTION_COUNT);
	assert_int_equal(provider->option_count, OPTION_COUNT);
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		assert_string_equal(manifest.options[i].name, provider->options[i].name);
		assert_int_equal(manifest.options[i].type, provider->options[i].type);
		assert_int_equal(manifest.options[i].flags, provider->options[i].flags);
		assert_string_equal(manifest.options[i].fallback, provider->options[i].fallback);
		assert_string_equal(manifest.options[i].help, provider->options[i].help);
	}
	assert_int_equal(manifest.environment_count, VARIABLE_COUNT);
	assert_int_equal(provider->environment_count, VARIABLE_COUNT);
	for (unsigned i = 0; i < VARIABLE_COUNT; i++)
		assert_string_equal(manifest.environment[i], provider->environment[i]);
}

static void reads_what_the_macro_makes(void **state)
{
	(void)state;
	assert_int_equal(parse_bytes(&ks_note_.head, ks_note_.content_size), 0);
	assert_is_full();
}

static void reads_a_module_without_options(void **state)
{
	(void)state;
	assert_int_equal(parse_text("name\ta\nversion\t1\nsummary\tx y\n", 0), 0);
	assert_string_equal(manifest.name, "a");
	assert_int_equal(manifest.option_count, 0);
	assert_int_equal(manifest.environment_count, 0);
}

static void names_every_type(void **state)
{
	(void)state;
	assert_null(ks_option_type_name(0));
	assert_string_equal(ks_option_type_name(KS_TYPE_STRING), "STRING");
	assert_string_equal(ks_option_type_name(KS_TYPE_CHOICE), "CHOICE");
	assert_string_equal(ks_option_type_name(KS_TYPE_PATH), "PATH");
	assert_string_equal(ks_option_type_name(KS_TYPE_URL), "URL");
	assert_string_equal(ks_option_type_name(KS_TYPE_VARIABLE), "VARIABLE");
	assert_string_equal(ks_option_type_name(KS_TYPE_NUMBER), "NUMBER");
	assert_string_equal(ks_option_type_name(KS_TYPE_DURATION), "DURATION");
	assert_string_equal(ks_option_type_name(KS_TYPE_NAME), "NAME");
	assert_null(ks_option_type_name(KS_TYPE_NAME + 1));
	assert_null(ks_option_type_name(UINT32_MAX));
}

#define HEAD "name\tm\nversion\t1\nsummary\ts\n"
#define OPTION(name) "option\t" name "\tSTRING\tOPTIONAL\t\t\n"
#define TEN "0123456789"

static void refuses_bad_texts(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{"name\tm\n", DAMAGED "it has no version"},
		{"name\tm\nversion\t1\n", DAMAGED "it has no summary"},
		{"\n", DAMAGED "line 1 begins with a word that does not belong there"},
		{"version\t1\nname\tm\nsummary\ts\n", DAMAGED "line 1 begins with a word that does not belong there"},
		{"name\n", DAMAGED "line 1 has 1 fields, not 2"},
		{"name m\nversion\t1\nsummary\ts\n", DAMAGED "line 1 begins with a word that does not belong there"},
		{"name\tm\tm\n", DAMAGED "line 1 has 3 fields, not 2"},
		{"name\t\n", DAMAGED "its name is not a module's name"},
		{"name\t-m\n", DAMAGED "its name is not a module's name"},
		{"name\tM\n", DAMAGED "its name is not a module's name"},
		{"name\t../m\n", DAMAGED "its name is not a module's name"},
		{"name\tm.so\n", DAMAGED "its name is not a module's name"},
		{"name\t" TEN TEN TEN TEN TEN TEN "01234\n", DAMAGED "its name is not a module's name"},
		{"name\tm\nversion\t\nsummary\ts\n", DAMAGED "its version is empty"},
		{"name\tm\nversion\t1\nsummary\t\n", DAMAGED "its summary is empty"},
		{"name\tm\nversion\t1\x1b[31m\nsummary\ts\n", DAMAGED "line 2 is not printable text"},
		{"name\tm\nversion\t1\nsummary\t\xff\n", DAMAGED "line 3 is not printable text"},
		{"name\tm\nversion\t1\nsummary\ts\r\n", DAMAGED "line 3 is not printable text"},
		{HEAD "name\tm\n", DAMAGED "line 4 begins with a word that does not belong there"},
		{HEAD "\n", DAMAGED "line 4 begins with a word that does not belong there"},
		{HEAD "docs\thttps://h/\n", DAMAGED "line 4 begins with a word that does not belong there"},
		{HEAD "option\tx\tSTRING\tOPTIONAL\t\n", DAMAGED "line 4 has 5 fields, not 6"},
		{HEAD "option\tx\tSTRING\tOPTIONAL\t\t\t\n", DAMAGED "line 4 has 7 fields, not 6"},
		{HEAD "option\t\tSTRING\tOPTIONAL\t\t\n", DAMAGED "line 4 does not name an option"},
		{HEAD OPTION("9x"), DAMAGED "line 4 does not name an option"},
		{HEAD OPTION("@x"), DAMAGED "line 4 does not name an option"},
		{HEAD OPTION("x=y"), DAMAGED "line 4 does not name an option"},
		{HEAD OPTION("x_y"), DAMAGED "line 4 does not name an option"},
		{HEAD OPTION("x" TEN TEN TEN "01"), DAMAGED "line 4 does not name an option"},
		{HEAD OPTION("x") OPTION("y") OPTION("x"), DAMAGED "it has option x twice"},
		{HEAD "option\tx\tCHOICE\tOPTIONAL\t\t\n", DAMAGED "option x has no words to choose from"},
		{HEAD "option\tx\tCHOICE\tOPTIONAL\t|a\t\n", DAMAGED "option x has no words to choose from"},
		{HEAD "option\tx\tCHOICE\tOPTIONAL\ta|\t\n", DAMAGED "option x has no words to choose from"},
		{HEAD "option\tx\tCHOICE\tOPTIONAL\ta||b\t\n", DAMAGED "option x has no words to choose from"},
		{HEAD "environment\n", DAMAGED "line 4 has 1 fields, not 2"},
		{HEAD "environment\t\n", DAMAGED "line 4 does not name an environment variable"},
		{HEAD "environment\t9A\n", DAMAGED "line 4 does not name an environment variable"},
		{HEAD "environment\tA=B\n", DAMAGED "line 4 does not name an environment variable"},
		{HEAD "environment\tA\nenvironment\tA\n", DAMAGED "it has environment variable A twice"},
		{HEAD "x", DAMAGED "its text does not end where it should"},
		{HEAD "environment\tA", DAMAGED "its text does not end where it should"},
	};

	(void)state;
	assert_int_equal(parse_text(HEAD, 0), 0);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_refused(parse_text(cases[i].text, 0), cases[i].reason, REINSTALL);
}

static void refuses_words_it_does_not_know(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{HEAD "option\tx\tSTRINGS\tOPTIONAL\t\t\n",
			"the module's option x has a type this version does not know (STRINGS)"},
		{HEAD "option\tx\t\tOPTIONAL\t\t\n",
			"the module's option x has a type this version does not know ()"},
		{HEAD "option\tx\tstring\tOPTIONAL\t\t\n",
			"the module's option x has a type this version does not know (string)"},
		{HEAD "option\tx\tSTRING\tMAYBE\t\t\n", "the module's option x is neither REQUIRED nor OPTIONAL"},
		{HEAD "option\tx\tSTRING\t\t\t\n", "the module's option x is neither REQUIRED nor OPTIONAL"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_refused(parse_text(cases[i].text, 0), cases[i].reason, REBUILD);
		assert_refused(parse_text(cases[i].text, KS_ABI_MINOR + 1), cases[i].reason, REBUILD);
	}
}

/* What a later minor version may add is passed over; what we know is still checked. */
static void understands_a_later_minor(void **state)
{
	static const char text[] = "name\tm\tmore\nversion\t1\nsummary\ts\ndocs\thttps://h/\n"
				   "option\tx\tPATH\tREQUIRED\tf\th\tmore\tand more\nenvironment\tA\t1\n";
	struct ks_note_head head = ks_note_.head;
	char content[sizeof(head) + 8 + sizeof(text)] = {0};

	(void)state;
	assert_int_equal(parse_text(text, KS_ABI_MINOR + 1), 0);
	assert_int_equal(manifest.abi_minor, KS_ABI_MINOR + 1);
	assert_int_equal(manifest.option_count, 1);
	assert_string_equal(manifest.options[0].help, "h");
	assert_int_equal(manifest.options[0].type, KS_TYPE_PATH);
	assert_int_equal(manifest.options[0].flags, KS_OPTION_REQUIRED);
	assert_string_equal(manifest.environment[0], "A");
	assert_int_equal(parse_text(text, KS_ABI_MINOR), -EINVAL);
	assert_refused(parse_text(HEAD "option\tx\tPATH\n", KS_ABI_MINOR + 1), DAMAGED "line 4 has 3 fields, not 6",
		REINSTALL);

	/* a head that grew at its end */
	head.size += 8;
	head.abi_minor = KS_ABI_MINOR + 1;
	head.text_size = sizeof(text);
	memcpy(content, &head, sizeof(head));
	memset(content + sizeof(head), 0xff, 8);
	memcpy(content + sizeof(head) + 8, text, sizeof(text));
	assert_int_equal(parse_bytes(content, sizeof(content)), 0);
	assert_string_equal(manifest.name, "m");
}

static void keeps_to_its_limits(void **state)
{
	static char text[TEXT_MAX];
	size_t length = 0;

	(void)state;
	length = (size_t)sprintf(text, HEAD);
	for (int i = 0; i < KS_OPTIONS_MAX; i++)
		length += (size_t)sprintf(text + length, OPTION("x%d"), i);
	for (int i = 0; i < KS_ENVIRONMENT_MAX; i++)
		length += (size_t)sprintf(text + length, "environment\tX%d\n", i);
	assert_int_equal(parse_text(text, 0), 0);
	assert_int_equal(manifest.option_count, KS_OPTIONS_MAX);
	assert_int_equal(manifest.environment_count, KS_ENVIRONMENT_MAX);
	assert_string_equal(manifest.options[KS_OPTIONS_MAX - 1].name, "x127");
	assert_string_equal(manifest.environment[KS_ENVIRONMENT_MAX - 1], "X127");

	(void)sprintf(text + length, OPTION("more"));
	assert_refused(parse_text(text, 0), DAMAGED "it has more than 128 options", REINSTALL);
	(void)sprintf(text + length, "environment\tMORE\n");
	assert_refused(parse_text(text, 0), DAMAGED "it has more than 128 environment variables", REINSTALL);

	length = (size_t)sprintf(text, "name\tm\nversion\t1\nsummary\t");
	memset(text + length, 's', TEXT_MAX - length);
	text[KS_NOTE_MAX - sizeof(struct ks_note_head) - 2] = '\n';
	text[KS_NOTE_MAX - sizeof(struct ks_note_head) - 1] = '\0';
	assert_int_equal(parse_text(text, 0), 0);
	text[KS_NOTE_MAX - sizeof(struct ks_note_head) - 2] = 's';
	text[KS_NOTE_MAX - sizeof(struct ks_note_head) - 1] = '\n';
	text[KS_NOTE_MAX - sizeof(struct ks_note_head)] = '\0';
	assert_refused(parse_text(text, 0), DAMAGED "it has more than 32768 bytes", REINSTALL);
}

static void refuses_bad_heads(void **state)
{
	const struct ks_note_head good = ks_note_.head;
	struct ks_note_head head = good;
	const uint32_t size = ks_note_.content_size - (uint32_t)sizeof(good);

#define REFUSES(member, value, reason, remedy)                                                                       \
	do {                                                                                                         \
		head = good;                                                                                         \
		head.member = (value);                                                                               \
		assert_refused(parse(&head, ks_note_.text, size), reason, remedy);                                   \
	} while (0)

	(void)state;
	assert_int_equal(parse(&head, ks_note_.text, size), 0);
	REFUSES(size, 0, DAMAGED "its head has a wrong size", REINSTALL);
	REFUSES(size, sizeof(head) - 1, DAMAGED "its head has a wrong size", REINSTALL);
	REFUSES(size, ks_note_.content_size + 1, DAMAGED "its head has a wrong size", REINSTALL);
	REFUSES(size, UINT32_MAX, DAMAGED "its head has a wrong size", REINSTALL);
	REFUSES(size, ks_note_.content_size, DAMAGED "its text has a wrong size", REINSTALL);
	REFUSES(text_size, 0, DAMAGED "its text has a wrong size", REINSTALL);
	REFUSES(text_size, 1, DAMAGED "its text has a wrong size", REINSTALL);
	REFUSES(text_size, size + 1, DAMAGED "its text has a wrong size", REINSTALL);
	REFUSES(text_size, UINT32_MAX, DAMAGED "its text has a wrong size", REINSTALL);
	REFUSES(text_size, good.text_size - 1, DAMAGED "its text does not end where it should", REINSTALL);
	REFUSES(abi_major, 0, "the module has version 0 of the provider interface, and this keystile has version 1",
		REBUILD);
	REFUSES(abi_major, 2, "the module has version 2 of the provider interface, and this keystile has version 1",
		REBUILD);
	REFUSES(flags, KS_PROVIDER_HEAP_SECRETS, "the module has flags this version does not understand (0x4)",
		REBUILD);
	for (unsigned bit = 2; bit < 16; bit++) {
		head = good;
		head.flags |= 1u << bit;
		assert_int_equal(parse(&head, ks_note_.text, size), -EINVAL);
	}
	REFUSES(transports, 0, "the module has no transport that this version knows", REBUILD);
	REFUSES(transports, 4, "the module has no transport that this version knows", REBUILD);
	REFUSES(kinds, 0, "the module has no kind of credential that this version knows", REBUILD);
	REFUSES(kinds, 0xffffffe0, "the module has no kind of credential that this version knows", REBUILD);
#undef REFUSES
}

/* Bits that may be ignored, and bits of a later version next to ones we know, stand in the manifest as they are. */
static void keeps_other_bits(void **state)
{
	struct ks_note_head head = ks_note_.head;

	(void)state;
	head.flags = 0xffff0000 | KS_PROVIDER_REENTRANT;
	head.transports = 0x80000000 | KS_TRANSPORT_CLI;
	head.kinds = 0x20 | KS_KIND_SETUP_TOKEN;
	assert_int_equal(parse(&head, ks_note_.text, ks_note_.content_size - sizeof(head)), 0);
	assert_int_equal(manifest.flags, 0xffff0000 | KS_PROVIDER_REENTRANT);
	assert_int_equal(manifest.transports, 0x80000000 | KS_TRANSPORT_CLI);
	assert_int_equal(manifest.kinds, 0x20 | KS_KIND_SETUP_TOKEN);
}

static void refuses_a_nul_inside(void **state)
{
	char text[] = HEAD OPTION("x");
	struct ks_note_head head = ks_note_.head;

	(void)state;
	head.text_size = sizeof(text);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		char kept = text[i];

		text[i] = '\0';
		assert_int_equal(parse(&head, text, sizeof(text)), -EINVAL);
		text[i] = kept;
	}
	assert_int_equal(parse(&head, text, sizeof(text)), 0);
}

/* Nothing short of the whole is a note, and nothing that a bit can do reads where it should not. */
static void survives_cuts_and_flips(void **state)
{
	const size_t whole = sizeof(struct ks_note_head) + ks_note_.head.text_size;
	unsigned char content[sizeof(ks_note_)];
	int r = 0;

	(void)state;
	for (size_t size = 0; size < whole; size++)
		assert_int_equal(parse_bytes(&ks_note_.head, size), -EINVAL);
	assert_int_equal(parse_bytes(&ks_note_.head, whole), 0);
	memcpy(content, &ks_note_.head, whole);
	for (size_t i = 0; i < whole; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			content[i] ^= (unsigned char)(1u << bit);
			r = parse_bytes(content, whole);
			assert_true(r == 0 || (r == -EINVAL && problem.result == KS_MISCONFIGURED));
			content[i] ^= (unsigned char)(1u << bit);
		}
		ks_arena_finish(&arena);
	}
}

/* An ELF file in the making: one page of headers, then notes. */
static struct {
	ElfW(Ehdr) head;
	ElfW(Phdr) segments[KS_PROGRAM_HEADERS_MAX + 1];
	char notes[FILE_MAX];
} elf;
static size_t elf_size;

enum {
	NOTES_AT = offsetof(__typeof__(elf), notes)
};

static void begin_elf(void)
{
	static ElfW(Ehdr) own;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_int_equal(read(fd, &own, sizeof(own)), sizeof(own));
	assert_int_equal(close(fd), 0);
	memset(&elf, 0, sizeof(elf));
	memcpy(elf.head.e_ident, own.e_ident, sizeof(own.e_ident));
	elf.head.e_machine = own.e_machine;
	elf.head.e_version = EV_CURRENT;
	elf.head.e_type = ET_DYN;
	elf.head.e_phentsize = sizeof(ElfW(Phdr));
	elf.head.e_phoff = offsetof(__typeof__(elf), segments);
	elf.segments[elf.head.e_phnum++].p_type = PT_LOAD;
	elf_size = NOTES_AT;
}

static void begin_segment(size_t alignment)
{
	ElfW(Phdr) *segment = &elf.segments[elf.head.e_phnum++];

	segment->p_type = PT_NOTE;
	segment->p_align = alignment;
	segment->p_offset = elf_size;
}

static void put(const void *bytes, size_t size, size_t alignment)
{
	ElfW(Phdr) *segment = &elf.segments[elf.head.e_phnum - 1];

	memcpy((char *)&elf + elf_size, bytes, size);
	elf_size += (size + alignment - 1) / alignment * alignment;
	segment->p_filesz = elf_size - segment->p_offset;
}

static void put_note(const char *owner, uint32_t type, size_t alignment)
{
	char bytes[sizeof(ks_note_) + 64] = {0};
	const ElfW(Nhdr) note = {(uint32_t)strlen(owner) + 1, ks_note_.content_size, type};
	size_t content = (sizeof(note) + note.n_namesz + alignment - 1) / alignment * alignment;

	memcpy(bytes, &note, sizeof(note));
	memcpy(bytes + sizeof(note), owner, note.n_namesz);
	memcpy(bytes + content, &ks_note_.head, ks_note_.content_size);
	put(bytes, content + ks_note_.content_size, alignment);
}

/* A whole module of one segment with one note. */
static void make_elf(void)
{
	begin_elf();
	begin_segment(4);
	put(&ks_note_, sizeof(ks_note_), 4);
}

static int make_file(const void *bytes, size_t size)
{
	int fd = memfd_create("module", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	return fd;
}

static int read_bytes(const void *bytes, size_t size)
{
	int fd = make_file(bytes, size), r = ks_note_read(fd, &arena, &manifest, &problem);

	assert_int_equal(close(fd), 0);
	return r;
}

static int read_elf(void)
{
	return read_bytes(&elf, elf_size);
}

static void reads_an_elf_file(void **state)
{
	static const ElfW(Nhdr) build_id = {4, 20, NT_GNU_BUILD_ID};
	char foreign[12 + 4 + 20] = {0};

	(void)state;
	make_elf();
	assert_int_equal(read_elf(), 0);
	assert_is_full();

	memcpy(foreign, &build_id, sizeof(build_id));
	memcpy(foreign + sizeof(build_id), "GNU", 4);
	begin_elf();
	begin_segment(8);
	put(foreign, sizeof(foreign), 8);
	begin_segment(4);
	put(foreign, sizeof(foreign), 4);
	put_note("Keystyle", KS_NOTE_TYPE, 4);
	put_note(KS_NOTE_OWNER, KS_NOTE_TYPE + 1, 4);
	put_note(KS_NOTE_OWNER, KS_NOTE_TYPE, 4);
	put(foreign, sizeof(foreign), 4);
	assert_int_equal(read_elf(), 0);
	assert_is_full();

	begin_elf();
	begin_segment(8);
	put_note("GNU", NT_GNU_BUILD_ID, 8);
	put_note(KS_NOTE_OWNER, KS_NOTE_TYPE, 8);
	assert_int_equal(read_elf(), 0);
	assert_is_full();
}

/* This very program carries a note that the linker placed; an executable is made a shared object by its type. */
static void reads_what_the_linker_makes(void **state)
{
	static char bytes[64 * 1024];
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to = make_file("", 0);
	const ElfW(Half) type = ET_DYN;
	ssize_t length = 0;

	(void)state;
	while ((length = read(from, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(to, bytes, (size_t)length), length);
	assert_int_equal(length, 0);
	assert_int_equal(pwrite(to, &type, sizeof(type), offsetof(ElfW(Ehdr), e_type)), sizeof(type));
	assert_int_equal(ks_note_read(to, &arena, &manifest, &problem), 0);
	assert_is_full();
	assert_int_equal(close(from), 0);
	assert_int_equal(close(to), 0);
}

static void refuses_what_is_no_module(void **state)
{
	static const char *const no_elf = "the module is not an ELF shared object";
	static const char *const no_note = "the file is a shared object without a Keystile note";
	static const char *const rebuild = "name a Keystile module, or rebuild it";

	(void)state;
	assert_refused(read_bytes("", 0), no_elf, REINSTALL);
	assert_refused(read_bytes("#!/bin/sh\n", 10), no_elf, REINSTALL);
	make_elf();
	elf.head.e_type = ET_EXEC;
	assert_refused(read_elf(), no_elf, REINSTALL);
	make_elf();
	elf.head.e_ident[EI_VERSION] = EV_NONE;
	assert_refused(read_elf(), no_elf, REINSTALL);
	make_elf();
	elf.head.e_phentsize--;
	assert_refused(read_elf(), no_elf, REINSTALL);
	begin_elf();
	assert_refused(read_elf(), no_note, rebuild);
	elf.head.e_phnum = 0;
	assert_refused(read_elf(), no_note, rebuild);
	begin_segment(4);
	put_note(KS_NOTE_OWNER, KS_NOTE_TYPE + 1, 4);
	assert_refused(read_elf(), no_note, rebuild);
}

static void refuses_other_machines(void **state)
{
	static const char *const reason = "the module is built for another kind of machine";

	(void)state;
	make_elf();
	elf.head.e_ident[EI_CLASS] ^= ELFCLASS32 ^ ELFCLASS64;
	assert_refused(read_elf(), reason, REBUILD);
	make_elf();
	elf.head.e_ident[EI_DATA] ^= ELFDATA2LSB ^ ELFDATA2MSB;
	assert_refused(read_elf(), reason, REBUILD);
	make_elf();
	elf.head.e_machine = EM_VAX;
	assert_refused(read_elf(), reason, REBUILD);
}

static void refuses_two_notes(void **state)
{
	static const char *const reason = "the module has more than one Keystile note";

	(void)state;
	make_elf();
	put(&ks_note_, sizeof(ks_note_), 4);
	assert_refused(read_elf(), reason, REINSTALL);
	make_elf();
	begin_segment(4);
	put(&ks_note_, sizeof(ks_note_), 4);
	assert_refused(read_elf(), reason, REINSTALL);
}

static void refuses_bad_elf_files(void **state)
{
	static const char *const cut = "the module's file is cut short";
	uint32_t *sizes = (uint32_t *)(void *)elf.notes;
	static const char zeros[64 * 1024];

	(void)state;
	make_elf();
	for (size_t size = 0; size < elf_size; size++) {
		if (size < NOTES_AT && size > sizeof(elf.head) + 64)
			size += 97;
		assert_int_equal(read_bytes(&elf, size), -EINVAL);
		assert_int_equal(problem.result, KS_MISCONFIGURED);
		if (size >= SELFMAG)
			assert_string_equal(problem.reason, cut);
	}
	elf.head.e_phnum = KS_PROGRAM_HEADERS_MAX + 1;
	assert_refused(read_elf(), "the module has more than 64 program headers", REINSTALL);
	make_elf();
	elf.head.e_phoff = (__typeof__(elf.head.e_phoff))-1;
	assert_refused(read_elf(), cut, REINSTALL);
	make_elf();
	elf.segments[1].p_offset = (__typeof__(elf.segments[1].p_offset))-1;
	assert_refused(read_elf(), cut, REINSTALL);
	make_elf();
	elf.segments[1].p_filesz = 2 * KS_NOTE_MAX + 1;
	assert_refused(read_elf(), DAMAGED "its segment has more than 65536 bytes", REINSTALL);

	/* the content would begin in the padding behind the last byte */
	make_elf();
	elf.segments[1].p_filesz = sizeof(ElfW(Nhdr)) + sizeof(KS_NOTE_OWNER);
	assert_refused(read_elf(), DAMAGED "it ends behind its segment", REINSTALL);
	for (int part = 0; part < 2; part++) {
		make_elf();
		sizes[part] = UINT32_MAX;
		assert_refused(read_elf(), DAMAGED "it ends behind its segment", REINSTALL);
		make_elf();
		sizes[part] += 4;
		assert_int_equal(read_elf(), -EINVAL);
	}
	begin_elf();
	begin_segment(4);
	put(zeros, sizeof(zeros), 4);
	assert_int_equal(read_elf(), -EINVAL);
}

static void tells_faults_of_the_system(void **state)
{
	int pipes[2];

	(void)state;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(ks_note_read(pipes[0], &arena, &manifest, &problem), -ESPIPE);
	assert_int_equal(problem.result, KS_ERROR);
	assert_string_equal(problem.reason, "the module cannot be read: Illegal seek");
	assert_int_equal(close(pipes[0]), 0);
	assert_int_equal(close(pipes[1]), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_what_the_macro_makes),
		TEST(reads_a_module_without_options),
		TEST(names_every_type),
		TEST(refuses_bad_texts),
		TEST(refuses_words_it_does_not_know),
		TEST(understands_a_later_minor),
		TEST(keeps_to_its_limits),
		TEST(refuses_bad_heads),
		TEST(keeps_other_bits),
		TEST(refuses_a_nul_inside),
		TEST(survives_cuts_and_flips),
		TEST(reads_an_elf_file),
		TEST(reads_what_the_linker_makes),
		TEST(refuses_what_is_no_module),
		TEST(refuses_other_machines),
		TEST(refuses_two_notes),
		TEST(refuses_bad_elf_files),
		TEST(tells_faults_of_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
