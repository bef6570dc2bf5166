#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"
#include "runtime/process.h"
#include "runtime/rootfs.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

int console_connect(const char *path, struct err *err)
{
	auto_close int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	auto_close int at = open(path, O_PATH | O_CLOEXEC);
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (s < 0 || at < 0)
		return err_sys(err, errno, "socket '%s'", path);
	/* by descriptor: sun_path is shorter than paths may be */
	snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d", at);
	if (connect(s, (struct sockaddr *) &a, sizeof a) < 0)
		return err_sys(err, errno, "connect to socket '%s'", path);
	return fd_steal(&s);
}

int console_open(const char *path, int *ret_theirs, int *ret_ours, struct err *err)
{
	int pair[2];

	if (path) {
		*ret_theirs = console_connect(path, err);
		return *ret_theirs < 0 ? err_wrap(err, "--console-socket") : 0;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "socketpair");
	*ret_ours = pair[0];
	*ret_theirs = pair[1];
	return 0;
}

/* One message, the name of the terminal, with the ptmx. */
static int send_ptmx(int sock, int ptmx, struct err *err)
{
	unsigned n = 0;
	char name[32];
	int rc;

	(void) ioctl(ptmx, TIOCGPTN, &n);
	snprintf(name, sizeof name, "/dev/pts/%u", n);
	if ((rc = fd_send(sock, name, strlen(name), &ptmx, 1)) < 0)
		return err_sys(err, -rc, "send the terminal to the console socket");
	return 0;
}

int console_receive(int sock, struct err *err)
{
	int fd = -EBADF;
	size_t n = 1;
	char name[256];
	int rc = (int) fd_recv(sock, name, sizeof name, &fd, &n, 0);

	if (rc < 0)
		return err_sys(err, -rc, "receive the terminal");
	if (rc == 0 || n != 1)
		return err_set(err, ERR_SYSTEM, "the container sent no terminal");
	return fd;
}

/* ptmx of the container's own devpts, and nothing that only looks like it. */
static int open_ptmx(int root, struct err *err)
{
	auto_close int fd = path_open(root, "dev/pts/ptmx", PATH_IN_ROOTFS, O_RDWR | O_NOCTTY, 0);
	struct statfs fs;
	struct stat st;

	if (fd < 0)
		return err_sys(err, -fd, "open '/dev/pts/ptmx' of the container (is devpts mounted?)");
	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return err_sys(err, errno, "open a terminal");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2) || fs.f_type != DEVPTS_SUPER_MAGIC)
		return err_set(
			err, ERR_DENIED, "'/dev/pts/ptmx' of the container is not a terminal multiplexer");
	return fd_steal(&fd);
}

/* The slave itself is mounted, by descriptor, on a file that we make: no path is looked up twice. */
static int bind_console_file(int root, int slave, struct err *err)
{
	auto_close int dev = target_open(root, "/dev", false, false, err);
	auto_close int target = -EBADF;
	auto_close int tree = -EBADF;
	struct stat st;

	if (dev < 0)
		return dev;
	if (mknodat(dev, "console", S_IFREG | 0600, 0) < 0 && errno != EEXIST)
		return errno == EROFS ? 0 : err_sys(err, errno, "make '/dev/console'");
	if ((target = openat(dev, "console", O_PATH | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open '/dev/console'");
	if (fstat(target, &st) < 0 || !(S_ISREG(st.st_mode) || S_ISCHR(st.st_mode)))
		return err_set(err, ERR_DENIED,
			"'/dev/console' of the container is neither a file nor a character device");
	tree = (int) syscall(SYS_open_tree, slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 || mount_attach(tree, target) < 0)
		return err_sys(err, errno, "mount the terminal on '/dev/console'");
	return 0;
}

int console_setup(
	int root, int sock, const struct cfg_process *p, uid_t owner, bool bind_console, struct err *err)
{
	auto_close int ptmx = open_ptmx(root, err);
	auto_close int slave = -EBADF;
	struct winsize size = { .ws_row = p->rows, .ws_col = p->cols };
	int unlock = 0, rc;

	if (ptmx < 0)
		return ptmx;
	if (ioctl(ptmx, TIOCSPTLCK, &unlock) < 0 ||
		(slave = ioctl(ptmx, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open the terminal");
	if (fchown(slave, owner, (gid_t) -1) < 0 && errno != EPERM && errno != EINVAL)
		return err_sys(err, errno, "give the terminal to user %u", owner);
	if ((p->rows || p->cols) && ioctl(ptmx, TIOCSWINSZ, &size) < 0)
		return err_sys(err, errno, "set the size of the terminal");
	if (bind_console && (rc = bind_console_file(root, slave, err)) < 0)
		return rc;
	if ((rc = send_ptmx(sock, ptmx, err)) < 0)
		return rc;
	for (int fd = 0; fd < 3; fd++)
		if (dup2(slave, fd) < 0)
			return err_sys(err, errno, "make the terminal stdio");
	if (ioctl(0, TIOCSCTTY, 0) < 0)
		return err_sys(err, errno, "make the terminal the controlling one");
	return 0;
}
