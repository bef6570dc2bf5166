#include "pkg/verb/commit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/image/commit.h"
#include "pkg/pod/pod.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/difference.h"

#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "commit"); }

static int load(struct engine *e, const struct target *t, struct pod *p, size_t *ret_i, struct err *err)
{
	int rc = pod_load(e, t->pod, false, p, err);

	if (rc < 0)
		return rc;
	if ((*ret_i = pod_index(p, t->id)) == p->n)
		return err_set(err, ERR_NOT_FOUND, "no container with name or ID \"%s\" found", t->asked);
	return 0;
}

/* ---- the new image's config ------------------------------------------------------------------------------------------------- */

static json_t *list_of(const struct strs *l)
{
	json_t *v = json_array();

	for (size_t i = 0; i < l->n; i++)
		(void) json_array_append_new(v, json_string(l->v[i]));
	return v;
}

/* What the engine gives every container is no part of an image. */
static bool is_engines(const struct container_spec *c, const char *text)
{
	static const char *const names[] = { "container", "HOME", "HOSTNAME", "TERM" };
	size_t n = strcspn(text, "=");

	for (size_t i = 0; i < LEN(names); i++)
		if (strlen(names[i]) == n && strncmp(text, names[i], n) == 0)
			return !kvs_get(&c->env_asked, names[i]);
	return false;
}

static int env_put(const struct container_spec *c, json_t *config)
{
	json_t *env = json_array();

	for (size_t i = 0; i < c->env.n; i++)
		if (!is_engines(c, c->env.v[i]))
			(void) json_array_append_new(env, json_string(c->env.v[i]));
	return json_object_set_new(config, "Env", env);
}

static void ports_put(const struct pod *p, json_t *config)
{
	static const char *const protos[] = { "tcp", "udp", "sctp" };
	json_t *map = json_object_get(config, "ExposedPorts");

	if (!p->row.solo || !p->spec.ports.n)
		return;
	if (!map && json_object_set_new(config, "ExposedPorts", json_object()) == 0)
		map = json_object_get(config, "ExposedPorts");
	for (size_t i = 0; map && i < p->spec.ports.n; i++) {
		const struct port_spec *port = LIST_AT(p->spec.ports, struct port_spec, i);
		char text[32];

		(void) snprintf(text, sizeof text, "%u/%s", port->container_port,
			protos[(size_t) port->proto < LEN(protos) ? port->proto : 0]);
		(void) json_object_set_new(map, text, json_object());
	}
}

static void volumes_put(const struct container_spec *c, json_t *config)
{
	json_t *map = json_object_get(config, "Volumes");

	if (!map && json_object_set_new(config, "Volumes", json_object()) == 0)
		map = json_object_get(config, "Volumes");
	for (size_t i = 0; map && i < c->mounts.n; i++)
		(void) json_object_set_new(
			map, LIST_AT(c->mounts, struct mount_spec, i)->dest, json_object());
}

/* The image's, with what the container was given instead. */
static int runtime_config(const struct pod *p, size_t i, const struct image_row *base,
	const struct commit_request *r, json_t **ret, struct err *err)
{
	const struct container_spec *c = &p->ctr[i];
	json_t *whole = base ? json_parse(base->config, strlen(base->config), err) : NULL, *config, *labels;
	int rc = 0;

	if (base && !whole)
		return -EINVAL;
	config = json_deep_copy(json_object_get(whole, "config"));
	json_decref(whole);
	if (!config && !(config = json_object()))
		return no_memory(err);
	rc |= env_put(c, config);
	if (c->entrypoint_set) {
		rc |= json_object_set_new(config, "Entrypoint", list_of(&c->entrypoint));
		(void) json_object_del(config, "Cmd"); /* it was for the other entrypoint */
	}
	if (c->command_set || c->command.n)
		rc |= json_object_set_new(config, "Cmd", list_of(&c->command));
	if (c->user && *c->user)
		rc |= json_object_set_new(config, "User", json_string(c->user));
	if (c->cwd && *c->cwd)
		rc |= json_object_set_new(config, "WorkingDir", json_string(c->cwd));
	labels = json_object_get(config, "Labels");
	if (!json_is_object(labels) && c->labels.n &&
		json_object_set_new(config, "Labels", json_object()) == 0)
		labels = json_object_get(config, "Labels");
	for (size_t k = 0; k < c->labels.n; k++)
		rc |= json_object_set_new(labels, c->labels.v[k].key, json_string(c->labels.v[k].value));
	ports_put(p, config);
	if (r->include_volumes)
		volumes_put(c, config);
	if (rc)
		rc = no_memory(err);
	for (size_t k = 0; k < r->changes.n && rc == 0; k++)
		rc = image_change_config(config, r->changes.v[k], err);
	if (rc < 0)
		json_decref(config);
	else
		*ret = config;
	return rc;
}

