#include "cmd/podctl/pull.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/registry.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"
#include "pkg/verb/images.h"

/* ---- those who watch -------------------------------------------------------------------------------------------------- */

#define BAR_WIDTH 24
#define REST_WIDTH 64 /* of a bar's line, without the bar: names and numbers at their longest */
#define SPEED_AFTER_US 50000

struct bars {
	struct arena *a;
	struct bar {
		char digest[13];
		uint64_t got, size, began_us, ended_us;
	} bar[LAYERS_MAX];
	size_t n, drawn; /* lines that stand on the terminal below the last plain one */
	size_t shared;   /* layers that were here already */
	uint64_t shared_size;
};

static void plain_line(void *ctx, const char *text)
{
	auto_buf struct buf b = BUF_INIT(64 * KiB);

	(void) ctx;
	text_escape(&b, text);
	(void) fprintf(stderr, "%s\n", b.data ? b.data : "");
}

static void bars_up(const struct bars *b)
{
	if (b->drawn)
		(void) fprintf(stderr, "\x1b[%zuA", b->drawn);
}

static uint64_t speed(uint64_t bytes, uint64_t us)
{
	return us ? (uint64_t) ((double) bytes * 1e6 / (double) us) : 0;
}

static void bar_draw(const struct bars *b, const struct bar *k, size_t width)
{
	uint64_t us = (k->ended_us ? k->ended_us : time_mono_us()) - k->began_us;
	size_t full = k->size ? (size_t) (k->got * width / k->size) : width;
	char bar[BAR_WIDTH + 1];

	memset(bar, '-', width);
	memset(bar, '=', full < width ? full : width);
	bar[width] = '\0';
	(void) fprintf(stderr, "\rCopying blob %s [%s] %s / %s", k->digest, bar, words_size(b->a, k->got),
		words_size(b->a, k->size));
	if (us > SPEED_AFTER_US || k->ended_us) /* before that it says nothing */
		(void) fprintf(stderr, "  %s/s", words_size(b->a, speed(k->got, us)));
	(void) fprintf(stderr, "\x1b[K\n");
}

/* Only as many as the terminal has lines: what has scrolled away cannot be drawn again. */
static void bars_draw(struct bars *b)
{
	struct winsize w = { 0 };
	size_t width = BAR_WIDTH,
	       rows = ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 2 ? w.ws_row - 2U : 20;

	bars_up(b);
	b->drawn = b->n < rows ? b->n : rows;
	/* a line that wraps is two, and the next one would be drawn in the wrong place */
	if (w.ws_col && w.ws_col < REST_WIDTH + BAR_WIDTH)
		width = w.ws_col > REST_WIDTH + 1 ? w.ws_col - REST_WIDTH : 1;
	for (size_t i = 0; i < b->drawn; i++)
		bar_draw(b, &b->bar[b->n - b->drawn + i], width);
	(void) fflush(stderr);
}

static void bars_line(void *ctx, const char *text)
{
	struct bars *b = ctx;

	bars_up(b);
	if (b->drawn)
		(void) fprintf(stderr, "\x1b[J");
	b->drawn = 0;
	plain_line(NULL, text);
	bars_draw(b);
}

static void bars_layer(void *ctx, size_t i, const char *digest, uint64_t got, uint64_t size)
{
	struct bars *b = ctx;

	if (i == WATCH_SHARED) {
		b->shared++;
		b->shared_size += size;
		bars_line(b, arena_printf(b->a, "Copying blob %.12s skipped: already exists", digest));
		return;
	}
	if (i >= LAYERS_MAX)
		return;
	if (i >= b->n)
		b->n = i + 1;
	(void) snprintf(b->bar[i].digest, sizeof b->bar[i].digest, "%.12s", digest);
	if (!got || !b->bar[i].began_us)
		b->bar[i].began_us = time_mono_us();
	b->bar[i].ended_us = got == size ? time_mono_us() : 0;
	b->bar[i].got = got;
	b->bar[i].size = size;
	bars_draw(b);
}

/* The bars stay where they are; what comes next is written below them. */
static void bars_end(void *ctx)
{
	struct bars *b = ctx;
	uint64_t sum = 0, began = UINT64_MAX;

	for (size_t i = 0; i < b->n; i++) {
		sum += b->bar[i].got;
		if (b->bar[i].began_us < began)
			began = b->bar[i].began_us;
	}
	if (b->n)
		(void) fprintf(stderr, "%zu layer%s, %s at %s/s", b->n, b->n == 1 ? "" : "s",
			words_size(b->a, sum), words_size(b->a, speed(sum, time_mono_us() - began)));
	if (b->n && b->shared)
		(void) fprintf(stderr, "; %zu shared, %s", b->shared, words_size(b->a, b->shared_size));
	if (b->n)
		(void) fputc('\n', stderr);
	b->n = b->drawn = b->shared = 0;
	b->shared_size = 0;
	memset(b->bar, 0, sizeof b->bar);
}

