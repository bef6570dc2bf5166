/*
 * Unit tests for pkg/kube: golden pairs in tests/fixtures/kube.
 *
 * NAME.yaml with NAME.json: the plan it becomes; with NAME.txt: what is said about it (errors, warnings and notes).  Every
 * good fixture and every example must come back from generate as the same plan, and generate must be a fixed point.
 * PODCTL_GOLDEN=write writes the expected files anew: look at the difference before you commit it.
 */
#include "tests/unit/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/kube/kube.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define FIXTURES "tests/fixtures/kube"
#define EXAMPLES "examples/k8s"

static char *slurp(const char *path)
{
	struct buf b = BUF_INIT(YAML_MAX);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	assert_int_equal(io_read_all(fd, &b), 0);
	close(fd);
	return buf_steal(&b);
}

static void spill(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

struct reading {
	struct kube_plan plan;
	struct diag diag;
	char *said;
};

static void read_text(struct reading *r, const char *file, const char *text, const struct kube_options *o)
{
	struct kube_input in = { .file = file, .text = text, .len = strlen(text) };
	struct buf b = BUF_INIT(MiB);
	struct err err = { 0 };

	memset(r, 0, sizeof *r);
	if (kube_read(&in, 1, o, &r->diag, &r->plan, &err) < 0)
		fail_msg("%s: %s", file, err.msg);
	diag_print(&r->diag, DIAG_NOTE, &b);
	r->said = buf_steal(&b);
}

static void reading_done(struct reading *r)
{
	kube_plan_done(&r->plan);
	diag_done(&r->diag);
	free(r->said);
}

/* A pod comes back as a pod, without what stood above it. */
static bool is_workload(const struct kube_object *o)
{
	return strstr("Deployment ReplicaSet DaemonSet StatefulSet Job ReplicationController", o->kind) !=
	       NULL;
}

static json_t *plan_json(const struct kube_plan *p)
{
	json_t *pods = json_array(), *images = json_array(), *configs = json_array();

	for (size_t i = 0; i < p->n_object; i++)
		if (!is_workload(&p->object[i]))
			json_array_append_new(
				configs, json_sprintf("%s/%s", p->object[i].kind, p->object[i].name));
	for (size_t i = 0; i < p->n_image; i++)
		json_array_append_new(images, json_pack("{s:s, s:s, s:s}", "ref", p->image[i].ref, "policy",
						      p->image[i].policy, "where", p->image[i].where));
	for (size_t i = 0; i < p->n_pod; i++) {
		json_t *ctrs = json_array();

		for (size_t j = 0; j < p->pod[i].n; j++)
			json_array_append_new(ctrs, encode_json(container_spec_fields, &p->pod[i].ctr[j]));
		json_array_append_new(
			pods, json_pack("{s:o, s:o}", "pod", encode_json(pod_spec_fields, &p->pod[i].spec),
				      "containers", ctrs));
	}
	return json_pack("{s:o, s:o, s:o}", "configs", configs, "images", images, "pods", pods);
}

static char *plan_text(const struct kube_plan *p)
{
	json_t *v = plan_json(p);
	char *text = json_dumps(v, JSON_INDENT(1)), *line = NULL;

	json_decref(v);
	assert_non_null(text);
	assert_true(asprintf(&line, "%s\n", text) > 0);
	free(text);
	return line;
}

static bool write_golden(void)
{
	const char *v = getenv("PODCTL_GOLDEN");

	return v && strcmp(v, "write") == 0;
}

static void compare(const char *path, const char *got)
{
	char *want = slurp(path);

	if (write_golden())
		spill(path, got);
	else if (!want)
		fail_msg("%s is missing", path);
	else if (strcmp(want, got) != 0)
		fail_msg("%s differs, got:\n%s", path, got);
	free(want);
}

/* The whole play as one file again: ConfigMaps before the first pod. */
static char *generated(const struct kube_plan *p)
{
	struct buf b = BUF_INIT(YAML_MAX);
	json_t *configs[64];
	struct err err = { 0 };

	assert_true(p->n_object < LEN(configs));
	size_t n = 0;

	for (size_t i = 0; i < p->n_object; i++)
		if (!is_workload(&p->object[i]))
			configs[n++] = p->object[i].doc;
	for (size_t i = 0; i < p->n_pod; i++) {
		if (i)
			buf_puts(&b, "---\n");
		if (kube_generate(p->pod[i].doc, &p->pod[i].spec, p->pod[i].ctr, p->pod[i].n, configs,
			    i ? 0 : n, &b, &err) < 0)
			fail_msg("generate: %s", err.msg);
	}
	return buf_steal(&b);
}

/* What was played has its volumes: a claim of a StatefulSet's pod is not dangling when it comes back alone. */
static const struct node *volume_there(void *ctx, const char *kind, const char *name)
{
	static const struct node there;

	(void) ctx;
	(void) name;
	return strcmp(kind, "PersistentVolumeClaim") == 0 ? &there : NULL;
}

static void check_round_trip(const char *path, const struct kube_plan *p)
{
	struct kube_options o = { .lookup = volume_there };
	char *once, *twice, *plan, *plan_again;
	struct reading again;

	if (!p->n_pod)
		return;
	once = generated(p);
	read_text(&again, path, once, &o);
	if (again.diag.errors)
		fail_msg("%s: what generate wrote is refused: %s\n%s", path, again.said, once);
	twice = generated(&again.plan);
	assert_string_equal(once, twice);
	for (size_t i = 0; i < p->n_image;
		i++) /* List items and templates have other paths than the Pods made of them */
		p->image[i].where = again.plan.image[i].where;
	plan = plan_text(p);
	plan_again = plan_text(&again.plan);
	assert_string_equal(plan, plan_again);
	free(once), free(twice), free(plan), free(plan_again);
	reading_done(&again);
}

/* How often a Job tries again, and when not, is not in the documents of its pods. */
static bool is_of_a_job(const struct kube_plan *p)
{
	for (size_t i = 0; i < p->n_pod; i++)
		for (size_t k = 0; k < p->pod[i].n; k++)
			if (strcmp(p->pod[i].kind, "Job") == 0 && p->pod[i].ctr[k].restart_max)
				return true;
	return false;
}

static void check_file(const char *dir, const char *name, bool golden)
{
	struct kube_options o = { 0 };
	char path[600], want[700], *text;
	struct reading r;
	bool good;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	text = slurp(path);
	assert_non_null(text);
	read_text(&r, name, text, &o);
	good = !r.diag.errors;
	snprintf(want, sizeof want, "%.*s%s", (int) (strlen(path) - 5), path, ".txt");
	if (golden && (*r.said || !good))
		compare(want, r.said);
	else if (!good)
		fail_msg("%s", r.said);
	snprintf(want, sizeof want, "%.*s%s", (int) (strlen(path) - 5), path, ".json");
	if (good && golden) {
		char *plan = plan_text(&r.plan);

		compare(want, plan);
		free(plan);
	}
	if (good && !is_of_a_job(&r.plan))
		check_round_trip(name, &r.plan);
	reading_done(&r);
	free(text);
}

static int is_yaml(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 5 && strcmp(e->d_name + n - 5, ".yaml") == 0;
}

static void check_directory(const char *dir, bool golden)
{
	struct dirent **v;
	int n = scandir(dir, &v, is_yaml, alphasort);

	if (n <= 0)
		fail_msg("no manifests in %s: run the tests in the root of the source tree", dir);
	for (int i = 0; i < n; i++) {
		check_file(dir, v[i]->d_name, golden);
		free(v[i]);
	}
	free(v);
}

static void fixtures_become_their_plans(void **state)
{
	(void) state;
	check_directory(FIXTURES, true);
}

static void examples_are_fine_and_come_back(void **state)
{
	(void) state;
	check_directory(EXAMPLES, false);
}

static void many_files_are_one_play(void **state)
{
	(void) state;
	static const char pod[] = "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec:\n  containers:\n  - "
				  "{name: c, image: i, "
				  "envFrom: [{configMapRef: {name: m}}]}\n";
	static const char map[] = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: m}\ndata: {K: v}\n";
	struct kube_input in[] = { { "pod.yaml", pod, sizeof pod - 1, NULL },
		{ "map.yaml", map, sizeof map - 1, NULL }, { "pod2.yaml", pod, sizeof pod - 1, NULL } };
	struct kube_options o = { 0 };
	struct kube_plan plan;
	struct diag diag = { 0 };
	struct err err = { 0 };
	struct buf b = BUF_INIT(MiB);

	assert_int_equal(kube_read(in, 2, &o, &diag, &plan, &err), 0);
	assert_int_equal(diag.errors, 0);
	assert_string_equal(kvs_get(&plan.pod[0].ctr[0].env_asked, "K"), "v");
	assert_int_equal(strlen(plan.digest), 64);
	kube_plan_done(&plan);
	assert_int_equal(kube_read(in, 3, &o, &diag, &plan, &err), 0);
	diag_print(&diag, DIAG_NOTE, &b);
	assert_string_equal(b.data,
		"pod2.yaml:3:18: metadata.name: Pod \"a\" is given twice, the first is at pod.yaml:1\n");
	kube_plan_done(&plan);
	buf_done(&b);
	diag_done(&diag);
}

