/*
 * play_annotations.c — what podman says of a played container by annotations, where Kubernetes has no field for it.
 *
 * "io.podman.annotations.NAME/CONTAINER" is for one container, "io.podman.annotations.NAME" for all of the pod; the user
 * namespace is play_options.c's.  podman's own notes (what generate writes of a container that was made by hand) change nothing
 * when they say what is so anyway.  Values are read as the options of run are.
 */
#include <stdlib.h>
#include <string.h>

#include "pkg/util/text.h"
#include "pkg/verb/create.h"
#include "pkg/verb/play_internal.h"

#define PREFIX "io.podman.annotations."

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "read annotations"); }

/* The value for a container: its own before the pod's; NULL: none. */
static const char *value_of(
	const struct kvs *notes, const char *name, const struct container_spec *c, struct arena *a)
{
	const char *key = arena_printf(a, PREFIX "%s/%s", name, c->short_name ? c->short_name : "");
	const char *v = key ? kvs_get(notes, key) : NULL;

	key = arena_printf(a, PREFIX "%s", name);
	return v ? v : key ? kvs_get(notes, key) : NULL;
}

static int split(const char *text, const char *separators, struct strs *ret, struct arena *a)
{
	while (*text) {
		size_t n = strcspn(text, separators);
		char *word = arena_strndup(a, text, n);

		if (!word || (n && strs_add(ret, a, word) < 0))
			return -ENOMEM;
		text += n + (text[n] != '\0');
	}
	return 0;
}

static int add_security(struct create_request *q, const char *what, const char *value, struct arena *a)
{
	if (!value)
		return 0;
	if (strncmp(value, "localhost/", 10) == 0) /* as the annotations of Kubernetes have it */
		value += 10;
	return strs_addf(&q->security, a, "%s=%s", what, value);
}

static int read_request(const struct kvs *notes, const struct container_spec *c, struct arena *a,
	struct create_request *q, struct err *err)
{
	const char *ulimit = value_of(notes, "ulimit", c, a), *pids = value_of(notes, "pids-limit", c, a),
		   *from = value_of(notes, "volumes-from", c, a), *init = value_of(notes, "init", c, a);

	if ((ulimit && split(ulimit, ",", &q->ulimits, a) < 0) ||
		(from && split(from, ";", &q->volumes_from, a) < 0) ||
		add_security(q, "seccomp", value_of(notes, "seccomp", c, a), a) < 0 ||
		add_security(q, "apparmor", value_of(notes, "apparmor", c, a), a) < 0 ||
		add_security(q, "label", value_of(notes, "label", c, a), a) < 0)
		return no_memory(err);
	q->cpuset_cpus = value_of(notes, "cpuset", c, a);
	q->cpuset_mems = value_of(notes, "memory-nodes", c, a);
	if (pids && (parse_i64(pids, -1, INT64_MAX, &q->pids_limit.v) < 0 || !(q->pids_limit.set = true)))
		return err_set(err, ERR_INVALID, "pids-limit '%s': expected a number, -1 for no limit", pids);
	q->init = init && strchr("1tT", *init) != NULL;
	return 0;
}

static const char *of_containers(
	const struct kvs *notes, const char *name, const struct container_spec *c, struct arena *a)
{
	const char *key = arena_printf(a, "%s/%s", name, c->short_name ? c->short_name : "");
	const char *v = key ? kvs_get(notes, key) : NULL;

	return v ? v : kvs_get(notes, name);
}

/* What is shown: how a supervisor is told, and the label that podman's auto-update looks for. */
static int shown(const struct kvs *notes, struct container_spec *c, struct arena *a, struct err *err)
{
	static const char update[] = "io.containers.autoupdate";
	const char *how = of_containers(notes, "io.containers.sdnotify", c, a),
		   *when = of_containers(notes, update, c, a), *file = value_of(notes, "cid-file", c, a);
	struct kvs own = { 0 };

	if (how && !(c->sdnotify = arena_strdup(a, how)))
		return no_memory(err);
	if (file && !(c->cidfile = arena_strdup(a, file)))
		return no_memory(err);
	if (!when)
		return 0;
	for (size_t i = 0; i < c->labels.n; i++) /* the list may be its pod's */
		if (kvs_set(&own, a, c->labels.v[i].key, c->labels.v[i].value) < 0)
			return no_memory(err);
	if (kvs_set(&own, a, update, when) < 0)
		return no_memory(err);
	c->labels = own;
	return 0;
}

/* What was asked is read into a spec of its own: the manifest's fields stay where nothing was. */
static int one(
	struct engine *e, const struct kvs *notes, struct container_spec *c, struct arena *a, struct err *err)
{
	struct create_request q = { .cwd = "/" };
	struct container_spec add = { 0 };
	int rc;

	if ((rc = shown(notes, c, a, err)) < 0 || (rc = read_request(notes, c, a, &q, err)) < 0 ||
		(rc = create_limits(&q, &add, a, err)) < 0 || (rc = create_security(&q, &add, a, err)) < 0)
		return rc;
	if (add.ulimits.n)
		c->ulimits = add.ulimits;
	if (add.resources.pids.set)
		c->resources.pids = add.resources.pids;
	if (add.resources.cpuset_cpus)
		c->resources.cpuset_cpus = add.resources.cpuset_cpus;
	if (add.resources.cpuset_mems)
		c->resources.cpuset_mems = add.resources.cpuset_mems;
	if (add.seccomp && !(c->seccomp && *c->seccomp))
		c->seccomp = add.seccomp;
	c->init = c->init || q.init;
	if (q.init && c->pid.mode != NS_PRIVATE)
		return err_set(err, ERR_INVALID,
			"init: cannot be pid 1 in a PID namespace that is not the container's own");
	return q.volumes_from.n ? create_volumes_from(e, &q, c, a, err) : 0;
}

static bool is_any(const struct kvs *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		if (strncmp(notes->v[i].key, PREFIX, strlen(PREFIX)) == 0 ||
			strncmp(notes->v[i].key, "io.containers.", 14) == 0)
			return true;
	return false;
}

int play_annotations(struct play *p, struct kube_pod *k, struct err *err)
{
	const struct kvs *notes = &k->spec.annotations;
	const char *infra = kvs_get(notes, PREFIX "infra.name");
	int rc = 0;

	if (!is_any(notes))
		return 0;
	if (infra && !name_is_valid(infra))
		return err_set(err, ERR_INVALID, "annotation " PREFIX "infra.name: '%s' is no name", infra);
	if (infra && !(k->spec.infra_name = arena_strdup(p->a, infra)))
		return no_memory(err);
	for (size_t i = 0; rc == 0 && i < k->n; i++)
		if ((rc = one(p->e, notes, &k->ctr[i], p->a, err)) < 0)
			return err_wrap(
				err, "container '%s': an annotation of podman's", k->ctr[i].short_name);
	return rc;
}
