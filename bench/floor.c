/*
 * floor.c: what the kernel itself costs to start a container, and nothing else.
 *
 *   floor LOWER SCRATCH PROGRAM [ARG...]
 *
 * One clone with all namespaces, one overlay (lower LOWER, upper and work below SCRATCH), pivot_root, proc, a tmpfs on /dev,
 * exec, wait.  No cgroup, no seccomp, no state: the price below which no engine can go.  Every figure of `make bench` is
 * given as a ratio to it, because milliseconds differ from machine to machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static int child(const char *lower, const char *scratch, char **argv)
{
	char opts[3 * 4096], root[4096];

	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make / private");
	snprintf(root, sizeof root, "%s/root", scratch);
	snprintf(opts, sizeof opts, "lowerdir=%s,upperdir=%s/upper,workdir=%s/work,volatile", lower, scratch,
		scratch);
	must(mount("overlay", root, "overlay", 0, opts), "mount overlay");
	must(chdir(root), "enter root");
	must((int) syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "detach the old root");
	must(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "mount proc");
	must(mount("tmpfs", "/dev", "tmpfs", MS_NOSUID, "mode=755,size=65536k"), "mount /dev");
	must(sethostname("floor", 5), "set hostname");
	execv(argv[0], argv);
	must(-1, argv[0]);
	return 0;
}

int main(int argc, char **argv)
{
	struct clone_args a = { .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
					 CLONE_NEWUTS | CLONE_NEWCGROUP,
		.exit_signal = SIGCHLD };
	static const char *const dirs[] = { "upper", "work", "root" };
	/* what a volatile overlay leaves so that nobody mounts it again unawares */
	static const char *const marks[] = { "work/incompat/volatile/dirty", "work/incompat/volatile",
		"work/incompat" };
	char path[4096];
	int status;
	pid_t pid;

	if (argc < 4) {
		fprintf(stderr, "usage: floor LOWER SCRATCH PROGRAM [ARG...]\n");
		return 2;
	}
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", argv[2], dirs[i]);
		must(mkdir(path, 0755) < 0 && errno != EEXIST ? -1 : 0, path);
	}
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s/%s", argv[2], dirs[1], marks[i]);
		(void) remove(path);
	}
	pid = (pid_t) syscall(SYS_clone3, &a, sizeof a);
	must(pid, "clone");
	if (pid == 0)
		return child(argv[1], argv[2], argv + 3);
	must(waitpid(pid, &status, 0), "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
