/* Unit tests for pkg/kube/from_specs.c: Pods made of what was given on the command line. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

#include "pkg/kube/kube.h"
#include "pkg/util/limits.h"

struct specs {
	struct arena arena;
	struct pod_spec pod;
	struct container_spec ctr[4];
	size_t n;
};

static void make(struct specs *s, const char *pod, const char *const *ctr)
{
	struct err err = { 0 };
	json_t *v = json_loads(pod, 0, NULL);

	memset(s, 0, sizeof *s);
	assert_non_null(v);
	assert_int_equal(decode_json(v, pod_spec_fields, &s->pod, &s->arena, &err), 0);
	json_decref(v);
	for (; *ctr; ctr++) {
		v = json_loads(*ctr, 0, NULL);
		assert_non_null(v);
		assert_int_equal(decode_json(v, container_spec_fields, &s->ctr[s->n++], &s->arena, &err), 0);
		json_decref(v);
	}
}

static char *generate(const struct pod_spec *pod, const struct container_spec *ctr, size_t n)
{
	struct buf b = BUF_INIT(MiB);
	struct err err = { 0 };

	if (kube_generate(NULL, pod, ctr, n, NULL, 0, &b, &err) < 0)
		fail_msg("%s", err.msg);
	return buf_steal(&b);
}

/* cmocka cuts long strings: the first lines that differ are told instead. */
static void same_text(const char *got, const char *want)
{
	size_t i = 0;

	while (got[i] && got[i] == want[i])
		i++;
	if (got[i] == want[i])
		return;
	while (i && got[i - 1] != '\n')
		i--;
	fail_msg("got:\n%.120s\n-- wanted:\n%.120s", got + i, want + i);
}

/* A volume by name is there: the claim that stands for it is not dangling. */
static const struct node *volume_there(void *ctx, const char *kind, const char *name)
{
	static const struct node there;

	(void) ctx;
	(void) name;
	return strcmp(kind, "PersistentVolumeClaim") == 0 ? &there : NULL;
}

/* The text is what is wanted, it plays, and the played specs give the same text. */
static void check(const char *pod, const char *const *ctr, const char *want)
{
	struct kube_options o = { .lookup = volume_there };
	struct diag diag = { 0 };
	struct err err = { 0 };
	struct kube_plan plan;
	struct kube_input in = { .file = "generated" };
	struct specs s;
	char *once, *twice;

	make(&s, pod, ctr);
	once = generate(&s.pod, s.ctr, s.n);
	same_text(once, want);
	in.text = once;
	in.len = strlen(once);
	assert_int_equal(kube_read(&in, 1, &o, &diag, &plan, &err), 0);
	if (diag.n)
		fail_msg("%d:%d: %s", diag.items[0].line, diag.items[0].col, diag.items[0].text);
	twice = generate(&plan.pod[0].spec, plan.pod[0].ctr, plan.pod[0].n);
	same_text(twice, once[0] == '#' ? strstr(once, "apiVersion") : once);
	free(once);
	free(twice);
	kube_plan_done(&plan);
	diag_done(&diag);
	arena_done(&s.arena);
}

static void a_plain_container_is_a_short_pod(void **state)
{
	(void) state;
	static const char *const ctr[] = { "{\"name\":\"web\",\"shortName\":\"web\",\"image\":\"docker.io/"
					   "library/nginx:1\",\"cwd\":\"/\","
					   "\"stopTimeout\":10,\"stopSignal\":\"SIGTERM\"}",
		NULL };

	check("{\"name\":\"web\",\"solo\":true,\"id\":\"0123456789abcdef\",\"hostname\":\"0123456789ab\","
	      "\"net\":\"bridge\"}",
		ctr,
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata:\n"
		"  name: web-pod\n"
		"spec:\n"
		"  containers:\n"
		"  - image: docker.io/library/nginx:1\n"
		"    name: web\n"
		"  restartPolicy: Never\n"
		"  terminationGracePeriodSeconds: 10\n");
}

