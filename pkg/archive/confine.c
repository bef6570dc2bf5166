#include "pkg/archive/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/util/audit_arch.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/limits.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* clang-format off */
static const int allowed[] = {
	/* the archive in, results out */
#ifdef SYS_poll
	SYS_poll,
#endif
	SYS_ppoll, SYS_eventfd2, SYS_read, SYS_pread64, SYS_write, SYS_writev, SYS_lseek, SYS_close, SYS_fstat, SYS_newfstatat, SYS_statx,
	/* the layer */
	SYS_openat, SYS_openat2, SYS_pwrite64, SYS_ftruncate, SYS_mkdirat, SYS_mknodat, SYS_symlinkat, SYS_linkat,
	SYS_unlinkat, SYS_fchown, SYS_fchownat, SYS_fchmod, SYS_fchmodat, SYS_utimensat, SYS_fsetxattr, SYS_lsetxattr,
	SYS_fchdir, SYS_getdents64, SYS_fstatfs, SYS_fcntl, SYS_umask,
	SYS_readlinkat, SYS_flistxattr, SYS_fgetxattr, SYS_fadvise64,
	/* memory, threads, the end */
	SYS_brk, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_futex, SYS_set_robust_list, SYS_rseq,
	SYS_rt_sigprocmask, SYS_rt_sigaction, SYS_rt_sigreturn, SYS_sched_yield, SYS_sched_getaffinity, SYS_getpid,
	SYS_gettid, SYS_tgkill, SYS_clock_gettime, SYS_clock_nanosleep, SYS_getrandom, SYS_restart_syscall, SYS_exit,
	SYS_exit_group,
};
/* clang-format on */

static int seccomp_apply(void)
{
	struct sock_filter f[16 + 2 * LEN(allowed)];
	unsigned short n = 0;
	struct sock_fprog prog = { .filter = f };

#define ADD(...) (f[n++] = (struct sock_filter) __VA_ARGS__)
	ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
	ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_HERE, 1, 0));
	ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
	ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	for (size_t i = 0; i < LEN(allowed); i++) {
		ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned) allowed[i], 0, 1));
		ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	}
	/* glibc tries clone3, whose arguments a filter cannot see; ENOSYS sends it to clone */
	ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1));
	ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
	/* a thread, never a process */
	ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3));
#ifdef __s390x__
	ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1]) + 4));
#else
	ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])));
#endif
	ADD(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1));
	ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
#undef ADD
	prog.len = n;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0 ? -errno : 0;
}

/* reads_marks: overlay's own attributes take CAP_SYS_ADMIN; without mount(2) and the like in the filter it is for nothing else. */
static int caps_apply(bool reads_marks)
{
	const unsigned keep = (reads_marks ? 1U << CAP_SYS_ADMIN : 0) | 1U << CAP_CHOWN |
			      1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER | 1U << CAP_FSETID | 1U << CAP_MKNOD |
			      1U << CAP_SETFCAP;
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	static_assert(CAP_SETFCAP < 32, "all six are in the first word");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 || syscall(SYS_capget, &h, d) < 0)
		return -errno;
	d[0].permitted &= keep;
	d[0].effective = d[0].permitted;
	d[0].inheritable = 0;
	d[1] = (struct __user_cap_data_struct){ 0 };
	return syscall(SYS_capset, &h, d) < 0 ? -errno : 0;
}

/* Limits only go down, which needs no privilege. */
static int rlimit_lower(int what, rlim_t to)
{
	struct rlimit r;

	if (getrlimit(what, &r) < 0)
		return -errno;
	if (r.rlim_max > to)
		r.rlim_max = to;
	r.rlim_cur = r.rlim_max;
	return setrlimit(what, &r) < 0 ? -errno : 0;
}

static int rlimits_apply(void)
{
	int rc = rlimit_lower(RLIMIT_CORE, 0);

	if (rc == 0)
		rc = rlimit_lower(
			RLIMIT_NOFILE, 1024); /* removing a tree of ENTRY_DEPTH_MAX levels, and a few */
	if (rc == 0 && !SANITIZED)
		rc = rlimit_lower(RLIMIT_AS, 3 * GiB); /* an xz or zstd window may claim gigabytes */
	return rc;
}

int confine(int dir, int last_fd, bool reads_marks, struct err *err)
{
	int rc;

	if (syscall(SYS_close_range, (unsigned) last_fd + 1, ~0U, 0) < 0)
		return err_sys(err, errno, "confine: close descriptors");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, errno, "confine: no_new_privs");
	if ((rc = rlimits_apply()) < 0)
		return err_sys(err, -rc, "confine: resource limits");
	if (fchdir(dir) < 0 || chroot(".") < 0)
		return err_sys(err, errno, "confine: change root directory");
	(void) umask(0);
	if ((rc = caps_apply(reads_marks)) < 0)
		return err_sys(err, -rc, "confine: drop capabilities");
	if (!SANITIZED && (rc = seccomp_apply()) < 0)
		return err_sys(err, -rc, "confine: system call filter");
	return 0;
}
