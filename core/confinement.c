/* SPDX-License-Identifier: MIT */
#include "core/confinement.h"

#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct ks_measure_words measures[] = {
	{KS_MEASURE_PRIVILEGES, "privileges", "no program that it might run gives it new privileges"},
	{KS_MEASURE_CAPABILITIES, "capabilities", "it has no capability, also as root"},
	{KS_MEASURE_DUMP, "dump", "it leaves no core dump, and its user's other processes cannot trace it"},
	{KS_MEASURE_LIMITS, "limits", "few descriptors, and no byte written to a file"},
	{KS_MEASURE_MEMORY, "memory", "a limit on its address space"},
	{KS_MEASURE_CALLS, "calls", "only listed system calls: no new process, no program, no change of a file"},
	{KS_MEASURE_SOCKETS, "sockets", "no socket of its own"},
	{KS_MEASURE_FILES, "files", "only libraries, certificates, the resolver's files and the entry's own folders"},
	{KS_MEASURE_PORTS, "ports", "no TCP port to listen on"},
	{KS_MEASURE_SCOPE, "scope", "no signal and no abstract socket that reaches another process"},
};

const struct ks_measure_words *ks_measure_at(unsigned index)
{
	return index < COUNT(measures) ? &measures[index] : NULL;
}

uint32_t ks_measures_wanted(bool network)
{
	uint32_t wanted = 0;

	for (size_t i = 0; i < COUNT(measures); i++)
		wanted |= (uint32_t)measures[i].bit;
	return network ? wanted & ~(uint32_t)KS_MEASURE_SOCKETS : wanted;
}

int ks_landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return version > 0 ? (int)version : 0;
}

static bool has_filters(void)
{
	const uint32_t action = SECCOMP_RET_ERRNO;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

uint32_t ks_measures_available(void)
{
	const int landlock = ks_landlock_version();
	uint32_t available = KS_MEASURE_CAPABILITIES | KS_MEASURE_DUMP | KS_MEASURE_LIMITS | KS_MEASURE_MEMORY;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0)
		available |= KS_MEASURE_PRIVILEGES;
	if (has_filters())
		available |= KS_MEASURE_CALLS | KS_MEASURE_SOCKETS;
	if (landlock >= KS_LANDLOCK_FILES)
		available |= KS_MEASURE_FILES;
	if (landlock >= KS_LANDLOCK_PORTS)
		available |= KS_MEASURE_PORTS;
	if (landlock >= KS_LANDLOCK_SCOPE)
		available |= KS_MEASURE_SCOPE;
	return available;
}
