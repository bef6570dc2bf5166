/*
 * container.c — create, ps, and what ends or changes containers.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/podctl/cidfile.h"
#include "cmd/podctl/environment.h"
#include "cmd/podctl/inspect.h"
#include "cmd/podctl/many.h"
#include "cmd/podctl/print.h"
#include "cmd/podctl/ps.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/create.h"

/* ---- create ---------------------------------------------------------------------------------------------------------------- */

struct create_command {
	struct create_request create;
	bool quiet;
};

static int run_create(struct cli *c, void *request, struct err *err)
{
	struct create_command *r = request;
	struct create_result made = { 0 };
	AUTO(cidfile_done) struct cidfile cid = { .fd = -EBADF };
	int rc;

	if ((rc = create_prepare(c, &r->create, err)) < 0 ||
		(rc = cidfile_open(&cid, "--cidfile", r->create.cidfile, err)) < 0 ||
		(rc = verb_create(&c->engine, &r->create, &c->arena, &made, err)) < 0 ||
		(rc = cidfile_write(&cid, made.id, err)) < 0)
		return rc;
	print_line(made.id);
	return 0;
}

static const struct option create_command_options[] = {
	O_BOOL(struct create_command, quiet, "quiet", 'q', "Print nothing but the id"),
	O_REFUSED("attach", 'a', "STREAM", "create attaches nothing; podctl start --attach does"),
	O_REFUSED("init-ctr", 0, "KIND", "init containers come from Kubernetes YAML (initContainers)"),
	O_END,
};

/* ---- stop, kill, restart, pause ----------------------------------------------------------------------------------------------- */

struct stop_command {
	struct many_request many;
	struct opt_i64 timeout;
	bool running;
};

static int stop_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	return verb_stop(&c->engine, t, &((struct stop_command *) ctx)->timeout, err);
}

static int run_stop(struct cli *c, void *request, struct err *err)
{
	struct stop_command *r = request;

	return many_run(c, STORE_CONTAINER, &r->many, true, stop_one, r, NULL, err);
}

static int restart_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	return verb_restart(&c->engine, t, &((struct stop_command *) ctx)->timeout, err);
}

static int run_restart(struct cli *c, void *request, struct err *err)
{
	struct stop_command *r = request;

	r->many.all = r->many.all || r->running;
	return many_run(c, STORE_CONTAINER, &r->many, r->running, restart_one, r, NULL, err);
}

#define S struct stop_command
static const struct option stop_options[] = {
	MANY_OPTIONS(S, "running containers"),
	O_BOOL(S, many.ignore, "ignore", 'i', "A container that is not there is no error"),
	O_INT(S, timeout, "time|timeout", 't', "SECONDS",
		"How long each may take before it is killed; -1 for ever", -1, UINT32_MAX),
	O_FN(opt_idfile, "cidfile", 0, "FILE", "The one whose id is in this file"),
	O_END,
};
static const struct option restart_options[] = {
	MANY_OPTIONS(S, "containers"),
	O_FN(opt_idfile, "cidfile", 0, "FILE", "The one whose id is in this file"),
	O_BOOL(S, running, "running", 0, "All that run"),
	O_INT(S, timeout, "time|timeout", 't', "SECONDS",
		"How long each may take to stop before it is killed", -1, UINT32_MAX),
	O_END,
};
#undef S

struct kill_command {
	struct many_request many;
	const char *signal;
	int number;
};

static int kill_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	return verb_kill(&c->engine, t, ((struct kill_command *) ctx)->number, err);
}

static int run_kill(struct cli *c, void *request, struct err *err)
{
	struct kill_command *r = request;

	r->number = signal_parse(r->signal ? r->signal : "KILL");
	if (r->number < 0)
		return err_set(err, ERR_INVALID, "--signal: no signal is called '%s'", r->signal);
	return many_run(c, STORE_CONTAINER, &r->many, true, kill_one, r, NULL, err);
}

static const struct option kill_options[] = {
	MANY_OPTIONS(struct kill_command, "running containers"),
	O_STR(struct kill_command, signal, "signal", 's', "SIGNAL",
		"The signal, by name or number (default KILL)"),
	O_FN(opt_idfile, "cidfile", 0, "FILE", "The one whose id is in this file"),
	O_END,
};

struct plain_command {
	struct many_request many;
};

