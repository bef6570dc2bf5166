/* The two directories of an engine, and how it notices that everything volatile is gone. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include "pkg/engine/internal.h"
#include "pkg/engine/paths.h"
#include "pkg/store/store.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"

#define MARKER_LEN 32 /* hex digits */

int root_text(const char *option, const char *path, struct arena *a, const char **ret, struct err *err)
{
	size_t n = 0;
	char *text;

	if (path[0] != '/')
		return err_set(err, ERR_INVALID, "%s '%s' is not an absolute path", option, path);
	if (strlen(path) > 3800)
		return err_set(err, ERR_INVALID, "%s is longer than 3800 bytes", option);
	if (!(text = arena_strdup(a, path)))
		return err_sys(err, ENOMEM, "%s", option);
	for (const char *p = path; *p; p++)
		if (*p != '/' || (n && text[n - 1] != '/') || (!n && p == path))
			text[n++] = *p;
	while (n > 1 && text[n - 1] == '/')
		n--;
	text[n] = '\0';
	if (n == 1)
		return err_set(err, ERR_INVALID, "%s cannot be '/'", option);
	*ret = text;
	return 0;
}

/* mkdir -p.  Symbolic links above are the administrator's (/var/run, /home) and followed; the last one is checked by who calls. */
static int make_parents(const char *path, mode_t mode, struct err *err)
{
	char text[4096];

	(void) snprintf(text, sizeof text, "%s", path);
	for (char *p = text + 1;; p++) {
		char was = *p;

		if (was != '/' && was != '\0')
			continue;
		*p = '\0';
		if (mkdir(text, was ? 0755 : mode) < 0 && errno != EEXIST)
			return err_sys(err, errno, "make directory '%s'", text);
		if (!was)
			return 0;
		*p = was;
	}
}

