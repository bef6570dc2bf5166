/*
 * Fuzz target: any records as how a layer's tar was written, beside files of which some are there.  Seeds: corpus/recipe/.
 * The input is what is inside the zstd stream; one that begins with zstd's own magic is taken as the stream itself.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "pkg/archive/recipe.h"
#include "pkg/archive/sink.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int layer = -1, null = -1;
static char path[64];

static void layer_remove(void) { (void) dir_remove(AT_FDCWD, path); }

/* Files that records may name: one to read, one too short, one that would block, one that leads out. */
static void layer_make(void)
{
	int fd;

	if (layer >= 0)
		return;
	(void) snprintf(path, sizeof path, "/tmp/podctl-fuzz-recipe-%d", (int) getpid());
	if (mkdir(path, 0700) < 0 || (layer = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
		(null = open("/dev/null", O_WRONLY | O_CLOEXEC)) < 0 || mkdirat(layer, "d", 0700) < 0 ||
		mkfifoat(layer, "fifo", 0600) < 0 || symlinkat("/etc/passwd", layer, "link") < 0 ||
		(fd = openat(layer, "d/a", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) < 0 ||
		io_write_all(fd, "0123456789", 10) < 0)
		abort();
	(void) close(fd);
	(void) atexit(layer_remove);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_close int fd = memfd_create("recipe", MFD_CLOEXEC);
	bool raw = size > 4 && memcmp(data, "\x28\xb5\x2f\xfd", 4) == 0;
	size_t room = ZSTD_compressBound(size), n = size;
	auto_free char *out = malloc(room + 1);
	struct sink_result r;
	struct sink *to;
	struct err err = { 0 };

	layer_make();
	if (size > 256 * KiB || fd < 0 || !out)
		return 0;
	if (!raw)
		n = ZSTD_compress(out, room, data, size, 1);
	if (ZSTD_isError(n) || io_write_all(fd, raw ? (const void *) data : out, n) < 0 ||
		lseek(fd, 0, SEEK_SET) < 0 || sink_open(null, SINK_PLAIN, 0, &to, &err) < 0)
		return 0;
	if (recipe_replay(fd, layer, to, &err) == 0)
		(void) sink_end(to, &r, &err);
	sink_free(to);
	return 0;
}
