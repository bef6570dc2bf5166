/*
 * play.c — kube play: read, look at images and at what is there, decide for each pod; the rest is play_apply.c's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/util/lsm.h"
#include "pkg/util/sha256.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/image_use.h"
#include "pkg/verb/play_internal.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

const char *const play_action_names[] = { "create", "keep", "replace" };

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "play"); }

/* ---- reading --------------------------------------------------------------------------------------------------------- */

struct lookup {
	struct engine *e;
	struct arena *a;
	struct kube_plan configs; /* of --configmap */
};

static const struct node *node_of(const char *doc, struct arena *a)
{
	struct err one = { 0 };
	json_t *v = json_parse(doc, strlen(doc), &one);
	const struct node *n = v ? node_from_json(v, a) : NULL;

	json_decref(v);
	return n;
}

/* A claim may name a volume that was made by hand: it is bound to that. */
static const struct node *lookup_volume(const struct lookup *l, const char *kind, const char *name)
{
	struct volume_row row = { 0 };
	struct err ignored = { 0 };

	return !strcmp(kind, "PersistentVolumeClaim") &&
			       store_volume_get(l->e->store, name, l->a, &row, &ignored) == 0
		       ? arena_alloc(l->a, sizeof(struct node))
		       : NULL;
}

/* A ConfigMap or Secret that no document of this play holds: of --configmap, or one that an earlier play stored. */
static const struct node *lookup_stored(void *ctx, const char *kind, const char *name)
{
	const struct lookup *l = ctx;
	struct object_row row = { 0 };
	struct err one = { 0 };

	for (size_t i = 0; i < l->configs.n_object; i++)
		if (!strcmp(l->configs.object[i].kind, kind) && !strcmp(l->configs.object[i].name, name))
			return node_from_json(l->configs.object[i].doc, l->a);
	if (store_object_get(l->e->store, kind, name, l->a, &row, &one) < 0)
		return lookup_volume(l, kind, name);
	return node_of(row.doc, l->a);
}

static const struct node **list_stored(void *ctx, const char *kind, size_t *ret_n)
{
	const struct lookup *l = ctx;
	const struct node **v;
	struct object_row *rows = NULL;
	struct err one = { 0 };
	size_t n = 0;

	*ret_n = 0;
	if (store_objects(l->e->store, kind, l->a, &rows, &n, &one) < 0 ||
		!(v = arena_array(l->a, n + 1, sizeof *v)))
		return NULL;
	for (size_t i = 0; i < n; i++)
		if ((v[*ret_n] = node_of(rows[i].doc, l->a)))
			++*ret_n;
	return v;
}

static int faults(const struct kube_input *in, size_t n, const struct diag *d, struct err *err)
{
	return err_set(err, ERR_INVALID, "%s: %zu fault%s, nothing was created",
		n == 1 ? in[0].file : "manifests", d->errors, d->errors == 1 ? "" : "s");
}

static int read_configs(struct play *p, struct lookup *l, struct diag *d, struct err *err)
{
	struct kube_options o = { 0 };
	int rc;

	if (!p->r->n_configs)
		return 0;
	if ((rc = kube_read(p->r->configs, p->r->n_configs, &o, d, &l->configs, err)) < 0)
		return rc;
	if (d->errors)
		return faults(p->r->configs, p->r->n_configs, d, err);
	for (size_t i = 0; i < l->configs.n_object; i++)
		if (strcmp(l->configs.object[i].kind, "ConfigMap") != 0)
			return err_set(err, ERR_INVALID,
				"--configmap %s: holds the %s '%s', expected only ConfigMaps",
				l->configs.object[i].file, l->configs.object[i].kind,
				l->configs.object[i].name);
	if (l->configs.n_pod)
		return err_set(err, ERR_INVALID,
			"--configmap %s: holds the Pod '%s', expected only ConfigMaps",
			l->configs.pod[0].file, l->configs.pod[0].spec.name);
	return 0;
}

static int check_ambiguous(const struct play *p, const struct lookup *l, struct err *err)
{
	for (size_t i = 0; i < p->plan.n_object; i++)
		for (size_t k = 0; k < l->configs.n_object; k++)
			if (!strcmp(p->plan.object[i].kind, "ConfigMap") &&
				!strcmp(p->plan.object[i].name, l->configs.object[k].name))
				return err_set(err, ERR_INVALID,
					"ambiguous configuration: the ConfigMap '%s' is in %s and in "
					"--configmap %s",
					p->plan.object[i].name, p->plan.object[i].file,
					l->configs.object[k].file);
	return 0;
}