/* ---- commit ---------------------------------------------------------------------------------------------------------------------- */

static int upper_open(const struct pod *p, const char *ctr, struct err *err)
{
	char path[100];
	int fd;

	(void) snprintf(path, sizeof path, "containers/%s/upper", ctr);
	fd = path_open(p->data_fd, path, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0);
	return fd < 0 ? err_sys(err, -fd, "open '%s' of the pod", path) : fd;
}

static int commit(struct engine *e, struct pod *p, const struct target *t, size_t i,
	const struct commit_request *r, struct arena *a, const char **ret_id, struct err *err)
{
	const struct container_spec *c = &p->ctr[i];
	struct image_row base = { 0 };
	struct commit_source s = {
		.author = r->author, .message = r->message, .docker = r->docker, .whole = r->squash
	};
	AUTO(difference_done) struct difference tmp = { .dir = -EBADF };
	auto_close int dir = -EBADF;
	int rc;

	if (c->image_id && *c->image_id) {
		if ((rc = store_image_get(e->store, c->image_id, a, &base, err)) < 0)
			return rc;
		s.base = &base;
	} else {
		s.whole = true; /* of a --rootfs nothing is known but what is there */
	}
	if (r->name && (rc = image_name_local(r->name, a, &s.name, err)) < 0)
		return rc;
	s.created_by = "/bin/sh";
	if (c->argv.n && !(s.created_by = arena_strdup(a, c->argv.v[0])))
		return no_memory(err);
	if (s.whole)
		rc = pod_rootfs_open(e, p, c, false, &dir, err);
	else if (e->vfs)
		rc = copy_difference(e, p, t, c, &tmp, &dir, err);
	else
		rc = dir = upper_open(p, c->id, err);
	if (rc < 0 || (rc = runtime_config(p, i, s.base, r, &s.runtime, err)) < 0)
		return rc;
	s.dir = dir;
	rc = image_make(e, &s, a, ret_id, err);
	json_decref(s.runtime);
	return rc;
}

int verb_commit(struct engine *e, const struct target *t, const struct commit_request *r, struct arena *a,
	const char **ret_id, struct err *err)
{
	auto_pod struct pod p = POD_NONE;
	struct err ignored = { 0 };
	bool paused = false;
	size_t i;
	int rc;

	if ((rc = load(e, t, &p, &i, err)) < 0)
		return rc;
	if (r->pause && !strcmp(ctr_word(&p, i), "running")) {
		if ((rc = verb_pause(e, t, true, err)) < 0)
			return err_wrap(err, "commit with --pause");
		paused = true;
	}
	rc = commit(e, &p, t, i, r, a, ret_id, err);
	if (paused && verb_pause(e, t, false, &ignored) < 0)
		log_warn("container %.12s stays paused: %s", t->id, ignored.msg);
	return rc < 0 ? err_wrap(err, "commit container '%s'", p.ctr[i].name) : 0;
}

int verb_export(struct engine *e, const struct target *t, int out, struct err *err)
{
	auto_pod struct pod p = POD_NONE;
	auto_close int dir = -EBADF;
	size_t i;
	int rc;

	if ((rc = load(e, t, &p, &i, err)) < 0 ||
		(rc = pod_rootfs_open(e, &p, &p.ctr[i], false, &dir, err)) < 0)
		return rc;
	rc = image_export_tree(e, dir, out, err);
	return rc < 0 ? err_wrap(err, "export container '%s'", p.ctr[i].name) : 0;
}
