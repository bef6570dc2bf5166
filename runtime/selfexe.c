#include "runtime/selfexe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "pkg/oci/sealed.h"
#include "pkg/util/cleanup.h"

extern char **environ;

#ifndef OVERLAYFS_SUPER_MAGIC
#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x10
#endif
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* Nobody can write through what /proc/self/exe leads to: a read-only overlay, or a sealed memfd.  The overlay is only
 * believed when it is mounted nowhere: then no one can make it writable. */
static bool is_protected(void)
{
	auto_close int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct statfs fs;
	struct stat st;
	int seals;

	if (fd < 0)
		return false;
	if ((seals = fcntl(fd, F_GET_SEALS)) >= 0 && (seals & SEALS) == SEALS)
		return true;
	if (fstat(fd, &st) == 0 && st.st_nlink == 0 && fstatfs(fd, &fs) == 0 && (fs.f_flags & ST_RDONLY))
		return true;
	return fstatfs(fd, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC && (fs.f_flags & ST_RDONLY) &&
	       getenv(OCI_SEALED_ENV) != NULL;
}

static int overlay_copy(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

	if (n <= 0)
		return -ENAMETOOLONG;
	path[n] = '\0';
	return oci_sealed_open(path);
}

static int copy_to(int out)
{
	auto_close int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (in < 0)
		return -errno;
	do
		n = sendfile(out, in, NULL, 64 << 20);
	while (n > 0);
	return n < 0 ? -errno : 0;
}

static int memfd_copy(void)
{
	auto_close int fd =
		(int) syscall(SYS_memfd_create, "podctl-runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 there is no such flag, and memfds are executable */
		fd = (int) syscall(SYS_memfd_create, "podctl-runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	int rc = copy_to(fd);
	if (rc < 0)
		return rc;
	if (fchmod(fd, 0700) < 0 || fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	return fd_steal(&fd);
}

int selfexe_protect(char **argv, struct err *err)
{
	auto_close int fd = -EBADF;

	if (is_protected()) {
		(void) unsetenv(OCI_SEALED_ENV);
		return 0;
	}
	if (getenv(OCI_SEALED_ENV))
		return err_set(err, ERR_DENIED,
			"protect the runtime's own binary: still writable after a copy was made");
	if (setenv(OCI_SEALED_ENV, "1", 1) < 0)
		return err_sys(err, errno, "protect the runtime's own binary");
	if ((fd = overlay_copy()) >= 0)
		(void) syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	fd_close_p(&fd);
	if ((fd = memfd_copy()) < 0)
		return err_sys(err, -fd, "protect the runtime's own binary: make a sealed copy");
	(void) syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	return err_sys(err, errno, "protect the runtime's own binary: execute the sealed copy");
}
