/*
 * podctl-unpack — the only program that parses archives.  Started by podctl for one layer or one image archive.
 *
 *   podctl-unpack layer [--member=N] [--diff=HEX] [--blob=HEX] [--userns] [--recipe] --max=BYTES
 *                                                                          0: archive, 3: directory to fill, 5: recipe
 *   podctl-unpack scan --max=BYTES                                         0: archive, 3: for copies
 *   podctl-unpack pack [--tree [--whole]] [--format=plain|gzip|zstd] [--level=N] [--diff=HEX]
 *                                                                          0: recipe, 3: the layer, 5: the tar
 *
 * Results are JSON lines on stdout; the last one is {"ok":...} or {"error":...}.  Names of files travel as hex digits,
 * being bytes, not text.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/podctl-unpack/pack.h"
#include "pkg/archive/confine.h"
#include "pkg/archive/digest.h"
#include "pkg/archive/scan.h"
#include "pkg/archive/unpack.h"
#include "pkg/codec/node.h"
#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

enum { FD_ARCHIVE = 0, FD_RESULT = 1, FD_DIR = 3, FD_LOCK = 4 /* only held */, FD_THIRD = 5 };

static int line_write(json_t *v, struct err *err)
{
	auto_free char *text = v ? json_print(v) : NULL;
	struct buf b = BUF_INIT(1 * MiB);
	int rc;

	json_decref(v);
	if (!text)
		return err_sys(err, ENOMEM, "report a result");
	(void) buf_printf(&b, "%s\n", text);
	rc = buf_failed(&b) ? b.error : io_write_all(FD_RESULT, b.data, b.len);
	buf_done(&b);
	return rc < 0 ? err_sys(err, -rc, "report a result") : 0;
}

static json_t *hex_string(const char *s)
{
	struct buf b = BUF_INIT(64 * KiB);
	json_t *v;

	(void) buf_puts(&b, "");
	for (; *s; s++)
		(void) buf_printf(&b, "%02x", (unsigned char) *s);
	v = buf_failed(&b) ? NULL : json_string(b.data ? b.data : "");
	buf_done(&b);
	return v;
}

static int on_event(void *ctx, enum unpack_event event, const char *text, struct err *err)
{
	(void) ctx;
	return line_write(
		json_pack("{s:o}", event == UNPACK_OPAQUE ? "opaque" : "note", hex_string(text)), err);
}

static int on_member(void *ctx, const struct scan_member *m, struct err *err)
{
	json_t *v = json_pack("{s:o,s:I,s:I,s:I}", "member", hex_string(m->name), "index",
		(json_int_t) m->index, "file", (json_int_t) m->file, "size", (json_int_t) m->size);

	(void) ctx;
	if (v && m->link)
		(void) json_object_set_new(v, "link", hex_string(m->link));
	if (v && m->hard)
		(void) json_object_set_new(v, "hard", hex_string(m->hard));
	return line_write(v, err);
}

static int layer_main(struct unpack_opts *o, struct err *err)
{
	struct unpack_result r;
	int rc = unpack_layer(o, &r, err);

	if (rc < 0)
		return rc;
	return line_write(json_pack("{s:{s:s,s:I,s:I,s:I,s:I}}", "ok", "diffId", r.diff_id, "tarSize",
				  (json_int_t) r.tar_size, "blobSize", (json_int_t) r.blob_size, "size",
				  (json_int_t) r.size, "entries", (json_int_t) r.entries),
		err);
}

static int pack_main(const struct pack_opts *o, struct err *err)
{
	struct sink_result r;
	int rc = pack_run(o, FD_ARCHIVE, FD_DIR, FD_THIRD, &r, err);

	if (rc < 0)
		return rc;
	return line_write(
		json_pack("{s:{s:s,s:I,s:s,s:I}}", "ok", "diffId", r.diff_id, "tarSize",
			(json_int_t) r.tar_size, "blob", r.blob, "blobSize", (json_int_t) r.blob_size),
		err);
}

static int scan_main(uint64_t max, struct err *err)
{
	int rc = archive_scan(FD_ARCHIVE, FD_DIR, max, on_member, NULL, err);

	return rc < 0 ? rc : line_write(json_pack("{s:{}}", "ok"), err);
}