static int pause_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	(void) ctx;
	return verb_pause(&c->engine, t, true, err);
}

static int run_pause(struct cli *c, void *request, struct err *err)
{
	struct plain_command *r = request;

	if (r->many.all && strs_add(&r->many.filters, &c->arena, "status=running") < 0)
		return err_sys(err, ENOMEM, "pause");
	return many_run(c, STORE_CONTAINER, &r->many, true, pause_one, NULL, NULL, err);
}

static int unpause_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	(void) ctx;
	return verb_pause(&c->engine, t, false, err);
}

static int run_unpause(struct cli *c, void *request, struct err *err)
{
	struct plain_command *r = request;

	if (r->many.all && strs_add(&r->many.filters, &c->arena, "status=paused") < 0)
		return err_sys(err, ENOMEM, "unpause");
	return many_run(c, STORE_CONTAINER, &r->many, true, unpause_one, NULL, NULL, err);
}

static const struct option plain_options[] = {
	MANY_OPTIONS(struct plain_command, "containers it makes sense for"),
	O_FN(opt_idfile, "cidfile", 0, "FILE", "The one whose id is in this file"),
	O_END,
};

/* ---- rm ------------------------------------------------------------------------------------------------------------------------- */

struct remove_command {
	struct many_request many;
	struct remove_request remove;
	bool busy;
};

static int remove_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	struct remove_command *r = ctx;
	int rc = verb_remove(&c->engine, t, &r->remove, err);

	r->busy = r->busy || (rc < 0 && err->kind == ERR_STATE);
	return rc;
}

/* podman's codes: 1 when a name was not there and nothing else failed, 2 when one of them runs. */
static int run_remove(struct cli *c, void *request, struct err *err)
{
	struct remove_command *r = request;
	size_t missing = 0;
	int rc;

	r->many.ignore = r->many.ignore || r->remove.force;
	r->remove.alone = !r->many.all; /* else the others go too */
	rc = many_run(c, STORE_CONTAINER, &r->many, false, remove_one, r, &missing, err);
	return rc > 0 && r->busy ? 2 : rc > 0 && missing ? 1 : rc;
}

#define X struct remove_command
static const struct option remove_options[] = {
	MANY_OPTIONS_NO_F(X, "containers"),
	O_BOOL(X, remove.force, "force", 'f',
		"Stop running ones first; a container that is not there is no error"),
	O_BOOL(X, many.ignore, "ignore", 'i', "A container that is not there is no error"),
	O_INT(X, remove.timeout_s, "time|timeout", 't', "SECONDS",
		"With --force: how long each may take to stop", -1, UINT32_MAX),
	O_BOOL(X, remove.volumes, "volumes", 'v', "Remove the volumes made for it alone too"),
	O_BOOL(X, remove.depend, "depend", 0, "Remove the containers that need it too"),
	O_FN(opt_idfile, "cidfile", 0, "FILE", "The one whose id is in this file"),
	O_END,
};
#undef X

/* ---- wait ------------------------------------------------------------------------------------------------------------------------- */

struct wait_command {
	struct many_request many;
	struct strs conditions;
	const char *interval;
};

/* One of the conditions the pod's monitor waits for itself; false: it must be looked at again and again. */
static bool wait_by_event(const struct wait_command *r, enum wait_condition *ret)
{
	static const struct {
		const char *word;
		enum wait_condition c;
	} words[] = { { "stopped", WAIT_STOPPED }, { "exited", WAIT_STOPPED }, { "running", WAIT_RUNNING } };

	*ret = WAIT_STOPPED;
	if (r->conditions.n == 0)
		return true;
	for (size_t i = 0; r->conditions.n == 1 && i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i].word, r->conditions.v[0])) {
			*ret = words[i].c;
			return true;
		}
	return false;
}

static int check_conditions(struct wait_command *r, struct err *err)
{
	static const char *const words[] = { "configured", "created", "exited", "initialized", "paused",
		"removed", "removing", "running", "stopped", "stopping", "unknown", "healthy", "unhealthy",
		NULL };

	for (size_t i = 0; i < r->conditions.n; i++) {
		bool known = false;

		for (size_t k = 0; words[k]; k++)
			known = known || !strcmp(words[k], r->conditions.v[i]);
		if (!known)
			return err_set(err, ERR_INVALID,
				"unknown container state: %s: invalid argument; there are configured, "
				"created, exited, "
				"initialized, paused, removed, removing, running, stopped, stopping, "
				"unknown, healthy and "
				"unhealthy",
				r->conditions.v[i]);
	}
	return 0;
}

