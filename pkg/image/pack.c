#include "pkg/image/pack.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"

static const char *const format_words[] = { "plain", "gzip", "zstd" };

int pack_how_parse(const char *format, int64_t level, struct pack_how *ret, struct err *err)
{
	struct pack_how how = { .format = PACK_GZIP };
	int most = 9;

	if (format && strcmp(format, "zstd") == 0) {
		how.format = PACK_ZSTD;
		most = 22;
	} else if (format && strcmp(format, "zstd:chunked") == 0) {
		return err_set(err, ERR_UNSUPPORTED,
			"compression format 'zstd:chunked': writing it is not done; zstd is");
	} else if (format && strcmp(format, "gzip") != 0) {
		return err_set(err, ERR_INVALID, "unknown compression format \"%s\"; there are gzip and zstd",
			format);
	}
	if (level < 0 || level > most)
		return err_set(err, ERR_INVALID, "compression level %lld: expected 1 to %d",
			(long long) level, most);
	how.level = (int) level;
	*ret = how;
	return 0;
}

void packer_done(struct packer *p)
{
	struct err ignored = { 0 };
	int status;

	fd_close_p(&p->lines);
	if (p->pid > 0) {
		(void) syscall(SYS_pidfd_send_signal, p->pidfd, SIGKILL, NULL, 0);
		(void) proc_wait(p->pid, p->pidfd, 0, &status, &ignored);
	}
	p->pid = -1;
	fd_close_p(&p->pidfd);
}

static int start(struct engine *e, struct strs *more, struct arena *a, const struct pack_how *how, int in,
	int dir, int out, struct packer *p, struct err *err)
{
	const int pass[2][2] = { { dir, 3 }, { out, 5 } };
	struct strs argv = { 0 };

	if (strs_add(&argv, a, "podctl-unpack") < 0 || strs_add(&argv, a, "pack") < 0 ||
		strs_add_all(&argv, a, more) < 0 ||
		strs_addf(&argv, a, "--format=%s", format_words[how->format]) < 0 ||
		strs_addf(&argv, a, "--level=%d", how->level) < 0)
		return err_sys(err, ENOMEM, "write a layer");
	return unpack_helper_start(e, &argv, in, pass, LEN(pass), &p->lines, &p->pidfd, &p->pid, err);
}

int pack_tree_start(struct engine *e, int dir, bool difference, const struct pack_how *how, int out,
	struct packer *p, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct strs more = { 0 };

	if (strs_add(&more, &a, "--tree") < 0 || (!difference && strs_add(&more, &a, "--whole") < 0))
		return err_sys(err, ENOMEM, "write a layer");
	return start(e, &more, &a, how, -1, dir, out, p, err);
}

int pack_layer_start(struct engine *e, const char *diff_id, const struct pack_how *how, int out,
	struct packer *p, struct err *err)
{
	auto_arena struct arena a = { 0 };
	auto_close int dir = -EBADF, recipe = -EBADF;
	struct strs more = { 0 };
	int rc;

	if ((rc = layer_open(e, diff_id, &dir, &recipe, err)) < 0)
		return rc;
	if (recipe < 0)
		return err_set(err, ERR_UNSUPPORTED,
			"layer %.12s: how its archive was written is not known (it came with a podctl that "
			"did "
			"not keep it); remove the image and pull or load it again",
			diff_id);
	if (strs_addf(&more, &a, "--diff=%s", diff_id) < 0)
		return err_sys(err, ENOMEM, "write a layer");
	return start(e, &more, &a, how, recipe, dir, out, p, err);
}

static int result_take(const json_t *line, struct pack_result *ret, struct err *err)
{
	const json_t *ok = json_object_get(line, "ok");
	const char *diff = json_string_value(json_object_get(ok, "diffId"));
	const char *blob = json_string_value(json_object_get(ok, "blob"));

	if (json_object_get(line, "error"))
		return unpack_helper_error(line, err);
	if (!diff || !blob || !id_is_valid(diff) || !id_is_valid(blob))
		return err_set(err, ERR_SYSTEM, "podctl-unpack ended without a result");
	memcpy(ret->diff_id, diff, sizeof ret->diff_id);
	memcpy(ret->blob, blob, sizeof ret->blob);
	ret->tar_size = (uint64_t) json_integer_value(json_object_get(ok, "tarSize"));
	ret->blob_size = (uint64_t) json_integer_value(json_object_get(ok, "blobSize"));
	return 0;
}

int pack_finish(struct packer *p, struct pack_result *ret, struct err *err)
{
	auto_buf struct buf text = BUF_INIT(64 * KiB);
	int status = 0, rc = io_read_all(p->lines, &text);
	json_t *line;

	if (rc < 0)
		return err_sys(err, -rc, "read from podctl-unpack");
	rc = proc_wait(p->pid, p->pidfd, 0, &status, err);
	p->pid = -1;
	if (rc < 0)
		return rc;
	if (!text.len)
		return WIFSIGNALED(status) ? err_set(err, ERR_SYSTEM, "podctl-unpack was killed by %s",
						     signal_name(WTERMSIG(status)))
					   : err_set(err, ERR_SYSTEM, "podctl-unpack ended without a result");
	line = json_loadb(text.data, text.len, JSON_DISABLE_EOF_CHECK, NULL);
	rc = result_take(line, ret, err);
	json_decref(line);
	return rc;
}

int pack_layer(struct engine *e, const char *diff_id, const struct pack_how *how, int out,
	struct pack_result *ret, struct err *err)
{
	auto_packer struct packer p = PACKER_INIT;
	int rc = pack_layer_start(e, diff_id, how, out, &p, err);

	if (rc == 0)
		rc = pack_finish(&p, ret, err);
	return rc < 0 ? err_wrap(err, "layer %.12s", diff_id) : 0;
}
