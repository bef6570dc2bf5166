/*
 * Fuzz target: any bytes as a layer, unpacked below a directory of its own.  Afterwards nothing may stand beside it.
 * Seeds: corpus/tar/.  Run it in a user namespace: it makes whatever the bytes ask for.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/archive/unpack.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int top = -1;

static void top_make(void)
{
	static char path[] = "/tmp/podctl-fuzz-tar-XXXXXX";

	if (top >= 0)
		return;
	if (!mkdtemp(path) || (top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		abort();
}

static void only_layer(void)
{
	DIR *d = fdopendir(openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
			strcmp(e->d_name, "layer") != 0)
			abort();
	closedir(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_close int fd = memfd_create("tar", MFD_CLOEXEC);
	auto_close int dir = -EBADF;
	struct unpack_result r;
	struct err err = { 0 };

	top_make();
	if (size > 256 * KiB || fd < 0 || io_write_all(fd, data, size) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return 0;
	if (mkdirat(top, "layer", 0700) < 0 ||
		(dir = openat(top, "layer", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		abort();
	(void) unpack_layer(
		&(struct unpack_opts){ .fd = fd, .dir = dir, .member = -1, .userns = true, .max = 8 * MiB },
		&r, &err);
	only_layer();
	if (dir_remove(top, "layer") < 0)
		abort();
	return 0;
}
