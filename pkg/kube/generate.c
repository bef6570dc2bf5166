/* generate kube: what was played comes back as it was written; a hand-made pod becomes a Pod with what is not default. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/kube/generate.h"

/* What a cluster adds to an object, and no author writes. */
static json_t *as_written(const json_t *doc)
{
	static const char *const of_cluster[] = { "creationTimestamp", "deletionTimestamp",
		"deletionGracePeriodSeconds", "generation", "managedFields", "resourceVersion", "selfLink",
		"uid" };
	json_t *copy = json_deep_copy(doc), *meta = json_object_get(copy, "metadata");

	json_object_del(copy, "status");
	for (size_t i = 0; i < LEN(of_cluster); i++)
		json_object_del(meta, of_cluster[i]);
	return copy;
}

static int emit(const json_t *doc, bool first, struct buf *b, struct err *err)
{
	if (!first)
		buf_puts(b, "---\n");
	return yaml_emit(doc, b, err);
}

static int emit_written(const json_t *doc, bool first, struct buf *b, struct err *err)
{
	json_t *copy = as_written(doc);
	int rc = copy ? emit(copy, first, b, err) : err_sys(err, ENOMEM, "write manifest");

	json_decref(copy);
	return rc;
}

int kube_generate(const json_t *doc, const struct pod_spec *pod, const struct container_spec *ctr, size_t n,
	json_t *const *config_maps, size_t n_config_maps, struct buf *b, struct err *err)
{
	json_t *made;
	int rc;

	for (size_t i = 0; i < n_config_maps; i++)
		if ((rc = emit_written(config_maps[i], i == 0, b, err)) < 0)
			return rc;
	if (doc)
		return emit_written(doc, !n_config_maps, b, err);
	if ((rc = kube_from_specs(pod, ctr, n, b, &made, err)) < 0)
		return rc;
	rc = emit(made, !n_config_maps, b, err);
	json_decref(made);
	return rc;
}

int kube_emit(const json_t *doc, struct buf *b, struct err *err)
{
	return emit_written(doc, !b->len, b, err);
}
