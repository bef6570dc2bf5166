/*
 * pod.c — podctl pod ...
 */
#include <string.h>

#include "cmd/podctl/cidfile.h"
#include "cmd/podctl/environment.h"
#include "cmd/podctl/inspect.h"
#include "cmd/podctl/logs.h"
#include "cmd/podctl/many.h"
#include "cmd/podctl/notify.h"
#include "cmd/podctl/print.h"
#include "cmd/podctl/ps.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/text.h"
#include "pkg/verb/pods.h"

/* ---- create --------------------------------------------------------------------------------------------------------------------- */

struct create_pod {
	struct create_request create; /* first: the tables of limits and of members point into it */
	struct pod_create_request pod;
	const char *id_file;
};

static int opt_infra(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c;
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return err_set(err, ERR_INVALID, "--infra %s: expected true or false", value);
	((struct create_pod *) request)->pod.no_infra = !strcmp(value, "false");
	return 0;
}

static int opt_share(struct cli *c, void *request, const char *value, struct err *err)
{
	struct pod_create_request *r = &((struct create_pod *) request)->pod;

	r->share_set = true;
	while (*value) {
		size_t n = strcspn(value, ",");
		char *word = arena_strndup(&c->arena, value, n);

		if (!word || strs_add(&r->share, &c->arena, word) < 0)
			return err_sys(err, ENOMEM, "--share");
		value += n + (value[n] == ',');
	}
	return 0;
}

static int opt_share_parent(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c, (void) request;
	return !strcmp(value, "true")
		       ? 0
		       : err_set(err, ERR_UNSUPPORTED,
				 "--share-parent=%s: the containers' cgroups are below the pod's, always",
				 value);
}

static int opt_label_file(struct cli *c, void *request, const char *value, struct err *err)
{
	return labels_add_file(c, &((struct create_pod *) request)->pod.labels, value, err);
}

static int run_create(struct cli *c, void *request, struct err *err)
{
	struct pod_create_request *r = &((struct create_pod *) request)->pod;
	AUTO(cidfile_done) struct cidfile file = { .fd = -EBADF };
	const char *id = NULL;
	int rc;

	if (c->args.n && r->name)
		return err_set(err, ERR_INVALID, "give the name once: as an argument, or with --name");
	if (c->args.n)
		r->name = c->args.v[0];
	r->like = &((struct create_pod *) request)->create;
	if ((rc = create_surroundings(c, &((struct create_pod *) request)->create, err)) < 0 ||
		(rc = argv_keep(c, &r->argv, err)) < 0 ||
		(rc = cidfile_open(&file, "--pod-id-file", ((struct create_pod *) request)->id_file, err)) <
			0 ||
		(rc = verb_pod_create(&c->engine, r, &c->arena, &id, err)) < 0 ||
		(rc = cidfile_write(&file, id, err)) < 0)
		return rc;
	print_line(id);
	return 0;
}

