#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/path.h"
#include "runtime/command.h"
#include "runtime/criu.h"

#define DUMP_LOG "dump.log"

int criu_common(
	struct buf *b, const struct criu_opts *o, const struct config *g, bool restore, struct err *err)
{
	static const char *const modes[] = { "ignore", "none", "props", "soft", "full", "strict", NULL };
	const char *config = config_annotation(g, "org.criu.config");
	int mode = 3;

	if (o->cgroups_mode && (mode = cfg_choice(o->cgroups_mode, modes, "--manage-cgroups-mode", err)) < 0)
		return mode;
	criu_put_int(b, CRIU_LOG_LEVEL, 4);
	criu_put_text(b, CRIU_LOG_FILE, restore ? "restore.log" : DUMP_LOG);
	criu_put_int(b, CRIU_EXT_UNIX_SK, o->ext_unix);
	criu_put_int(b, CRIU_TCP_ESTABLISHED, o->tcp_established);
	criu_put_int(b, CRIU_TCP_CLOSE, o->tcp_close);
	criu_put_int(b, CRIU_SHELL_JOB, o->shell_job);
	criu_put_int(b, CRIU_FILE_LOCKS, o->file_locks);
	criu_put_int(b, CRIU_AUTO_DEDUP, o->auto_dedup);
	criu_put_int(b, CRIU_ORPHAN_PTS_MASTER, 1);
	criu_put_int(b, CRIU_NOTIFY_SCRIPTS, 1);
	criu_put_int(b, CRIU_MANAGE_CGROUPS, 1);
	criu_put_int(b, CRIU_CGROUPS_MODE, (uint64_t) mode);
	if (o->empty_ns && strcmp(o->empty_ns, "network") != 0)
		return err_set(
			err, ERR_INVALID, "--empty-ns '%s': only network can be left empty", o->empty_ns);
	if (o->empty_ns)
		criu_put_int(b, CRIU_EMPTY_NS, CLONE_NEWNET);
	if (o->lsm_profile)
		criu_put_text(b, CRIU_LSM_PROFILE, o->lsm_profile);
	if (o->lsm_context)
		criu_put_text(b, CRIU_LSM_MOUNT_CONTEXT, o->lsm_context);
	if (config && *config)
		criu_put_text(b, CRIU_CONFIG_FILE, config);
	return 0;
}

static void put_mount(struct buf *b, const char *inside, const char *outside, bool restore)
{
	auto_buf struct buf t = BUF_INIT(16 * KiB);

	buf_printf(&t, "mnt[%s]:%s", inside, restore ? outside : inside);
	criu_put_text(b, CRIU_EXTERNAL, t.data ? t.data : "");
}

/* v1: each hierarchy is a bind of the container's own directory. */
static int put_cgroups(
	struct buf *b, const char *dest, const char *cgroup_path, bool restore, struct err *err)
{
	struct cgroup_fs cg = { 0 };
	int rc = cgroup_open(&cg, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; cg.mode == CGROUP_V1 && i < cg.n; i++) {
		const char *name = cg.h[i].name;
		char inside[PATH_MAX], top[40], outside[PATH_MAX];
		ssize_t n;

		name += strncmp(name, "name=", 5) == 0 ? 5 : 0;
		snprintf(top, sizeof top, "/proc/self/fd/%d", cg.h[i].fd);
		if ((n = readlink(top, outside, sizeof outside - 1)) < 0)
			continue;
		outside[n] = '\0';
		if (snprintf(inside, sizeof inside, "%s/%s", dest, name) >= (int) sizeof inside ||
			snprintf(outside + n, sizeof outside - (size_t) n, "%s", cgroup_path) >=
				(int) (sizeof outside - (size_t) n))
			continue;
		put_mount(b, inside, outside, restore);
	}
	cgroup_close(&cg);
	return 0;
}

