/*
 * pause.c — the process that does nothing, on purpose.
 *
 * podctl-pause                 pid 1 of an infra container: it keeps the pod's namespaces, reaps what is orphaned in a
 *                              shared pid namespace, passes SIGTERM and SIGINT on, and exits 128 + signal.
 * podctl-pause --user new|join holds an ordinary user's user and mount namespace (pkg/engine/rootless.h).  Descriptor 3 is
 *                              the locked keeper file, held until death; 4 a socket to podctl.  new: makes the user
 *                              namespace, says 'U' and waits for the id maps; both: makes the mount namespace, says 'M'.
 *                              A failure is said as 'E', the step's letter and the errno.
 * podctl-pause -- COMMAND...   pid 1 of a container made with --init: runs the command as its child, in a process group of
 *                              its own that has the terminal, passes every signal on, reaps what is orphaned, and ends with
 *                              the command's exit code (128 + signal when it was killed).
 * podctl-pause --version       for podctl's check of its helpers.
 *
 * There is one per pod for as long as it lives, so it is built without even libc (-ffreestanding -nostdlib): a handful of
 * system calls, some 20 kB of private memory instead of 700.  It also builds as an ordinary hosted program.
 */
#include <errno.h>
#include <linux/sched.h>
#include <linux/time_types.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#define USAGE "usage: podctl-pause [-- COMMAND...] [--user new|join] [--version]\n"
#define VERSION "podctl-pause version " PODCTL_VERSION "\n"

enum { FD_SYNC = 4, STATUS_USAGE = 125 };
/* The kernel's ABI, spelled here because libc's headers declare functions we do not have. */
enum { SIG_INT = 2, SIG_TERM = 15, SIG_CHLD = 17 };
enum { TTY_SET_GROUP = 0x5410 }; /* TIOCSPGRP */
enum {
	SIG_BLOCK_HOW = 0,
	SIG_SET_HOW = 2,
	WAIT_NOHANG = 1,
	MOUNT_REC = 1 << 14,
	MOUNT_SLAVE = 1 << 19,
	PRCTL_SET_NAME = 15
};
#define MASK(sig) (1ULL << ((sig) -1))
static const uint64_t heard = MASK(SIG_INT) | MASK(SIG_TERM) | MASK(SIG_CHLD);

/* ---- system calls ---------------------------------------------------------------------------------------------------- */

#if __STDC_HOSTED__
#include <unistd.h>

static long sys(long n, long a, long b, long c, long d, long e)
{
	long r = syscall(n, a, b, c, d, e);

	return r < 0 ? -errno : r;
}
#elif defined(__x86_64__)
static long sys(long n, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return r;
}
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n");
#elif defined(__aarch64__)
static long sys(long n, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return x0;
}
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl start\n");
#elif defined(__riscv) && __riscv_xlen == 64
static long sys(long n, long a, long b, long c, long d, long e)
{
	register long a7 __asm__("a7") = n;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4) : "memory");
	return a0;
}
__asm__(".globl _start\n_start:\n\tmv a0, sp\n\tcall start\n");
#else
#error "no system calls for this architecture: build without -ffreestanding -nostdlib"
#endif

static long at(const void *p) { return (long) (uintptr_t) p; }

static int say(int fd, const char *text, size_t n)
{
	return sys(SYS_write, fd, at(text), (long) n, 0, 0) == (long) n ? 0 : -1;
}

static int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* ---- infra ---------------------------------------------------------------------------------------------------------- */

/* The next signal we listen to; 0 after timeout (NULL: never). */
static int next_signal(const struct __kernel_timespec *timeout)
{
	for (;;) {
		long sig = sys(SYS_rt_sigtimedwait, at(&heard), 0, at(timeout), sizeof heard, 0);

		if (sig > 0)
			return (int) sig;
		if (sig != -EINTR)
			return 0;
	}
}

static void reap(void)
{
	while (sys(SYS_wait4, -1, 0, WAIT_NOHANG, 0, 0) > 0)
		;
}

/* Only pid 1 owns its namespace; anywhere else kill(-1) would hit the whole machine. */
static int others_hear(int sig)
{
	return sys(SYS_getpid, 0, 0, 0, 0, 0) == 1 && sys(SYS_kill, -1, sig, 0, 0, 0) == 0;
}

/* A process of another container in our pid namespace is not our child, so its end is no SIGCHLD: looked for. */
static void wait_for_others(void)
{
	const struct __kernel_timespec tick = { .tv_nsec = 50 * 1000 * 1000 };

	while (reap(), others_hear(0)) {
		int sig = next_signal(&tick);

		if (sig == SIG_TERM || sig == SIG_INT) /* asked twice: the rest dies with us */
			return;
	}
}

static int hold_pod(void)
{
	(void) sys(SYS_rt_sigprocmask, SIG_BLOCK_HOW, at(&heard), 0, sizeof heard, 0);
	for (;;) {
		int sig;

		reap(); /* also what ended before the mask was set */
		sig = next_signal(NULL);
		if (sig != SIG_TERM && sig != SIG_INT)
			continue;
		if (others_hear(sig))
			wait_for_others();
		return 128 + sig;
	}
}

/* ---- init ------------------------------------------------------------------------------------------------------------ */

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

