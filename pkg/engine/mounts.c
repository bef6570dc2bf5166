#include "pkg/engine/mounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/engine/paths.h"
#include "pkg/util/text.h"

static const char *below_runroot(char buf[PATH_TEXT], const char *kind, const char *id)
{
	(void) snprintf(buf, PATH_TEXT, "%s/%s", kind, id);
	return buf;
}

bool mounts_has(const struct engine *e, const char *kind, const char *id)
{
	struct statx st = { 0 };
	char rel[PATH_TEXT];

	return statx(e->runroot_fd, below_runroot(rel, kind, id), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		       STATX_TYPE, &st) == 0 &&
	       st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

const char *mounts_path(const struct engine *e, const char *kind, const char *id, struct arena *a)
{
	return arena_printf(a, "%s/%s/%s", e->runroot, kind, id);
}

int mounts_remove(struct engine *e, const char *kind, const char *id, struct err *err)
{
	char rel[PATH_TEXT], at[PATH_MAX];

	if (!mounts_has(e, kind, id))
		return 0;
	if (snprintf(at, sizeof at, "%s/%s", e->runroot, below_runroot(rel, kind, id)) >= (int) sizeof at)
		return err_sys(err, ENAMETOOLONG, "unmount %.12s", id);
	if (umount2(at, UMOUNT_NOFOLLOW) < 0 && umount2(at, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return err_sys(err, errno, "unmount '%s'", at);
	(void) unlinkat(e->runroot_fd, rel, AT_REMOVEDIR);
	return 1;
}

void mounts_remove_all(struct engine *e, const char *kind)
{
	int fd = openat(e->runroot_fd, kind, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct err ignored = { 0 };
	struct dirent *de;

	while (d && (de = readdir(d)))
		if (id_is_valid(de->d_name))
			(void) mounts_remove(e, kind, de->d_name, &ignored);
	if (d)
		(void) closedir(d);
	else
		fd_close_p(&fd);
}