/* The node of a cluster of one. */
static void node_facts(struct play *p, struct kube_node *ret)
{
	struct utsname u;
	struct statvfs fs;

	*ret = (struct kube_node){ .cpus = sysconf(_SC_NPROCESSORS_ONLN),
		.memory = (int64_t) sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) };
	if (uname(&u) == 0)
		ret->name = arena_strdup(p->a, u.nodename);
	if (fstatvfs(p->e->root_fd, &fs) == 0)
		ret->storage = (int64_t) (fs.f_blocks * fs.f_frsize);
	ret->apparmor = lsm_apparmor();
	ret->selinux = lsm_selinux();
}

int play_read_stored(
	struct play *p, const struct kube_input *in, struct diag *d, struct kube_plan *ret, struct err *err)
{
	struct lookup l = { .e = p->e, .a = p->a };
	struct kube_options o = { .seccomp_root = p->r->options.seccomp_root,
		.lookup = lookup_stored,
		.list = list_stored,
		.lookup_ctx = &l };

	node_facts(p, &o.node);
	return kube_read(in, 1, &o, d, ret, err);
}

static int read_plan(struct play *p, struct diag *d, struct err *err)
{
	struct lookup l = { .e = p->e, .a = p->a };
	struct kube_options o = { .engine_default_pull = p->e->config.pull_policy,
		.strict = p->r->options.strict,
		.unknown = p->r->options.unknown,
		.seccomp_root = p->r->options.seccomp_root,
		.lookup = lookup_stored,
		.list = list_stored,
		.lookup_ctx = &l };
	int rc = read_configs(p, &l, d, err);

	node_facts(p, &o.node);
	if (rc == 0 && (rc = kube_read(p->r->in, p->r->n, &o, d, &p->plan, err)) == 0) {
		if (d->errors)
			rc = faults(p->r->in, p->r->n, d, err);
		else if (!p->plan.n_pod && !p->plan.n_object)
			rc = err_set(err, ERR_INVALID, "%s: there is nothing to play in it",
				p->r->n ? p->r->in[0].file : "manifest");
		else
			rc = check_ambiguous(p, &l, err);
	}
	kube_plan_done(&l.configs);
	return rc;
}

/* ---- images ------------------------------------------------------------------------------------------------------------- */

static const char *policy_of(const struct play *p, const char *ref)
{
	for (size_t i = 0; i < p->plan.n_image; i++)
		if (!strcmp(p->plan.image[i].ref,
			    ref)) /* offline, an image that is here is better than none */
			return strcmp(p->plan.image[i].policy, "Always") ? p->plan.image[i].policy : "try";
	return NULL;
}

/* Without effects: what is here is looked up, what is not would be pulled. */
static int look_at_image(struct play *p, struct container_spec *c, const char *policy, struct err *err)
{
	struct image_row row = { 0 };
	int rc = image_resolve(p->e, c->image, p->a, &row, err);

	if (rc == 0)
		return image_use_for(p->e, c->image, "never", NULL, c, &p->plan.arena, err);
	if (err->kind != ERR_NOT_FOUND || (policy && !strcmp(policy, "Never")))
		return rc;
	err_clear(err);
	return 0;
}

/* Images that are volumes: what the pod mounts is named by id. */
static int resolve_volumes(
	struct play *p, struct kube_pod *k, const struct pull_options *how, struct err *err)
{
	for (size_t i = 0; i < k->spec.volumes.n; i++) {
		struct volume_spec *v = LIST_AT(k->spec.volumes, struct volume_spec, i);
		struct image_row row = { 0 };
		int rc;

		if (v->type != VOLUME_IMAGE)
			continue;
		rc = p->r->dry_run ? image_resolve(p->e, v->path, p->a, &row, err)
				   : image_use(p->e, v->path, policy_of(p, v->path), how, &p->plan.arena,
					     &row, err);
		if (rc < 0 && p->r->dry_run && err->kind == ERR_NOT_FOUND)
			err_clear(err); /* it would be pulled */
		else if (rc < 0)
			return err_wrap(err, "pod '%s': volume '%s'", k->spec.name, v->name);
		else
			v->path = (char *) (uintptr_t) row.id;
	}
	return 0;
}

