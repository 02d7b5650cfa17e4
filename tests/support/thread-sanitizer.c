/* SPDX-License-Identifier: MIT */
/*
 * For builds with ThreadSanitizer alone. Those of gcc 12 and clang 14 do not know pthread_mutex_clocklock(3), and so
 * take a mutex locked by it for an unlocked one. They know the call with a time of day.
 */
#include <pthread.h>
#include <time.h>

enum {
	NANOSECONDS = 1000000000
};

int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clockid, const struct timespec *abstime)
{
	struct timespec now = {0}, day = {0};

	(void)clock_gettime(clockid, &now);
	(void)clock_gettime(CLOCK_REALTIME, &day);
	day.tv_sec += abstime->tv_sec - now.tv_sec;
	day.tv_nsec += abstime->tv_nsec - now.tv_nsec;
	if (day.tv_nsec < 0 || day.tv_nsec >= NANOSECONDS) {
		day.tv_sec += day.tv_nsec < 0 ? -1 : 1;
		day.tv_nsec += day.tv_nsec < 0 ? NANOSECONDS : -NANOSECONDS;
	}
	return pthread_mutex_timedlock(mutex, &day);
}
