/*
 * io.h — reading, writing and passing descriptors, without surprises.
 *
 * Tier 1 wrappers: they know nothing of the purpose, return a negative errno and write no message.
 */
#ifndef PODCTL_UTIL_IO_H
#define PODCTL_UTIL_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "pkg/util/buf.h"
#include "pkg/util/path.h"

/* Reads to end of file into b (appends); -EFBIG past b->max. */
int io_read_all(int fd, struct buf *b);
/* Writes everything; EINTR and short writes are handled. */
int io_write_all(int fd, const void *p, size_t n);

/* Opens rel below dir (AT_FDCWD and an absolute path: plain open), regular files only, and reads it whole. */
int file_read(int dir, const char *rel, enum path_tree tree, struct buf *b);
/* Replaces the file 'name' (one component) in dir atomically: temporary beside it, rename.  durable: fsync first. */
int file_replace(int dir, const char *name, const void *p, size_t n, mode_t mode, bool durable);
/* Writes to an existing file such as a sysctl or cgroup file: one write(2), no O_CREAT, no O_TRUNC. */
int file_write(int dir, const char *rel, const char *text);

/* mkdir -p below dir, each step with openat2 rules of PATH_IN_STATE.  Returns an O_PATH descriptor of the last. */
int dir_make(int dir, const char *rel, mode_t mode);
/* rm -rf of 'name' below dir, without following symlinks or crossing onto another file system.  Absent is success. */
int dir_remove(int dir, const char *name);
/* What is in 'dir' has nothing to do with one another: on ext4 each directory made in it may have its inodes elsewhere on the
 * disk.  All in one place, a new file is sought among those that were removed last, which costs more than the rest of making
 * it.  A hint, which other file systems do not know. */
void dir_spread(int dir);

/* One SEQPACKET/STREAM message with up to FD_PASS_MAX descriptors. */
#define FD_PASS_MAX 64
int fd_send(int sock, const void *p, size_t n, const int *fds, size_t nfds);
/* Returns bytes received (0: end of file) or a negative errno; received descriptors are close-on-exec and owned by the
 * caller.  *nfds: room in fds on entry, number received on return.  Flags as recvmsg (MSG_DONTWAIT). */
ssize_t fd_recv(int sock, void *p, size_t n, int *fds, size_t *nfds, int flags);

/* Connects to / binds the AF_UNIX SEQPACKET socket 'name' in dir through /proc/self/fd, so that sun_path never overflows. */
int sock_connect(int dir, const char *name);
int sock_listen(int dir, const char *name, int backlog);

/* Locks (OFD, whole file).  excl or shared; wait or -EAGAIN at once. */
int lock_file(int fd, bool exclusive, bool wait);
int unlock_file(int fd);
/* One byte of it, exclusively; never longer than the descriptor.  wait: -EINTR when a signal came. */
int lock_byte(int fd, uint64_t at, bool wait);
/* True when nobody holds an exclusive lock on it. */
bool lock_is_free(int fd);

uint64_t time_now_us(void);  /* CLOCK_REALTIME */
uint64_t time_mono_us(void); /* CLOCK_BOOTTIME */
/* RFC 3339 with nanoseconds and offset of UTC: "2026-01-02T03:04:05.678901234Z"; returns buf. */
#define TIME_TEXT 40
char *time_format(char buf[TIME_TEXT], uint64_t us);
/* Parses RFC 3339; -EINVAL. */
int time_parse(const char *text, uint64_t *ret_us);

#endif
