/*
 * create_volumes.c — --volumes-from and --image-volume.
 */
#include <string.h>

#include "pkg/image/image.h"
#include "pkg/verb/create.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "read the mounts"); }

/* A mount as it is for another container: a pod's own volumes cannot leave it. */
static int borrow(const struct pod *p, const struct mount_spec *from, struct mount_spec *to, struct arena *a,
	struct err *err)
{
	const char *source = from->source;

	to->type = from->type;
	for (size_t i = 0; from->type == MOUNT_VOLUME && i < p->spec.volumes.n; i++) {
		const struct volume_spec *v = LIST_AT(p->spec.volumes, struct volume_spec, i);

		if (strcmp(v->name, from->source) != 0)
			continue;
		if (v->type != VOLUME_HOST_PATH && v->type != VOLUME_NAMED)
			return err_set(err, ERR_UNSUPPORTED,
				"%s is a %s volume of pod %s, which only its own containers can mount",
				from->dest, volume_type_names[v->type], p->row.name);
		to->type = v->type == VOLUME_NAMED ? MOUNT_NAMED : MOUNT_BIND;
		source = v->path;
	}
	to->source = arena_strdup(a, source ? source : "");
	to->dest = arena_strdup(a, from->dest);
	to->read_only = from->read_only;
	if (!to->source || !to->dest || strs_add_all(&to->options, a, &from->options) < 0)
		return no_memory(err);
	return 0;
}

static int from_one(
	struct engine *e, const char *text, struct container_spec *c, struct arena *a, struct err *err)
{
	const char *colon = strchr(text, ':'), *id = NULL, *pod = NULL;
	char *name = arena_strndup(a, text, colon ? (size_t) (colon - text) : strlen(text));
	auto_loaded struct pod p = POD_NONE;
	bool read_only = colon && !strcmp(colon + 1, "ro");
	struct mount_spec *v;
	size_t i, n = c->mounts.n;
	int rc;

	if (!name)
		return no_memory(err);
	if (colon && !read_only && strcmp(colon + 1, "rw") != 0 && strcmp(colon + 1, "z") != 0)
		return err_set(err, ERR_INVALID, "'%s' is no option; there are ro, rw and z", colon + 1);
	if ((rc = store_find(e->store, name, STORE_CONTAINER, a, &id, &pod, err)) < 0 ||
		(rc = pod_load(e, pod, false, &p, err)) < 0)
		return rc;
	if ((i = pod_index(&p, id)) == p.n)
		return err_set(err, ERR_NOT_FOUND, "no container with name or ID \"%s\" found", name);
	if (!(v = arena_array(a, n + p.ctr[i].mounts.n + 1, sizeof *v)))
		return no_memory(err);
	if (n)
		memcpy(v, c->mounts.v, n * sizeof *v);
	for (size_t k = 0; k < p.ctr[i].mounts.n; k++) {
		const struct mount_spec *m = LIST_AT(p.ctr[i].mounts, struct mount_spec, k);
		bool there = m->type == MOUNT_TMPFS;

		for (size_t j = 0; j < n; j++)
			there = there || !strcmp(v[j].dest, m->dest);
		if (there)
			continue;
		if ((rc = borrow(&p, m, &v[n], a, err)) < 0)
			return rc;
		v[n++].read_only |= read_only;
	}
	c->mounts = (struct list){ .v = v, .n = n };
	return 0;
}

int create_volumes_from(struct engine *e, const struct create_request *r, struct container_spec *c,
	struct arena *a, struct err *err)
{
	const char *mode = r->image_volume ? r->image_volume : "anonymous";

	if (!strcmp(mode, "anonymous") || !strcmp(mode, "bind"))
		c->image_volumes = IMAGE_VOLUMES_ANONYMOUS;
	else if (!strcmp(mode, "tmpfs"))
		c->image_volumes = IMAGE_VOLUMES_TMPFS;
	else if (!strcmp(mode, "ignore"))
		c->image_volumes = IMAGE_VOLUMES_IGNORE;
	else
		return err_set(
			err, ERR_INVALID, "--image-volume %s: there are anonymous, tmpfs and ignore", mode);
	for (size_t i = 0; i < r->volumes_from.n; i++)
		if (from_one(e, r->volumes_from.v[i], c, a, err) < 0)
			return err_wrap(err, "--volumes-from %s", r->volumes_from.v[i]);
	return 0;
}

/* --mount type=image: the image is to be here already, as with podman. */
int create_image_mounts(struct engine *e, struct container_spec *c, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < c->mounts.n; i++) {
		struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);
		struct image_row img = { 0 };
		int rc;

		if (m->type != MOUNT_IMAGE)
			continue;
		if ((rc = image_resolve(e, m->source, a, &img, err)) < 0)
			return err_wrap(err, "--mount type=image,src=%s", m->source);
		if (!(m->source = arena_strdup(a, img.id)))
			return no_memory(err);
	}
	return 0;
}
