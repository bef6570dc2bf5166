/*
 * kube.c — kube play, down, diff and generate.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/podctl/environment.h"
#include "cmd/podctl/kube_explain.h"
#include "cmd/podctl/kube_wait.h"
#include "cmd/podctl/print.h"
#include "cmd/podctl/pull.h"
#include "cmd/podctl/registry.h"
#include "cmd/podctl/tables.h"
#include "pkg/image/fetch_url.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/verb/play.h"

/* ---- manifests ------------------------------------------------------------------------------------------------------------------- */

static int fetch_manifest(struct cli *c, const char *url, struct image_tmp *tmp, int *ret_fd, struct err *err)
{
	struct registry_options o = { 0 };
	int rc = registry_prepare(c, &o, err);

	return rc < 0 ? rc : image_fetch_url(&c->engine, url, &o, YAML_MAX, tmp, &c->arena, ret_fd, err);
}

static int read_manifest(struct cli *c, const char *path, struct kube_input *ret, struct err *err)
{
	struct buf b = BUF_INIT(YAML_MAX);
	auto_tmp struct image_tmp tmp = IMAGE_TMP_INIT;
	auto_close int fd = -EBADF;
	char real[PATH_MAX];
	bool url = image_is_url(path);
	int rc;

	if (url && (rc = fetch_manifest(c, path, &tmp, &fd, err)) < 0)
		return rc;
	if (!url && strcmp(path, "-") != 0 && (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open '%s'", path);
	rc = io_read_all(fd >= 0 ? fd : STDIN_FILENO, &b);
	if (rc == -EFBIG)
		rc = err_set(err, ERR_INVALID, "%s: larger than %lu MiB, the most a manifest may have", path,
			YAML_MAX / MiB);
	else if (rc < 0)
		rc = err_sys(err, -rc, "read '%s'", path);
	if (rc < 0)
		buf_done(&b);
	*ret = (struct kube_input){ .file = path, .text = b.data ? b.data : "", .len = b.len };
	if (rc == 0 && fd >= 0 && !url && realpath(path, real) &&
		!(ret->path = arena_strdup(&c->arena, real)))
		rc = err_sys(err, ENOMEM, "read '%s'", path);
	return rc;
}

static int is_manifest(const struct dirent *e)
{
	static const char *const endings[] = { ".yaml", ".yml", ".json" };
	const char *dot = strrchr(e->d_name, '.');

	for (size_t i = 0; dot && *e->d_name != '.' && i < LEN(endings); i++)
		if (!strcmp(dot, endings[i]))
			return 1;
	return 0;
}

/* The manifests of a directory, by name, in its place. */
static int expand(struct cli *c, const char *path, struct strs *to, struct err *err)
{
	struct dirent **v = NULL;
	int n = strcmp(path, "-") != 0 ? scandir(path, &v, is_manifest, alphasort) : -1, rc = 0;

	if (n < 0) /* it is none */
		return strs_add(to, &c->arena, path) < 0 ? err_sys(err, ENOMEM, "read manifests") : 0;
	if (!n)
		rc = err_set(err, ERR_INVALID,
			"'%s': there are no files .yaml, .yml or .json in this directory", path);
	for (int i = 0; i < n; i++) {
		if (rc == 0 && strs_addf(to, &c->arena, "%s/%s", path, v[i]->d_name) < 0)
			rc = err_sys(err, ENOMEM, "read manifests");
		free(v[i]);
	}
	free(v);
	return rc;
}

/* The texts live until the program ends; they are what everything else points into. */
static int read_manifests(struct cli *c, struct strs *paths, struct kube_input **ret, struct err *err)
{
	struct kube_input *in;
	struct strs all = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < paths->n; i++)
		rc = expand(c, paths->v[i], &all, err);
	*paths = all;
	if (!(in = arena_array(&c->arena, paths->n + 1, sizeof *in)) && rc == 0)
		rc = err_sys(err, ENOMEM, "read manifests");

	for (size_t i = 0; rc == 0 && i < paths->n; i++)
		rc = read_manifest(c, paths->v[i], &in[i], err);
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
	bool verbose, down, force, replace, quiet, dry_run, no_start, prune, wait, logs;
	const char *output, *wait_ready;
	struct strs configs;
	struct play_options options;
	struct pull_options images;
};

static int opt_bool(const char *name, const char *value, bool *ret, struct err *err)
{
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return err_set(err, ERR_INVALID, "--%s %s: expected true or false", name, value);
	*ret = !strcmp(value, "true");
	return 0;
}

static int opt_validate(struct cli *c, void *request, const char *value, struct err *err)
{
	static const char *const words[] = { "strict", "warn", "ignore" };

	(void) c;
	for (size_t i = 0; i < LEN(words); i++)
		if (strcmp(words[i], value) == 0 || (strcmp(value, i ? "false" : "true") == 0 && i != 1)) {
			((struct play_command *) request)->options.unknown = (enum kube_unknown) i;
			return 0;
		}
	return err_set(err, ERR_INVALID, "--validate %s: expected strict, warn or ignore", value);
}

static int opt_start(struct cli *c, void *request, const char *value, struct err *err)
{
	bool start = true;
	int rc = opt_bool("start", value, &start, err);

	(void) c;
	((struct play_command *) request)->no_start = !start;
	return rc;
}

static int opt_annotation(struct cli *c, void *request, const char *value, struct err *err)
{
	return annotation_add(c, &((struct play_command *) request)->options.annotations, value, err);
}

static int opt_multiple_pods(struct cli *c, void *request, const char *value, struct err *err)
{
	bool several = true;
	int rc = opt_bool("multiple-pods", value, &several, err);

	(void) c, (void) request;
	return rc < 0 || several ? rc
				 : err_set(err, ERR_UNSUPPORTED,
					   "--multiple-pods=false: a workload always has as many pods as its "
					   "manifest says");
}

static int opt_build(struct cli *c, void *request, const char *value, struct err *err)
{
	bool build = false;
	int rc = opt_bool("build", value, &build, err);

	(void) c, (void) request;
	return rc < 0 || !build ? rc
				: err_set(err, ERR_UNSUPPORTED,
					  "--build: images are not built yet; build with another tool and "
					  "load or pull the image");
}

static void print_ids(const char *one, const char *several, const struct strs *ids)
{
	if (ids->n)
		print_line(ids->n == 1 ? one : several);
	for (size_t i = 0; i < ids->n; i++)
		print_line(ids->v[i]);
}

static void print_list(const char *heading, const struct strs *l)
{
	print_line(heading);
	for (size_t i = 0; i < l->n; i++)
		print_line(l->v[i]);
}

/* podman's two lists always; the others when there is something. */
static void print_gone(const struct down_result *r)
{
	print_list("Pods stopped:", &r->stopped);
	print_list("Pods removed:", &r->removed);
	if (r->secrets.n)
		print_list("Secrets removed:", &r->secrets);
	if (r->volumes.n)
		print_list("Volumes removed:", &r->volumes);
}

static void print_played(const struct play_result *r)
{
	if (r->gone.removed.n)
		print_gone(&r->gone);
	print_ids("Volumes:", "Volumes:", &r->volumes);
	for (size_t i = 0; i < r->n; i++) {
		print_line("Pod:");
		print_line(r->pod[i].id);
		print_ids("Container:", "Containers:", &r->pod[i].containers);
		print_line("");
	}
}

static int down(struct cli *c, const struct kube_input *in, bool force, struct err *err)
{
	struct down_request q = { .in = in, .n = c->args.n, .volumes = force };
	auto_diag struct diag d = { 0 };
	struct down_result r = { 0 };
	int rc = verb_down(&c->engine, &q, &d, &c->arena, &r, err);

	print_diag(&d, DIAG_WARNING);
	if (rc == 0 || r.removed.n)
		print_gone(&r);
	return rc;
}

static int print_plan(const struct play_command *r, struct play_result *played, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(64 * MiB);
	int rc = 0;

	if (r->output && !strcmp(r->output, "yaml"))
		rc = yaml_emit(played->plan, &b, err);
	else
		(void) print_json(played->plan, 2);
	if (rc == 0 && b.len)
		(void) fwrite(b.data, 1, b.len, stdout);
	json_decref(played->plan);
	return rc;
}

static int check_flags(
	const struct cli *c, const struct play_command *r, const struct kube_input *in, struct err *err)
{
	if (r->output && !r->dry_run)
		return err_set(err, ERR_INVALID, "--output is for --dry-run");
	if (r->output && strcmp(r->output, "json") != 0 && strcmp(r->output, "yaml") != 0)
		return err_set(err, ERR_INVALID, "--output %s: there are json and yaml", r->output);
	if (r->force && !r->down)
		return err_set(err, ERR_INVALID, "--force may be specified only with --down");
	if (r->logs && !r->wait)
		return err_set(err, ERR_INVALID, "--logs needs --wait");
	if (r->images.at.authfile && access(r->images.at.authfile, R_OK) < 0)
		return err_sys(err, errno, "--authfile: credential file is not accessible: open '%s'",
			r->images.at.authfile);
	if (r->wait_ready && r->no_start)
		return err_set(err, ERR_INVALID, "--wait-ready and --start=false exclude each other");
	if (r->wait && r->no_start)
		return err_set(err, ERR_INVALID, "--wait and --start=false exclude each other");
	for (size_t i = 0; r->prune && i < c->args.n; i++)
		if (!in[i].path)
			return err_set(err, ERR_INVALID,
				"--prune: what came from standard input before is not known; name a file");
	return 0;
}

/* What means nothing on one machine, in one line. */
static void print_notes(const struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(64 * KiB);
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++) {
		const struct diag_item *it = &d->items[i];

		const char *what = strncmp(it->text, "kind: ", 6) == 0 ? it->text + 6 : it->text;

		if (it->level == DIAG_NOTE)
			(void) buf_printf(&b, "%s%.*s", n++ ? ", " : "", (int) strcspn(what, ": "), what);
	}
	if (n && b.data)
		(void) fprintf(stderr, "note: of no effect on one machine: %s (-v says why)\n", b.data);
}