#define P struct create_pod
static const struct option create_pod_options[] = {
	O_CSV(P, pod.add_hosts, "add-host", 0, "NAME:IP", "Add a line to /etc/hosts"),
	O_CSV(P, pod.dns, "dns", 0, "IP", "Name server in /etc/resolv.conf"),
	O_CSV(P, pod.dns_option, "dns-option|dns-opt", 0, "OPT", "Option in /etc/resolv.conf"),
	O_CSV(P, pod.dns_search, "dns-search", 0, "DOMAIN", "Search domain in /etc/resolv.conf"),
	O_STR(P, pod.exit_policy, "exit-policy", 0, "POLICY",
		"When the last container ended: continue (default) or stop the pod"),
	O_STR(P, pod.hostname, "hostname", 'h', "NAME", "Host name inside (default: the pod's name)"),
	{ .name = "infra",
		.kind = OPT_FN,
		.fn = opt_infra,
		.help = "Have an infra container that holds the namespaces (default true)",
		.implied = "true" },
	O_STR(P, create.monitor_pidfile, "infra-conmon-pidfile", 0, "FILE",
		"Write the pid of the pod's monitor to this file at each start"),
	O_STR(P, pod.infra_name, "infra-name", 0, "NAME", "Name the infra container"),
	O_STR(P, pod.address.ip, "ip", 0, "IP", "Address on the bridge"),
	O_KVS(P, pod.labels, "label", 'l', "Set a label"),
	O_STR(P, pod.address.mac, "mac-address", 0, "MAC", "Hardware address on the bridge"),
	O_STR(P, pod.name, "name", 'n', "NAME", "Name it (else a name is made up)"),
	O_STRS(P, pod.networks, "network|net", 0, "MODE",
		"bridge[:ip=IP,mac=MAC,alias=NAME], host, none or container:NAME"),
	O_CSV(P, pod.address.aliases, "network-alias", 0, "NAME", "One more name that pods find it by"),
	O_BOOL(P, pod.no_hosts, "no-hosts", 0, "Leave the images' /etc/hosts alone"),
	O_STR(P, id_file, "pod-id-file", 0, "FILE", "Write the pod's id to this file"),
	O_CSV(P, pod.publish, "publish", 'p', "[IP:][PORT:]PORT",
		"Publish a port, or a range of ports, on the host"),
	O_BOOL(P, pod.replace, "replace", 0, "Remove a pod of the same name first"),
	O_FN(opt_share, "share", 0, "LIST",
		"Namespaces its containers share: net, ipc, uts, pid (default net,ipc,uts)"),
	{ .name = "share-parent",
		.kind = OPT_FN,
		.fn = opt_share_parent,
		.help = "Containers' cgroups are below the pod's (always true)",
		.implied = "true" },
	O_KVS(P, pod.sysctls, "sysctl", 0, "Set a kernel parameter of its namespaces"),
	O_REFUSED("infra-command", 0, "CMD", "the infra container is podctl's own"),
	O_REFUSED("ip6", 0, "IP", "IPv6 networks are not done yet"),
	O_REFUSED("infra-image", 0, "IMAGE", "the infra container is podctl's own and needs no image"),
	O_STR(P, pod.pid, "pid", 0, "MODE", "PID namespace of its containers: private (default) or host"),
	O_FN(opt_label_file, "label-file", 0, "FILE", "Read labels from a file, one per line"),
	O_STR(P, pod.userns.mode, "userns", 0, "MODE",
		"User namespace: host (default), auto[:size=N], container:NAME, ns:PATH, private"),
	O_CSV(P, pod.userns.uidmap, "uidmap", 0, "C:H:N",
		"Users of its user namespace: container, host, how many"),
	O_CSV(P, pod.userns.gidmap, "gidmap", 0, "C:H:N", "Groups of its user namespace"),
	O_STR(P, pod.userns.subuid, "subuidname", 0, "NAME", "Have the users that /etc/subuid gives to NAME"),
	O_STR(P, pod.userns.subgid, "subgidname", 0, "NAME",
		"Have the groups that /etc/subgid gives to NAME"),
	O_END,
};
#undef P

/* ---- the rest ------------------------------------------------------------------------------------------------------------------- */

struct pod_command {
	struct many_request many;
	struct opt_i64 timeout;
	struct remove_request remove;
	const char *signal, *sdnotify;
	int number;
	bool busy;
};

static int start_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	const char *mode = ((struct pod_command *) ctx)->sdnotify;
	int rc = verb_pod_start(&c->engine, t, err);

	if (rc == 0 && mode && !strcmp(mode, "conmon"))
		notify_ready(c, t->id);
	return rc;
}

static int stop_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	return verb_pod_stop(&c->engine, t, &((struct pod_command *) ctx)->timeout, err);
}

static int restart_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	return verb_pod_restart(&c->engine, t, &((struct pod_command *) ctx)->timeout, err);
}

static int kill_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	return verb_pod_kill(&c->engine, t, ((struct pod_command *) ctx)->number, err);
}

static int pause_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	(void) ctx;
	return verb_pod_pause(&c->engine, t, true, err);
}

static int unpause_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	(void) ctx;
	return verb_pod_pause(&c->engine, t, false, err);
}

static int remove_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	struct pod_command *r = ctx;
	int rc = verb_pod_remove(&c->engine, t, &r->remove, err);

	r->busy = r->busy || (rc < 0 && err->kind == ERR_STATE);
	return rc;
}

static int run_start(struct cli *c, void *r, struct err *err)
{
	const char *mode = ((struct pod_command *) r)->sdnotify;

	if (mode && strcmp(mode, "conmon") != 0 && strcmp(mode, "ignore") != 0)
		return err_set(
			err, ERR_INVALID, "pod start --sdnotify %s: there are conmon and ignore", mode);
	return many_run(c, STORE_POD, &((struct pod_command *) r)->many, false, start_one, r, NULL, err);
}

/* podman prints the ids of pods it stopped, started, killed and removed. */
static int run_stop(struct cli *c, void *r, struct err *err)
{
	return many_run(c, STORE_POD, &((struct pod_command *) r)->many, true, stop_one, r, NULL, err);
}

