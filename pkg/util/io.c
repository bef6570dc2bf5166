#include "pkg/util/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int io_read_all(int fd, struct buf *b)
{
	for (;;) {
		size_t room = b->max - b->len < 65536 ? b->max - b->len : 65536;
		ssize_t n;
		int rc;

		if (b->cap > b->len + 1 && b->cap - b->len - 1 < room)
			room = b->cap - b->len - 1; /* first use what is there */
		if ((rc = buf_reserve(b, room ? room : 1)) < 0) {
			char extra;

			/* exactly at the maximum: fine when nothing follows */
			if (rc == -EFBIG && b->len == b->max && read(fd, &extra, 1) == 0) {
				b->error = 0;
				return 0;
			}
			return rc;
		}
		n = read(fd, b->data + b->len, room ? room : 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		b->len += (size_t) n;
		b->data[b->len] = '\0';
	}
}

int io_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t w = write(fd, at, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -errno;
		at += w;
		n -= (size_t) w;
	}
	return 0;
}

static int open_below(int dir, const char *rel, enum path_tree tree, int flags, mode_t mode)
{
	int fd;

	if (dir != AT_FDCWD && rel[0] != '/')
		return path_open(dir, rel, tree, flags, mode);
	fd = open(rel, flags | O_CLOEXEC, mode);
	return fd < 0 ? -errno : fd;
}

int file_read(int dir, const char *rel, enum path_tree tree, struct buf *b)
{
	auto_close int fd = open_below(dir, rel, tree, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (st.st_size > 0 && (size_t) st.st_size > b->max)
		return -EFBIG;
	if (st.st_size > 0 && buf_reserve(b, (size_t) st.st_size) < 0)
		return b->error;
	return io_read_all(fd, b);
}

int file_replace(int dir, const char *name, const void *p, size_t n, mode_t mode, bool durable)
{
	static unsigned seq;
	char tmp[300];
	int fd, rc;

	if (snprintf(tmp, sizeof tmp, ".%s.%d.%u", name, (int) getpid(), seq++) >= (int) sizeof tmp)
		return -ENAMETOOLONG;
	fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0 && errno == EEXIST &&
		unlinkat(dir, tmp, 0) == 0) /* left by a killed process of the same pid */
		fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return -errno;
	rc = io_write_all(fd, p, n);
	if (rc == 0 && durable && fsync(fd) < 0)
		rc = -errno;
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && renameat(dir, tmp, dir, name) < 0)
		rc = -errno;
	if (rc < 0)
		(void) unlinkat(dir, tmp, 0);
	return rc;
}

int file_write(int dir, const char *rel, const char *text)
{
	auto_close int fd = open_below(dir, rel, PATH_IN_STATE, O_WRONLY, 0);
	size_t n = strlen(text);
	ssize_t w;

	if (fd < 0)
		return fd;
	do
		w = write(fd, text, n);
	while (w < 0 && errno == EINTR);
	return w < 0 ? -errno : (size_t) w == n ? 0 : -EIO;
}

int dir_make(int dir, const char *rel, mode_t mode)
{
	char part[256];
	auto_close int at = openat(dir, rel[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (at < 0)
		return -errno;
	while (*rel) {
		size_t len = strcspn(rel, "/");
		int next;

		if (len >= sizeof part)
			return -ENAMETOOLONG;
		memcpy(part, rel, len);
		part[len] = '\0';
		rel += len + (rel[len] == '/');
		if (!len)
			continue;
		next = path_open(at, part, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
		if (next == -ENOENT) {
			if (mkdirat(at, part, mode) < 0 && errno != EEXIST)
				return -errno;
			next = path_open(at, part, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
		}
		if (next < 0)
			return next;
		close(at);
		at = next;
	}
	return fd_steal(&at);
}

/* Depth-first; a directory's descriptor is held while its entries go, so a rename inside cannot lead outside. */
static int remove_below(int parent, const char *name, dev_t dev, int depth)
{
	auto_close int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *e;
	struct stat st;
	int rc = 0;
	DIR *d;

	if (fd < 0)
		return -errno;
	if (depth > 4096)
		return -ELOOP;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_dev != dev)
		return -EXDEV;
	if ((st.st_mode & 0700) != 0700)
		(void) fchmod(fd, 0700);
	if (!(d = fdopendir(fd)))
		return -errno;
	fd_steal(&fd);
	while (errno = 0, (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if ((e->d_type == DT_DIR || unlinkat(dirfd(d), e->d_name, 0) < 0)) {
			if (e->d_type != DT_DIR && errno != EISDIR && errno != EPERM) {
				rc = errno == ENOENT ? rc : -errno;
				continue;
			}
			int sub = remove_below(dirfd(d), e->d_name, dev, depth + 1);

			if (sub < 0 && sub != -ENOENT)
				rc = sub;
			else if (unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR) < 0 && errno != ENOENT)
				rc = -errno;
		}
	}
	closedir(d);
	return rc;
}

int dir_remove(int dir, const char *name)
{
	struct stat st, sub;
	int rc;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISDIR(st.st_mode))
		return unlinkat(dir, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	if (fstatat(dir, "", &sub, AT_EMPTY_PATH) == 0 && sub.st_dev != st.st_dev)
		return -EXDEV;
	/* somebody who waits for a lock in there may make its file again while we are at it */
	for (int tries = 0; tries < 10; tries++) {
		rc = remove_below(dir, name, st.st_dev, 0);
		if (rc < 0 && rc != -ENOENT)
			return rc;
		rc = unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
		if (rc != -ENOTEMPTY)
			break;
	}
	return rc;
}

int fd_send(int sock, const void *p, size_t n, const int *fds, size_t nfds)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * FD_PASS_MAX)];
		struct cmsghdr align;
	} ctl = { 0 };
	struct iovec iov = { .iov_base = (void *) (uintptr_t) p, .iov_len = n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	if (nfds > FD_PASS_MAX)
		return -E2BIG;
	if (nfds) {
		struct cmsghdr *c;

		msg.msg_control = ctl.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * nfds);
	}
	do
		sent = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

