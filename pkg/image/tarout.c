#include "pkg/image/tarout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define BLOCK 512

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100], magic[6],
		version[2], uname[32], gname[32], major[8], minor[8], prefix[155], rest[12];
};
static_assert(sizeof(struct header) == BLOCK, "a tar header");

static int out(int fd, const void *p, size_t n, struct err *err)
{
	int rc = io_write_all(fd, p, n);

	return rc < 0 ? err_sys(err, -rc, "write the archive") : 0;
}

static void size_put(struct header *h, uint64_t size)
{
	if (size < 8 * GiB) {
		snprintf(h->size, sizeof h->size, "%011llo", (unsigned long long) size);
		return;
	}
	h->size[0] = (char) 0x80; /* GNU: base 256 */
	for (size_t i = 0; i < 8; i++)
		h->size[11 - i] = (char) (size >> 8 * i);
}

int tarout_header(int fd, const char *name, uint64_t size, struct err *err)
{
	struct header h = { .type = '0' };
	unsigned sum = 0;

	if (strlen(name) > sizeof h.name)
		return err_set(err, ERR_INVALID, "member '%s': the name is too long", name);
	memcpy(h.name, name, strlen(name));
	memcpy(h.mode, "0000644", 8);
	memcpy(h.uid, "0000000", 8);
	memcpy(h.gid, "0000000", 8);
	memcpy(h.mtime, "00000000000", 12);
	memcpy(h.magic, "ustar", 6);
	memcpy(h.version, "00", 2);
	size_put(&h, size);
	memset(h.sum, ' ', sizeof h.sum);
	for (size_t i = 0; i < sizeof h; i++)
		sum += ((const unsigned char *) &h)[i];
	snprintf(h.sum, sizeof h.sum, "%06o", sum);
	return out(fd, &h, sizeof h, err);
}

int tarout_pad(int fd, uint64_t size, struct err *err)
{
	static const char zeros[BLOCK];

	return size % BLOCK ? out(fd, zeros, BLOCK - size % BLOCK, err) : 0;
}

int tarout_text(int fd, const char *name, const void *p, size_t n, struct err *err)
{
	int rc;

	if ((rc = tarout_header(fd, name, n, err)) < 0 || (rc = out(fd, p, n, err)) < 0)
		return rc;
	return tarout_pad(fd, n, err);
}

int tarout_file(int fd, const char *name, int in, struct err *err)
{
	char block[64 * KiB];
	struct stat st;
	int rc;

	if (fstat(in, &st) < 0)
		return err_sys(err, errno, "look at '%s'", name);
	if ((rc = tarout_header(fd, name, (uint64_t) st.st_size, err)) < 0)
		return rc;
	for (off_t left = st.st_size; left;) {
		ssize_t n = read(in, block, left < (off_t) sizeof block ? (size_t) left : sizeof block);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(err, n ? errno : EIO, "read '%s'", name);
		if ((rc = out(fd, block, (size_t) n, err)) < 0)
			return rc;
		left -= n;
	}
	return tarout_pad(fd, (uint64_t) st.st_size, err);
}

int tarout_end(int fd, struct err *err)
{
	static const char zeros[2 * BLOCK];

	return out(fd, zeros, sizeof zeros, err);
}
