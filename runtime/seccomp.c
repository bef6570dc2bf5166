#include "runtime/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"
#include "pkg/util/path.h"
#include "pkg/util/sha256.h"
#include "pkg/util/text.h"

#define CACHE "@seccomp" /* '@' cannot be part of a container's id */

/* What a cached file begins with; the filter follows.  Changed whenever the compiler's output would change. */
struct cache_head {
	char magic[8];
	uint32_t flags, count;
};
static const char magic[8] = { 'p', 'o', 'd', 'b', 'p', 'f', '0', '1' };

static int hash_part(const char *p, size_t n, void *arg)
{
	sha256_update(arg, p, n);
	return 0;
}

static void digest(const json_t *profile, char hex[65]) /* an object, or the text of a compiled one */
{
	unsigned char raw[32];
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, magic, sizeof magic);
	sha256_update(&s, PODCTL_VERSION, sizeof PODCTL_VERSION);
	(void) json_dump_callback(profile, hash_part, &s, JSON_COMPACT | JSON_ENCODE_ANY);
	sha256_final(&s, raw);
	digest_hex(raw, hex);
}

static int cache_dir(const char *root, bool make)
{
	auto_close int top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (top < 0)
		return -errno;
	fd = path_open(top, CACHE, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0);
	if (fd == -ENOENT && make && (mkdirat(top, CACHE, 0700) == 0 || errno == EEXIST))
		fd = path_open(top, CACHE, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0);
	return fd;
}

/* A filter that somebody else could have written is never loaded. */
static bool is_ours(int fd, mode_t type)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_uid == geteuid() &&
	       !(st.st_mode & 022);
}

static int cache_load(int dir, const char *name, struct filter *ret)
{
	auto_close int fd = path_open(dir, name, PATH_IN_STATE, O_RDONLY | O_NONBLOCK, 0);
	struct cache_head head;
	struct sock_filter *prog;
	ssize_t size;

	if (fd < 0)
		return fd;
	if (!is_ours(dir, S_IFDIR) || !is_ours(fd, S_IFREG))
		return -EPERM;
	if (read(fd, &head, sizeof head) != sizeof head || memcmp(head.magic, magic, sizeof magic) != 0 ||
		!head.count || head.count > SECCOMP_PROG_MAX)
		return -EBADMSG;
	size = (ssize_t) (head.count * sizeof *prog);
	if (!(prog = malloc((size_t) size)))
		return -ENOMEM;
	if (read(fd, prog, (size_t) size) != size) {
		free(prog);
		return -EBADMSG;
	}
	ret->prog = (struct sock_fprog){ .len = (unsigned short) head.count, .filter = prog };
	ret->flags = head.flags;
	return 0;
}

static void cache_store(int dir, const struct filter *f)
{
	struct cache_head head = { .flags = f->flags, .count = f->prog.len };
	size_t size = f->prog.len * sizeof *f->prog.filter;
	auto_free char *text = malloc(sizeof head + size);

	if (!text || !is_ours(dir, S_IFDIR))
		return;
	memcpy(head.magic, magic, sizeof magic);
	memcpy(text, &head, sizeof head);
	memcpy(text + sizeof head, f->prog.filter, size);
	(void) file_replace(dir, f->digest, text, sizeof head + size, 0600, false);
}

/* A filter that somebody else compiled, as base64: loaded as it is. */
static int raw_filter(const char *text, struct filter *ret, struct err *err)
{
	size_t n = 0;
	char *raw = base64_decode(text, &n);

	if (!raw || !n || n % sizeof(struct sock_filter) ||
		n > SECCOMP_PROG_MAX * sizeof(struct sock_filter)) {
		free(raw);
		return err_set(err, ERR_INVALID,
			"annotation run.oci.seccomp_bpf_data: expected a BPF program of up to %d "
			"instructions in base64",
			SECCOMP_PROG_MAX);
	}
	ret->prog = (struct sock_fprog){ .len = (unsigned short) (n / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *) (void *) raw };
	return 0;
}

int seccomp_prepare(const struct config *g, const char *root, struct filter *ret, struct err *err)
{
	const json_t *raw = json_object_get(g->annotations, "run.oci.seccomp_bpf_data");
	bool strict = config_annotation(g, "run.oci.seccomp_fail_unknown_syscall");
	auto_close int dir = -EBADF;
	int rc;

	if (!g->seccomp && !json_is_string(raw))
		return 0;
	dir = cache_dir(root, true);
	digest(json_is_string(raw) ? raw : g->seccomp, ret->digest);
	if (!strict && dir >= 0 && cache_load(dir, ret->digest, ret) == 0)
		return 0;
	rc = json_is_string(raw) ? raw_filter(json_string_value(raw), ret, err)
				 : seccomp_compile(g->seccomp, strict, ret, err);
	if (rc < 0)
		return rc;
	if (dir >= 0 && ret->prog.len)
		cache_store(dir, ret);
	return 0;
}

int seccomp_from_digest(const char *root, const char *name, struct filter *ret, struct err *err)
{
	auto_close int dir = cache_dir(root, false);
	int rc = dir;

	if (dir >= 0 && strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64 &&
		(rc = cache_load(dir, name, ret)) == 0) {
		memcpy(ret->digest, name, 65);
		return 0;
	}
	return err_sys(err, rc < 0 ? -rc : EINVAL, "load the cached seccomp filter");
}

int filter_load(const struct filter *f, struct err *err)
{
	int rc = (int) syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, f->flags, &f->prog);

	return rc < 0 ? err_sys(err, errno, "load the seccomp filter") : rc;
}
