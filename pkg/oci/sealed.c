#include "pkg/oci/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"

#define LOWER_MAX 200 /* one fsconfig value is limited to 256 bytes */

/* Its interpreter would look for it by a descriptor that exec has closed. */
static bool is_script(const char *program)
{
	auto_close int fd = open(program, O_RDONLY | O_CLOEXEC);
	char head[2];

	return fd >= 0 && read(fd, head, sizeof head) == (ssize_t) sizeof head && memcmp(head, "#!", 2) == 0;
}

/* An overlay without an upper directory is read-only for ever, whatever is done to its mount. */
int oci_sealed_open(const char *program)
{
	const char *slash = strrchr(program, '/');
	char lower[LOWER_MAX + 8];
	auto_close int fs = -EBADF;
	auto_close int mnt = -EBADF;

	if (!slash || slash == program || program[0] != '/' || strpbrk(program, ":\\,"))
		return -EINVAL;
	if (slash - program >= LOWER_MAX)
		return -ENAMETOOLONG;
	if (is_script(program))
		return -ENOEXEC;
	/* two lowers are the least a read-only overlay takes; the second adds nothing */
	snprintf(lower, sizeof lower, "%.*s:/sys", (int) (slash - program), program);
	if ((fs = (int) syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)) < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", "podctl-runtime", 0) < 0 ||
		syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "lowerdir", lower, 0) < 0 ||
		syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	if ((mnt = (int) syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
		     MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID)) < 0)
		return -errno;
	int fd = openat(mnt, slash + 1, O_PATH | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -errno : fd;
}