int criu_mounts(struct buf *b, const struct config *g, const char *cgroup_path, bool restore, struct err *err)
{
	for (size_t i = 0; i < g->n_mounts; i++) {
		const struct cfg_mount *m = &g->mounts[i];
		int rc;

		if (m->opts.special & (OCI_MOUNT_BIND | OCI_MOUNT_RBIND))
			put_mount(b, m->dest, m->source, restore);
		else if (strcmp(m->type, "cgroup") == 0 &&
			 (rc = put_cgroups(b, m->dest, cgroup_path, restore, err)) < 0)
			return rc;
	}
	/* masked files all come from one place; which of them are files is known while the container is there */
	if (restore && g->masked.n)
		put_mount(b, "/dev/null", "/dev/null", true);
	return 0;
}

static int open_directory(const char *path, bool make, struct err *err)
{
	int fd;

	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make '%s'", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, errno, "open '%s'", path) : fd;
}

int criu_directories(const struct criu_opts *o, bool make, int *ret_images, int *ret_work, struct err *err)
{
	const char *images = o->image_path ? o->image_path : "checkpoint";

	if ((*ret_images = open_directory(images, make, err)) < 0)
		return err_wrap(err, "--image-path");
	if ((*ret_work = open_directory(o->work_path ? o->work_path : images, o->work_path, err)) < 0)
		return err_wrap(err, "--work-path");
	return 0;
}

/* --- checkpoint --- */

struct dump {
	struct criu_opts o;
	struct oci_state s;
	struct config cfg;
	struct buf opts;
	int dir, images, work;
};

static int masked_files(struct dump *d, struct err *err)
{
	auto_close int root = -EBADF;
	char path[48];

	snprintf(path, sizeof path, "/proc/%d/root", (int) d->s.pid);
	if ((root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open the container's root");
	for (size_t i = 0; i < d->cfg.masked.n; i++) {
		const char *p = d->cfg.masked.v[i];
		auto_close int fd = path_open(root, p + strspn(p, "/"), PATH_IN_ROOTFS, O_PATH, 0);
		auto_buf struct buf t = BUF_INIT(16 * KiB);
		struct stat st;

		if (fd < 0 || fstat(fd, &st) < 0 || S_ISDIR(st.st_mode))
			continue;
		buf_printf(&t, "mnt[%s]:/dev/null", p);
		criu_put_text(&d->opts, CRIU_EXTERNAL, t.data ? t.data : "");
	}
	return 0;
}

/* Namespaces that were joined are not the container's to save. */
static void joined_namespaces(struct dump *d)
{
	static const struct {
		int ns;
		const char *kind, *name;
	} kinds[] = { { OCI_NS_NET, "net", "extRootNetNS" }, { OCI_NS_PID, "pid", "extRootPidNS" } };

	for (size_t i = 0; i < LEN(kinds); i++) {
		char path[48], text[80];
		struct stat st;

		snprintf(path, sizeof path, "/proc/%d/ns/%s", (int) d->s.pid, kinds[i].kind);
		if (!d->cfg.ns[kinds[i].ns].path || stat(path, &st) < 0)
			continue;
		snprintf(text, sizeof text, "%s[%lu]:%s", kinds[i].kind, (unsigned long) st.st_ino,
			kinds[i].name);
		criu_put_text(&d->opts, CRIU_EXTERNAL, text);
	}
}

/* Is the mount that a descriptor is of one of the container's own? */
static bool own_mount(pid_t pid, unsigned long id)
{
	auto_buf struct buf b = BUF_INIT(4 * MiB);
	char path[48], *at, *line;
	auto_close int fd = -EBADF;

	snprintf(path, sizeof path, "/proc/%d/mountinfo", (int) pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0 || io_read_all(fd, &b) < 0)
		return true;
	for (at = b.data; at && (line = strsep(&at, "\n"));)
		if (*line && strtoul(line, NULL, 10) == id)
			return true;
	return false;
}

/* Stdio comes from whoever started the container: pipes are known by their name, files by mount and inode. */
static int describe(struct dump *d, int n, char *ret, size_t size)
{
	char path[48], text[512], *at;
	auto_close int fd = -EBADF;
	struct stat st;
	unsigned long id;
	ssize_t len;

	snprintf(path, sizeof path, "/proc/%d/fd/%d", (int) d->s.pid, n);
	if ((len = readlink(path, ret, size - 1)) < 0)
		return -errno;
	ret[len] = '\0';
	if (stat(path, &st) < 0 || ret[0] != '/' || (S_ISCHR(st.st_mode) && strstr(ret, "/pts/")))
		return 0;
	snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int) d->s.pid, n);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0 || (len = read(fd, text, sizeof text - 1)) <= 0)
		return 0;
	text[len] = '\0';
	if (!(at = strstr(text, "mnt_id:")))
		return 0;
	id = strtoul(at + 7, NULL, 10);
	if (own_mount(d->s.pid, id))
		return 0;
	snprintf(ret, size, "file[%lx:%lx]", id, (unsigned long) st.st_ino);
	criu_put_text(&d->opts, CRIU_EXTERNAL, ret);
	return 0;
}