static int resolve_pod(struct play *p, struct kube_pod *k, struct err *err)
{
	struct pull_options how = p->r->images;
	int rc;

	how.at.documents = k->auths;
	if ((rc = resolve_volumes(p, k, &how, err)) < 0)
		return rc;

	for (size_t i = 0; i < k->n; i++) {
		struct container_spec *c = &k->ctr[i];
		const char *policy = policy_of(p, c->image);

		if (c->role == ROLE_INFRA)
			continue;
		rc = p->r->dry_run ? look_at_image(p, c, policy, err)
				   : image_use_for(p->e, c->image, policy, &how, c, &p->plan.arena, err);
		if (rc < 0)
			return err_wrap(err, "pod '%s': container '%s'", k->spec.name,
				c->short_name ? c->short_name : c->name);
	}
	return 0;
}

/* ---- what is asked, in a digest ------------------------------------------------------------------------------------------ */

static void hash_json(struct sha256 *h, json_t *v)
{
	auto_free char *text = v ? json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;

	if (text)
		sha256_update(h, text, strlen(text) + 1);
}

/* The contents of a volume may change while its pod runs, and do not make it another pod; the document says which they are. */
static json_t *without_files(json_t *pod)
{
	json_t *volume;
	size_t i;

	json_array_foreach(json_object_get(pod, "volumes"), i, volume) json_object_del(volume, "files");
	return pod;
}

/* Before the image's config is merged in: its anonymous volumes have a name of their own each time. */
static void digest_asked(const struct kube_pod *k, struct sha256 *h)
{
	json_t *v;

	sha256_init(h);
	hash_json(h, k->doc);
	hash_json(h, v = without_files(encode_json(pod_spec_fields, &k->spec)));
	json_decref(v);
	for (size_t i = 0; i < k->n; i++) {
		hash_json(h, v = encode_json(container_spec_fields, &k->ctr[i]));
		json_decref(v);
	}
}

static const char *digest_images(const struct kube_pod *k, struct sha256 *h, struct arena *a)
{
	unsigned char bytes[32];
	char hex[65];

	for (size_t i = 0; i < k->n; i++)
		if (k->ctr[i].image_id)
			sha256_update(h, k->ctr[i].image_id, strlen(k->ctr[i].image_id) + 1);
	sha256_final(h, bytes);
	digest_hex(bytes, hex);
	return arena_strdup(a, hex);
}

/* ---- what is there --------------------------------------------------------------------------------------------------------- */

static int is_ours(const struct play_pod *pp, const struct pod *old, struct err *err)
{
	const char *kind = kvs_get(&old->spec.labels, PLAY_LABEL_KIND),
		   *name = kvs_get(&old->spec.labels, PLAY_LABEL_NAME);

	if (!old->row.kube || !kind || !name)
		return err_set(err, ERR_EXISTS,
			"adding pod to state: name \"%s\" is in use: pod already exists (%.12s, not made by "
			"kube "
			"play); --replace removes it",
			old->row.name, old->row.id);
	if (strcmp(kind, pp->pod->kind) != 0 || strcmp(name, pp->pod->owner) != 0)
		return err_set(err, ERR_EXISTS,
			"adding pod to state: name \"%s\" is in use: pod already exists (%.12s, of %s '%s'); "
			"--replace removes it",
			old->row.name, old->row.id, kind, name);
	return 0;
}

/* It does not run although nothing of it has come to an end on its own. */
static bool should_start(const struct play_pod *pp, const struct pod *old)
{
	if (old->alive || (pp->pod->held && (!pp->pod->ordered || old->row.state == ROW_CREATED)))
		return false;
	if (old->row.state == ROW_CREATED)
		return true;
	for (size_t i = 0; i < old->n; i++)
		if (old->ctr[i].role == ROLE_MEMBER && old->ctr[i].restart == RESTART_ALWAYS)
			return true;
	return false;
}