static void everything_kubernetes_can_say_is_said(void **state)
{
	(void) state;
	static const char pod[] =
		"{\"name\":\"My_Pod\",\"net\":\"bridge\",\"hostname\":\"other\",\"labels\":{\"a\":\"b\"},"
		"\"annotations\":{\"n\":\"1\"},"
		"\"sharePid\":true,\"ports\":[{\"hostIP\":\"127.0.0.1\",\"hostPort\":8080,\"containerPort\":"
		"80,\"protocol\":\"tcp\"},"
		"{\"hostPort\":5000,\"containerPort\":6000,\"range\":2,\"protocol\":\"udp\"}],"
		"\"volumes\":[{\"name\":\"data\",\"type\":\"named\",\"path\":\"data\"}],\"dnsServers\":[\"1."
		"1.1.1\"],\"dnsOptions\":[\"ndots:1\"],"
		"\"hostAliases\":[{\"ip\":\"10.0.0.1\",\"names\":[\"db\"]}],\"sysctls\":{\"net.core."
		"somaxconn\":\"9\"}}";
	static const char *const ctr[] = { "{\"name\":\"x-infra\",\"role\":\"infra\"}",
		"{\"name\":\"My_Pod-setup\",\"shortName\":\"setup\",\"role\":\"init\",\"image\":\"i\","
		"\"command\":[\"a\"],\"commandSet\":true}",
		"{\"name\":\"My_Pod-c\",\"shortName\":\"c\",\"image\":\"i\",\"entrypoint\":[\"sh\",\"-c\"],"
		"\"entrypointSet\":true,"
		"\"command\":[\"echo $(X) $$ "
		"$Y\"],\"commandSet\":true,\"envAsked\":{\"X\":\"1\",\"Z\":\"$(X)\",\"M\":\"a\\nb\\n\"},"
		"\"cwd\":\"/w\",\"user\":\"5:6\",\"groups\":[\"7\"],\"restart\":\"always\",\"stopTimeout\":3,"
		"\"mounts\":[{\"type\":\"bind\",\"source\":\"/srv/my "
		"data\",\"dest\":\"/d\",\"readOnly\":true},"
		"{\"type\":\"bind\",\"source\":\"/srv/my data\",\"dest\":\"/e\",\"options\":[\"rslave\"]},"
		"{\"type\":\"bind\",\"source\":\"/\",\"dest\":\"/host\"},"
		"{\"type\":\"volume\",\"source\":\"data\",\"dest\":\"/v\"},"
		"{\"type\":\"tmpfs\",\"dest\":\"/t\",\"options\":[\"size=1m\"]}],"
		"\"capAdd\":[\"CAP_NET_ADMIN\"],\"capDrop\":[\"ALL\"],\"readOnly\":true,\"noNewPrivs\":true,"
		"\"seccomp\":\"unconfined\","
		"\"resources\":{\"memory\":67108864,\"cpuQuota\":50000,\"cpuPeriod\":100000},\"terminal\":"
		"true,\"stdinOpen\":true}",
		NULL };

	check(pod, ctr,
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata:\n"
		"  annotations:\n"
		"    \"n\": \"1\"\n"
		"  labels:\n"
		"    a: b\n"
		"  name: my-pod\n"
		"spec:\n"
		"  containers:\n"
		"  - args:\n"
		"    - echo $$(X) $$$ $Y\n"
		"    command:\n"
		"    - sh\n"
		"    - -c\n"
		"    env:\n"
		"    - name: X\n"
		"      value: \"1\"\n"
		"    - name: Z\n"
		"      value: $$(X)\n"
		"    - name: M\n"
		"      value: |\n"
		"        a\n"
		"        b\n"
		"    image: i\n"
		"    name: c\n"
		"    ports:\n"
		"    - containerPort: 80\n"
		"      hostIP: 127.0.0.1\n"
		"      hostPort: 8080\n"
		"    - containerPort: 6000\n"
		"      hostPort: 5000\n"
		"      protocol: UDP\n"
		"    - containerPort: 6001\n"
		"      hostPort: 5001\n"
		"      protocol: UDP\n"
		"    resources:\n"
		"      limits:\n"
		"        cpu: 500m\n"
		"        memory: 64Mi\n"
		"    securityContext:\n"
		"      allowPrivilegeEscalation: false\n"
		"      capabilities:\n"
		"        add:\n"
		"        - NET_ADMIN\n"
		"        drop:\n"
		"        - ALL\n"
		"      readOnlyRootFilesystem: true\n"
		"      runAsUser: 5\n"
		"      runAsGroup: 6\n"
		"      seccompProfile:\n"
		"        type: Unconfined\n"
		"    stdin: true\n"
		"    tty: true\n"
		"    volumeMounts:\n"
		"    - mountPath: /d\n"
		"      name: srv-my-data-host-0\n"
		"      readOnly: true\n"
		"    - mountPath: /e\n"
		"      name: srv-my-data-host-0\n"
		"      mountPropagation: HostToContainer\n"
		"    - mountPath: /host\n"
		"      name: root-host-1\n"
		"    - mountPath: /v\n"
		"      name: data-pvc\n"
		"    - mountPath: /t\n"
		"      name: tmp-0\n"
		"    workingDir: /w\n"
		"  hostname: other\n"
		"  dnsConfig:\n"
		"    nameservers:\n"
		"    - 1.1.1.1\n"
		"    options:\n"
		"    - name: ndots\n"
		"      value: \"1\"\n"
		"  hostAliases:\n"
		"  - hostnames:\n"
		"    - db\n"
		"    ip: 10.0.0.1\n"
		"  securityContext:\n"
		"    supplementalGroups:\n"
		"    - 7\n"
		"    sysctls:\n"
		"    - name: net.core.somaxconn\n"
		"      value: \"9\"\n"
		"  shareProcessNamespace: true\n"
		"  terminationGracePeriodSeconds: 3\n"
		"  initContainers:\n"
		"  - args:\n"
		"    - a\n"
		"    image: i\n"
		"    name: setup\n"
		"  volumes:\n"
		"  - name: srv-my-data-host-0\n"
		"    hostPath:\n"
		"      path: /srv/my data\n"
		"  - name: root-host-1\n"
		"    hostPath:\n"
		"      path: /\n"
		"  - name: data-pvc\n"
		"    persistentVolumeClaim:\n"
		"      claimName: data\n"
		"  - name: tmp-0\n"
		"    emptyDir:\n"
		"      medium: Memory\n"
		"      sizeLimit: 1Mi\n");
}

