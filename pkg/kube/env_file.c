/* fileKeyRef: variables whose values an init container writes.  The monitor reads them when it creates the container. */
#include <stdio.h>
#include <string.h>

#include "pkg/kube/internal.h"

#define KEY_MAX 128 /* KEP-3721 */

static bool has(const char *s) { return s && *s; }

static void check_volume(
	struct kube_set *s, const struct kube_member *m, const struct k8s_file_ref *r, const char *at)
{
	const struct k8s_volume *v = kube_volume_find(m->spec, r->volume);

	if (!v)
		FAULT(s, place(r->node, "volumeName"),
			"%s.volumeName: Not found: \"%s\": the pod has no volume of this name", at,
			r->volume);
	else if (!v->empty_dir)
		FAULT(s, place(r->node, "volumeName"),
			"%s.volumeName: Invalid value: \"%s\": must be an emptyDir volume", at, r->volume);
}

static void check(
	struct kube_set *s, const struct kube_member *m, const struct k8s_file_ref *r, const char *at)
{
	if (has(r->volume))
		check_volume(s, m, r, at);
	else if (r->volume)
		FAULT(s, place(r->node, "volumeName"), "%s.volumeName: Required value", at);
	if (r->path && !*r->path)
		FAULT(s, place(r->node, "path"), "%s.path: Required value", at);
	else if (r->path && (*r->path == '/' || kube_path_climbs(r->path) || strncmp(r->path, "..", 2) == 0))
		FAULT(s, place(r->node, "path"),
			"%s.path: Invalid value: \"%s\": must be a relative path that does not start with or "
			"contain '..'",
			at, r->path);
	if (r->key && !*r->key)
		FAULT(s, place(r->node, "key"), "%s.key: Required value", at);
	else if (r->key && (strchr(r->key, '=') || strlen(r->key) > KEY_MAX))
		FAULT(s, place(r->node, "key"),
			"%s.key: Invalid value: \"%s\": must be at most %d characters, none of them '='", at,
			r->key, KEY_MAX);
}

void kube_env_files(struct kube_set *s, const struct kube_member *m, const struct k8s_container *k,
	const char *at, struct container_spec *c)
{
	struct env_file *v = arena_array(s->arena, k->env.n + 1, sizeof *v);
	char where[AT_MAX];
	size_t n = 0;

	if (!v) {
		s->no_memory = true;
		return;
	}
	for (size_t i = 0; i < k->env.n; i++) {
		const struct k8s_env *e = LIST_AT(k->env, const struct k8s_env, i);
		const struct k8s_file_ref *r = e->from ? e->from->file : NULL;

		if (!r || !r->node)
			continue;
		snprintf(where, sizeof where, "%s.env[%zu].valueFrom.fileKeyRef", at, i);
		check(s, m, r, where);
		if (has(e->name) && has(r->volume) && has(r->path) && has(r->key))
			v[n++] = (struct env_file){ e->name, r->volume, r->path, r->key, r->optional };
	}
	if (n)
		c->env_files = (struct list){ v, n };
}