static int label(struct play *p, struct play_pod *pp, const struct pod *old, struct err *err)
{
	struct pod_spec *s = &pp->pod->spec;
	const char *generation = old ? kvs_get(&old->spec.labels, PLAY_LABEL_GENERATION) : NULL, *path = NULL;
	long number = generation ? strtol(generation, NULL, 10) + 1 : 1;
	struct kvs own = { 0 };
	char text[24];
	int rc = 0;

	for (size_t i = 0; i < p->r->n; i++)
		if (!strcmp(p->r->in[i].file, pp->pod->file))
			path = p->r->in[i].path;
	snprintf(text, sizeof text, "%ld", number);
	for (size_t i = 0; i < s->labels.n && rc == 0; i++)
		rc = kvs_set(&own, p->a, s->labels.v[i].key, s->labels.v[i].value);
	if (rc < 0 || kvs_set(&own, p->a, PLAY_LABEL_FILE, path ? path : "-") < 0 ||
		kvs_set(&own, p->a, PLAY_LABEL_KIND, pp->pod->kind) < 0 ||
		kvs_set(&own, p->a, PLAY_LABEL_NAME, pp->pod->owner) < 0 ||
		kvs_set(&own, p->a, PLAY_LABEL_DIGEST, pp->digest) < 0 ||
		kvs_set(&own, p->a, PLAY_LABEL_GENERATION, text) < 0 ||
		(pp->pod->held && kvs_set(&own, p->a, PLAY_LABEL_HELD, "true") < 0))
		return no_memory(err);
	s->labels = own;
	s->leads = pp->pod->ordered;
	return 0;
}

static int decide(struct play *p, struct play_pod *pp, struct err *err)
{
	auto_loaded struct pod old = POD_NONE;
	const char *id = NULL, *pod = NULL, *was;
	struct err one = { 0 };
	int rc;

	if (store_find(p->e->store, pp->pod->spec.name, STORE_POD, p->a, &id, &pod, &one) < 0 ||
		pod_load(p->e, id, false, &old, &one) < 0)
		return one.kind == ERR_NOT_FOUND ? label(p, pp, NULL, err) : (*err = one, -EIO);
	if (strcmp(old.row.name, pp->pod->spec.name) != 0)
		return label(p, pp, NULL, err); /* an id that begins so */
	if (!p->r->replace && (rc = is_ours(pp, &old, err)) < 0)
		return rc;
	if (!(pp->old = arena_strdup(p->a, id)))
		return no_memory(err);
	pp->old_kube = old.row.kube ? arena_strdup(p->a, old.row.kube) : NULL;
	was = kvs_get(&old.spec.labels, PLAY_LABEL_DIGEST);
	pp->was_alive = old.alive;
	pp->action = !p->r->replace && was && !strcmp(was, pp->digest) ? PLAY_KEEP : PLAY_REPLACE;
	pp->start = pp->action == PLAY_KEEP && should_start(pp, &old);
	return label(p, pp, &old, err);
}

static int prepare_pod(struct play *p, struct play_pod *pp, struct err *err)
{
	struct sha256 h;
	int rc;

	digest_asked(pp->pod, &h);
	if ((rc = resolve_pod(p, pp->pod, err)) < 0)
		return rc;
	if (!(pp->digest = digest_images(pp->pod, &h, p->a)))
		return no_memory(err);
	return 0;
}

int play_prepare(struct play *p, struct diag *d, struct err *err)
{
	int rc = read_plan(p, d, err);

	if (rc < 0 || (rc = play_options_apply(p, err)) < 0)
		return rc;
	p->pod = arena_array(p->a, p->plan.n_pod + 1, sizeof *p->pod);
	p->made = arena_array(p->a, p->plan.n_pod + 1, sizeof *p->made);
	p->old_object = arena_array(p->a, p->plan.n_object + 1, sizeof *p->old_object);
	if (!p->pod || !p->made || !p->old_object)
		return no_memory(err);
	/* images first: when one cannot be had, nothing is made */
	for (size_t i = 0; i < p->plan.n_pod; i++) {
		p->pod[i] = (struct play_pod){ .pod = &p->plan.pod[i], .lock_fd = -EBADF };
		if ((rc = prepare_pod(p, &p->pod[i], err)) < 0)
			return rc;
	}
	for (size_t i = 0; i < p->plan.n_pod; i++)
		if ((rc = decide(p, &p->pod[i], err)) < 0)
			return rc;
	return 0;
}

/* ---- the verb -------------------------------------------------------------------------------------------------------------- */

int verb_play(struct engine *e, const struct play_request *r, struct diag *d, struct arena *a,
	struct play_result *ret, struct err *err)
{
	struct play p = { .e = e, .r = r, .a = a };
	int rc = play_prepare(&p, d, err);

	if (rc == 0 && r->dry_run)
		rc = (ret->plan = play_plan_json(&p, d, err)) ? 0 : -ENOMEM;
	else if (rc == 0)
		rc = play_apply(&p, ret, err);
	kube_plan_done(&p.plan);
	return rc;
}
