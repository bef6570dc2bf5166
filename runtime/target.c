#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/path.h"
#include "runtime/rootfs.h"

#define LINKS_MAX 40 /* as the kernel's own limit */

struct walk {
	int root;
	char done[PATH_MAX]; /* resolved so far, without symlinks: "" or "a/b" */
	char rest[PATH_MAX];
	int links;
};

static int open_done(const struct walk *w)
{
	return path_open(w->root, w->done[0] ? w->done : ".", PATH_IN_ROOTFS, O_PATH | O_DIRECTORY, 0);
}

static void drop_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
	else
		path[0] = '\0';
}

static int append(char *path, const char *name)
{
	size_t n = strlen(path);
	int rc = snprintf(path + n, PATH_MAX - n, "%s%s", n ? "/" : "", name);

	return rc < 0 || (size_t) rc >= PATH_MAX - n ? -ENAMETOOLONG : 0;
}

/* Puts a link's target before what is left. */
static int follow(struct walk *w, int dir, const char *name)
{
	char to[PATH_MAX], rest[PATH_MAX];
	ssize_t n = readlinkat(dir, name, to, sizeof to - 1);
	int rc;

	if (n < 0)
		return -errno;
	to[n] = '\0';
	if (++w->links > LINKS_MAX)
		return -ELOOP;
	if (to[0] == '/')
		w->done[0] = '\0';
	rc = snprintf(rest, sizeof rest, "%s/%s", to, w->rest);
	if (rc < 0 || (size_t) rc >= sizeof rest)
		return -ENAMETOOLONG;
	memcpy(w->rest, rest, (size_t) rc + 1);
	return 0;
}

/* One component: 0 done, or a negative errno.  Each look-up starts at the root again, so ".." cannot leave it. */
static int step(struct walk *w, const char *name, bool last, bool file)
{
	auto_close int dir = -EBADF;
	struct stat st;
	int rc;

	if (strcmp(name, "..") == 0) {
		drop_last(w->done);
		return 0;
	}
	if ((dir = open_done(w)) < 0)
		return dir;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (S_ISLNK(st.st_mode))
			return follow(w, dir, name);
		return append(w->done, name);
	}
	if (errno != ENOENT)
		return -errno;
	if (last && file)
		rc = mknodat(dir, name, S_IFREG | 0644, 0);
	else
		rc = mkdirat(dir, name, 0755);
	if (rc < 0 && errno != EEXIST)
		return -errno;
	return append(w->done, name);
}

static int make_path(int root, const char *path, bool file)
{
	struct walk *w = malloc(sizeof *w);
	int rc = 0;

	if (!w)
		return -ENOMEM;
	*w = (struct walk){ .root = root };
	if (strlen(path) >= sizeof w->rest)
		rc = -ENAMETOOLONG;
	else
		memcpy(w->rest, path, strlen(path) + 1);
	while (rc == 0) {
		char name[NAME_MAX + 1];
		size_t skip = strspn(w->rest, "/"), n = strcspn(w->rest + skip, "/");

		if (!n)
			break;
		if (n > NAME_MAX) {
			rc = -ENAMETOOLONG;
			break;
		}
		memcpy(name, w->rest + skip, n);
		name[n] = '\0';
		memmove(w->rest, w->rest + skip + n, strlen(w->rest + skip + n) + 1);
		if (strcmp(name, ".") != 0)
			rc = step(w, name, !w->rest[strspn(w->rest, "/")], file);
	}
	if (rc == 0)
		rc = path_open(root, w->done[0] ? w->done : ".", PATH_IN_ROOTFS, O_PATH, 0);
	free(w);
	return rc;
}

int target_open(int root, const char *path, bool file, bool nofollow, struct err *err)
{
	const char *rel = path + strspn(path, "/");
	int fd = path_open(root, *rel ? rel : ".", nofollow ? PATH_IN_STATE : PATH_IN_ROOTFS, O_PATH, 0);

	if (fd == -ELOOP && nofollow)
		return err_set(err, ERR_DENIED, "mount target '%s' is or passes a symbolic link", path);
	if (fd == -ENOENT && (fd = make_path(root, rel, file)) >= 0 && nofollow) {
		close(fd);
		fd = path_open(root, *rel ? rel : ".", PATH_IN_STATE, O_PATH, 0);
	}
	return fd < 0 ? err_sys(err, -fd, "make mount target '%s'", path) : fd;
}

int target_parent(int root, const char *path, const char **ret_name, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	*ret_name = slash ? slash + 1 : path;
	if (!**ret_name || strcmp(*ret_name, ".") == 0 || strcmp(*ret_name, "..") == 0)
		return err_set(err, ERR_INVALID, "'%s' does not name a file", path);
	if (snprintf(dir, sizeof dir, "%.*s", slash ? (int) (slash - path) : 0, path) >= (int) sizeof dir)
		return err_sys(err, ENAMETOOLONG, "'%s'", path);
	return target_open(root, dir[0] ? dir : "/", false, false, err);
}
