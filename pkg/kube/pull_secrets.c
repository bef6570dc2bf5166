/* imagePullSecrets: the documents that say who we are at registries, of the pod or else of its ServiceAccount. */
#include <stdio.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/kube/internal.h"

static bool has(const char *s) { return s && *s; }

/* In the form of docker's config.json; .dockercfg is what is below its "auths". */
static void add(
	struct kube_set *s, const struct node *where, const char *at, const char *name, struct strs *ret)
{
	static const char *const keys[] = { ".dockerconfigjson", ".dockercfg" };
	struct kube_data data = { 0 };
	struct err one = { 0 };
	json_t *v;

	if (!kube_config_find(s, "Secret", name, &data)) {
		REMARK(s, DIAG_WARNING, where,
			"%s.name: there is no Secret \"%s\", in these files or stored; images are pulled "
			"without it",
			at, name);
		return;
	}
	for (size_t i = 0; i < LEN(keys); i++) {
		bool binary = false;
		const char *text = kube_config_text(s, &data, keys[i], &binary);

		if (!text && !binary)
			continue;
		v = text ? json_parse(text, strlen(text), &one) : NULL;
		if (!json_is_object(v))
			FAULT(s, where, "%s.name: %s of the Secret \"%s\" is not a JSON object", at, keys[i],
				name);
		else if (i ? strs_addf(ret, s->arena, "{\"auths\":%s}", text) < 0
			   : strs_add(ret, s->arena, text) < 0)
			s->no_memory = true;
		json_decref(v);
		return;
	}
	REMARK(s, DIAG_WARNING, where,
		"%s.name: the Secret \"%s\" has neither .dockerconfigjson nor .dockercfg; images are pulled "
		"without it",
		at, name);
}

/* Of a ServiceAccount in these files: what a cluster writes into pods that name none themselves. */
static void of_account(struct kube_set *s, const struct kube_member *m, struct strs *ret)
{
	const struct k8s_pod_spec *p = m->spec;
	const char *account = has(p->service_account)       ? p->service_account
			      : has(p->old_service_account) ? p->old_service_account
							    : "default";

	for (size_t i = 0; i < s->n; i++) {
		const struct kube_doc *d = &s->doc[i];
		const struct node *list = node_get(d->node, "imagePullSecrets");

		if (!d->kind || strcmp(d->kind->name, "ServiceAccount") != 0 ||
			strcmp(d->name, account) != 0 || !list || list->kind != NODE_LIST)
			continue;
		for (size_t k = 0; k < list->n; k++) {
			const struct node *name = node_get(list->item[k], "name");
			char at[AT_MAX];

			snprintf(at, sizeof at, "%s%simagePullSecrets[%zu]", d->at, *d->at ? "." : "", k);
			if (name && name->kind == NODE_STRING && *name->text)
				add(s, name, at, name->text, ret);
		}
	}
}

void kube_pull_secrets(struct kube_set *s, const struct kube_member *m, struct strs *ret)
{
	const struct k8s_pod_spec *p = m->spec;

	for (size_t i = 0; i < p->pull_secrets.n; i++) {
		const struct k8s_key_ref *r = LIST_AT(p->pull_secrets, const struct k8s_key_ref, i);
		char at[AT_MAX];

		snprintf(at, sizeof at, "%s.imagePullSecrets[%zu]", m->at, i);
		if (has(r->name))
			add(s, place(r->node, "name"), at, r->name, ret);
	}
	if (!p->pull_secrets.n)
		of_account(s, m, ret);
}
