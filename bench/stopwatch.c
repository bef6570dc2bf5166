/*
 * stopwatch.c: times commands against each other, interleaved in one run.
 *
 *   stopwatch [-n ROUNDS] [-i IDLE_MS] NAME COMMAND [NAME COMMAND]...
 *
 * Each COMMAND is run by /bin/sh-free word splitting (spaces only, '\ ' is not special).  In each round every command runs
 * once, in turn, first after IDLE_MS of sleep (idle: deep CPU states, RCU grace periods), then in a second pass back to
 * back (b2b).  A command "setup|timed|after" has an untimed part on either side.  Prints per name the median in
 * milliseconds, idle and b2b, and the peak memory of the largest of its processes in kB.  A command that exits other than 0 is an error and is said once.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct cmd {
	const char *name;
	char *part[3];
	char **argv[3];
	double *ms[2];
	long peak; /* kB */
	int failed;
};

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double) ts.tv_sec * 1e3 + (double) ts.tv_nsec / 1e6;
}

static char **words(char *s)
{
	char **v = calloc(strlen(s) / 2 + 2, sizeof *v), *save = NULL;
	size_t n = 0;

	for (char *w = strtok_r(s, " ", &save); w; w = strtok_r(NULL, " ", &save))
		v[n++] = w;
	return v;
}

static int run(char **argv, long *peak)
{
	posix_spawn_file_actions_t fa;
	struct rusage u = { 0 };
	int status;
	pid_t pid;

	if (!argv || !argv[0])
		return 0;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	errno = posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (errno) {
		fprintf(stderr, "stopwatch: %s: %s\n", argv[0], strerror(errno));
		return 127;
	}
	while (wait4(pid, &status, 0, &u) < 0 && errno == EINTR)
		;
	if (peak && u.ru_maxrss > *peak)
		*peak = u.ru_maxrss;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *) a, y = *(const double *) b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	int rounds = 15, idle = 60, i = 1, n = 0, bad = 0;
	struct cmd *c;

	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (strcmp(argv[i], "-n") == 0)
			rounds = (int) strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "-i") == 0)
			idle = (int) strtol(argv[i + 1], NULL, 10);
	}
	c = calloc((size_t) argc, sizeof *c);
	for (; i + 1 < argc; i += 2, n++) {
		char *text = strdup(argv[i + 1]);
		int parts = 0;

		c[n].name = argv[i];
		while (text && parts < 3) /* a part may be empty */
			c[n].part[parts++] = strsep(&text, "|");
		for (int k = 0; k < parts; k++)
			c[n].argv[parts == 1 ? 1 : k] = words(c[n].part[k]);
		for (int k = 0; k < 2; k++)
			c[n].ms[k] = calloc((size_t) rounds, sizeof(double));
	}
	for (int pass = 0; pass < 2; pass++)
		for (int r = -1; r < rounds; r++) /* round -1 warms caches and does not count */
			for (int k = 0; k < n; k++) {
				struct timespec ts = { .tv_nsec = idle * 1000000L };
				double t;
				int rc;

				(void) run(c[k].argv[0], NULL);
				if (pass == 0)
					nanosleep(&ts, NULL);
				t = now_ms();
				rc = run(c[k].argv[1], &c[k].peak);
				t = now_ms() - t;
				(void) run(c[k].argv[2], NULL);
				if (rc && !c[k].failed) {
					fprintf(stderr, "stopwatch: %s: exit %d\n", c[k].name, rc);
					c[k].failed = bad = 1;
				}
				if (r >= 0)
					c[k].ms[pass][r] = t;
			}
	for (int k = 0; k < n; k++) {
		for (int pass = 0; pass < 2; pass++)
			qsort(c[k].ms[pass], (size_t) rounds, sizeof(double), by_value);
		printf("%s %.3f %.3f %ld%s\n", c[k].name, c[k].ms[0][rounds / 2], c[k].ms[1][rounds / 2],
			c[k].peak, c[k].failed ? " failed" : "");
	}
	return bad;
}