static int run_restart(struct cli *c, void *r, struct err *err)
{
	return many_run(c, STORE_POD, &((struct pod_command *) r)->many, false, restart_one, r, NULL, err);
}

static int run_pause(struct cli *c, void *r, struct err *err)
{
	return many_run(c, STORE_POD, &((struct pod_command *) r)->many, true, pause_one, r, NULL, err);
}

static int run_unpause(struct cli *c, void *r, struct err *err)
{
	return many_run(c, STORE_POD, &((struct pod_command *) r)->many, true, unpause_one, r, NULL, err);
}

static int run_kill(struct cli *c, void *request, struct err *err)
{
	struct pod_command *r = request;

	r->number = signal_parse(r->signal ? r->signal : "KILL");
	if (r->number < 0)
		return err_set(err, ERR_INVALID, "--signal: no signal is called '%s'", r->signal);
	return many_run(c, STORE_POD, &r->many, true, kill_one, r, NULL, err);
}

static int run_remove(struct cli *c, void *request, struct err *err)
{
	struct pod_command *r = request;
	size_t missing = 0;
	int rc;

	r->many.ignore = r->many.ignore || r->remove.force;
	rc = many_run(c, STORE_POD, &r->many, false, remove_one, r, &missing, err);
	return rc > 0 && !r->busy && missing ? 1 : rc;
}

#define X struct pod_command
#define O_ID_FILE O_FN(opt_idfile, "pod-id-file", 0, "FILE", "The one whose id is in this file")
static const struct option start_options[] = { MANY_OPTIONS(X, "pods"), O_ID_FILE, O_END };
static const struct option notify_options[] = { O_STR(X, sdnotify, "sdnotify", 0, "MODE",
							"conmon: tell systemd that it runs, and to watch "
							"its monitor; ignore (default)"),
	O_END };
static const struct option stop_options[] = {
	MANY_OPTIONS(X, "running pods"),
	O_ID_FILE,
	O_BOOL(X, many.ignore, "ignore", 'i', "A pod that is not there is no error"),
	O_INT(X, timeout, "time|timeout", 't', "SECONDS",
		"How long containers may take before they are killed", -1, UINT32_MAX),
	O_END,
};
static const struct option kill_options[] = {
	MANY_OPTIONS(X, "running pods"),
	O_STR(X, signal, "signal", 's', "SIGNAL", "The signal, by name or number (default KILL)"),
	O_END,
};
static const struct option remove_options[] = {
	MANY_OPTIONS_NO_F(X, "pods"),
	O_ID_FILE,
	O_BOOL(X, remove.force, "force", 'f', "Stop running ones first; a pod that is not there is no error"),
	O_BOOL(X, many.ignore, "ignore", 'i', "A pod that is not there is no error"),
	O_INT(X, remove.timeout_s, "time|timeout", 't', "SECONDS",
		"With --force: how long containers may take to stop", -1, UINT32_MAX),
	O_END,
};
#undef X

struct pod_inspect_command {
	const char *format;
	bool latest;
};

static int one_pod(struct cli *c, bool latest, struct target **ret, struct err *err)
{
	struct selection s = { .kind = STORE_POD, .names = c->args, .latest = latest };
	size_t n = 0, missing = 0;
	int rc = verb_select(&c->engine, &s, &c->arena, ret, &n, cli_error, &missing, err);

	return rc < 0 ? rc : missing ? EXIT_ENGINE : 0;
}

static int run_inspect(struct cli *c, void *request, struct err *err)
{
	struct pod_inspect_command *r = request;

	struct target *t = NULL;
	int rc;

	if (r->latest && (rc = one_pod(c, true, &t, err)) != 0)
		return rc;
	if (r->latest && strs_add(&c->args, &c->arena, t->id) < 0)
		return err_sys(err, ENOMEM, "inspect");
	return inspect_many(c, "pod", r->format, false, false, err);
}

static const struct option inspect_options[] = {
	O_STR(struct pod_inspect_command, format, "format", 'f', "TEMPLATE",
		"Print through a Go template; json for JSON"),
	O_BOOL(struct pod_inspect_command, latest, "latest", 'l', "The one made last"),
	O_END,
};

static int run_exists(struct cli *c, void *request, struct err *err)
{
	const char *id = NULL, *pod = NULL;
	int rc = store_find(c->engine.store, c->args.v[0], STORE_POD, &c->arena, &id, &pod, err);

	(void) request;
	return rc < 0 && err->kind == ERR_NOT_FOUND ? 1 : rc;
}

