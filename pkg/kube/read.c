#include <string.h>

#include "pkg/kube/internal.h"
#include "pkg/util/limits.h"
#include "pkg/util/sha256.h"

#define PLAN_MAX (16 * YAML_MAX) /* nodes, structs and specs of the largest manifest several times over */

void kube_plan_done(struct kube_plan *p)
{
	for (size_t i = 0; i < p->n_pod; i++)
		json_decref(p->pod[i].doc);
	for (size_t i = 0; i < p->n_object; i++)
		json_decref(p->object[i].doc);
	arena_done(&p->arena);
	*p = (struct kube_plan){ 0 };
}

static char *digest(const struct kube_input *in, size_t n, struct arena *a)
{
	struct sha256 hash;
	unsigned char bytes[32];
	char hex[65];

	sha256_init(&hash);
	for (size_t i = 0; i < n; i++)
		sha256_update(&hash, in[i].text, in[i].len);
	sha256_final(&hash, bytes);
	digest_hex(bytes, hex);
	return arena_strdup(a, hex);
}

int kube_read(const struct kube_input *in, size_t n, const struct kube_options *o, struct diag *d,
	struct kube_plan *ret, struct err *err)
{
	struct kube_plan plan = { .arena.max = PLAN_MAX };
	struct kube_set s = { .arena = &plan.arena, .diag = d, .options = o };
	const char *file = d->file;
	int rc;

	if ((rc = kube_documents(in, n, &s, err)) == 0 && (rc = kube_members(&s, err)) == 0) {
		kube_check(&s);
		rc = kube_translate(&s, &plan, err);
	}
	d->file = file;
	if (o->strict)
		diag_raise(d);
	if (rc == 0 && !(plan.digest = digest(in, n, &plan.arena)))
		rc = err_sys(err, ENOMEM, "read manifest");
	if (rc < 0) {
		kube_plan_done(&plan);
		return rc;
	}
	*ret = plan;
	return 0;
}