static int play(struct cli *c, const struct play_command *r, const struct kube_input *in,
	const struct kube_input *configs, struct err *err)
{
	struct play_request q = { .in = in,
		.n = c->args.n,
		.configs = configs,
		.n_configs = r->configs.n,
		.replace = r->replace,
		.no_start = r->no_start,
		.prune = r->prune,
		.dry_run = r->dry_run,
		.options = r->options,
		.images = r->images };
	struct play_result played = { 0 };
	auto_diag struct diag d = { 0 };
	int rc;

	if ((rc = check_flags(c, r, in, err)) < 0 || (rc = pull_prepare(c, &q.images, r->quiet, err)) < 0)
		return rc;
	rc = verb_play(&c->engine, &q, &d, &c->arena, &played, err);
	/* notes are for people who look; faults for everybody */
	print_diag(&d, rc < 0 ? DIAG_ERROR : r->verbose ? DIAG_NOTE : DIAG_WARNING);
	if (rc == 0 && !r->quiet && !r->verbose)
		print_notes(&d);
	if (rc < 0)
		return rc;
	if (r->dry_run)
		return print_plan(r, &played, err);
	print_played(&played);
	if (r->wait_ready && (rc = kube_wait_ready(c, &played, r->wait_ready, err)) < 0)
		return rc;
	return r->wait ? kube_wait(c, in, &played, r->logs, err) : 0;
}

