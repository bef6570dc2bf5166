/* Fuzz target: any bytes -> plan -> generated YAML -> plan.  Seeds: tests/fuzz/corpus/kube/ and tests/fixtures/kube. */
#include <stdlib.h>
#include <string.h>

#include "pkg/kube/kube.h"
#include "pkg/util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_text(const char *text, size_t len, struct kube_plan *plan)
{
	struct kube_input in = { "fuzz", text, len, NULL };
	struct kube_options o = { 0 };
	struct diag *diag = calloc(1, sizeof *diag);
	struct buf b = BUF_INIT(MiB);
	struct err err = { 0 };
	bool good;

	if (!diag || kube_read(&in, 1, &o, diag, plan, &err) < 0)
		abort(); /* only memory can fail it */
	diag_print(diag, DIAG_NOTE, &b);
	good = !diag->errors;
	buf_done(&b);
	diag_done(diag);
	free(diag);
	return good;
}

/* A good play comes back as a good play of the same pods, from the document and from the specs. */
static void generate(const struct kube_plan *plan, bool from_doc)
{
	struct buf b = BUF_INIT(64 * MiB);
	struct kube_plan again;
	struct err err = { 0 };
	json_t **configs = calloc(plan->n_object + 1, sizeof *configs);
	size_t n = 0;

	for (size_t i = 0; i < plan->n_object; i++) /* the pods of a workload are there themselves */
		if (!strstr("Deployment ReplicaSet DaemonSet StatefulSet Job CronJob ReplicationController",
			    plan->object[i].kind))
			configs[n++] = plan->object[i].doc;
	for (size_t i = 0; i < plan->n_pod; i++) {
		const struct kube_pod *p = &plan->pod[i];

		if (i)
			buf_puts(&b, "---\n");
		if (kube_generate(from_doc ? p->doc : NULL, &p->spec, p->ctr, p->n, configs, i ? 0 : n, &b,
			    &err) < 0)
			abort();
	}
	if (from_doc && plan->n_pod && (!read_text(b.data, b.len, &again) || again.n_pod != plan->n_pod))
		abort();
	if (from_doc && plan->n_pod)
		kube_plan_done(&again);
	free(configs);
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kube_plan plan = { 0 };

	if (size > 65536)
		return 0;
	if (read_text((const char *) data, size, &plan)) {
		generate(&plan, true);
		generate(&plan, false);
	}
	kube_plan_done(&plan);
	return 0;
}