static const struct node *stored(void *ctx, const char *kind, const char *name)
{
	return strcmp(kind, "ConfigMap") == 0 && strcmp(name, "kept") == 0 ? ctx : NULL;
}

static void stored_objects_answer_references(void **state)
{
	(void) state;
	static const char pod[] = "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec:\n  containers:\n  - "
				  "{name: c, image: i, "
				  "env: [{name: X, valueFrom: {configMapKeyRef: {name: kept, key: k}}}]}\n";
	struct arena arena = { 0 };
	json_t *doc = json_pack("{s:s, s:{s:s}}", "kind", "ConfigMap", "data", "k", "from the store");
	struct kube_options o = { .lookup = stored, .lookup_ctx = node_from_json(doc, &arena) };
	struct reading r;

	read_text(&r, "x", pod, &o);
	assert_string_equal(r.said, "");
	assert_string_equal(kvs_get(&r.plan.pod[0].ctr[0].env_asked, "X"), "from the store");
	reading_done(&r);
	json_decref(doc);
	arena_done(&arena);
}

static void strict_makes_warnings_errors(void **state)
{
	(void) state;
	static const char text[] = "kind: Deployment\napiVersion: extensions/v1beta1\nmetadata: {name: "
				   "a}\nspec:\n  replicas: 0\n"
				   "  selector: {matchLabels: {a: b}}\n  template: {metadata: {labels: {a: "
				   "b}}, spec: {containers: [{name: c, image: i}]}}\n";
	struct kube_options lax = { 0 }, strict = { .strict = true };
	struct reading r;

	read_text(&r, "x", text, &lax);
	assert_int_equal(r.diag.errors, 0);
	assert_string_equal(r.said, "x:2:13: apiVersion: no Kubernetes of today serves a Deployment of "
				    "extensions/v1beta1, it is read as apps/v1\n");
	assert_int_equal(r.plan.n_pod, 0);
	reading_done(&r);
	read_text(&r, "x", text, &strict);
	assert_int_equal(r.diag.errors, 1);
	reading_done(&r);
}

