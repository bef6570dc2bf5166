#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"
#include "runtime/command.h"

/* clang-format off */
/* Option, where its value goes in linux.resources, and whether it is text, bytes or a number. */
static const struct flag { const char *opt, *group, *key; char kind; } flags[] = {
	{ "cpu-shares", "cpu", "shares", 'n' }, { "cpu-share", "cpu", "shares", 'n' }, { "cpu-quota", "cpu", "quota", 'n' },
	{ "cpu-period", "cpu", "period", 'n' }, { "cpu-burst", "cpu", "burst", 'n' },
	{ "cpu-rt-period", "cpu", "realtimePeriod", 'n' }, { "cpu-rt-runtime", "cpu", "realtimeRuntime", 'n' },
	{ "cpu-idle", "cpu", "idle", 'n' }, { "cpuset-cpus", "cpu", "cpus", 's' }, { "cpuset-mems", "cpu", "mems", 's' },
	{ "memory", "memory", "limit", 'b' }, { "memory-swap", "memory", "swap", 'b' },
	{ "memory-reservation", "memory", "reservation", 'b' }, { "pids-limit", "pids", "limit", 'n' },
	{ "blkio-weight", "blockIO", "weight", 'n' },
	{ "kernel-memory", NULL, NULL, 0 }, { "kernel-memory-tcp", NULL, NULL, 0 }, /* the kernel dropped both: ignored */
};
/* clang-format on */

static int add_flag(json_t *doc, const struct flag *f, const char *text, struct err *err)
{
	json_t *group, *v = NULL;
	uint64_t bytes;
	int64_t n;

	if (f->kind == 's')
		v = json_string(text);
	else if (parse_i64(text, INT64_MIN + 1, INT64_MAX, &n) == 0)
		v = json_integer(n);
	else if (f->kind == 'b' && parse_bytes(text, &bytes) == 0 && bytes <= INT64_MAX)
		v = json_integer((json_int_t) bytes);
	else
		return err_set(err, ERR_INVALID, "--%s: expected a number, got '%s'", f->opt, text);
	if (!(group = json_object_get(doc, f->group))) {
		group = json_object();
		(void) json_object_set_new(doc, f->group, group);
	}
	return json_object_set_new(group, f->key, v) < 0 ? err_sys(err, ENOMEM, "update") : 0;
}

static json_t *read_resources(const char *path, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(JSON_MAX);
	auto_close int fd = strcmp(path, "-") == 0 ? dup(0) : open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -errno : io_read_all(fd, &b);
	json_t *v;

	if (rc < 0) {
		err_sys(err, -rc, "read resources '%s'", path);
		return NULL;
	}
	if (!(v = config_parse(b.data ? b.data : (char[]){ "" }, b.len, err)))
		err_wrap(err, "resources '%s'", path);
	return v;
}

static int apply(const struct globals *g, const char *id, const json_t *doc, struct err *err)
{
	auto_close int dir = -EBADF;
	auto_oci_state struct oci_state s = { 0 };
	struct cgroup_fs cg = { 0 };
	enum oci_status st;
	int rc;

	if ((rc = statedir_open(g->root, id, &dir, &s, err)) < 0)
		return rc;
	st = oci_state_status(dir, &s);
	if (st != OCI_RUNNING && st != OCI_CREATED)
		return err_set(err, ERR_STATE, "container '%s': cannot be updated while it is %s", id,
			oci_status_name(st));
	if (!s.cgroup_path[0])
		return err_set(err, ERR_UNSUPPORTED, "container '%s': has no cgroup of its own", id);
	if ((rc = cgroup_open(&cg, err)) == 0)
		rc = resources_apply(&cg, s.cgroup_path, doc, true, err);
	cgroup_close(&cg);
	return rc < 0 ? err_wrap(err, "container '%s'", id) : 0;
}

int cmd_update(const struct globals *g, int argc, char **argv, struct err *err)
{
	const char *values[LEN(flags)] = { NULL }, *file = NULL, *id;
	static struct opt table[LEN(flags) + 2];
	json_t *doc;
	int rc = 0;

	for (size_t i = 0; i < LEN(flags); i++)
		table[i] = (struct opt){ flags[i].opt, 0, OPT_STR, &values[i],
			flags[i].group ? NULL : "ignored" };
	table[LEN(flags)] =
		(struct opt){ "resources", 'r', OPT_STR, &file, "file with linux.resources, - for stdin" };
	if ((rc = command_id(argc, argv, table, &id, err)) != 0)
		return rc;
	if (!(doc = file ? read_resources(file, err) : json_object()))
		return err->len ? -EINVAL : err_sys(err, ENOMEM, "update");
	for (size_t i = 0; rc == 0 && i < LEN(flags); i++)
		if (values[i] && flags[i].group)
			rc = add_flag(doc, &flags[i], values[i], err);
	if (rc == 0)
		rc = apply(g, id, doc, err);
	json_decref(doc);
	return rc;
}
