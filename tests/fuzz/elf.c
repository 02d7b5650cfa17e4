/* SPDX-License-Identifier: MIT */
/*
 * core/elfnote.c and core/note.c: a whole module. What does not begin as ELF is taken for the notes of one: they
 * stand in the segment of a file made here, so that the fuzzer need not find out how to write that.
 */
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/elfnote.h"
#include "core/note.h"
#include "fuzz.h"
#include "manifest.h"

/* As much of a module as lies before its notes. */
struct head {
	ElfW(Ehdr) elf;
	ElfW(Phdr) segment;
};

/* This program is for the machine that a module must be for. */
static void take_machine(ElfW(Ehdr) * head)
{
	FILE *self = fopen("/proc/self/exe", "re");

	PROPERTY(self && fread(head, sizeof(*head), 1, self) == 1);
	(void)fclose(self);
}

static struct head make_head(size_t length, unsigned alignment)
{
	static ElfW(Ehdr) machine;
	struct head head = {0};

	if (machine.e_machine == EM_NONE)
		take_machine(&machine);
	head.elf = machine;
	head.elf.e_type = ET_DYN;
	head.elf.e_phoff = offsetof(struct head, segment);
	head.elf.e_phentsize = sizeof(head.segment);
	head.elf.e_phnum = 1;
	head.segment.p_type = PT_NOTE;
	head.segment.p_offset = sizeof(head);
	head.segment.p_filesz = length;
	head.segment.p_align = alignment;
	return head;
}

static void write_all(int fd, const void *bytes, size_t length)
{
	PROPERTY(write(fd, bytes, length) == (ssize_t)length);
}

static void check(int r, const struct ks_manifest *manifest, const struct ks_problem *problem)
{
	if (r == 0)
		manifest_check(manifest);
	else
		manifest_check_refusal(problem);
}

static void check_content(const char *content, size_t length)
{
	struct ks_arena arena = {0};
	struct ks_manifest manifest = {0};
	struct ks_problem problem = {0};

	check(ks_note_parse(content, length, &arena, &manifest, &problem), &manifest, &problem);
	ks_arena_finish(&arena);
}

/* Reads the file and closes it. */
static void check_file(int fd)
{
	struct ks_arena arena = {0};
	struct ks_manifest manifest = {0};
	struct ks_problem problem = {0};
	const int r = ks_note_read(fd, &arena, &manifest, &problem);

	(void)close(fd);
	check(r, &manifest, &problem);
	ks_arena_finish(&arena);
}

static int open_memory(void)
{
	int fd = memfd_create("module", MFD_CLOEXEC);

	PROPERTY(fd >= 0);
	return fd;
}

static void check_notes(const char *notes, size_t length, unsigned alignment)
{
	const struct head head = make_head(length, alignment);
	const int fd = open_memory();

	write_all(fd, &head, sizeof(head));
	write_all(fd, notes, length);
	check_file(fd);
}

void fuzz_target(char *bytes, size_t length)
{
	int fd = -1;

	if (length < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG) != 0) {
		check_notes(bytes, length, 4);
		check_notes(bytes, length, 8);
		check_content(bytes, length);
		return;
	}
	fd = open_memory();
	write_all(fd, bytes, length);
	check_file(fd);
}