static void names_of_a_file_are_those_of_its_documents(void **state)
{
	(void) state;
	static const char text[] = "kind: List\napiVersion: v1\nitems:\n- {kind: Pod, metadata: {name: "
				   "a}}\n- {kind: Deployment, metadata: "
				   "{name: d}, spec: {replicas: 2}}\n---\n{kind: DaemonSet, metadata: {name: "
				   "e}}\n---\n{kind: ConfigMap, metadata: {name: m}}\n";
	static const char *const want[][2] = { { "Pod", "a" }, { "Deployment", "d" }, { "DaemonSet", "e" },
		{ "ConfigMap", "m" } };
	struct kube_input in = { "x", text, sizeof text - 1, NULL };
	struct arena arena = { 0 };
	struct diag diag = { 0 };
	struct err err = { 0 };
	struct kube_name *v;
	size_t n;

	assert_int_equal(kube_names(&in, 1, &arena, &diag, &v, &n, &err), 0);
	assert_int_equal(diag.n, 0);
	assert_int_equal(n, LEN(want));
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(v[i].kind, want[i][0]);
		assert_string_equal(v[i].name, want[i][1]);
	}
	arena_done(&arena);
	diag_done(&diag);
}

static void pods_of_a_set_wait_for_each_other(void **state)
{
	(void) state;
	static const char text[] =
		"kind: StatefulSet\napiVersion: apps/v1\nmetadata: {name: s}\nspec:\n  replicas: "
		"2\n  podManagementPolicy: %s\n  selector: {matchLabels: {a: b}}\n  "
		"template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: "
		"i%s}]}}\n";
	static const char *const probes[] = { "", ", readinessProbe: {exec: {command: [x]}}",
		", startupProbe: {exec: {command: [x]}}", ", livenessProbe: {exec: {command: [x]}}",
		"}], initContainers: [{name: i, image: i" };
	static const bool waits[] = { false, true, true, false, true };
	struct kube_options o = { 0 };

	for (size_t i = 0; i < 2 * LEN(probes); i++) {
		bool ordered = i < LEN(probes) && waits[i % LEN(probes)];
		char *manifest = NULL;
		struct reading r;

		assert_true(asprintf(&manifest, text, i < LEN(probes) ? "OrderedReady" : "Parallel",
				    probes[i % LEN(probes)]) > 0);
		read_text(&r, "x", manifest, &o);
		assert_int_equal(r.diag.errors, 0);
		assert_int_equal(r.plan.n_pod, 2);
		assert_int_equal(r.plan.pod[0].ordered, ordered);
		assert_false(r.plan.pod[0].held);
		assert_int_equal(r.plan.pod[1].ordered, ordered);
		assert_int_equal(r.plan.pod[1].held, ordered);
		reading_done(&r);
		free(manifest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixtures_become_their_plans),
		cmocka_unit_test(examples_are_fine_and_come_back),
		cmocka_unit_test(many_files_are_one_play),
		cmocka_unit_test(stored_objects_answer_references),
		cmocka_unit_test(strict_makes_warnings_errors),
		cmocka_unit_test(pods_of_a_set_wait_for_each_other),
		cmocka_unit_test(names_of_a_file_are_those_of_its_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