static int save_descriptors(struct dump *d, struct err *err)
{
	json_t *list = json_array();
	char text[PATH_MAX];
	auto_free char *out = NULL;
	int rc = 0;

	for (int i = 0; i < 3; i++)
		(void) json_array_append_new(
			list, json_string(describe(d, i, text, sizeof text) < 0 ? "" : text));
	out = json_print(list);
	json_decref(list);
	if (!out || (rc = file_replace(d->images, CRIU_DESCRIPTORS, out, strlen(out), 0600, false)) < 0)
		return err_sys(err, rc < 0 ? -rc : ENOMEM, "write '%s'", CRIU_DESCRIPTORS);
	return 0;
}

static int freezer(struct dump *d, struct err *err)
{
	struct cgroup_fs cg = { 0 };
	char top[40], path[PATH_MAX];
	int h, rc;
	ssize_t n;

	if (!d->s.cgroup_path[0] || d->o.pre_dump)
		return 0;
	if ((rc = cgroup_open(&cg, err)) < 0)
		return rc;
	if ((h = cgroup_hierarchy(&cg, "freezer")) < 0 && cg.mode == CGROUP_V2)
		h = 0;
	if (h >= 0) {
		snprintf(top, sizeof top, "/proc/self/fd/%d", cg.h[h].fd);
		n = readlink(top, path, sizeof path - 1);
		if (n > 0 && snprintf(path + n, sizeof path - (size_t) n, "%s", d->s.cgroup_path) <
				     (int) (sizeof path - (size_t) n))
			criu_put_text(&d->opts, CRIU_FREEZE_CGROUP, path);
	}
	cgroup_close(&cg);
	return 0;
}

static int dump_options(struct dump *d, struct err *err)
{
	int rc;

	criu_put_int(&d->opts, CRIU_IMAGES_DIR_FD, (uint64_t) d->images);
	criu_put_int(&d->opts, CRIU_WORK_DIR_FD, (uint64_t) d->work);
	criu_put_int(&d->opts, CRIU_PID, (uint64_t) d->s.pid);
	criu_put_int(&d->opts, CRIU_LEAVE_RUNNING, d->o.leave_running);
	if (d->o.parent_path && d->o.parent_path[0] == '/')
		return err_set(err, ERR_INVALID, "--parent-path '%s': must be relative to the image path",
			d->o.parent_path);
	if (d->o.parent_path)
		criu_put_text(&d->opts, CRIU_PARENT_IMG, d->o.parent_path);
	if (d->o.parent_path || d->o.pre_dump)
		criu_put_int(&d->opts, CRIU_TRACK_MEM, 1);
	if ((rc = criu_common(&d->opts, &d->o, &d->cfg, false, err)) < 0 || (rc = freezer(d, err)) < 0)
		return rc;
	if (d->o.pre_dump) /* memory only */
		return 0;
	joined_namespaces(d);
	if ((rc = criu_mounts(&d->opts, &d->cfg, d->s.cgroup_path, false, err)) < 0 ||
		(rc = masked_files(d, err)) < 0)
		return rc;
	return save_descriptors(d, err);
}