static int options(int argc, char **argv, struct unpack_opts *o, struct pack_opts *p, struct err *err)
{
	static const struct option table[] = {
		{ "member", required_argument, NULL, 'm' },
		{ "diff", required_argument, NULL, 'd' },
		{ "blob", required_argument, NULL, 'b' },
		{ "userns", no_argument, NULL, 'u' },
		{ "plain", no_argument, NULL, 'p' },
		{ "max", required_argument, NULL, 'x' },
		{ "recipe", no_argument, NULL, 'r' },
		{ "tree", no_argument, NULL, 't' },
		{ "whole", no_argument, NULL, 'w' },
		{ "format", required_argument, NULL, 'f' },
		{ "level", required_argument, NULL, 'l' },
		{ 0 },
	};
	uint64_t n;
	int c, rc;

	*p = (struct pack_opts){ 0 };
	*o = (struct unpack_opts){ .fd = FD_ARCHIVE, .dir = FD_DIR, .member = -1, .event = on_event };
	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (c) {
		case 'm':
			if (parse_u64(optarg, 0, INT64_MAX, &n) < 0)
				return err_set(err, ERR_INVALID, "--member=%s: not a number", optarg);
			o->member = (int64_t) n;
			break;
		case 'x':
			if (parse_u64(optarg, 1, INT64_MAX, &o->max) < 0)
				return err_set(err, ERR_INVALID, "--max=%s: not a number", optarg);
			break;
		case 'd':
		case 'b':
			if (!id_is_valid(optarg))
				return err_set(err, ERR_INVALID, "'%s' is not a sha256 digest", optarg);
			*(c == 'd' ? &o->expect_diff : &o->expect_blob) = optarg;
			break;
		case 'u':
			o->userns = true;
			break;
		case 'p':
			o->plain = true;
			break;
		case 'r':
			o->recipe = FD_THIRD;
			break;
		case 't':
			p->tree = true;
			break;
		case 'w':
			p->whole = true;
			break;
		case 'f':
			if ((rc = pack_format(optarg, &p->format, err)) < 0)
				return rc;
			break;
		case 'l':
			if (parse_u64(optarg, 0, 22, &n) < 0)
				return err_set(err, ERR_INVALID, "--level=%s: not a level", optarg);
			p->level = (int) n;
			break;
		default:
			return err_set(err, ERR_INVALID, "unknown option");
		}
	}
	p->diff = o->expect_diff;
	if (optind + 1 != argc || (!o->max && strcmp(argv[optind], "pack") != 0))
		return err_set(err, ERR_INVALID, "usage: podctl-unpack layer|scan|pack --max=BYTES ...");
	return 0;
}

static int run(int argc, char **argv, struct err *err)
{
	struct unpack_opts o;
	struct pack_opts p;
	const char *mode;
	bool pack;
	int rc;

	/* names in pax headers are UTF-8, and libarchive changes what the locale cannot say */
	if (!setlocale(LC_ALL, "C.UTF-8"))
		return err_set(err, ERR_UNSUPPORTED, "the C library has no C.UTF-8 locale");
	if ((rc = options(argc, argv, &o, &p, err)) < 0)
		return rc;
	if (digest_prepare() < 0)
		return err_set(err, ERR_UNSUPPORTED, "libcrypto has no SHA-256");
	mode = argv[optind];
	pack = strcmp(mode, "pack") == 0;
	if (!pack && strcmp(mode, "layer") != 0 && strcmp(mode, "scan") != 0)
		return err_set(err, ERR_INVALID, "'%s' is not a mode", mode);
	if ((rc = confine(FD_DIR, pack || o.recipe > 0 ? FD_THIRD : FD_LOCK, pack, err)) < 0)
		return rc;
	if (pack)
		return pack_main(&p, err);
	return strcmp(mode, "layer") == 0 ? layer_main(&o, err) : scan_main(o.max, err);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
/* The leak checker looks at threads through /proc, which is not there after chroot, and would end us with status 1. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }
#endif

int main(int argc, char **argv)
{
	struct err err = { 0 }, ignored = { 0 };

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("podctl-unpack " PODCTL_VERSION);
		return 0;
	}
	if (run(argc, argv, &err) >= 0)
		return 0;
	(void) line_write(json_pack("{s:o,s:i,s:i}", "error", hex_string(err.msg), "kind", (int) err.kind,
				  "errno", (int) err.errnum),
		&ignored);
	return 1;
}