static int run_play(struct cli *c, void *request, struct err *err)
{
	struct play_command *r = request;
	struct kube_input *in = NULL, *configs = NULL;
	int rc = cli_enter(c, !r->down && !r->dry_run && !r->no_start, err);

	if (rc == 0 && (rc = read_manifests(c, &c->args, &in, err)) == 0 &&
		(rc = read_manifests(c, &r->configs, &configs, err)) == 0)
		rc = r->down ? down(c, in, r->force, err) : play(c, r, in, configs, err);
	drop_manifests(in, c->args.n);
	drop_manifests(configs, r->configs.n);
	return rc;
}

struct down_command {
	bool force;
};

static int run_down(struct cli *c, void *request, struct err *err)
{
	const struct down_command *r = request;
	struct kube_input *in = NULL;
	int rc = read_manifests(c, &c->args, &in, err);

	if (rc == 0)
		rc = down(c, in, r->force, err);
	drop_manifests(in, c->args.n);
	return rc;
}

/* ---- create job ---------------------------------------------------------------------------------------------------------------------- */

struct create_job_command {
	const char *from; /* "cronjob/NAME" */
	struct strs files;
	bool quiet, wait, logs;
};

/* The Job that a CronJob would make now, as kubectl create job --from makes it. */
static json_t *job_of(const struct node *cron, const char *name)
{
	const struct node *template = node_get(node_get(cron, "spec"), "jobTemplate"),
			  *spec = node_get(template, "spec"), *given = node_get(template, "metadata");
	json_t *meta = given ? node_to_json(given) : json_object(), *annotations;

	if (!json_is_object(annotations = json_object_get(meta, "annotations")))
		(void) json_object_set_new(meta, "annotations", annotations = json_object());
	(void) json_object_set_new(annotations, "cronjob.kubernetes.io/instantiate", json_string("manual"));
	(void) json_object_set_new(meta, "name", json_string(name));
	return json_pack("{s:s, s:s, s:o, s:o}", "apiVersion", "batch/v1", "kind", "Job", "metadata", meta,
		"spec", spec ? node_to_json(spec) : json_object());
}

