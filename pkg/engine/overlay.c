#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "pkg/engine/internal.h"
#include "pkg/util/cleanup.h"

static int set_dir(int fs, const char *key, const char *dir, const char *name)
{
	char path[4200];

	(void) snprintf(path, sizeof path, "%s/%s", dir, name);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	return fsconfig(fs, FSCONFIG_SET_STRING, key, path, 0) < 0 ? -errno : 0;
}

/* What a layer says of those below it: deleted names, and directories that hide others. */
static int marks_try(const char *dir, bool userxattr)
{
	char path[4200];

	(void) snprintf(path, sizeof path, "%s/upper/whiteout", dir);
	if (mknod(path, S_IFCHR, 0) < 0)
		return -errno;
	(void) snprintf(path, sizeof path, "%s/lower", dir);
	return setxattr(path, userxattr ? "user.overlay.opaque" : "trusted.overlay.opaque", "y", 1, 0) < 0
		       ? -errno
		       : 0;
}

int overlay_try(const char *dir, bool userxattr)
{
	auto_close int fs = fsopen("overlay", FSOPEN_CLOEXEC);
	int rc;

	if (fs < 0)
		return -errno;
	if ((rc = set_dir(fs, "lowerdir", dir, "lower")) < 0 ||
		(rc = set_dir(fs, "upperdir", dir, "upper")) < 0 ||
		(rc = set_dir(fs, "workdir", dir, "work")) < 0)
		return rc;
	if (userxattr && fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0)
		return -errno;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	return marks_try(dir, userxattr);
}
