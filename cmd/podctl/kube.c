/*
 * kube.c — kube play, down and generate.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/pull.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/verb/play.h"

/* ---- manifests ------------------------------------------------------------------------------------------------------------------- */

static int read_manifest(struct cli *c, const char *path, struct kube_input *ret, struct err *err)
{
	struct buf b = BUF_INIT(YAML_MAX);
	auto_close int fd = -EBADF;
	int rc;

	if (strstr(path, "://"))
		return err_set(
			err, ERR_UNSUPPORTED, "'%s': getting manifests from the net is not done yet", path);
	if (strcmp(path, "-") != 0 && (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open '%s'", path);
	rc = io_read_all(fd >= 0 ? fd : STDIN_FILENO, &b);
	if (rc == -EFBIG)
		rc = err_set(err, ERR_INVALID, "%s: larger than %lu MiB, the most a manifest may have", path,
			YAML_MAX / MiB);
	else if (rc < 0)
		rc = err_sys(err, -rc, "read '%s'", path);
	if (rc < 0)
		buf_done(&b);
	*ret = (struct kube_input){
		.file = strcmp(path, "-") == 0 ? "-" : path, .text = b.data ? b.data : "", .len = b.len
	};
	(void) c;
	return rc;
}

/* The texts live until the program ends; they are what everything else points into. */
static int read_manifests(struct cli *c, struct kube_input **ret, struct err *err)
{
	struct kube_input *in = arena_array(&c->arena, c->args.n + 1, sizeof *in);
	int rc = in ? 0 : err_sys(err, ENOMEM, "read manifests");

	for (size_t i = 0; rc == 0 && i < c->args.n; i++)
		rc = read_manifest(c, c->args.v[i], &in[i], err);
	*ret = in;
	return rc;
}

static void drop_manifests(struct kube_input *in, size_t n)
{
	for (size_t i = 0; in && i < n; i++)
		if (in[i].text && *in[i].text)
			free((void *) in[i].text);
}

/* "file:line:col: text" lines on stderr. */
static void print_diag(struct diag *d, enum diag_level from)
{
	auto_buf struct buf b = BUF_INIT(4 * MiB);

	diag_print(d, from, &b);
	if (b.data)
		(void) fwrite(b.data, 1, b.len, stderr);
}

/* ---- play ------------------------------------------------------------------------------------------------------------------------- */

struct play_command {
	bool down, replace, quiet, dry_run, no_hosts, no_start;
	const char *network;
	struct pull_options images;
};

static int opt_start(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c;
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return err_set(err, ERR_INVALID, "--start %s: expected true or false", value);
	((struct play_command *) request)->no_start = !strcmp(value, "false");
	return 0;
}

static void print_ids(const char *one, const char *several, const struct strs *ids)
{
	if (ids->n)
		print_line(ids->n == 1 ? one : several);
	for (size_t i = 0; i < ids->n; i++)
		print_line(ids->v[i]);
}

static void print_played(const struct play_result *r)
{
	for (size_t i = 0; i < r->n; i++) {
		print_line("Pod:");
		print_line(r->pod[i].id);
		print_ids("Container:", "Containers:", &r->pod[i].containers);
		print_line("");
	}
}

static int down(struct cli *c, const struct kube_input *in, struct err *err)
{
	auto_diag struct diag d = { 0 };
	struct down_result r = { 0 };
	int rc = verb_down(&c->engine, in, c->args.n, &d, &c->arena, &r, err);

	print_diag(&d, DIAG_WARNING);
	if (rc < 0)
		return rc;
	print_line("Pods stopped:");
	for (size_t i = 0; i < r.stopped.n; i++)
		print_line(r.stopped.v[i]);
	print_line("Pods removed:");
	for (size_t i = 0; i < r.removed.n; i++)
		print_line(r.removed.v[i]);
	return 0;
}

static int play(struct cli *c, const struct play_command *r, const struct kube_input *in, struct err *err)
{
	struct play_request q = { .in = in,
		.n = c->args.n,
		.replace = r->replace,
		.no_start = r->no_start,
		.dry_run = r->dry_run,
		.no_hosts = r->no_hosts,
		.network = r->network,
		.images = r->images };
	struct play_result played = { 0 };
	auto_diag struct diag d = { 0 };
	int rc;

	if (r->network && strcmp(r->network, "none") != 0 && strcmp(r->network, "host") != 0 &&
		strcmp(r->network, "bridge") != 0)
		return err_set(err, ERR_UNSUPPORTED,
			"--network %s: not done yet; there are bridge, host and none", r->network);
	if ((rc = pull_prepare(c, &q.images, r->quiet, err)) < 0)
		return rc;
	rc = verb_play(&c->engine, &q, &d, &c->arena, &played, err);
	/* notes are for people who look; faults for everybody */
	print_diag(&d, rc < 0 ? DIAG_ERROR : r->quiet ? DIAG_WARNING : DIAG_NOTE);
	if (rc < 0)
		return rc;
	if (r->dry_run) {
		(void) print_json(played.plan, 2);
		json_decref(played.plan);
	} else {
		print_played(&played);
	}
	return 0;
}

static int run_play(struct cli *c, void *request, struct err *err)
{
	struct play_command *r = request;
	struct kube_input *in = NULL;
	int rc = read_manifests(c, &in, err);

	if (rc == 0)
		rc = r->down ? down(c, in, err) : play(c, r, in, err);
	drop_manifests(in, c->args.n);
	return rc;
}

static int run_down(struct cli *c, void *request, struct err *err)
{
	struct kube_input *in = NULL;
	int rc = read_manifests(c, &in, err);

	(void) request;
	if (rc == 0)
		rc = down(c, in, err);
	drop_manifests(in, c->args.n);
	return rc;
}

#define P struct play_command
static const struct option play_options[] = {
	O_BOOL(P, down, "down", 0, "Take down what the manifest made, as podctl kube down does"),
	O_BOOL(P, dry_run, "dry-run", 0, "Check everything and print the plan as JSON; make nothing"),
	O_STR(P, network, "network|net", 0, "MODE",
		"bridge, host or none for all pods, whatever the manifest says"),
	O_BOOL(P, no_hosts, "no-hosts", 0, "Leave the images' /etc/hosts alone"),
	O_BOOL(P, quiet, "quiet", 'q', "No notes on fields that mean nothing on one machine"),
	O_BOOL(P, replace, "replace", 0, "Remove pods of the same names first"),
	{ .name = "start",
		.kind = OPT_FN,
		.fn = opt_start,
		.help = "Start what was made (default true)",
		.implied = "true" },
	O_REFUSED("annotation", 0, "KEY=VALUE", "not done yet"),
	O_STR(P, images.at.authfile, "authfile", 0, "FILE", "Take credentials for pulls from this file only"),
	O_REFUSED("build", 0, NULL, "images are not built yet"),
	O_REFUSED("configmap", 0, "FILE", "not done yet; give the file as a further argument"),
	O_STR(P, images.at.creds, "creds", 0, "USER:PASSWORD", "Who to be at the registries"),
	O_REFUSED("force", 0, NULL, "there are no volumes yet that outlive their pod"),
	O_REFUSED("ip", 0, "IP", "fixed addresses are not done yet"),
	O_REFUSED("log-driver", 0, "NAME", "not done yet"),
	O_REFUSED("log-opt", 0, "OPT", "not done yet"),
	O_REFUSED("mac-address", 0, "MAC", "fixed hardware addresses are not done yet"),
	O_REFUSED("publish", 'p', "PORT", "not done yet; use hostPort"),
	O_REFUSED("publish-all", 0, NULL, "not done yet; use hostPort"),
	O_REFUSED("service-container", 0, NULL, "not done yet"),
	O_OBOOL(P, images.at.tls_verify, "tls-verify", 0,
		"For a pull: insist on HTTPS and check certificates"),
	O_REFUSED("userns", 0, "MODE", "user namespaces of single pods are not done yet"),
	O_REFUSED("wait", 'w', NULL, "not done yet"),
	O_END,
};
#undef P
static const struct option down_options[] = {
	O_REFUSED("force", 0, NULL, "there are no volumes yet that outlive their pod"),
	O_END,
};

/* ---- generate ---------------------------------------------------------------------------------------------------------------------- */

struct generate_command {
	const char *file;
};

static int run_generate(struct cli *c, void *request, struct err *err)
{
	struct generate_command *r = request;
	auto_buf struct buf b = BUF_INIT(64 * MiB);
	auto_close int fd = -EBADF;
	int rc;

	if ((rc = verb_generate(&c->engine, &c->args, &b, err)) < 0)
		return rc;
	if (!r->file || !strcmp(r->file, "-")) {
		(void) fwrite(b.data ? b.data : "", 1, b.len, stdout);
		return 0;
	}
	fd = open(r->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 && errno == EEXIST)
		return err_set(err, ERR_EXISTS, "--filename: '%s' exists already", r->file);
	if (fd < 0)
		return err_sys(err, errno, "write '%s'", r->file);
	if ((rc = io_write_all(fd, b.data, b.len)) < 0)
		return err_sys(err, -rc, "write '%s'", r->file);
	return 0;
}

static const struct option generate_options[] = {
	O_STR(struct generate_command, file, "filename", 'f', "FILE",
		"Write to a file that does not exist yet"),
	O_REFUSED("service", 's', NULL, "Services are not done yet"),
	O_REFUSED("type", 't', "KIND", "Deployments are not done yet; a Pod is written"),
	O_REFUSED("replicas", 'r', "N", "Deployments are not done yet; a Pod is written"),
	O_END,
};

/* clang-format off */
static const struct option *const o_play[] = { play_options, help_options, NULL };
static const struct option *const o_down[] = { down_options, help_options, NULL };
static const struct option *const o_generate[] = { generate_options, help_options, NULL };

const struct command kube_commands[] = {
	{ "play kube|kube play", "FILE|-...", "Run the pods of a Kubernetes manifest",
		"Reads YAML or JSON, checks all of it and reports every fault with its place before anything is made. Images are looked for "
		"first; when one cannot be had, nothing is made. ConfigMaps are kept and can be used by later manifests. "
		"What fails before every pod has had its first start undoes the whole play.",
		"  podctl play kube app.yaml\n  podctl play kube --replace app.yaml\n  podctl play kube --down app.yaml\n"
		"  podctl generate kube app | podctl play kube --dry-run -\n",
		o_play, sizeof(struct play_command), 1, -1, 0, run_play },
	{ "kube down", "FILE|-...", "Stop and remove what a Kubernetes manifest made", "What is not there is down already.",
		"  podctl kube down app.yaml\n", o_down, 0, 1, -1, CMD_REMOVES, run_down },
	{ "generate kube|kube generate", "NAME...", "Write pods and containers as Kubernetes YAML",
		"What was played comes back as it was written.", "  podctl generate kube web >web.yaml\n",
		o_generate, sizeof(struct generate_command), 1, -1, 0, run_generate },
	{ .paths = NULL },
};
/* clang-format on */
