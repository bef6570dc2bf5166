#include "runtime/device_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/log.h"

/* clang-format off */
static const struct cfg_device_rule always[] = {
	{ true, 'c', -1, -1, false, false, true }, /* making a node gives no access to it */
	{ true, 'b', -1, -1, false, false, true },
	{ true, 'c', 1, 3, true, true, true },     /* null */
	{ true, 'c', 1, 5, true, true, true },     /* zero */
	{ true, 'c', 1, 7, true, true, true },     /* full */
	{ true, 'c', 1, 8, true, true, true },     /* random */
	{ true, 'c', 1, 9, true, true, true },     /* urandom */
	{ true, 'c', 5, 0, true, true, true },     /* tty */
	{ true, 'c', 5, 1, true, true, true },     /* console */
	{ true, 'c', 5, 2, true, true, true },     /* ptmx */
	{ true, 'c', 136, -1, true, true, true },  /* pts */
};
/* clang-format on */

/* Both files are written a rule at a time. */
struct v1_files {
	int fd[2]; /* devices.deny, devices.allow; -EBADF: not opened yet */
};

static int apply_v1(const struct cgroup_fs *fs, const char *path, const struct cfg_device_rule *r,
	struct v1_files *files, struct err *err)
{
	static const char *const names[] = { "devices.deny", "devices.allow" };
	char text[80], major[24] = "*", minor[24] = "*";
	int *fd = &files->fd[r->allow], n;

	if (r->major >= 0)
		snprintf(major, sizeof major, "%lld", (long long) r->major);
	if (r->minor >= 0)
		snprintf(minor, sizeof minor, "%lld", (long long) r->minor);
	if (r->type == 'a')
		n = snprintf(text, sizeof text, "a");
	else
		n = snprintf(text, sizeof text, "%c %s:%s %s%s%s", r->type, major, minor, r->r ? "r" : "",
			r->w ? "w" : "", r->m ? "m" : "");
	if (*fd < 0 && (*fd = cgroup_open_file(fs, path, "devices", names[r->allow], err)) < 0)
		return *fd;
	if (write(*fd, text, (size_t) n) < 0)
		return err_sys(err, errno, "write '%s' to '%s' of cgroup '%s'", text, names[r->allow], path);
	return 0;
}

#define INSN(c, d, s, o, i)                     \
	((struct bpf_insn){ .code = (__u8) (c), \
		.dst_reg = (__u8) (d),          \
		.src_reg = (__u8) (s),          \
		.off = (__s16) (o),             \
		.imm = (i) })