static int watch(struct cli *c, struct pull_watch *w, struct err *err)
{
	struct bars *b;

	if (!isatty(STDERR_FILENO)) {
		*w = (struct pull_watch){ .line = plain_line };
		return 0;
	}
	if (!(b = arena_alloc(&c->arena, sizeof *b)))
		return err_sys(err, ENOMEM, "pull");
	b->a = &c->arena;
	*w = (struct pull_watch){ .line = bars_line, .layer = bars_layer, .end = bars_end, .ctx = b };
	return 0;
}

int pull_prepare(struct cli *c, struct pull_options *o, bool quiet, struct err *err)
{
	int rc = registry_prepare(c, &o->at, err);

	return rc < 0 || quiet ? rc : watch(c, &o->watch, err);
}

/* ---- podctl pull ---------------------------------------------------------------------------------------------------------- */

static int opt_retry_delay(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c;
	return registry_delay(value, &((struct pull_command *) request)->images.at, err);
}

/* The arguments are repositories: every tag of theirs instead. */
static int all_tags(struct cli *c, const struct pull_command *r, struct err *err)
{
	struct strs names = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < c->args.n; i++) {
		struct strs tags = { 0 };
		const char *full;
		const char *name = strrchr(c->args.v[i], '/');

		if (strpbrk(name ? name : c->args.v[i], ":@"))
			return err_set(
				err, ERR_INVALID, "'%s': tag can't be used with --all-tags", c->args.v[i]);
		if ((rc = image_tags(&c->engine, c->args.v[i], &r->images.at, &c->arena, &full, &tags, err)) <
			0)
			return rc;
		if (!tags.n)
			return err_set(err, ERR_NOT_FOUND, "'%s': the repository has no tags", full);
		for (size_t k = 0; rc == 0 && k < tags.n; k++)
			rc = strs_addf(&names, &c->arena, "%s:%s", full, tags.v[k]);
	}
	c->args = names;
	return rc < 0 ? err_sys(err, ENOMEM, "pull") : 0;
}

int run_pull(struct cli *c, void *request, struct err *err)
{
	struct pull_command *r = request;
	const char *id = NULL;
	int rc;

	if (r->platform && (r->images.os || r->images.arch || r->images.variant))
		return err_set(err, ERR_INVALID,
			"--platform option can not be specified with --arch, --os or --variant");
	if ((r->platform && (rc = pull_platform(r->platform, &c->arena, &r->images, err)) < 0) ||
		(rc = pull_prepare(c, &r->images, r->quiet, err)) < 0)
		return rc;
	signals_watch(&r->images.at);
	if (r->all_tags && (rc = all_tags(c, r, err)) < 0)
		return rc;
	for (size_t i = 0; i < c->args.n; i++) {
		rc = verb_pull(&c->engine, c->args.v[i], r->policy, &r->images, &c->arena, &id, err);
		if (rc < 0 && signal_caught()) {
			cli_error(err);
			return 128 + signal_caught();
		}
		if (rc < 0)
			return rc;
		print_line(id);
	}
	return 0;
}

#define P struct pull_command
const struct option pull_command_options[] = {
	O_BOOL(P, all_tags, "all-tags", 'a', "All tags of the repository"),
	O_STR(P, images.arch, "arch", 0, "ARCH", "Architecture of the image, such as arm64"),
	O_STR(P, images.at.authfile, "authfile", 0, "FILE", "Take credentials from this file only"),
	O_STR(P, images.at.cert_dir, "cert-dir", 0, "DIR",
		"Certificates for the registry, instead of certs.d"),
	O_STR(P, images.at.creds, "creds", 0, "USER[:PASSWORD]", "Who to be at the registry"),
	O_BOOL(P, no_trust, "disable-content-trust", 0, "Docker's; signatures are a matter of policy.json"),
	O_BOOL(P, images.keep_blobs, "keep-blobs", 0,
		"Keep the compressed layers too, so that a push sends the same bytes"),
	O_STR(P, images.os, "os", 0, "OS", "Operating system of the image"),
	O_STR(P, platform, "platform", 0, "OS/ARCH[/VARIANT]", "Platform of the image"),
	O_STR(P, policy, "policy", 0, "POLICY", "always (default), missing, newer or never"),
	O_BOOL(P, quiet, "quiet", 'q', "Print only ids"),
	O_INT(P, images.at.retry, "retry", 0, "N", "How often more after a failure of the network", 0, 1000),
	O_FN(opt_retry_delay, "retry-delay", 0, "TIME",
		"Wait so long between (default: two seconds, growing)"),
	O_STR(P, images.at.signature_policy, "signature-policy", 0, "FILE", "Instead of policy.json"),
	O_OBOOL(P, images.at.tls_verify, "tls-verify", 0,
		"Insist on HTTPS and check certificates (default: unless registries.conf says insecure)"),
	O_STR(P, images.variant, "variant", 0, "VARIANT", "Variant of the architecture, such as v7"),
	O_REFUSED("decryption-key", 0, "KEY", "encrypted images are not done"),
	O_END,
};
#undef P