static bool is_text(const struct node *n, const char *key, const char *text)
{
	const struct node *v = node_get(n, key);

	return v && v->kind == NODE_STRING && !strcmp(v->text, text);
}

/* Everything of the files but their CronJobs, and the Job that one of them stands for: one List. */
static int job_documents(struct cli *c, const struct create_job_command *r, const char *cron,
	const char *name, const struct kube_input *in, struct kube_input *ret, struct err *err)
{
	json_t *items = json_array(),
	       *list = json_pack("{s:s, s:s, s:o}", "apiVersion", "v1", "kind", "List", "items", items);
	auto_diag struct diag d = { 0 };
	bool found = false;
	int rc = 0;

	for (size_t i = 0; i < r->files.n && rc == 0; i++) {
		struct node **docs = NULL;
		size_t n = 0;

		d.file = in[i].file;
		rc = yaml_parse(in[i].text, in[i].len, &c->arena, &d, &docs, &n, err);
		for (size_t k = 0; rc == 0 && k < n; k++) {
			if (!is_text(docs[k], "kind", "CronJob")) {
				(void) json_array_append_new(items, node_to_json(docs[k]));
			} else if (is_text(node_get(docs[k], "metadata"), "name", cron) && !found) {
				(void) json_array_append_new(items, job_of(docs[k], name));
				found = true;
			}
		}
	}
	print_diag(&d, DIAG_ERROR);
	if (rc == 0 && d.errors)
		rc = err_set(err, ERR_INVALID, "the manifest cannot be read, nothing was created");
	else if (rc == 0 && !found)
		rc = err_set(err, ERR_NOT_FOUND, "cronjobs.batch \"%s\" not found in the files given", cron);
	*ret = (struct kube_input){ .file = r->files.v[0], .path = in[0].path };
	if (rc == 0 && !(ret->text = json_dumps(list, JSON_COMPACT)))
		rc = err_sys(err, ENOMEM, "create job");
	ret->len = ret->text ? strlen(ret->text) : 0;
	json_decref(list);
	return rc;
}

static int run_create_job(struct cli *c, void *request, struct err *err)
{
	const struct create_job_command *r = request;
	struct create_job_command mine = *r;
	const char *name = c->args.v[0], *slash = r->from ? strchr(r->from, '/') : NULL;
	struct play_command how = { .quiet = r->quiet, .wait = r->wait, .logs = r->logs };
	struct kube_input *in = NULL, job = { 0 };
	struct object_row row = { 0 };
	struct err none = { 0 };
	int rc;

	if (!slash || !slash[1] || strncmp(r->from, "cronjob", 7) != 0)
		return err_set(err, ERR_INVALID, "--from names what the Job is made of: cronjob/NAME");
	if (!r->files.n)
		return err_set(err, ERR_INVALID, "--filename names the file that holds the CronJob");
	if (store_object_get(c->engine.store, "Job", name, &c->arena, &row, &none) == 0)
		return err_set(err, ERR_EXISTS, "jobs.batch \"%s\" already exists", name);
	rc = read_manifests(c, &mine.files, &in, err);
	if (rc == 0 && (rc = job_documents(c, &mine, slash + 1, name, in, &job, err)) == 0) {
		c->args.n = 1; /* the one List */
		rc = play(c, &how, &job, NULL, err);
	}
	free((void *) (uintptr_t) job.text);
	drop_manifests(in, mine.files.n);
	return rc;
}

