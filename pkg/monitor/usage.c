/*
 * What a tree of files takes of its disk, a few entries at a time: a monitor has other things to do.
 *
 * The tree is a container's and may change under our feet.  One descriptor is open at a time; the way back is "..", which must be
 * the directory we came from, so no depth costs more than a few bytes and nobody leads us out of the tree.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/path.h"

#define CHUNK 8192
#define DEPTH_MAX 65536 /* deeper ones are not counted; nothing but an attack has them */

struct usage_level {
	ino_t ino;  /* of the directory above */
	off_t next; /* where it goes on there */
};

bool usage_begin(struct usage *u, int root, const char *path)
{
	struct stat st;

	*u = (struct usage){ .fd = path_open(root, path, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0) };
	if (u->fd < 0 || fstat(u->fd, &st) < 0) {
		usage_end(u);
		return false;
	}
	u->dev = st.st_dev;
	u->ino = st.st_ino;
	u->bytes = (uint64_t) st.st_blocks * 512;
	return true;
}

void usage_end(struct usage *u)
{
	fd_close_p(&u->fd);
	free(u->level);
	u->level = NULL;
	u->depth = u->room = 0;
}

static bool push(struct usage *u, off_t next)
{
	size_t room = u->room ? u->room * 2 : 16;
	struct usage_level *more;

	if (u->depth == DEPTH_MAX)
		return false;
	if (u->depth == u->room) {
		if (!(more = realloc(u->level, room * sizeof *more)))
			return false;
		u->level = more;
		u->room = room;
	}
	u->level[u->depth++] = (struct usage_level){ .ino = u->ino, .next = next };
	return true;
}

static bool descend(struct usage *u, const char *name, const struct stat *st, off_t next)
{
	int fd = openat(u->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat now;

	if (fd < 0)
		return false;
	if (fstat(fd, &now) < 0 || now.st_ino != st->st_ino || now.st_dev != u->dev || !push(u, next)) {
		close(fd);
		return false;
	}
	close(u->fd);
	u->fd = fd;
	u->ino = st->st_ino;
	return true;
}

/* false: the tree is walked, or was moved while we were in it. */
static bool ascend(struct usage *u)
{
	const struct usage_level *l;
	struct stat st;
	int fd;

	if (!u->depth)
		return false;
	l = &u->level[--u->depth];
	fd = openat(u->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	close(u->fd);
	u->fd = fd;
	u->ino = l->ino;
	return fstat(fd, &st) == 0 && st.st_ino == l->ino && st.st_dev == u->dev &&
	       lseek(fd, l->next, SEEK_SET) >= 0;
}

/* Files with several names are counted once, in parts. */
static void count(struct usage *u, const struct stat *st)
{
	uint64_t bytes = (uint64_t) st->st_blocks * 512;

	u->bytes += S_ISDIR(st->st_mode) || st->st_nlink < 2 ? bytes : bytes / st->st_nlink;
}

bool usage_step(struct usage *u, size_t budget)
{
	while (budget) {
		_Alignas(struct dirent64) char chunk[CHUNK];
		long n = syscall(SYS_getdents64, u->fd, chunk, sizeof chunk);
		bool below = false;

		if (n <= 0) {
			if (!ascend(u))
				return false;
			continue;
		}
		for (long at = 0; at < n && !below;) {
			const struct dirent64 *d = (const struct dirent64 *) (const void *) (chunk + at);
			struct stat st;

			at += d->d_reclen;
			if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
				continue;
			budget -= budget > 0;
			if (fstatat(u->fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_dev != u->dev)
				continue; /* it went while we looked; or another disk's */
			count(u, &st);
			below = S_ISDIR(st.st_mode) && descend(u, d->d_name, &st, d->d_off);
		}
	}
	return true;
}
