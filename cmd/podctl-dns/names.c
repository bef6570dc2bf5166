/* The directory of names: read whole at the start and when events were lost, else file by file as podctl renames and removes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

#include "cmd/podctl-dns/dns.h"
#include "pkg/util/io.h"

static bool is_pod(const char *name)
{
	return *name != '.' && strlen(name) < sizeof((struct dns_member *) 0)->file;
}

static void take(struct server *s, const char *name)
{
	auto_buf struct buf b = BUF_INIT(DNS_FILE_MAX);
	auto_close int fd = openat(s->pods, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0 && io_read_all(fd, &b) == 0)
		(void) dns_table_put(&s->names, name, b.data ? b.data : "");
	else
		dns_table_drop(&s->names, name);
}

/* Calls each for every file; returns how many there are, or -1. */
static int each_file(struct server *s, void (*each)(struct server *, const char *))
{
	int fd = openat(s->pods, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *de;

	if (!d) {
		fd_close_p(&fd);
		return -1;
	}
	while ((de = readdir(d))) {
		if (!is_pod(de->d_name))
			continue;
		n++;
		if (each)
			each(s, de->d_name);
	}
	(void) closedir(d);
	return n;
}

static void read_all(struct server *s)
{
	dns_table_drop(&s->names, NULL);
	(void) each_file(s, take);
	s->maybe_empty = true;
}

int names_open(struct server *s)
{
	s->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	s->pods = openat(FD_DIR, "pods", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	s->lock = openat(FD_DIR, "lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (s->watch < 0 || s->pods < 0 || s->lock < 0)
		return -errno;
	if (fchdir(s->pods) < 0 ||
		inotify_add_watch(s->watch, ".", IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_ONLYDIR) < 0 ||
		chdir("/") < 0)
		return -errno;
	read_all(s);
	return 0;
}

static void event(struct server *s, const struct inotify_event *e)
{
	if (e->mask & IN_Q_OVERFLOW) {
		read_all(s);
	} else if (e->mask &
		   (IN_DELETE_SELF | IN_IGNORED)) { /* somebody removed the engine's run directory */
		dns_table_drop(&s->names, NULL);
		s->maybe_empty = true;
	} else if (e->len && is_pod(e->name)) {
		if (e->mask & IN_MOVED_TO)
			take(s, e->name);
		else
			dns_table_drop(&s->names, e->name);
		s->maybe_empty = true;
	}
}

void names_event(struct server *s)
{
	_Alignas(struct inotify_event) char b[4096];
	ssize_t n;

	while ((n = read(s->watch, b, sizeof b)) > 0)
		for (char *p = b; p < b + n;) {
			const struct inotify_event *e = (const void *) p;

			event(s, e);
			p += sizeof *e + e->len;
		}
}

/* Whoever adds a name holds the lock while it does, and while it sees whether we live. */
bool names_is_over(struct server *s)
{
	if (s->names.n || lock_file(s->lock, true, false) < 0)
		return false;
	if (each_file(s, NULL) <= 0)
		return true;
	(void) unlock_file(s->lock);
	s->maybe_empty = false;
	return false;
}
