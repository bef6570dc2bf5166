/*
 * faulty.so — preloaded into a program that shall have a bad day (LD_PRELOAD):
 *
 *   FAULTY=NAME          only a program of this name is touched; the programs it starts are not
 *   FAULTY_MALLOC=N      the N-th request for memory fails, and every one after it when FAULTY_FOR=ever
 *   FAULTY_COUNT=FILE    how many requests were made is written there at exit
 *   FAULTY_CLOCK=S       CLOCK_REALTIME jumps forth and back by S seconds each time it is looked at
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

static long requests, fail_at, jump;
static int ever, touched;
static const char *count_file;

static long number(const char *name)
{
	const char *s = getenv(name);

	return s ? strtol(s, NULL, 10) : 0;
}

__attribute__((constructor)) static void start(void)
{
	const char *name = getenv("FAULTY"), *span = getenv("FAULTY_FOR");

	if (!name || strcmp(name, program_invocation_short_name))
		return;
	fail_at = number("FAULTY_MALLOC");
	jump = number("FAULTY_CLOCK");
	ever = span && strcmp(span, "ever") == 0;
	count_file = getenv("FAULTY_COUNT");
	unsetenv("LD_PRELOAD");
	requests = 0;
	touched = 1;
}

__attribute__((destructor)) static void finish(void)
{
	long n = requests;
	FILE *f;

	if (!touched || !count_file)
		return;
	touched = 0;
	f = fopen(count_file, "we");
	if (!f)
		return;
	fprintf(f, "%ld\n", n);
	fclose(f);
}

static int refused(void)
{
	if (!touched || !fail_at)
		return touched ? (requests++, 0) : 0;
	requests++;
	if (requests != fail_at && !(ever && requests > fail_at))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t n) { return refused() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t m) { return refused() ? NULL : __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { return refused() ? NULL : __libc_realloc(p, n); }

static void jumped(time_t *seconds)
{
	static int odd;

	if (touched && jump)
		*seconds += (odd = !odd) ? jump : -jump;
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int r = (int) syscall(SYS_clock_gettime, clock, ts);

	if (r == 0 && clock == CLOCK_REALTIME)
		jumped(&ts->tv_sec);
	return r;
}
int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;

	(void) zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}
time_t time(time_t *t)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (t)
		*t = ts.tv_sec;
	return ts.tv_sec;
}