/* Registers: r2 type, r3 access, r4 major, r5 minor.  The last rule is tested first. */
size_t device_cgroup_program(const struct cfg_device_rule *rules, size_t n, struct bpf_insn *p, size_t max)
{
	size_t k = 0;

	if (max < n * 12 + 16)
		return 0;
	p[k++] = INSN(BPF_LDX | BPF_MEM | BPF_W, 2, 1, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
	p[k++] = INSN(BPF_ALU | BPF_AND | BPF_K, 2, 0, 0, 0xffff);
	p[k++] = INSN(BPF_LDX | BPF_MEM | BPF_W, 3, 1, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
	p[k++] = INSN(BPF_ALU | BPF_RSH | BPF_K, 3, 0, 0, 16);
	p[k++] = INSN(BPF_LDX | BPF_MEM | BPF_W, 4, 1, offsetof(struct bpf_cgroup_dev_ctx, major), 0);
	p[k++] = INSN(BPF_LDX | BPF_MEM | BPF_W, 5, 1, offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
	for (size_t i = n; i-- > 0;) {
		const struct cfg_device_rule *r = &rules[i];
		int access = (r->m ? BPF_DEVCG_ACC_MKNOD : 0) | (r->r ? BPF_DEVCG_ACC_READ : 0) |
			     (r->w ? BPF_DEVCG_ACC_WRITE : 0);
		size_t jumps[8], nj = 0;
		bool open_ended = r->type == 'a';

		if (!open_ended) {
			jumps[nj++] = k;
			p[k++] = INSN(BPF_JMP | BPF_JNE | BPF_K, 2, 0, 0,
				r->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
			if (access != 7) {
				p[k++] = INSN(BPF_ALU | BPF_MOV | BPF_X, 1, 3, 0, 0);
				p[k++] = INSN(BPF_ALU | BPF_AND | BPF_K, 1, 0, 0, access);
				jumps[nj++] = k;
				/* allow: all that is asked is granted; deny: anything of what is asked is denied */
				p[k++] = r->allow ? INSN(BPF_JMP | BPF_JNE | BPF_X, 1, 3, 0, 0)
						  : INSN(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0, 0);
			}
			if (r->major >= 0) {
				jumps[nj++] = k;
				p[k++] = INSN(BPF_JMP | BPF_JNE | BPF_K, 4, 0, 0, (int) r->major);
			}
			if (r->minor >= 0) {
				jumps[nj++] = k;
				p[k++] = INSN(BPF_JMP | BPF_JNE | BPF_K, 5, 0, 0, (int) r->minor);
			}
		}
		p[k++] = INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, r->allow);
		p[k++] = INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		for (size_t j = 0; j < nj; j++)
			p[jumps[j]].off = (__s16) (k - jumps[j] - 1);
		if (open_ended)
			return k; /* nothing earlier can be reached, and the verifier refuses dead code */
	}
	p[k++] = INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1); /* no rule: as the kernel without a program */
	p[k++] = INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return k;
}

static int bpf(int cmd, union bpf_attr *attr) { return (int) syscall(SYS_bpf, cmd, attr, sizeof *attr); }

/* Programs that are attached to the cgroup already (ours, before an update) go away, after the new one is in force. */
static void detach_others(int dir, const __u32 *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		union bpf_attr get = { .prog_id = ids[i] };
		int old = bpf(BPF_PROG_GET_FD_BY_ID, &get);
		union bpf_attr detach = { .target_fd = (__u32) dir,
			.attach_bpf_fd = (__u32) old,
			.attach_type = BPF_CGROUP_DEVICE };

		if (old >= 0) {
			(void) bpf(BPF_PROG_DETACH, &detach);
			close(old);
		}
	}
}

static int apply_v2(const struct cgroup_fs *fs, const char *path, const struct cfg_device_rule *rules,
	size_t n, struct err *err)
{
	size_t max = n * 12 + 16;
	auto_free struct bpf_insn *prog = calloc(max, sizeof *prog);
	auto_close int opath = cgroup_dir_fd(fs, path);
	auto_close int dir = opath < 0 ? -1 : openat(opath, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_close int fd = -EBADF;
	__u32 ids[64];
	union bpf_attr query = { .query.target_fd = (__u32) dir,
		.query.attach_type = BPF_CGROUP_DEVICE,
		.query.prog_ids = (__u64) (uintptr_t) ids,
		.query.prog_cnt = LEN(ids) };

	if (!prog)
		return err_sys(err, ENOMEM, "make the device filter");
	if (dir < 0)
		return err_sys(err, errno, "open cgroup '%s'", path);
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (__u64) (uintptr_t) prog,
		.insn_cnt = (__u32) device_cgroup_program(rules, n, prog, max),
		.license = (__u64) (uintptr_t) "Apache-2.0" };

	if ((fd = bpf(BPF_PROG_LOAD, &load)) < 0) {
		if (errno == EPERM && geteuid() != 0)
			return 0; /* an ordinary user may not, and the nodes it could open are the host's own, with their modes */
		if (errno == EPERM)
			return err->len ? -EPERM
					: (log_debug(
						   "cgroup %s: device filter: not permitted, ignoring", path),
						  0);
		return err_sys(err, errno, "load the device filter");
	}
	if (bpf(BPF_PROG_QUERY, &query) < 0)
		query.query.prog_cnt = 0;
	union bpf_attr attach = { .target_fd = (__u32) dir,
		.attach_bpf_fd = (__u32) fd,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI };

	if (bpf(BPF_PROG_ATTACH, &attach) < 0)
		return err_sys(err, errno, "attach the device filter to cgroup '%s'", path);
	detach_others(dir, ids, query.query.prog_cnt);
	return 0;
}

/* In a user namespace the root user lacks the capability over the host that both ways need: nodes cannot be made there
 * either, and what is bound has the host's modes. */
static bool in_user_namespace(void)
{
	char text[64] = "";
	auto_close int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	unsigned a = 1, b = 1, c = 0;

	if (fd < 0 || read(fd, text, sizeof text - 1) <= 0)
		return false;
	return sscanf(text, "%u %u %u", &a, &b, &c) != 3 || a != 0 || b != 0 || c != 4294967295u;
}

int device_cgroup_apply(
	const struct cgroup_fs *fs, const char *path, const json_t *resources, bool update, struct err *err)
{
	struct arena a = { 0 };
	struct cfg_device_rule *given = NULL, *all;
	const json_t *list;
	size_t n = 0;
	int rc = cfg_array(resources, "linux.resources", "devices", &list, err);

	if (rc < 0 || !list || (update && !json_array_size(list)) || fs->mode == CGROUP_NONE ||
		in_user_namespace())
		return rc;
	rc = config_device_rules(list, &a, &given, &n, err);
	if (rc == 0 && !(all = arena_array(&a, n + LEN(always), sizeof *all)))
		rc = err_sys(err, ENOMEM, "linux.resources.devices");
	if (rc == 0 && n) {
		/* the standing permissions come after a leading "deny all", before what the configuration says on single ones */
		size_t lead =
			given[0].type == 'a' || (given[0].major < 0 && given[0].minor < 0 && !given[0].allow)
				? 1
				: 0;

		memcpy(all, given, lead * sizeof *all);
		memcpy(all + lead, always, sizeof always);
		memcpy(all + lead + LEN(always), given + lead, (n - lead) * sizeof *all);
		n += LEN(always);
		/* "allow everything" alone needs no list after it */
		if (lead && given[0].type == 'a' && given[0].allow && n == 1 + LEN(always))
			n = 1;
		if (fs->mode == CGROUP_V2)
			rc = apply_v2(fs, path, all, n, err);
		struct v1_files files = { { -EBADF, -EBADF } };

		for (size_t i = 0; rc == 0 && fs->mode == CGROUP_V1 && i < n; i++)
			rc = apply_v1(fs, path, &all[i], &files, err);
		fd_close_p(&files.fd[0]);
		fd_close_p(&files.fd[1]);
	}
	arena_done(&a);
	return rc;
}