static const struct option create_job_options[] = {
	O_STRS(struct create_job_command, files, "filename", 'f', "FILE",
		"The manifest that holds the CronJob"),
	O_STR(struct create_job_command, from, "from", 0, "cronjob/NAME", "Of this CronJob"),
	O_BOOL(struct create_job_command, logs, "logs", 0, "With --wait: show all logs"),
	O_BOOL(struct create_job_command, quiet, "quiet", 'q',
		"No notes on fields that mean nothing on one machine"),
	O_BOOL(struct create_job_command, wait, "wait", 'w',
		"Stay until the Job has ended, then take it down; exit as the first that failed"),
	O_END,
};

/* ---- diff --------------------------------------------------------------------------------------------------------------------------- */

static int run_diff(struct cli *c, void *request, struct err *err)
{
	struct play_command *r = request;
	struct kube_input *in = NULL, *configs = NULL;
	auto_buf struct buf b = BUF_INIT(64 * MiB);
	auto_diag struct diag d = { 0 };
	struct play_request q = { .dry_run = true, .options = r->options };
	int rc = read_manifests(c, &c->args, &in, err);

	if (rc == 0 && (rc = read_manifests(c, &r->configs, &configs, err)) == 0) {
		q.in = in;
		q.n = c->args.n;
		q.configs = configs;
		q.n_configs = r->configs.n;
		rc = verb_kube_diff(&c->engine, &q, &d, &c->arena, &b, err);
		print_diag(&d, DIAG_ERROR);
	}
	if (b.len)
		(void) fwrite(b.data, 1, b.len, stdout);
	drop_manifests(in, c->args.n);
	drop_manifests(configs, r->configs.n);
	if (rc >= 0)
		return rc;
	cli_error(err);
	return 2;
}

#define P struct play_command
static const struct option manifest_options[] = {
	O_CSV(P, configs, "configmap", 0, "FILE", "ConfigMaps for these manifests alone, not kept"),
	O_STRS(P, options.networks, "network|net", 0, "MODE",
		"bridge[:ip=IP,mac=MAC], host or none for all pods, whatever the manifest says"),
	O_STRS(P, options.ips, "ip", 0, "IP", "Fixed address; once for each pod"),
	O_STRS(P, options.macs, "mac-address", 0, "MAC", "Fixed hardware address; once for each pod"),
	O_BOOL(P, options.no_hosts, "no-hosts", 0, "Leave the images' /etc/hosts alone"),
	O_BOOL(P, options.no_hostname, "no-hostname", 0, "Leave the images' /etc/hostname alone"),
	O_BOOL(P, options.no_pod_prefix, "no-pod-prefix", 0,
		"Containers are called as in the manifest, not POD-NAME"),
	O_STRS(P, options.publish, "publish", 'p', "PORT",
		"[[IP:]HOST:]CONTAINER[/PROTO], before the manifest's hostPort"),
	O_BOOL(P, options.publish_all, "publish-all", 0,
		"Publish every containerPort on the same port of the host"),
	O_FN(opt_annotation, "annotation", 0, "KEY=VALUE", "Set an annotation of pods and containers"),
	O_STR(P, options.log_driver, "log-driver", 0, "NAME", "Where output is logged: k8s-file or none"),
	O_STRS(P, options.log_opts, "log-opt", 0, "NAME=VALUE", "max-size=SIZE: rotate logs at this size"),
	O_END,
};
static const struct option play_options[] = {
	O_BOOL(P, down, "down", 0, "Take down what the manifest made, as podctl kube down does"),
	O_BOOL(P, dry_run, "dry-run", 0, "Check everything and print what would be done; do nothing"),
	O_BOOL(P, force, "force", 0, "With --down: remove the volumes of claims too"),
	O_BOOL(P, logs, "logs", 0, "With --wait: show all logs"),
	O_STR(P, output, "output", 'o', "FORMAT", "With --dry-run: json (default) or yaml"),
	O_BOOL(P, prune, "prune", 0, "Remove what these files made before and no longer hold"),
	O_BOOL(P, quiet, "quiet", 'q', "No notes on fields that mean nothing on one machine"),
	O_BOOL(P, replace, "replace", 0, "Remove pods of the same names first, changed or not"),
	{ .name = "start",
		.kind = OPT_FN,
		.fn = opt_start,
		.help = "Start what was made (default true)",
		.implied = "true" },
	O_BOOL(P, wait, "wait", 'w',
		"Stay until all pods have ended or Ctrl-C, then take them down; exit as the first that "
		"failed"),
	{ .name = "wait-ready",
		.kind = OPT_STR,
		.offset = offsetof(P, wait_ready),
		.value = "TIME",
		.help = "Stay until all pods are ready or have completed, at most so long (default 60s)",
		.implied = "60s" },
	O_STR(P, images.at.authfile, "authfile", 0, "FILE", "Take credentials for pulls from this file only"),
	O_STR(P, images.at.creds, "creds", 0, "USER:PASSWORD", "Who to be at the registries"),
	O_OBOOL(P, images.at.tls_verify, "tls-verify", 0,
		"For a pull: insist on HTTPS and check certificates"),
	O_STR(P, options.userns, "userns", 0, "MODE",
		"User namespace of pods that do not say hostUsers: host (default), auto[:size=N], ns:PATH"),
	{ .name = "build",
		.kind = OPT_FN,
		.fn = opt_build,
		.help = "Only false so far: images are not built",
		.implied = "true" },
	O_REFUSED("context-dir", 0, "DIR", "images are not built yet"),
	{ .name = "multiple-pods",
		.kind = OPT_FN,
		.fn = opt_multiple_pods,
		.help = "As many pods as a workload's manifest says, which is always so",
		.implied = "true" },
	O_STR(P, images.at.cert_dir, "cert-dir", 0, "DIR",
		"Certificates for the registries (default /etc/containers/certs.d)"),
	O_BOOL(P, options.strict, "strict", 0, "Warnings are errors"),
	{ .name = "validate",
		.kind = OPT_FN,
		.fn = opt_validate,
		.value = "MODE",
		.help = "strict or true (the default): unknown fields are errors; warn, ignore or false: "
			"they are "
			"left out",
		.implied = "strict" },
	O_BOOL(P, verbose, "verbose", 'v', "Say of each field that means nothing on one machine why"),
	O_STR(P, options.seccomp_root, "seccomp-profile-root", 0, "DIR",
		"Where seccomp profiles of type Localhost are (default /var/lib/kubelet/seccomp)"),
	O_REFUSED("service-container", 0, NULL, "not done yet; run it from a unit of your own with --wait"),
	O_REFUSED("service-exit-code-propagation", 0, "HOW",
		"there are no service containers yet; --wait tells the first failure"),
	O_END,
};
#undef P
static const struct option down_options[] = {
	O_BOOL(struct down_command, force, "force", 0,
		"Remove the volumes of claims, and what is in them, too"),
	O_END,
};