/* "250ms", "2s", or a number of milliseconds. */
static int interval_of(const char *text, uint64_t *ret_us, struct err *err)
{
	size_t n = text ? strspn(text, "0123456789.") : 0;
	double v = text ? strtod(text, NULL) : 250;
	const char *unit = text ? text + n : "";

	if (text && (!n || v <= 0 || v > 1e9))
		n = 0;
	if (!text || (n && (!*unit || !strcmp(unit, "ms"))))
		*ret_us = (uint64_t) (v * 1000);
	else if (n && !strcmp(unit, "s"))
		*ret_us = (uint64_t) (v * 1000000);
	else if (n && !strcmp(unit, "m"))
		*ret_us = (uint64_t) (v * 60000000);
	else
		return err_set(err, ERR_INVALID, "--interval %s: expected a time such as 250ms or 2s", text);
	return 0;
}

static int run_wait(struct cli *c, void *request, struct err *err)
{
	struct wait_command *r = request;
	struct selection s = {
		.kind = STORE_CONTAINER, .names = c->args, .latest = r->many.latest, .ignore = r->many.ignore
	};
	enum wait_condition condition = WAIT_STOPPED;
	bool by_event = wait_by_event(r, &condition);
	uint64_t interval_us = 0;
	struct target *t = NULL;
	size_t n = 0, missing = 0;
	int rc;

	if ((rc = check_conditions(r, err)) < 0 || (rc = interval_of(r->interval, &interval_us, err)) < 0 ||
		(rc = verb_select(&c->engine, &s, &c->arena, &t, &n, cli_error, &missing, err)) < 0)
		return rc;
	rc = missing ? EXIT_ENGINE : 0;
	for (size_t i = 0; i < n; i++) {
		struct err one = { 0 };
		int64_t code = 0;

		if ((by_event ? verb_wait(&c->engine, &t[i], condition, &code, &one)
			      : verb_wait_any(&c->engine, &t[i], &r->conditions, interval_us, &code, &one)) <
			0) {
			cli_error(&one);
			rc = EXIT_ENGINE;
			continue;
		}
		/* as podman: no exit code of what runs */
		(void) printf("%" PRId64 "\n", by_event && condition == WAIT_RUNNING ? -1 : code);
		(void) fflush(stdout);
	}
	return rc;
}

static const struct option wait_options[] = {
	O_CSV(struct wait_command, conditions, "condition", 0, "STATE",
		"stopped (default), running, paused, created, removed ...; several: the first that comes"),
	O_BOOL(struct wait_command, many.ignore, "ignore", 0, "A container that is not there is no error"),
	O_STR(struct wait_command, interval, "interval", 'i', "TIME",
		"How often it is looked at when the pod's monitor cannot tell by itself (default 250ms)"),
	O_BOOL(struct wait_command, many.latest, "latest", 'l', "The one made last"),
	O_END,
};

/* ---- inspect, exists ------------------------------------------------------------------------------------------------------- */

struct inspect_command {
	const char *format, *type;
	bool size, latest;
};

static int run_container_inspect(struct cli *c, void *request, struct err *err)
{
	struct inspect_command *r = request;

	return inspect_many(c, "container", r->format, r->latest, r->size, err);
}

static int run_inspect(struct cli *c, void *request, struct err *err)
{
	struct inspect_command *r = request;

	return inspect_many(c, r->type ? r->type : "all", r->format, r->latest, r->size, err);
}

static const struct option inspect_options[] = {
	O_STR(struct inspect_command, format, "format", 'f', "TEMPLATE",
		"Print through a Go template; json for JSON"),
	O_BOOL(struct inspect_command, latest, "latest", 'l', "The one made last"),
	O_BOOL(struct inspect_command, size, "size", 's',
		"With the sizes of containers: SizeRw and SizeRootFs"),
	O_END,
};
static const struct option inspect_type_options[] = {
	O_STR(struct inspect_command, type, "type", 't', "TYPE",
		"all (default), container, image, network, pod or volume"),
	O_END,
};

struct exists_command {
	bool external;
};
static const struct option exists_options[] = {
	O_BOOL(struct exists_command, external, "external", 0,
		"One of another engine counts as well: there are none in podctl's store"),
	O_END,
};

