/*
 * clone.c — container clone and pod clone.
 */
#include "pkg/verb/clone.h"
#include "cmd/podctl/cidfile.h"
#include "cmd/podctl/environment.h"
#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"

struct clone_command {
	struct create_request create; /* first: limit_options point into it */
	struct clone_request clone;
};

static int run_clone(struct cli *c, void *request, struct err *err)
{
	struct clone_command *r = request;
	bool pod = !strcmp(c->command->paths, "pod clone");
	struct selection s = { .kind = pod ? STORE_POD : STORE_CONTAINER };
	struct target *t = NULL;
	const char *id = NULL;
	size_t n = 0, missing = 0;
	int rc;

	if (c->args.n > 2)
		return err_set(err, ERR_UNSUPPORTED,
			"container clone with another image: not done; podctl run it anew (podctl inspect "
			"has its create command)");
	if (c->args.n > 1 && r->clone.name)
		return err_set(err, ERR_INVALID, "give the name once: as an argument, or with --name");
	if (c->args.n > 1)
		r->clone.name = c->args.v[1];
	if (strs_add(&s.names, &c->arena, c->args.v[0]) < 0)
		return err_sys(err, ENOMEM, "clone");
	if ((rc = create_surroundings(c, &r->create, err)) < 0 ||
		(rc = argv_keep(c, &r->clone.argv, err)) < 0 ||
		(rc = verb_select(&c->engine, &s, &c->arena, &t, &n, cli_error, &missing, err)) < 0 ||
		missing)
		return rc < 0 ? rc : EXIT_ENGINE;
	r->clone.limits = pod ? NULL : &r->create;
	r->clone.like = pod ? &r->create : NULL;
	rc = pod ? verb_pod_clone(&c->engine, t, &r->clone, &c->arena, &id, err)
		 : verb_container_clone(&c->engine, t, &r->clone, &c->arena, &id, err);
	if (rc < 0)
		return rc;
	print_line(id);
	return 0;
}

#define C struct clone_command
static const struct option container_options[] = {
	O_BOOL(C, clone.destroy, "destroy", 0, "Remove the old one"),
	O_BOOL(C, clone.force, "force", 'f', "With --destroy: though it runs"),
	O_STR(C, clone.name, "name", 0, "NAME", "Name the new one (default: the old name with -clone)"),
	O_STR(C, clone.pod, "pod", 0, "POD", "Make it a member of this pod"),
	O_BOOL(C, clone.start, "run", 0, "Start it"),
	O_END,
};
static int opt_label_file(struct cli *c, void *request, const char *value, struct err *err)
{
	return labels_add_file(c, &((struct clone_command *) request)->create.labels, value, err);
}

static const struct option pod_options[] = {
	O_BOOL(C, clone.destroy, "destroy", 0, "Remove the old one"),
	O_STR(C, create.hostname, "hostname", 0, "NAME",
		"Host name inside (default: the old one's, or the new name)"),
	O_KVS(C, create.labels, "label", 'l', "Set a further label"),
	O_FN(opt_label_file, "label-file", 0, "FILE", "Read further labels from a file, one per line"),
	O_KVS(C, create.sysctls, "sysctl", 0, "Set a further kernel parameter of its namespaces"),
	O_REFUSED("infra-command|infra-conmon-pidfile", 0, "CMD", "the infra container is podctl's own"),
	O_REFUSED("userns|uidmap|gidmap|subuidname|subgidname", 0, "MODE",
		"the new pod has a user namespace like the old one's; podctl pod create a new one"),
	O_REFUSED("infra-name", 0, "NAME", "the new infra container is named by the new pod's id"),
	O_REFUSED("pid", 0, "MODE", "the new pod has the old one's namespaces; podctl pod create a new one"),
	O_STR(C, clone.name, "name", 'n', "NAME", "Name the new one (default: the old name with -clone)"),
	O_BOOL(C, clone.start, "start", 0, "Start it"),
	O_END,
};

/* clang-format off */
static const struct option *const o_container[] = { container_options, limit_options, help_options, NULL };
static const struct option *const o_pod[] = { pod_options, member_options, limit_options, help_options, NULL };

const struct command clone_commands[] = {
	{ "container clone", "CONTAINER [NAME]", "Make another container of the same making",
		"It is created, not started. What was mounted is mounted again; volumes without a name are new and empty.",
		"  podctl container clone web web2\n  podctl container clone --destroy --memory 512m --run web\n",
		o_container, sizeof(C), 1, 3, 0, run_clone },
	{ "pod clone", "POD [NAME]", "Make another pod with the same containers",
		"It is created, not started. Ports are published by one pod at a time: stop the old one before the new one starts.",
		"  podctl pod clone web web2\n", o_pod, sizeof(C), 1, 2, 0, run_clone },
	{ .paths = NULL },
};
/* clang-format on */
