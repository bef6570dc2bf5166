/*
 * play_plan.c — kube play --dry-run: what would be made, pulled, published and mounted, and what has no effect.
 *
 * Values that come from Secrets are masked, wherever they have got to: variables, other variables, arguments.
 */
#include <string.h>

#include "pkg/image/image.h"
#include "pkg/network/network.h"
#include "pkg/util/limits.h"
#include "pkg/verb/play_internal.h"

#define MASK "********"

/* ---- secrets --------------------------------------------------------------------------------------------------------------- */

static int add_value(struct strs *l, struct arena *a, const char *value)
{
	return value && *value ? strs_add(l, a, value) : 0;
}

/* envFrom with a Secret: all that is not given in env itself may be of it. */
static int from_whole(const struct container_spec *c, const json_t *doc, struct arena *a, struct strs *ret)
{
	const json_t *env = json_object_get(doc, "env");
	bool secret = false;
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(doc, "envFrom"), i, one) secret |=
		json_object_get(one, "secretRef") != NULL;
	for (size_t k = 0; secret && k < c->env_asked.n; k++) {
		bool plain = false;

		json_array_foreach((json_t *) env, i, one)
		{
			const char *name = json_string_value(json_object_get(one, "name"));

			plain |= name && !strcmp(name, c->env_asked.v[k].key);
		}
		if (!plain && add_value(ret, a, c->env_asked.v[k].value) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int of_container(const struct container_spec *c, const json_t *doc, struct arena *a, struct strs *ret)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(doc, "env"), i, one)
	{
		const char *name = json_string_value(json_object_get(one, "name"));

		if (name && json_object_get(json_object_get(one, "valueFrom"), "secretKeyRef") &&
			add_value(ret, a, kvs_get(&c->env_asked, name)) < 0)
			return -ENOMEM;
	}
	return from_whole(c, doc, a, ret);
}