ssize_t fd_recv(int sock, void *p, size_t n, int *fds, size_t *nfds, int flags)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * FD_PASS_MAX)];
		struct cmsghdr align;
	} ctl;
	struct iovec iov = { .iov_base = p, .iov_len = n };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl.bytes, .msg_controllen = sizeof ctl.bytes
	};
	size_t room = nfds ? *nfds : 0, got = 0;
	ssize_t r;

	do
		r = recvmsg(sock, &msg, flags | MSG_CMSG_CLOEXEC);
	while (r < 0 && errno == EINTR);
	if (nfds)
		*nfds = 0;
	if (r < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		size_t k;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		k = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < k; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (got < room)
				fds[got++] = fd;
			else
				close(fd); /* more than asked for: never leak what a peer sent */
		}
	}
	if (nfds)
		*nfds = got;
	return (msg.msg_flags & MSG_TRUNC) ? -EMSGSIZE : r;
}

static int sock_addr(struct sockaddr_un *sa, int dir, const char *name)
{
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return snprintf(sa->sun_path, sizeof sa->sun_path, "/proc/self/fd/%d/%s", dir, name) <
			       (int) sizeof sa->sun_path
		       ? 0
		       : -ENAMETOOLONG;
}

int sock_connect(int dir, const char *name)
{
	auto_close int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un sa;
	int rc;

	if (s < 0)
		return -errno;
	if ((rc = sock_addr(&sa, dir, name)) < 0)
		return rc;
	return connect(s, (struct sockaddr *) &sa, sizeof sa) < 0 ? -errno : fd_steal(&s);
}

int sock_listen(int dir, const char *name, int backlog)
{
	auto_close int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un sa;
	int rc;

	if (s < 0)
		return -errno;
	if ((rc = sock_addr(&sa, dir, name)) < 0)
		return rc;
	(void) unlinkat(dir, name, 0);
	if (bind(s, (struct sockaddr *) &sa, sizeof sa) < 0 || listen(s, backlog) < 0)
		return -errno;
	return fd_steal(&s);
}

static int lock_op(int fd, short type, bool wait)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET };
	int rc;

	do
		rc = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &fl);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? (errno == EACCES ? -EAGAIN : -errno) : 0;
}

int lock_file(int fd, bool exclusive, bool wait) { return lock_op(fd, exclusive ? F_WRLCK : F_RDLCK, wait); }

int lock_byte(int fd, uint64_t at, bool wait)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t) at, .l_len = 1 };

	if (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &fl) == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

int unlock_file(int fd) { return lock_op(fd, F_UNLCK, false); }

bool lock_is_free(int fd)
{
	struct flock fl = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &fl) == 0 && fl.l_type == F_UNLCK;
}

static uint64_t clock_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}

uint64_t time_now_us(void) { return clock_us(CLOCK_REALTIME); }
uint64_t time_mono_us(void) { return clock_us(CLOCK_BOOTTIME); }

char *time_format(char text[TIME_TEXT], uint64_t us)
{
	time_t s = (time_t) (us / 1000000);
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(text, TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, TIME_TEXT - n, ".%06u000Z", (unsigned) (us % 1000000));
	return text;
}

int time_parse(const char *text, uint64_t *ret_us)
{
	struct tm tm = { 0 };
	const char *p = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	uint64_t frac = 0, unit = 100000;
	long off = 0;
	time_t t;

	if (!p)
		return -EINVAL;
	if (*p == '.') {
		for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
			frac += unit * (uint64_t) (*p - '0');
	}
	if (*p == 'Z' || *p == 'z') {
		p++;
	} else if (*p == '+' || *p == '-') {
		int h, m, used = 0;

		if (sscanf(p + 1, "%2d:%2d%n", &h, &m, &used) != 2 || used != 5)
			return -EINVAL;
		off = (h * 3600L + m * 60L) * (*p == '-' ? -1 : 1);
		p += 6;
	} else {
		return -EINVAL;
	}
	if (*p)
		return -EINVAL;
	t = timegm(&tm) - off;
	if (t < 0)
		return -EINVAL;
	*ret_us = (uint64_t) t * 1000000 + frac;
	return 0;
}

void dir_spread(int dir)
{
	auto_close int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned flags = 0;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return;
	flags |= FS_TOPDIR_FL;
	(void) ioctl(fd, FS_IOC_SETFLAGS, &flags);
}