int root_open(const char *path, mode_t mode, int *ret_fd, struct err *err)
{
	auto_close int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int rc;

	if (fd < 0 && errno == ENOENT) {
		if ((rc = make_parents(path, mode, err)) < 0)
			return rc;
		fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return err_sys(err, errno, "open directory '%s'", path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "look at directory '%s'", path);
	if (st.st_uid != geteuid())
		return err_set(err, ERR_DENIED,
			"directory '%s' belongs to uid %u, not to us (uid %u); choose another or remove it",
			path, (unsigned) st.st_uid, (unsigned) geteuid());
	if (st.st_mode & 022)
		return err_set(err, ERR_DENIED,
			"directory '%s' can be written by others (mode %04o); chmod go-w it", path,
			(unsigned) st.st_mode & 07777);
	*ret_fd = fd_steal(&fd);
	return 0;
}

/* ---- marker ------------------------------------------------------------------------------------------------------- */

static void marker_read(struct engine *e, char text[MARKER_LEN + 1])
{
	auto_close int fd = path_open(e->runroot_fd, PATH_MARKER, PATH_IN_STATE, O_RDONLY, 0);
	ssize_t n = fd < 0 ? 0 : read(fd, text, MARKER_LEN);

	text[n > 0 ? n : 0] = '\0';
}

static void marker_random(char text[MARKER_LEN + 1])
{
	unsigned char raw[MARKER_LEN / 2];
	size_t got = 0;

	while (got < sizeof raw) {
		ssize_t n = getrandom(raw + got, sizeof raw - got, 0);

		if (n > 0)
			got += (size_t) n;
	}
	for (size_t i = 0; i < sizeof raw; i++)
		(void) snprintf(text + 2 * i, 3, "%02x", raw[i]);
}

static int marker_agrees(struct engine *e, bool *ret, struct err *err)
{
	char text[MARKER_LEN + 1];
	struct arena a = { 0 };
	const char *known;
	int rc;

	marker_read(e, text);
	if ((rc = store_meta_get(e->store, PATH_MARKER, &a, &known, err)) == 0)
		*ret = known && text[0] && strcmp(known, text) == 0;
	arena_done(&a);
	return rc;
}

/* ---- runroot as a mount of its own --------------------------------------------------------------------------------- */

static bool is_mount(int fd)
{
	struct statx st;

	return statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

bool root_is_mounted(const struct engine *e) { return is_mount(e->runroot_fd); }

/* Mounts made below must not spread: neither into the peers of the host's mounts nor out of a monitor's namespace. */
static int mount_self(struct engine *e, struct err *err)
{
	struct mount_attr attr = { .propagation = MS_PRIVATE };
	auto_close int tree =
		open_tree(e->runroot_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (tree < 0)
		return err_sys(err, errno, "bind-mount '%s' on itself: open_tree%s", e->runroot,
			errno == EPERM
				? " (needs CAP_SYS_ADMIN: run as root, or as a user outside a container)"
				: "");
	if (move_mount(tree, "", e->runroot_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(err, errno, "bind-mount '%s' on itself: move_mount", e->runroot);
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return err_sys(err, errno, "make '%s' private", e->runroot);
	close(e->runroot_fd);
	e->runroot_fd = fd_steal(&tree);
	return 0;
}

static int ensure_mount(struct engine *e, struct err *err)
{
	int again;

	if (is_mount(e->runroot_fd))
		return 0;
	/* somebody may have mounted it since it was opened */
	if ((again = open(e->runroot, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open directory '%s'", e->runroot);
	close(e->runroot_fd);
	e->runroot_fd = again;
	return is_mount(e->runroot_fd) ? 0 : mount_self(e, err);
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

int engine_memory(struct engine *e, struct err *err)
{
	auto_close int dir = dir_make(e->runroot_fd, PATH_MEMORY, 0711), again = -EBADF;
	struct statfs fs;
	char path[40];
	int rc;

	if (dir < 0)
		return err_sys(err, -dir, "make '%s/" PATH_MEMORY "'", e->runroot);
	if (fstatfs(dir, &fs) == 0 && fs.f_type == TMPFS_MAGIC)
		return 0;
	/* two commands may come here at once: the second finds it mounted */
	again = openat(e->runroot_fd, PATH_MEMORY ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (again < 0 || (rc = lock_file(again, true, true)) < 0)
		return err_sys(err, again < 0 ? errno : -rc, "lock '%s/" PATH_MEMORY "'", e->runroot);
	close(dir);
	dir = openat(e->runroot_fd, PATH_MEMORY, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir >= 0 && fstatfs(dir, &fs) == 0 && fs.f_type == TMPFS_MAGIC)
		return 0;
	snprintf(path, sizeof path, "/proc/self/fd/%d", dir);
	if (dir < 0 || mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0711") < 0)
		return err_sys(err, errno, "mount a tmpfs on '%s/" PATH_MEMORY "'", e->runroot);
	return 0;
}

/* ---- a new boot ---------------------------------------------------------------------------------------------------- */

static int make_places(struct engine *e, struct err *err)
{
	static const struct {
		const char *name;
		mode_t mode;
		bool lost_at_boot, spread;
	} places[] = {
		{ "layers", 0711, false, false },
		{ "images", 0700, false, false },
		{ "pods", 0711, false, true },
		{ "volumes", 0711, false, false },
		{ "pods", 0711, true, false },
		{ "rt", 0700, true, false },
		{ "seccomp", 0700, true, false },
	};

	for (size_t i = 0; i < LEN(places); i++) {
		int dir = places[i].lost_at_boot ? e->runroot_fd : e->root_fd;
		auto_close int fd = dir_make(dir, places[i].name, places[i].mode);

		if (fd < 0)
			return err_sys(err, -fd, "make directory '%s/%s'",
				places[i].lost_at_boot ? e->runroot : e->root, places[i].name);
		if (places[i].spread)
			dir_spread(fd);
	}
	return 0;
}

/* The database first: a crash between the two leaves a missing or foreign file, which is a new boot once more. */
static int begin_boot(struct engine *e, struct err *err)
{
	char text[MARKER_LEN + 1];
	int rc;

	log_debug("engine '%s': a new runroot, what ran is gone", e->root);
	marker_random(text);
	if ((rc = make_places(e, err)) < 0 || (rc = store_begin(e->store, err)) < 0)
		return rc;
	if ((rc = store_pods_lost(e->store, err)) < 0 ||
		(rc = store_meta_set(e->store, PATH_MARKER, text, err)) < 0) {
		store_rollback(e->store);
		return rc;
	}
	if ((rc = store_commit(e->store, err)) < 0)
		return rc;
	if ((rc = file_replace(e->runroot_fd, PATH_MARKER, text, MARKER_LEN, 0600, false)) < 0)
		return err_sys(err, -rc, "write '%s/%s'", e->runroot, PATH_MARKER);
	return 0;
}

int root_settle(struct engine *e, struct err *err)
{
	auto_close int dir = -EBADF;
	bool agrees = false;
	int rc;

	if ((rc = marker_agrees(e, &agrees, err)) < 0)
		return rc;
	if (agrees && is_mount(e->runroot_fd))
		return 0;
	/* one command does it, the others wait and find it done */
	if ((dir = openat(e->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
		flock(dir, LOCK_EX) < 0)
		return err_sys(err, errno, "lock directory '%s'", e->root);
	if ((rc = ensure_mount(e, err)) < 0 || (rc = marker_agrees(e, &agrees, err)) < 0)
		return rc;
	return agrees ? 0 : begin_boot(e, err);
}