int play_secret_values(const struct kube_pod *k, struct arena *a, struct strs *ret)
{
	const json_t *spec = json_object_get(k->doc, "spec");

	for (size_t i = 0; i < k->n; i++) {
		const json_t *list =
			json_object_get(spec, k->ctr[i].role == ROLE_INIT ? "initContainers" : "containers");
		const char *name = k->ctr[i].short_name ? k->ctr[i].short_name : "";
		json_t *c;
		size_t n;

		json_array_foreach((json_t *) list, n, c)
		{
			const char *there = json_string_value(json_object_get(c, "name"));

			if (there && !strcmp(there, name) && of_container(&k->ctr[i], c, a, ret) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static bool is_inside(const char *text, const struct strs *secrets, const char **ret_at, size_t *ret_n)
{
	*ret_n = 0;
	for (size_t i = 0; i < secrets->n; i++) {
		const char *at = strstr(text, secrets->v[i]);

		/* the first of them, and of those that begin there the longest */
		if (at && (!*ret_n || at < *ret_at || (at == *ret_at && strlen(secrets->v[i]) > *ret_n))) {
			*ret_at = at;
			*ret_n = strlen(secrets->v[i]);
		}
	}
	return *ret_n > 0;
}

const char *play_mask(const char *text, const struct strs *secrets, struct arena *a)
{
	auto_buf struct buf b = BUF_INIT(YAML_MAX);
	const char *at = NULL, *ret;
	size_t n;

	if (!text || !is_inside(text, secrets, &at, &n))
		return text ? text : "";
	do {
		(void) buf_add(&b, text, (size_t) (at - text));
		(void) buf_puts(&b, MASK);
		text = at + n;
	} while (is_inside(text, secrets, &at, &n));
	(void) buf_puts(&b, text);
	ret = buf_failed(&b) ? NULL : arena_strdup(a, b.data);
	return ret ? ret : MASK;
}

/* ---- pieces ---------------------------------------------------------------------------------------------------------------- */

static void put(json_t *o, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(o, key, json_string(text));
}

/* Takes v. */
static void put_some(json_t *o, const char *key, json_t *v)
{
	if (json_array_size(v) || json_object_size(v))
		json_object_set(o, key, v);
	json_decref(v);
}

static json_t *words(const struct strs *l, const struct strs *secrets, struct arena *a)
{
	json_t *v = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(v, json_string(play_mask(l->v[i], secrets, a)));
	return v;
}

static json_t *mounts(const struct container_spec *c)
{
	json_t *v = json_array();

	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_spec *m = LIST_AT(c->mounts, const struct mount_spec, i);
		json_t *one =
			json_pack("{s:s, s:s}", "source", m->source ? m->source : "", "destination", m->dest);

		put(one, "subPath", m->sub_path);
		if (m->read_only)
			json_object_set_new(one, "readOnly", json_true());
		json_array_append_new(v, one);
	}
	return v;
}

/* What the manifest gives, after references and expansion; not what the image adds. */
static json_t *env(const struct container_spec *c, const struct strs *secrets, struct arena *a)
{
	json_t *v = json_object();

	for (size_t i = 0; i < c->env_asked.n; i++)
		json_object_set_new(v, c->env_asked.v[i].key,
			json_string(play_mask(c->env_asked.v[i].value, secrets, a)));
	return v;
}

static json_t *container(struct play *p, const struct container_spec *c, const struct strs *secrets)
{
	json_t *v = json_pack("{s:s, s:s, s:s, s:b}", "name", c->name, "role", container_role_names[c->role],
		"image", c->image ? c->image : "", "imagePresent", c->image_id != NULL);

	put_some(v, "command", words(c->argv.n ? &c->argv : &c->entrypoint, secrets, p->a));
	put_some(v, "env", env(c, secrets, p->a));
	put_some(v, "mounts", mounts(c));
	return v;
}

static json_t *ports(const struct pod_spec *s)
{
	json_t *v = json_array();

	for (size_t i = 0; i < s->ports.n; i++) {
		const struct port_spec *q = LIST_AT(s->ports, const struct port_spec, i);
		json_t *one = json_pack("{s:i, s:i, s:s}", "hostPort", (int) q->host_port, "containerPort",
			(int) q->container_port, "protocol", port_proto_names[q->proto]);

		put(one, "hostIP", q->host_ip);
		if (q->range > 1)
			json_object_set_new(one, "range", json_integer(q->range));
		json_array_append_new(v, one);
	}
	return v;
}

static json_t *volumes(const struct pod_spec *s)
{
	json_t *v = json_array();

	for (size_t i = 0; i < s->volumes.n; i++) {
		const struct volume_spec *q = LIST_AT(s->volumes, const struct volume_spec, i);
		json_t *one = json_pack("{s:s, s:s}", "name", q->name, "type", volume_type_names[q->type]);

		put(one, q->type == VOLUME_NAMED ? "volume" : "path", q->path);
		if (q->files.n) {
			json_t *files = json_array();

			for (size_t k = 0; k < q->files.n; k++)
				json_array_append_new(files,
					json_string(LIST_AT(q->files, const struct file_spec, k)->path));
			json_object_set_new(one, "files", files);
		}
		json_array_append_new(v, one);
	}
	return v;
}

static json_t *pod(struct play *p, const struct play_pod *pp)
{
	const struct pod_spec *s = &pp->pod->spec;
	struct strs secrets = { 0 };
	json_t *list = json_array(), *v;

	if (play_secret_values(pp->pod, p->a, &secrets) < 0) {
		json_decref(list);
		return NULL;
	}
	for (size_t i = 0; i < pp->pod->n; i++)
		json_array_append_new(list, container(p, &pp->pod->ctr[i], &secrets));
	v = json_pack("{s:s, s:s, s:s, s:s, s:b, s:s}", "name", s->name, "action",
		play_action_names[pp->action], "kind", pp->pod->kind, "owner", pp->pod->owner, "start",
		!p->r->no_start && (pp->action == PLAY_KEEP ? pp->start : !pp->pod->held), "network",
		net_mode_names[s->net]);
	put(v, "id", pp->old);
	put_some(v, "ports", ports(s));
	put_some(v, "volumes", volumes(s));
	json_object_set_new(v, "containers", list);
	return v;
}

static json_t *objects(struct play *p, json_t *volumes_made)
{
	json_t *v = json_array();

	for (size_t i = 0; i < p->plan.n_object; i++) {
		const struct kube_object *o = &p->plan.object[i];
		auto_free char *text = json_dumps(o->doc, JSON_COMPACT);
		struct object_row old = { 0 };
		struct volume_row row = { 0 };
		struct err one = { 0 };
		bool there = store_object_get(p->e->store, o->kind, o->name, p->a, &old, &one) == 0;

		json_array_append_new(
			v, json_pack("{s:s, s:s, s:s}", "kind", o->kind, "name", o->name, "action",
				   !there                           ? "create"
				   : text && !strcmp(text, old.doc) ? "keep"
								    : "replace"));
		if (o->volume)
			json_array_append_new(volumes_made,
				json_pack("{s:s, s:s}", "name", o->volume, "action",
					store_volume_get(p->e->store, o->volume, p->a, &row, &one) == 0
						? "keep"
						: "create"));
	}
	return v;
}

/* No registry is asked for what only this machine can have. */
static bool is_local(const char *ref) { return strncmp(ref, "localhost/", 10) == 0; }

static json_t *images(struct play *p)
{
	json_t *v = json_array();

	for (size_t i = 0; i < p->plan.n_image; i++) {
		const struct kube_image *k = &p->plan.image[i];
		struct image_row row = { 0 };
		struct err one = { 0 };
		bool here = image_resolve(p->e, k->ref, p->a, &row, &one) == 0;

		json_array_append_new(v, json_pack("{s:s, s:s, s:b, s:s}", "name", k->ref, "policy",
						 k->policy, "present", here, "action",
						 !here                          ? "pull"
						 : is_local(k->ref)             ? "use"
						 : !strcmp(k->policy, "Always") ? "pull"
						 : !strcmp(k->policy, "Newer")  ? "pull if newer"
										: "use"));
	}
	return v;
}

static json_t *ignored(const struct diag *d)
{
	json_t *v = json_array();

	for (size_t i = 0; i < d->n; i++)
		if (d->items[i].level != DIAG_ERROR)
			json_array_append_new(
				v, json_pack("{s:s, s:i, s:i, s:s}", "file",
					   d->items[i].file ? d->items[i].file : "", "line", d->items[i].line,
					   "column", d->items[i].col, "text", d->items[i].text));
	return v;
}

json_t *play_plan_json(struct play *p, const struct diag *d, struct err *err)
{
	json_t *pods = json_array(), *made = json_array(), *v;

	for (size_t i = 0; i < p->plan.n_pod; i++)
		json_array_append_new(pods, pod(p, &p->pod[i]));
	v = json_object();
	json_object_set_new(v, "pods", pods);
	json_object_set_new(v, "objects", objects(p, made));
	json_object_set_new(v, "volumes", made);
	json_object_set_new(v, "images", images(p));
	json_object_set_new(v, "ignored", ignored(d));
	if (v && json_array_size(pods) == p->plan.n_pod)
		return v;
	json_decref(v);
	(void) err_sys(err, ENOMEM, "show the plan");
	return NULL;
}
