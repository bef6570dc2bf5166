/*
 * What a server that reads packets of anybody's containers may do: read files, speak over the internet protocols, end.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cmd/podctl-dns/dns.h"
#include "pkg/util/audit_arch.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/limits.h"

#define NOBODY 65534
#define WRITES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

/* clang-format off */
static const int allowed[] = {
#ifdef SYS_poll
	SYS_poll,
#endif
	SYS_ppoll, SYS_read, SYS_write, SYS_recvfrom, SYS_sendto, SYS_recvmsg, SYS_sendmsg, SYS_connect, SYS_accept4,
	SYS_close, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_lseek, SYS_getdents64, SYS_fcntl, SYS_getsockopt,
	SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise, SYS_clock_gettime, SYS_getrandom, SYS_restart_syscall,
	SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_getpid, SYS_gettid, SYS_tgkill, SYS_exit, SYS_exit_group,
};
/* clang-format on */

#ifdef __s390x__
#define LOW_WORD 4
#else
#define LOW_WORD 0
#endif
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_ARG(i) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[i]) + LOW_WORD)
#define IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned) (value), yes, no)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)

static int filter_apply(void)
{
	struct sock_filter f[24 + 2 * LEN(allowed)];
	unsigned short n = 0;
	struct sock_fprog prog = { .filter = f };

#define ADD(...) (f[n++] = (struct sock_filter) __VA_ARGS__)
	ADD(LOAD(arch));
	ADD(IS(AUDIT_ARCH_HERE, 1, 0));
	ADD(RETURN(SECCOMP_RET_KILL_PROCESS));
	ADD(LOAD(nr));
	for (size_t i = 0; i < LEN(allowed); i++) {
		ADD(IS(allowed[i], 0, 1));
		ADD(RETURN(SECCOMP_RET_ALLOW));
	}
	/* a file is opened to be read */
	ADD(IS(SYS_openat, 0, 4));
	ADD(LOAD_ARG(2));
	ADD(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, WRITES, 1, 0));
	ADD(RETURN(SECCOMP_RET_ALLOW));
	ADD(RETURN(SECCOMP_RET_ERRNO | EPERM));
	/* a socket is one of the internet's */
	ADD(IS(SYS_socket, 0, 4));
	ADD(LOAD_ARG(0));
	ADD(IS(AF_INET, 1, 0));
	ADD(IS(AF_INET6, 0, 1));
	ADD(RETURN(SECCOMP_RET_ALLOW));
	ADD(RETURN(SECCOMP_RET_ERRNO | EPERM));
#undef ADD
	prog.len = n;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0 ? -errno : 0;
}

/* Limits only go down, which needs no privilege. */
static void limit(int what, rlim_t to)
{
	struct rlimit r;

	if (getrlimit(what, &r) < 0)
		return;
	if (r.rlim_max > to)
		r.rlim_max = to;
	r.rlim_cur = r.rlim_max;
	(void) setrlimit(what, &r);
}

static int capabilities_drop(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void) prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void) prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return -errno;
	/* A user namespace may have no nobody: then we stay who we are there, without its powers. */
	if ((setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0) &&
		errno != EINVAL)
		return -errno;
	return syscall(SYS_capset, &h, none) < 0 ? -errno : 0;
}

int confine(void)
{
	int rc;

	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, 256);
	limit(RLIMIT_AS, 64 * MiB);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	if ((rc = capabilities_drop()) < 0)
		return rc;
	return filter_apply();
}
