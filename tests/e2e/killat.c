/*
 * killat — runs a program that gets SIGKILL at its N-th system call.
 *
 *   killat N PROGRAM ARG...          killed on entry to call N, before the call has an effect
 *   killat FILE PROGRAM ARG...       runs to its end; the number of its calls is written to FILE
 *
 * The program keeps our pid and descriptors; the tracer is a process beside it that holds none of them: a lock or a socket
 * of the program is gone when the program is.  Only the program itself is counted, and itself executed again, neither its
 * children nor what it executes later in its own place.  With KILLAT_CHILDREN in the environment its children count too, until
 * they execute something: who makes the N-th call of all of them is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static void report(const char *file, long count)
{
	FILE *f = fopen(file, "we");

	if (!f)
		return;
	fprintf(f, "%ld\n", count);
	fclose(f);
}

static char *image_of(pid_t pid, char *text, size_t size)
{
	char path[64], *name;
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/exe", (int) pid);
	n = readlink(path, text, size - 1);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, " ")] = '\0'; /* " (deleted)" */
	name = strrchr(text, '/');
	return name ? name + 1 : text;
}

/* The runtime executes a copy of itself that nobody can write. */
static int is_same(pid_t pid, const char *name)
{
	char text[4096];

	return *name && strstr(image_of(pid, text, sizeof text), name) != NULL;
}

/* One turn per stop.  Calls stop twice, on entry and on return; execve's own return is the first we see of the program. */
static void trace(pid_t first, long limit, const char *file, const char *name)
{
	int status, sig, began = 0;
	long stops = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status))
			continue;
		sig = 0;
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
			if (pid != first || (began && !is_same(pid, name))) {
				ptrace(PTRACE_DETACH, pid, 0, 0);
				continue;
			}
			began = 1;
		} else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			stops += began;
			if (limit && stops / 2 >= limit) {
				kill(pid, SIGKILL);
				limit = stops; /* one of them */
			}
		} else if (!(status >> 16)) {
			sig = WSTOPSIG(status);
		}
		(void) ptrace(PTRACE_SYSCALL, pid, 0, sig);
	}
	if (file)
		report(file, stops / 2);
}

static void start_tracer(pid_t pid, int ready, long limit, const char *file, const char *program)
{
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC;
	const char *name = strrchr(program, '/');

	if (getenv("KILLAT_CHILDREN"))
		options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
	if (fork()) /* nobody's child: the program must not wait for it */
		_exit(0);
	setsid();
	if (ready != 3 && dup2(ready, 3) < 0)
		_exit(1);
	syscall(SYS_close_range, 4U, ~0U, 0U);
	for (int fd = 0; fd < 3; fd++) /* whoever reads the program's output must see its end */
		close(fd);
	if (ptrace(PTRACE_SEIZE, pid, 0, options) < 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0 ||
		write(3, "", 1) != 1)
		_exit(1);
	close(3);
	trace(pid, limit, file, name ? name + 1 : program);
	_exit(0);
}

static int run_traced(const char *how, const char *program, char **argv)
{
	long limit = strtol(how, NULL, 10); /* 0: a file */
	pid_t me = getpid(), child;
	int p[2];
	char c;

	if (pipe2(p, O_CLOEXEC) < 0)
		return 125;
	if ((child = fork()) == 0)
		start_tracer(me, p[1], limit, limit ? NULL : how, program);
	waitpid(child, NULL, 0);
	close(p[1]);
	if (read(p[0], &c, 1) != 1) {
		fprintf(stderr, "killat: cannot trace myself: ptrace is not allowed here\n");
		return 125;
	}
	close(p[0]);
	execv(program, argv);
	return 127;
}

#ifdef WRAP_PROGRAM
/* Stands where a helper is expected: while WRAP_CONF says "N [WORD]" (or "FILE [WORD]"), a call that has WORD among its arguments is
 * killed (or counted). */
int main(int argc, char **argv)
{
	char n[256] = "", word[32] = "";
	FILE *f = fopen(WRAP_CONF, "re");
	int hit;

	hit = f && fscanf(f, "%255s %31s", n, word) >= 1 && !word[0];
	if (f)
		fclose(f);
	for (int i = 1; i < argc; i++) {
		hit = hit || (word[0] && strcmp(argv[i], word) == 0);
		if (strcmp(argv[i], "--version") == 0)
			n[0] = '\0';
	}
	(void) unsetenv(
		"_PODCTL_RUNTIME_SEALED"); /* it is us whom the monitor sealed: the runtime does it again */
	if (hit && n[0])
		return run_traced(n, WRAP_PROGRAM, argv);
	execv(WRAP_PROGRAM, argv);
	return 127;
}
#else
int main(int argc, char **argv) { return argc < 3 ? 125 : run_traced(argv[1], argv[2], argv + 2); }
#endif