/* ---- generate ---------------------------------------------------------------------------------------------------------------------- */

struct generate_command {
	const char *file, *type;
	struct opt_i64 replicas;
	bool service, redact, podman_only, no_trunc;
};

static int run_generate(struct cli *c, void *request, struct err *err)
{
	struct generate_command *r = request;
	struct generate_request q = { .names = &c->args,
		.type = r->type,
		.replicas = r->replicas,
		.service = r->service,
		.redact = r->redact };
	auto_buf struct buf b = BUF_INIT(64 * MiB);
	auto_close int fd = -EBADF;
	int rc;

	if ((rc = verb_generate(&c->engine, &q, &b, err)) < 0)
		return rc;
	if (!r->file || !strcmp(r->file, "-")) {
		(void) fwrite(b.data ? b.data : "", 1, b.len, stdout);
		return 0;
	}
	fd = open(r->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 && errno == EEXIST)
		return err_set(err, ERR_EXISTS, "cannot write to '%s': it exists already", r->file);
	if (fd < 0)
		return err_sys(err, errno, "write '%s'", r->file);
	if ((rc = io_write_all(fd, b.data, b.len)) < 0)
		return err_sys(err, -rc, "write '%s'", r->file);
	return 0;
}

#define G struct generate_command
static const struct option generate_options[] = {
	O_STR(G, file, "filename", 'f', "FILE", "Write to a file that does not exist yet"),
	O_BOOL(G, no_trunc, "no-trunc", 0, "Annotations are never cut; taken for podman's sake"),
	O_BOOL(G, podman_only, "podman-only", 0,
		"podctl adds no annotations of its own; taken for podman's sake"),
	O_BOOL(G, redact, "redact", 0, "Mask what is in Secrets"),
	O_INT(G, replicas, "replicas", 'r', "N", "How many pods, for --type deployment and statefulset", 1,
		1000),
	O_BOOL(G, service, "service", 's', "Write a NodePort Service for the ports too"),
	O_STR(G, type, "type", 't', "KIND", "pod, deployment, daemonset, statefulset, job or cronjob"),
	O_END,
};
#undef G

