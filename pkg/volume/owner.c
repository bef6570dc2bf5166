#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/volume/volume.h"

#define FILE_BITS 0660
#define DIR_BITS 02770
#define DEPTH_MAX 256 /* a path of 4096 bytes can be no deeper by much */

static int set_mode(int fd, mode_t mode)
{
	char self[40];

	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return chmod(self, mode) < 0 ? -errno : 0;
}

/* By descriptor: whoever has the volume mounted may exchange a name at any time. */
static int own_one(int fd, const struct stat *st, uint32_t gid)
{
	bool is_dir = S_ISDIR(st->st_mode);
	mode_t mode = (st->st_mode & 07777) | (is_dir ? DIR_BITS : FILE_BITS);

	if (st->st_gid != gid && fchownat(fd, "", (uid_t) -1, gid, AT_EMPTY_PATH) < 0)
		return -errno;
	if (!is_dir && !S_ISREG(st->st_mode))
		return 0; /* a link has no mode, and a socket's or device's is its maker's */
	return mode != (st->st_mode & 07777) ? set_mode(fd, mode) : 0;
}

static int own_below(int dir, uint32_t gid, int depth)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!d) {
		rc = -errno;
		fd_close_p(&fd);
		return rc;
	}
	while (rc == 0 && (de = readdir(d))) {
		auto_close int entry = -EBADF;
		struct stat st;

		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		entry = openat(fd, de->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (entry < 0 || fstat(entry, &st) < 0)
			continue; /* gone again */
		rc = own_one(entry, &st, gid);
		if (rc == 0 && S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			rc = own_below(entry, gid, depth + 1);
	}
	(void) closedir(d);
	return rc;
}

int volume_own(int dir, uint32_t gid, uint32_t mode, bool on_mismatch, struct err *err)
{
	struct stat st;
	int rc;

	if (fstat(dir, &st) < 0)
		return err_sys(err, errno, "look at the volume");
	mode |= st.st_mode & 07777;
	if (on_mismatch && st.st_gid == gid && (st.st_mode & 07777) == mode)
		return 0;
	if ((rc = own_below(dir, gid, 0)) < 0)
		return err_sys(err, -rc, "give the volume to group %u", gid);
	if (fchownat(dir, "", (uid_t) -1, gid, AT_EMPTY_PATH) < 0)
		return err_sys(err, errno, "give the volume to group %u", gid);
	rc = set_mode(dir, mode);
	return rc < 0 ? err_sys(err, -rc, "give the volume to group %u", gid) : 0;
}