/* The value of PATH, or what a shell takes without one. */
static const char *search_path(char **env)
{
	for (; *env; env++)
		if ((*env)[0] == 'P' && (*env)[1] == 'A' && (*env)[2] == 'T' && (*env)[3] == 'H' &&
			(*env)[4] == '=')
			return *env + 5;
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* execvpe(3); returns the errno that tells most. */
static long execute(char **argv, char **env)
{
	char path[4096];
	size_t name = length(argv[0]);
	long rc, told = -ENOENT;

	for (const char *p = argv[0]; *p; p++)
		if (*p == '/')
			return sys(SYS_execve, at(argv[0]), at(argv), at(env), 0, 0);
	for (const char *dir = search_path(env);; dir++) {
		size_t n = 0, i;

		for (; *dir && *dir != ':'; dir++)
			if (n < sizeof path)
				path[n++] = *dir;
		if (n + name + 2 <= sizeof path) {
			path[n++] = '/';
			for (i = 0; i <= name; i++)
				path[n + i] = argv[0][i];
			rc = sys(SYS_execve, at(path), at(argv), at(env), 0, 0);
			if (rc != -ENOENT && rc != -ENOTDIR)
				told = rc;
		}
		if (!*dir)
			return told;
	}
}

/* In the child, with all signals blocked, so that taking the terminal stops nobody. */
__attribute__((noreturn)) static void become(char **argv, char **env)
{
	const uint64_t none = 0;
	const char *why = "cannot be executed\n";
	long rc, group;

	(void) sys(SYS_setpgid, 0, 0, 0, 0, 0);
	group = sys(SYS_getpid, 0, 0, 0, 0, 0);
	{
		int number = (int) group;

		(void) sys(SYS_ioctl, 0, TTY_SET_GROUP, at(&number), 0, 0);
	}
	(void) sys(SYS_rt_sigprocmask, SIG_SET_HOW, at(&none), 0, sizeof none, 0);
	rc = execute(argv, env);
	if (rc == -ENOENT || rc == -ENOTDIR)
		why = "not found\n";
	(void) say(2, "podctl-init: ", 13);
	(void) say(2, argv[0], length(argv[0]));
	(void) say(2, ": ", 2);
	(void) say(2, why, length(why));
	for (;;)
		(void) sys(SYS_exit_group, rc == -ENOENT || rc == -ENOTDIR ? 127 : 126, 0, 0, 0, 0);
}

static int run_init(char **argv, char **env)
{
	const uint64_t all = ~0ULL;
	int status = 0;
	long child;

	(void) sys(SYS_rt_sigprocmask, SIG_BLOCK_HOW, at(&all), 0, sizeof all, 0);
	if ((child = sys(SYS_clone, SIG_CHLD, 0, 0, 0, 0)) == 0)
		become(argv, env);
	if (child < 0) {
		static const char text[] = "podctl-init: no process can be made\n";

		(void) say(2, text, sizeof text - 1);
		return STATUS_USAGE;
	}
	for (;;) {
		long sig = sys(SYS_rt_sigtimedwait, at(&all), 0, 0, sizeof all, 0), pid;

		if (sig > 0 && sig != SIG_CHLD)
			(void) sys(SYS_kill, child, sig, 0, 0, 0);
		while ((pid = sys(SYS_wait4, -1, at(&status), WAIT_NOHANG, 0, 0)) > 0)
			if (pid == child)
				return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
	}
}

/* ---- a user's namespaces -------------------------------------------------------------------------------------------- */

static int fail(char step, long rc)
{
	char text[3] = { 'E', step, (char) -rc };

	(void) say(FD_SYNC, text, sizeof text);
	return 1;
}

static int hold_user(int make_userns)
{
	char byte;
	long rc;

	(void) sys(SYS_prctl, PRCTL_SET_NAME, at("podctl-user"), 0, 0, 0);
	if (make_userns) {
		if ((rc = sys(SYS_unshare, CLONE_NEWUSER, 0, 0, 0, 0)) < 0)
			return fail('U', rc);
		if (say(FD_SYNC, "U", 1) < 0 || sys(SYS_read, FD_SYNC, at(&byte), 1, 0, 0) != 1)
			return 1; /* podctl is gone or gave up: without maps we are of no use */
	}
	/* slave: what the host mounts appears here, nothing of ours appears there */
	if ((rc = sys(SYS_unshare, CLONE_NEWNS, 0, 0, 0, 0)) < 0 ||
		(rc = sys(SYS_mount, 0, at("/"), 0, MOUNT_REC | MOUNT_SLAVE, 0)) < 0)
		return fail('M', rc);
	if (say(FD_SYNC, "M", 1) < 0)
		return 1;
	(void) sys(SYS_close, FD_SYNC, 0, 0, 0, 0);
	for (;;)
		(void) sys(SYS_ppoll, 0, 0, 0, 0, 0);
}

int main(int argc, char **argv, char **env)
{
	if (argc < 2)
		return hold_pod();
	if (argc > 2 && same(argv[1], "--"))
		return run_init(argv + 2, env);
	if (argc == 2 && same(argv[1], "--version"))
		return say(1, VERSION, sizeof VERSION - 1) < 0;
	if (argc == 3 && same(argv[1], "--user") && (same(argv[2], "new") || same(argv[2], "join")))
		return hold_user(same(argv[2], "new"));
	(void) say(2, USAGE, sizeof USAGE - 1);
	return STATUS_USAGE;
}

#if !__STDC_HOSTED__
/* Called by _start with the stack as the kernel made it: argc, argv... */
__attribute__((noreturn, used)) void start(long *stack);
void start(long *stack)
{
	int status = main((int) stack[0], (char **) (stack + 1), (char **) (stack + 2 + stack[0]));

	for (;;)
		(void) sys(SYS_exit_group, status, 0, 0, 0, 0);
}
#endif