/* clang-format off */
static const struct option *const o_play[] = { play_options, manifest_options, help_options, NULL };
static const struct option *const o_down[] = { down_options, help_options, NULL };
static const struct option *const o_diff[] = { manifest_options, help_options, NULL };
static const struct option explain_options[] = {
	O_BOOL(struct explain_command, recursive, "recursive", 0, "All fields below, indented"),
	O_BOOL(struct explain_command, support, "support", 0, "One line for each field below: its path, type, and what podctl does"),
	O_END,
};
static const struct option *const o_explain[] = { explain_options, help_options, NULL };
static const struct option *const o_generate[] = { generate_options, help_options, NULL };
static const struct option *const o_create_job[] = { create_job_options, help_options, NULL };

const struct command kube_commands[] = {
	{ "play kube|kube play", "FILE|DIR|URL|-...", "Run the pods of a Kubernetes manifest",
		"Reads YAML or JSON, checks all of it and reports every fault with its place before anything is made. Images are looked for "
		"first; when one cannot be had, nothing is made. ConfigMaps and Secrets are kept and can be used by later manifests. "
		"What fails before every pod has had its first start undoes the whole play and leaves what was there as it was. "
		"A second play changes only what has changed: other pods go on running. Annotations that podman reads (io.podman.annotations.*, io.containers.*, volume.podman.io/*) mean what they mean to podman, or are named as of no effect.",
		"  podctl play kube app.yaml\n  podctl play kube --replace app.yaml\n  podctl play kube --down app.yaml\n"
		"  podctl play kube --wait --logs job.yaml\n  podctl generate kube app | podctl play kube --dry-run -\n",
		o_play, sizeof(struct play_command), 1, -1, CMD_ENTERS, run_play },
	{ "kube down", "FILE|DIR|URL|-...", "Stop and remove what a Kubernetes manifest made",
		"What is not there is down already. A file that has been edited since takes down what it made before, too. Volumes of claims stay, "
		"unless --force is given.",
		"  podctl kube down app.yaml\n  podctl kube down --force app.yaml\n",
		o_down, sizeof(struct down_command), 1, -1, CMD_REMOVES, run_down },
	{ "kube create job", "NAME", "Run a CronJob's Job once",
		"A CronJob itself is not played: nothing of podctl stays behind to wait for its time. A systemd timer or cron does that, and calls "
		"this. What else is in the files (ConfigMaps, Secrets) is played with it.",
		"  podctl kube create job backup-$(date +%s) --from=cronjob/backup -f backup.yaml\n"
		"  podctl kube create job now --from=cronjob/backup -f backup.yaml --wait --logs\n",
		o_create_job, sizeof(struct create_job_command), 1, 1, 0, run_create_job },
	{ "kube diff", "FILE|DIR|URL|-...", "Show what playing a manifest would change",
		"Exit status 0 when nothing would, 1 when something would, 2 when that cannot be told. Values of Secrets are masked.",
		"  podctl kube diff app.yaml\n", o_diff, sizeof(struct play_command), 1, -1, 0, run_diff },
	{ "kube explain", "[PATH]", "Say what a field of a manifest is, and what podctl does with it",
		"PATH is a kind, or a field of one with dots: pod.spec.containers.securityContext. Without it the kinds are listed.",
		"  podctl kube explain\n  podctl kube explain pod.spec.volumes\n  podctl kube explain --recursive pod.spec.securityContext\n  podctl kube explain --support pod.spec\n",
		o_explain, sizeof(struct explain_command), 0, 1, CMD_NO_ENGINE, run_explain },
	{ "generate kube|kube generate", "NAME...", "Write pods, containers and volumes as Kubernetes YAML",
		"What was played comes back as it was written, with the ConfigMaps, Secrets and claims it refers to. Of what was made by hand only "
		"what is not default is written; containers named together become one pod.",
		"  podctl generate kube web >web.yaml\n  podctl generate kube --type deployment --replicas 3 web\n",
		o_generate, sizeof(struct generate_command), 1, -1, 0, run_generate },
	{ .paths = NULL },
};
/* clang-format on */