static void what_kubernetes_cannot_say_is_named(void **state)
{
	(void) state;
	static const char *const ctr[] = {
		"{\"name\":\"x\",\"shortName\":\"x\",\"image\":\"i\",\"user\":\"www\\nevil\","
		"\"devices\":[{\"host\":\"/dev/fuse\",\"path\":\"/dev/"
		"fuse\"}],\"restart\":\"always\",\"stopTimeout\":30}",
		NULL
	};

	check("{\"name\":\"x\",\"solo\":true,\"net\":\"none\"}", ctr,
		"# Kubernetes has no field for the device /dev/fuse of container x\n"
		"# Kubernetes has no field for a user by name: www\\nevil of container x\n"
		"# Kubernetes has no field for a pod without a network\n"
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata:\n"
		"  name: x-pod\n"
		"spec:\n"
		"  containers:\n"
		"  - image: i\n"
		"    name: x\n");
}

static void an_empty_pod_has_no_manifest(void **state)
{
	(void) state;
	struct pod_spec pod = { .name = (char *) "empty" };
	struct buf b = BUF_INIT(MiB);
	struct err err = { 0 };

	assert_true(kube_generate(NULL, &pod, NULL, 0, NULL, 0, &b, &err) < 0);
	assert_string_equal(err.msg, "pod 'empty' has no containers, and Kubernetes has no empty pods");
	buf_done(&b);
}

static void what_the_cluster_added_is_left_out(void **state)
{
	(void) state;
	json_t *doc = json_pack("{s:s, s:s, s:{s:n, s:s, s:s, s:[]}, s:{s:[{s:s}]}, s:{s:s}}", "apiVersion",
		"v1", "kind", "Pod", "metadata", "creationTimestamp", "name", "p", "uid", "u",
		"managedFields", "spec", "containers", "name", "c", "status", "phase", "Running");
	json_t *map = json_pack("{s:s, s:{s:s}}", "kind", "ConfigMap", "metadata", "resourceVersion", "5");
	struct buf b = BUF_INIT(MiB);
	struct err err = { 0 };

	assert_int_equal(kube_generate(doc, NULL, NULL, 0, &map, 1, &b, &err), 0);
	assert_string_equal(b.data,
		"kind: ConfigMap\nmetadata: {}\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n"
		"  containers:\n  - name: c\n");
	buf_done(&b);
	json_decref(doc);
	json_decref(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_container_is_a_short_pod),
		cmocka_unit_test(everything_kubernetes_can_say_is_said),
		cmocka_unit_test(what_kubernetes_cannot_say_is_named),
		cmocka_unit_test(an_empty_pod_has_no_manifest),
		cmocka_unit_test(what_the_cluster_added_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
