/* SPDX-License-Identifier: MIT */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit/ask.h"
#include "kit/checks.h"

/* The file, mapped. Nothing that stands in it about itself is believed before it was compared with its size. */
struct object {
	const char *bytes;
	size_t size;
	const ElfW(Shdr) * sections;
	size_t section_count;
};

static int open_module(const struct kit *kit)
{
	char path[PATH_MAX], file[NAME_MAX];
	int fd = -1;

	(void)snprintf(file, sizeof(file), "%s.so", kit->name);
	place_path(path, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		unable("the module's copy", errno);
	return fd;
}

void check_note(const struct kit *kit, const struct home *home)
{
	struct ks_arena arena = {0};
	struct ks_manifest manifest = {0};
	struct ks_problem problem = {0};
	int fd = open_module(kit);

	(void)home;
	if (ks_note_read(fd, &arena, &manifest, &problem) < 0)
		broken(RULE_EXPORTS, "%s", problem.reason);
	if (strcmp(manifest.name, kit->name) != 0)
		broken(RULE_SAME_WORDS, "the file is called %s.so, and its note says that its name is %s", kit->name,
			manifest.name);
	(void)close(fd);
	ks_arena_finish(&arena);
}

/* `count` things of `size` bytes at `offset`, or NULL where the file does not have them. */
static const void *find(const struct object *object, uint64_t offset, uint64_t count, uint64_t size)
{
	if (offset % _Alignof(ElfW(Sym)) != 0 || offset > object->size || count > (object->size - offset) / size)
		return NULL;
	return object->bytes + offset;
}

static const void *find_in(const struct object *object, const ElfW(Shdr) * section, uint64_t size, size_t *ret_count)
{
	const void *found = find(object, section->sh_offset, section->sh_size / size, size);

	if (!found)
		broken(RULE_OBJECT, "its section headers are damaged");
	*ret_count = section->sh_size / size;
	return found;
}

/* A text out of the table of strings that belongs to `section`. */
static const char *find_text(const struct object *object, const ElfW(Shdr) * section, uint64_t at)
{
	const ElfW(Shdr) *strings =
		section->sh_link < object->section_count ? &object->sections[section->sh_link] : NULL;

	if (!strings || strings->sh_offset > object->size || strings->sh_size > object->size - strings->sh_offset ||
		at >= strings->sh_size ||
		!memchr(object->bytes + strings->sh_offset + at, '\0', strings->sh_size - at))
		broken(RULE_OBJECT, "its section headers are damaged");
	return object->bytes + strings->sh_offset + at;
}

static void map(const struct kit *kit, struct object *object)
{
	struct stat status;
	int fd = open_module(kit);
	const ElfW(Ehdr) *head = NULL;
	void *bytes = fstat(fd, &status) < 0 ? MAP_FAILED
					     : mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

	(void)close(fd);
	if (bytes == MAP_FAILED)
		unable("the module's copy", errno);
	object->bytes = bytes;
	object->size = (size_t)status.st_size;
	head = bytes; /* ks_note_read() has seen one */
	object->sections = find(object, head->e_shoff, head->e_shnum, sizeof(*object->sections));
	if (!object->sections || head->e_shnum == 0 || head->e_shentsize != sizeof(*object->sections))
		left_out("the file has no section headers");
	object->section_count = head->e_shnum;
}

static const ElfW(Shdr) * find_section(const struct object *object, uint32_t type)
{
	for (size_t i = 0; i < object->section_count; i++) {
		if (object->sections[i].sh_type == type)
			return &object->sections[i];
	}
	return broken(RULE_OBJECT, "it has no dynamic symbols"), NULL;
}

static bool is_exported(const ElfW(Sym) * symbol)
{
	unsigned binding = ELF64_ST_BIND(symbol->st_info), visibility = ELF64_ST_VISIBILITY(symbol->st_other);

	return symbol->st_shndx != SHN_UNDEF &&
	       (binding == STB_GLOBAL || binding == STB_WEAK || binding == STB_GNU_UNIQUE) &&
	       (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

static void check_symbols(const struct object *object)
{
	const ElfW(Shdr) *section = find_section(object, SHT_DYNSYM);
	size_t count = 0;
	const ElfW(Sym) *symbols = find_in(object, section, sizeof(*symbols), &count);
	const char *name = NULL;
	bool is_there = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_exported(&symbols[i]))
			continue;
		name = find_text(object, section, symbols[i].st_name);
		if (strcmp(name, KS_ENTRY_POINT) != 0)
			broken(RULE_EXPORTS, "it exports %s as well; build it with -fvisibility=hidden", name);
		is_there = true;
	}
	if (!is_there)
		broken(RULE_EXPORTS, "it does not export %s", KS_ENTRY_POINT);
}

static void check_needs(const struct object *object)
{
	static const char ours[] = "libkeystile.so";
	const ElfW(Shdr) *section = find_section(object, SHT_DYNAMIC);
	size_t count = 0;
	const ElfW(Dyn) *entries = find_in(object, section, sizeof(*entries), &count);
	const char *name = NULL;

	for (size_t i = 0; i < count; i++) {
		if (entries[i].d_tag != DT_NEEDED)
			continue;
		name = find_text(object, section, entries[i].d_un.d_val);
		if (strncmp(name, ours, strlen(ours)) == 0)
			broken(RULE_LINKS, "it needs %s", name);
	}
}

void check_exports(const struct kit *kit, const struct home *home)
{
	struct object object = {0};

	(void)home;
	map(kit, &object);
	check_symbols(&object);
	check_needs(&object);
}

void check_load(const struct kit *kit, const struct home *home)
{
	struct ks_problem problem = {0};
	struct ks_context *context = open_stack(home);

	(void)kit;
	during(RULE_ENDS, "loading it");
	if (ks_module_load(context->stack.entries[0].module, &problem) < 0)
		broken(rule_of_load(problem.reason), "%s", problem.reason);
	(void)ks_close(context);
}
