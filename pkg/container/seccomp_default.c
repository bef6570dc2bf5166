/*
 * seccomp_default.c — the default filter of containers, as data.
 *
 * The rules are those of the containers project's seccomp.json (Apache-2.0), which Docker and podman apply too: what is
 * allowed to an unprivileged container.  Everything else answers ENOSYS, so that programs fall back.
 */
#include "pkg/container/seccomp.h"

/* clang-format off */
#define CAP(n) (1ULL << (n))

static const struct seccomp_rule rules[] = {
	{ .names = "bdflush cachestat io_pgetevents io_pgetevents_time64 kexec_file_load kexec_load "
		"map_shadow_stack migrate_pages move_pages nfsservctl nice oldfstat oldlstat oldolduname "
		"oldstat olduname pciconfig_iobase pciconfig_read pciconfig_write sgetmask ssetmask "
		"swapoff swapon syscall sysfs uselib userfaultfd ustat vm86 vm86old vmsplice", .action = "SCMP_ACT_ERRNO", .errno_ret = 1 },
	{ .names = "_llseek _newselect accept accept4 access adjtimex alarm bind brk capget capset chdir "
		"chmod chown chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 "
		"clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 clone clone3 close "
		"close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 "
		"epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd "
		"eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 "
		"fallocate fanotify_init fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 "
		"fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsconfig "
		"fsetxattr fsmount fsopen fspick fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate "
		"ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake futimesat "
		"get_mempolicy get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid "
		"getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername "
		"getpgid getpgrp getpid getppid getpriority getrandom getresgid getresgid32 getresuid "
		"getresuid32 getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid "
		"getuid32 getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel "
		"io_destroy io_getevents io_setup io_submit ioctl ioprio_get ioprio_set ipc keyctl kill "
		"landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 "
		"lgetxattr link linkat listen listxattr llistxattr lremovexattr lseek lsetxattr lstat "
		"lstat64 madvise mbind membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod "
		"mknodat mlock mlock2 mlockall mmap mmap2 mount mount_setattr move_mount mprotect "
		"mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
		"mq_timedsend_time64 mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock munlockall "
		"munmap name_to_handle_at nanosleep newfstatat open open_tree openat openat2 pause "
		"pidfd_getfd pidfd_open pidfd_send_signal pipe pipe2 pivot_root pkey_alloc pkey_free "
		"pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 "
		"process_mrelease process_vm_readv process_vm_writev pselect6 pselect6_time64 ptrace "
		"pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv reboot recv recvfrom "
		"recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr rename renameat renameat2 "
		"restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo "
		"rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo "
		"sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr "
		"sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 "
		"sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp "
		"select semctl semget semop semtimedop semtimedop_time64 send sendfile sendfile64 sendmmsg "
		"sendmsg sendto set_mempolicy set_robust_list set_thread_area set_tid_address setfsgid "
		"setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setns "
		"setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 "
		"setreuid setreuid32 setrlimit setsid setsockopt setuid setuid32 setxattr shmat shmctl "
		"shmdt shmget shutdown sigaltstack signal signalfd signalfd4 sigprocmask sigreturn "
		"socketcall socketpair splice stat stat64 statfs statfs64 statx symlink symlinkat sync "
		"sync_file_range syncfs sysinfo syslog tee tgkill time timer_create timer_delete "
		"timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 "
		"timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times "
		"tkill truncate truncate64 ugetrlimit umask umount umount2 uname unlink unlinkat unshare "
		"utime utimensat utimensat_time64 utimes vfork wait4 waitid waitpid write writev", .action = "SCMP_ACT_ALLOW", .errno_ret = -1 },
	{ .names = "personality", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .n_args = 1, .args = { { 0, 0ULL, 0ULL, "SCMP_CMP_EQ" } } },
	{ .names = "personality", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .n_args = 1, .args = { { 0, 8ULL, 0ULL, "SCMP_CMP_EQ" } } },
	{ .names = "personality", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .n_args = 1, .args = { { 0, 131072ULL, 0ULL, "SCMP_CMP_EQ" } } },
	{ .names = "personality", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .n_args = 1, .args = { { 0, 131080ULL, 0ULL, "SCMP_CMP_EQ" } } },
	{ .names = "personality", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .n_args = 1, .args = { { 0, 4294967295ULL, 0ULL, "SCMP_CMP_EQ" } } },
	{ .names = "sync_file_range2 swapcontext", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .arches = "ppc64le" },
	{ .names = "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .arches = "arm arm64" },
	{ .names = "arch_prctl", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .arches = "amd64 x32" },
	{ .names = "modify_ldt", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .arches = "amd64 x32 x86" },
	{ .names = "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .arches = "s390 s390x" },
	{ .names = "riscv_flush_icache", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .arches = "riscv64" },
	{ .names = "open_by_handle_at", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .caps_with = CAP(2) },
	{ .names = "open_by_handle_at", .action = "SCMP_ACT_ERRNO", .errno_ret = 1, .caps_without = CAP(2) },
	{ .names = "bpf lookup_dcookie perf_event_open quotactl quotactl_fd setdomainname sethostname setns", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .caps_with = CAP(21) },
	{ .names = "lookup_dcookie quotactl quotactl_fd setdomainname sethostname setns", .action = "SCMP_ACT_ERRNO", .errno_ret = 1, .caps_without = CAP(21) },
	{ .names = "chroot", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .caps_with = CAP(18) },
	{ .names = "chroot", .action = "SCMP_ACT_ERRNO", .errno_ret = 1, .caps_without = CAP(18) },
	{ .names = "delete_module finit_module init_module query_module", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .caps_with = CAP(16) },
	{ .names = "delete_module finit_module init_module query_module", .action = "SCMP_ACT_ERRNO", .errno_ret = 1, .caps_without = CAP(16) },
	{ .names = "acct", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .caps_with = CAP(20) },
	{ .names = "acct", .action = "SCMP_ACT_ERRNO", .errno_ret = 1, .caps_without = CAP(20) },
	{ .names = "kcmp process_madvise", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .caps_with = CAP(19) },
	{ .names = "kcmp process_madvise", .action = "SCMP_ACT_ERRNO", .errno_ret = 1, .caps_without = CAP(19) },
	{ .names = "ioperm iopl", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .caps_with = CAP(17) },
	{ .names = "ioperm iopl", .action = "SCMP_ACT_ERRNO", .errno_ret = 1, .caps_without = CAP(17) },
	{ .names = "clock_settime clock_settime64 settimeofday stime", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .caps_with = CAP(25) },
	{ .names = "clock_settime clock_settime64 settimeofday stime", .action = "SCMP_ACT_ERRNO", .errno_ret = 1, .caps_without = CAP(25) },
	{ .names = "vhangup", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .caps_with = CAP(26) },
	{ .names = "vhangup", .action = "SCMP_ACT_ERRNO", .errno_ret = 1, .caps_without = CAP(26) },
	{ .names = "socket", .action = "SCMP_ACT_ERRNO", .errno_ret = 1, .n_args = 1, .args = { { 0, 40ULL, 0ULL, "SCMP_CMP_EQ" } } },
	{ .names = "socket", .action = "SCMP_ACT_ERRNO", .errno_ret = 22, .n_args = 2, .args = { { 0, 16ULL, 0ULL, "SCMP_CMP_EQ" }, { 2, 9ULL, 0ULL, "SCMP_CMP_EQ" } }, .caps_without = CAP(29) },
	{ .names = "socket", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .n_args = 2, .args = { { 0, 16ULL, 0ULL, "SCMP_CMP_EQ" }, { 2, 9ULL, 0ULL, "SCMP_CMP_NE" } }, .caps_without = CAP(29) },
	{ .names = "socket", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .n_args = 1, .args = { { 0, 16ULL, 0ULL, "SCMP_CMP_NE" } }, .caps_without = CAP(29) },
	{ .names = "socket", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .n_args = 1, .args = { { 0, 40ULL, 0ULL, "SCMP_CMP_NE" } }, .caps_with = CAP(29) },
	{ .names = "bpf", .action = "SCMP_ACT_ERRNO", .errno_ret = 1, .caps_without = CAP(21) | CAP(39) },
	{ .names = "bpf", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .caps_with = CAP(39) },
	{ .names = "perf_event_open", .action = "SCMP_ACT_ERRNO", .errno_ret = 1, .caps_without = CAP(21) | CAP(38) },
	{ .names = "perf_event_open", .action = "SCMP_ACT_ALLOW", .errno_ret = -1, .caps_with = CAP(38) },
};
/* clang-format on */

const struct seccomp_profile seccomp_default = {
	.default_action = "SCMP_ACT_ERRNO",
	.default_errno = 38,
	.rules = rules,
	.n = sizeof rules / sizeof rules[0],
};
