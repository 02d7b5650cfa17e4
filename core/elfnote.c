/* SPDX-License-Identifier: MIT */
#include "core/elfnote.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/note.h"

#define REINSTALL "reinstall the package the module came with"
#define REBUILD "install the module's build for this machine and this version of keystile"

enum {
	SEGMENT_MAX = 2 * KS_NOTE_MAX /* ours and what a linker puts next to it */
};

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__i386__)
#define MACHINE EM_386
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#elif defined(__arm__)
#define MACHINE EM_ARM
#elif defined(__riscv)
#define MACHINE EM_RISCV
#elif defined(__powerpc64__)
#define MACHINE EM_PPC64
#elif defined(__s390x__)
#define MACHINE EM_S390
#else
#define MACHINE EM_NONE /* not compared; dlopen(3) does */
#endif

#define NATIVE_CLASS (__ELF_NATIVE_CLASS == 64 ? ELFCLASS64 : ELFCLASS32)
#define NATIVE_ORDER (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB)

/* Reads all of `size` bytes. Returns 0, -ENODATA where the file ends before, or another negative errno. */
static int read_at(int fd, void *buffer, size_t size, uint64_t offset)
{
	char *bytes = buffer;
	ssize_t length = 0;

	if (offset > (uint64_t)INT64_MAX - size)
		return -ENODATA;
	while (size > 0) {
		length = pread(fd, bytes, size, (off_t)offset);
		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return length < 0 ? -errno : -ENODATA;
		bytes += length;
		offset += (uint64_t)length;
		size -= (size_t)length;
	}
	return 0;
}

static int refuse_read(struct ks_problem *problem, int r)
{
	if (r == -ENODATA)
		return ks_problem(problem, KS_MISCONFIGURED, REINSTALL, "the module's file is cut short");
	return ks_problem_errno(problem, -r, "the module cannot be read");
}

static int read_elf_head(int fd, ElfW(Ehdr) * ret_head, struct ks_problem *problem)
{
	ElfW(Ehdr) head = {0};
	int r = read_at(fd, &head, sizeof(head), 0);

	if (r < 0 && r != -ENODATA)
		return refuse_read(problem, r);
	if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
		return ks_problem(problem, KS_MISCONFIGURED, REINSTALL, "the module is not an ELF shared object");
	if (r < 0)
		return refuse_read(problem, r);
	if (head.e_ident[EI_CLASS] != NATIVE_CLASS || head.e_ident[EI_DATA] != NATIVE_ORDER ||
		(MACHINE != EM_NONE && head.e_machine != MACHINE))
		return ks_problem(
			problem, KS_MISCONFIGURED, REBUILD, "the module is built for another kind of machine");
	if (head.e_ident[EI_VERSION] != EV_CURRENT || head.e_type != ET_DYN || head.e_phentsize != sizeof(ElfW(Phdr)))
		return ks_problem(problem, KS_MISCONFIGURED, REINSTALL, "the module is not an ELF shared object");
	if (head.e_phnum > KS_PROGRAM_HEADERS_MAX)
		return ks_problem(problem, KS_MISCONFIGURED, REINSTALL, "the module has more than %d program headers",
			KS_PROGRAM_HEADERS_MAX);
	*ret_head = head;
	return 0;
}

/* The notes of one segment; ours goes into the arena. */
struct scan {
	struct ks_arena *arena;
	struct ks_problem *problem;
	const void *content;
	size_t size;
};

static int take_note(struct scan *scan, const char *content, size_t size)
{
	if (scan->content)
		return ks_problem(
			scan->problem, KS_MISCONFIGURED, REINSTALL, "the module has more than one Keystile note");
	scan->content = ks_arena_copy(scan->arena, content, size);
	scan->size = size;
	return scan->content ? 0 : ks_problem_errno(scan->problem, ENOMEM, "the module's note cannot be read");
}

static int scan_segment(struct scan *scan, const char *notes, size_t size, size_t alignment)
{
	ElfW(Nhdr) note;
	size_t at = 0, content = 0;
	int r = 0;

	/* No sum below overflows: `size` is at most SEGMENT_MAX, and each part is compared with what is left of it.
	 */
	while (r == 0 && size - at >= sizeof(note)) {
		memcpy(&note, notes + at, sizeof(note));
		at += sizeof(note);
		if (note.n_namesz > size - at)
			return ks_problem(scan->problem, KS_MISCONFIGURED, REINSTALL,
				"the module's note is damaged: it ends behind its segment");
		content = (at + note.n_namesz + alignment - 1) / alignment * alignment;
		if (content > size || note.n_descsz > size - content)
			return ks_problem(scan->problem, KS_MISCONFIGURED, REINSTALL,
				"the module's note is damaged: it ends behind its segment");
		if (note.n_type == KS_NOTE_TYPE && note.n_namesz == sizeof(KS_NOTE_OWNER) &&
			memcmp(notes + at, KS_NOTE_OWNER, sizeof(KS_NOTE_OWNER)) == 0)
			r = take_note(scan, notes + content, note.n_descsz);
		at = (content + note.n_descsz + alignment - 1) / alignment * alignment;
		if (at > size)
			at = size;
	}
	return r;
}

/* Reads one segment of notes and looks through it. */
static int read_segment(struct scan *scan, int fd, const ElfW(Phdr) * segment)
{
	char *notes = NULL;
	int r = 0;

	if (segment->p_filesz > SEGMENT_MAX)
		return ks_problem(scan->problem, KS_MISCONFIGURED, REINSTALL,
			"the module's note is damaged: its segment has more than %d bytes", SEGMENT_MAX);
	notes = malloc(segment->p_filesz + 1); /* an empty one as well */
	if (!notes)
		return ks_problem_errno(scan->problem, ENOMEM, "the module's note cannot be read");
	r = read_at(fd, notes, segment->p_filesz, segment->p_offset);
	r = r < 0 ? refuse_read(scan->problem, r)
		  : scan_segment(scan, notes, segment->p_filesz, segment->p_align == 8 ? 8 : 4);
	free(notes);
	return r;
}

static int scan_file(struct scan *scan, int fd)
{
	ElfW(Ehdr) head = {0};
	ElfW(Phdr) segments[KS_PROGRAM_HEADERS_MAX] = {0};
	int r = read_elf_head(fd, &head, scan->problem);

	if (r < 0)
		return r;
	r = read_at(fd, segments, head.e_phnum * sizeof(segments[0]), head.e_phoff);
	if (r < 0)
		return refuse_read(scan->problem, r);
	for (unsigned i = 0; i < head.e_phnum; i++) {
		if (segments[i].p_type != PT_NOTE)
			continue;
		r = read_segment(scan, fd, &segments[i]);
		if (r < 0)
			return r;
	}
	if (!scan->content)
		return ks_problem(scan->problem, KS_MISCONFIGURED, "name a Keystile module, or rebuild it",
			"the file is a shared object without a Keystile note");
	return 0;
}

int ks_elf_find_note(
	int fd, struct ks_arena *arena, const void **ret_content, size_t *ret_size, struct ks_problem *problem)
{
	struct scan scan = {.arena = arena, .problem = problem};
	int r = scan_file(&scan, fd);

	if (r == 0) {
		*ret_content = scan.content;
		*ret_size = scan.size;
	}
	return r;
}