static int dump(const struct globals *g, struct dump *d, struct err *err)
{
	enum oci_status st;
	int rc;

	if (geteuid() != 0)
		return err_set(err, ERR_DENIED, "checkpoint: criu needs root");
	if ((rc = statedir_open(g->root, d->o.id, &d->dir, &d->s, err)) < 0)
		return rc;
	if ((st = container_status(d->dir, &d->s)) != OCI_RUNNING)
		return err_set(err, ERR_STATE, "cannot be checkpointed while it is %s", oci_status_name(st));
	if ((rc = config_read(d->dir, "config.json", &d->cfg, NULL, NULL, err)) < 0 ||
		(rc = criu_directories(&d->o, true, &d->images, &d->work, err)) < 0 ||
		(rc = dump_options(d, err)) < 0)
		return rc;
	const int fds[] = { d->images, d->work };
	const struct criu_call call = { .program = g->criu,
		.type = d->o.pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP,
		.opts = &d->opts,
		.fds = fds,
		.n_fds = LEN(fds),
		.log_dir = d->work,
		.log = DUMP_LOG };

	if ((rc = criu_run(&call, NULL, err)) < 0)
		return err_wrap(err, "checkpoint");
	return d->o.pre_dump || d->o.leave_running ? 0 : container_delete(g, d->o.id, true, err);
}

int cmd_checkpoint(const struct globals *g, int argc, char **argv, struct err *err)
{
	static struct dump d = {
		.opts = BUF_INIT(32 * KiB), .dir = -EBADF, .images = -EBADF, .work = -EBADF
	};
	/* clang-format off */
	static const struct opt table[] = {
		{ "image-path", 0, OPT_STR, &d.o.image_path, "directory of the images (default: ./checkpoint)" },
		{ "work-path", 0, OPT_STR, &d.o.work_path, "directory of logs (default: that of the images)" },
		{ "parent-path", 0, OPT_STR, &d.o.parent_path, "images of an earlier --pre-dump, relative to the image path" },
		{ "leave-running", 'R', OPT_FLAG, &d.o.leave_running, "the container goes on" },
		{ "tcp-established", 0, OPT_FLAG, &d.o.tcp_established, "open TCP connections are saved" },
		{ "tcp-close", 0, OPT_FLAG, &d.o.tcp_close, "open TCP connections are closed" },
		{ "ext-unix-sk", 0, OPT_FLAG, &d.o.ext_unix, "unix sockets may lead out of the container" },
		{ "shell-job", 0, OPT_FLAG, &d.o.shell_job, "it may belong to a shell's session" },
		{ "file-locks", 0, OPT_FLAG, &d.o.file_locks, "file locks are saved" },
		{ "pre-dump", 0, OPT_FLAG, &d.o.pre_dump, "memory only; the container goes on" },
		{ "manage-cgroups-mode", 0, OPT_STR, &d.o.cgroups_mode, "soft (default), full, strict or ignore" },
		{ "empty-ns", 0, OPT_STR, &d.o.empty_ns, "network: do not save what is in it" },
		{ "auto-dedup", 0, OPT_FLAG, &d.o.auto_dedup, "drop memory that a later image has too" },
		{ NULL, 0, OPT_FLAG, NULL, NULL },
	};
	/* clang-format on */
	int rc = command_id(argc, argv, table, &d.o.id, err);

	if (rc != 0)
		return rc;
	rc = dump(g, &d, err);
	return rc < 0 ? err_wrap(err, "container '%s'", d.o.id) : 0;
}