/* All containers of the pod, or the one named with -c. */
static int run_pod_logs(struct cli *c, void *request, struct err *err)
{
	struct logs_command *r = request;
	struct target *pod = NULL, *t = NULL;
	size_t n = 0, kept = 0;
	int rc;

	if ((rc = one_pod(c, r->latest, &pod, err)) != 0 ||
		(rc = verb_pod_targets(&c->engine, pod, &c->arena, &t, &n, err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		const char *name = t[i].asked, *want = r->container;
		size_t len = strlen(name), tail = want ? strlen(want) : 0;

		/* by its full name, its name in the pod, or its id */
		if (!want || !strcmp(name, want) ||
			(len > tail && name[len - tail - 1] == '-' && !strcmp(name + len - tail, want)) ||
			!strncmp(t[i].id, want, tail))
			t[kept++] = t[i];
	}
	if (!kept)
		return err_set(err, ERR_NOT_FOUND, "pod %s has no container '%s'", pod->asked,
			r->container ? r->container : "");
	return logs_print(c, r, t, kept, err);
}

static const struct option pod_logs_options[] = {
	O_STR(struct logs_command, container, "container", 'c', "NAME", "Only this container's"),
	O_END,
};

/* clang-format off */
static const struct option *const o_create[] = { create_pod_options, member_options, limit_options, help_options, NULL };
static const struct option *const o_pause[] = { start_options, help_options, NULL };
static const struct option *const o_start[] = { start_options, notify_options, help_options, NULL };
static const struct option *const o_stop[] = { stop_options, help_options, NULL };
static const struct option *const o_kill[] = { kill_options, help_options, NULL };
static const struct option *const o_remove[] = { remove_options, help_options, NULL };
static const struct option *const o_inspect[] = { inspect_options, help_options, NULL };
static const struct option *const o_logs[] = { pod_logs_options, logs_options, help_options, NULL };
static const struct option *const o_ps[] = { pod_ps_options, help_options, NULL };
static const struct option *const o_help[] = { help_options, NULL };

const struct command pod_commands[] = {
	{ "pod create", "[NAME]", "Create a pod", "Add containers with podctl run --pod.", "  podctl pod create --name web -p 8080:80\n",
		o_create, sizeof(struct create_pod), 0, 1, 0, run_create },
	{ "pod ps|pod ls|pod list", "", "List pods", NULL, "  podctl pod ps\n", o_ps, sizeof(struct pod_ps_command), 0, 0, 0, run_pod_ps },
	{ "pod inspect", "POD...", "Print all that is known of pods as JSON", NULL, "  podctl pod inspect web\n",
		o_inspect, sizeof(struct pod_inspect_command), 0, -1, 0, run_inspect },
	{ "pod start", "POD...", "Start pods", NULL, "  podctl pod start web\n", o_start, sizeof(struct pod_command), 0, -1, 0, run_start },
	{ "pod stop", "POD...", "Stop pods", NULL, "  podctl pod stop -t 2 web\n", o_stop, sizeof(struct pod_command), 0, -1, 0, run_stop },
	{ "pod restart", "POD...", "Stop pods and start them again", NULL, NULL,
		o_stop, sizeof(struct pod_command), 0, -1, 0, run_restart },
	{ "pod kill", "POD...", "Send a signal to all containers of pods", NULL, NULL,
		o_kill, sizeof(struct pod_command), 0, -1, 0, run_kill },
	{ "pod pause", "POD...", "Freeze all processes of pods", NULL, NULL, o_pause, sizeof(struct pod_command), 0, -1, 0, run_pause },
	{ "pod unpause", "POD...", "Let frozen pods go on", NULL, NULL, o_pause, sizeof(struct pod_command), 0, -1, 0, run_unpause },
	{ "pod rm", "POD...", "Remove pods and their containers", NULL, "  podctl pod rm -f web\n",
		o_remove, sizeof(struct pod_command), 0, -1, CMD_REMOVES, run_remove },
	{ "pod logs", "POD", "Print what the containers of a pod wrote", NULL, "  podctl pod logs -c app web\n",
		o_logs, sizeof(struct logs_command), 0, 1, 0, run_pod_logs },
	{ "pod exists", "POD", "Exit 0 when there is such a pod, else 1", NULL, NULL, o_help, 0, 1, 1, 0, run_exists },
	{ .paths = NULL },
};
/* clang-format on */