static int run_exists(struct cli *c, void *request, struct err *err)
{
	const char *id = NULL, *pod = NULL;
	int rc = store_find(c->engine.store, c->args.v[0], STORE_CONTAINER, &c->arena, &id, &pod, err);

	(void) request;
	if (rc < 0 && err->kind == ERR_NOT_FOUND)
		return 1;
	return rc;
}

/* ---- the table ---------------------------------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct option *const o_create[] = { create_command_options, create_options, limit_options, help_options, NULL };
static const struct option *const o_exists[] = { exists_options, help_options, NULL };
static const struct option *const o_stop[] = { stop_options, help_options, NULL };
static const struct option *const o_restart[] = { restart_options, help_options, NULL };
static const struct option *const o_kill[] = { kill_options, help_options, NULL };
static const struct option *const o_plain[] = { plain_options, help_options, NULL };
static const struct option *const o_remove[] = { remove_options, help_options, NULL };
static const struct option *const o_wait[] = { wait_options, help_options, NULL };
static const struct option *const o_inspect[] = { inspect_options, inspect_type_options, help_options, NULL };
static const struct option *const o_container_inspect[] = { inspect_options, help_options, NULL };
static const struct option *const o_ps[] = { ps_options, help_options, NULL };

const struct command container_commands[] = {
	{ "create|container create", "IMAGE [COMMAND [ARG...]]", "Create a container without starting it",
		"Takes the options of run; start it with podctl start.", "  podctl create --name web -p 8080:80 localhost/web\n",
		o_create, sizeof(struct create_command), 1, -1, CMD_OPTS_FIRST, run_create },
	{ "ps|container ps|container ls|container list", "", "List containers", "Without -a, only those that run.",
		"  podctl ps -a\n  podctl ps --filter status=exited --format '{{.Names}} {{.Status}}'\n",
		o_ps, sizeof(struct ps_command), 0, 0, 0, run_ps },
	{ "stop|container stop", "CONTAINER...", "Stop containers",
		"Sends the stop signal, waits, and kills what still runs then.", "  podctl stop -t 2 web\n",
		o_stop, sizeof(struct stop_command), 0, -1, 0, run_stop },
	{ "restart|container restart", "CONTAINER...", "Stop containers and start them again", NULL, "  podctl restart web\n",
		o_restart, sizeof(struct stop_command), 0, -1, 0, run_restart },
	{ "kill|container kill", "CONTAINER...", "Send a signal to containers", NULL, "  podctl kill -s HUP web\n",
		o_kill, sizeof(struct kill_command), 0, -1, 0, run_kill },
	{ "pause|container pause", "CONTAINER...", "Freeze all processes of containers", NULL, "  podctl pause web\n",
		o_plain, sizeof(struct plain_command), 0, -1, 0, run_pause },
	{ "unpause|container unpause", "CONTAINER...", "Let frozen containers go on", NULL, "  podctl unpause web\n",
		o_plain, sizeof(struct plain_command), 0, -1, 0, run_unpause },
	{ "rm|container rm", "CONTAINER...", "Remove containers",
		"Exit status 1 when a container was not there, 2 when one of them runs.", "  podctl rm -f web\n  podctl rm -fa\n",
		o_remove, sizeof(struct remove_command), 0, -1, CMD_REMOVES, run_remove },
	{ "wait|container wait", "CONTAINER...", "Wait until containers end, and print their exit codes", NULL, "  podctl wait job\n",
		o_wait, sizeof(struct wait_command), 0, -1, 0, run_wait },
	{ "inspect", "NAME...", "Print all that is known of containers, images or pods as JSON", NULL,
		"  podctl inspect web\n  podctl inspect -f '{{.State.Pid}}' web\n",
		o_inspect, sizeof(struct inspect_command), 0, -1, 0, run_inspect },
	{ "container inspect", "CONTAINER...", "Print all that is known of containers as JSON", NULL, NULL,
		o_container_inspect, sizeof(struct inspect_command), 0, -1, 0, run_container_inspect },
	{ "container exists", "CONTAINER", "Exit 0 when there is such a container, else 1", NULL, NULL,
		o_exists, sizeof(struct exists_command), 1, 1, 0, run_exists },
	{ .paths = NULL },
};
/* clang-format on */
