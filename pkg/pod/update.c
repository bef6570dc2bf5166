/* Other limits for a container that exists: in its row, and, while it runs, by the runtime's `update`. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/proc.h"

#define UPDATE_US 30000000ULL

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "update"); }

/* The JSON a runtime reads: only what is to change. */
static int changes_text(
	struct engine *e, struct pod *p, const struct resources_spec *r, char **ret, struct err *err)
{
	struct container_spec c = { .resources = *r };
	struct start s = { .e = e, .p = p };
	struct oci_facts f = { .config = &e->config, .in_userns = true, .cgroup = "/" };
	json_t *v;
	int rc = pod_io_limits(&s, &c, &f.io, &f.n_io, err);

	if (rc < 0)
		return rc;
	v = oci_resources(&c, &f);
	*ret = v ? json_dumps(v, JSON_COMPACT) : NULL;
	json_decref(v);
	return *ret ? 0 : no_memory(err);
}

static int runtime_update(struct engine *e, struct pod *p, const char *ctr, const char *text, struct err *err)
{
	auto_buf struct buf errs = BUF_INIT(64 * KiB);
	const char *runtime = NULL;
	struct strs argv = { 0 };
	char *env[] = { (char *) "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	struct proc_opts o = PROC_OPTS(.envp = env);
	int rc, status = 0;
	bool ours;

	if ((rc = engine_runtime(e, &runtime, &ours, err)) < 0)
		return rc;
	if (strs_add(&argv, &p->arena, runtime) < 0 || strs_add(&argv, &p->arena, "--root") < 0 ||
		strs_addf(&argv, &p->arena, "%s/rt", e->runroot) < 0 ||
		strs_add(&argv, &p->arena, "update") < 0 || strs_add(&argv, &p->arena, "--resources") < 0 ||
		strs_add(&argv, &p->arena, "-") < 0 || strs_add(&argv, &p->arena, ctr) < 0)
		return no_memory(err);
	o.path = argv.v[0];
	o.argv = argv.v;
	if ((rc = proc_run(&o, text, strlen(text), NULL, &errs, UPDATE_US, &status, err)) < 0)
		return err_wrap(err, "update container %.12s", ctr);
	if (proc_exit_code(status) == 0)
		return 0;
	if (errs.len && errs.data[errs.len - 1] == '\n')
		errs.data[errs.len - 1] = '\0';
	return err_set(err, ERR_SYSTEM, "update container %.12s: %s", ctr,
		errs.len ? errs.data : "the runtime failed");
}

/* The monitor starts it again from the same bundle. */
static int bundle_update(struct pod *p, const char *ctr, const char *text, struct err *err)
{
	auto_buf struct buf old = BUF_INIT(JSON_MAX);
	auto_close int dir = -EBADF;
	auto_free char *new = NULL;
	char path[PATH_TEXT];
	json_t *config, *resources, *changes;
	int rc;

	(void) snprintf(path, sizeof path, "%s/bundle", ctr);
	if ((dir = path_open(p->run_fd, path, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0)) < 0)
		return err_sys(err, -dir, "open the bundle of container %.12s", ctr);
	if ((rc = file_read(dir, "config.json", PATH_IN_STATE, &old)) < 0)
		return err_sys(err, -rc, "read the bundle of container %.12s", ctr);
	config = json_loadb(old.data ? old.data : "", old.len, 0, NULL);
	changes = json_loads(text, 0, NULL);
	resources = json_object_get(json_object_get(config, "linux"), "resources");
	if (json_object_update_recursive(resources, changes) == 0)
		new = json_dumps(config, JSON_COMPACT);
	json_decref(changes);
	json_decref(config);
	if (!new)
		return err_set(
			err, ERR_CORRUPT, "the bundle of container %.12s is not as it was written", ctr);
	rc = file_replace(dir, "config.json", new, strlen(new), 0600, false);
	return rc < 0 ? err_sys(err, -rc, "write the bundle of container %.12s", ctr) : 0;
}

static char *spec_text(const struct container_spec *c)
{
	json_t *v = encode_json(container_spec_fields, c);
	char *text = v ? json_dumps(v, JSON_COMPACT) : NULL;

	json_decref(v);
	return text;
}

int pod_update(struct engine *e, struct pod *p, size_t i, const struct resources_spec *all,
	const struct resources_spec *changed, enum pod_update when, struct err *err)
{
	auto_free char *text = NULL, *spec = NULL;
	struct container_spec c = p->ctr[i];
	int rc;

	c.resources = *all;
	if ((rc = pod_check_container(e, &p->spec, &c, err)) < 0 ||
		(when != UPDATE_ROW &&
			((rc = changes_text(e, p, changed, &text, err)) < 0 ||
				(when == UPDATE_NOW && (rc = runtime_update(e, p, c.id, text, err)) < 0) ||
				(rc = bundle_update(p, c.id, text, err)) < 0)))
		return rc;
	if (!(spec = spec_text(&c)))
		return no_memory(err);
	if ((rc = store_ctr_set_spec(e->store, c.id, spec, err)) < 0)
		return rc;
	p->ctr[i].resources = *all;
	ctr_event(e, p, i, "update");
	return 0;
}

int pod_update_whole(struct engine *e, struct pod *p, const struct resources_spec *r, struct err *err)
{
	struct cgroup_limits l = { .memory = r->memory,
		.memory_reservation = r->memory_reservation,
		.cpu_shares = r->cpu_shares,
		.cpu_quota = r->cpu_quota,
		.cpu_period = r->cpu_period };
	auto_free char *spec = NULL;
	struct pod_res res;
	json_t *v;
	int rc;

	p->spec.resources = *r;
	v = encode_json(pod_spec_fields, &p->spec);
	spec = v ? json_dumps(v, JSON_COMPACT) : NULL;
	json_decref(v);
	if (!spec)
		return no_memory(err);
	if ((rc = store_pod_set_spec(e->store, p->row.id, spec, err)) < 0 || !p->alive)
		return rc;
	if ((rc = pod_res_load(p, &p->arena, &res, err)) < 0 || !*res.cgroup ||
		(!e->cgroups_open && (rc = engine_cgroups(e, err)) < 0))
		return rc;
	if (cgroup_hierarchy(&e->cgroups, "cpu") < 0 && !l.cpu_quota)
		l.cpu_shares = 0; /* a request, of a controller that this user has not */
	rc = cgroup_limit(&e->cgroups, res.cgroup, &l, err);
	return rc < 0 ? err_wrap(err, "limits of the pod") : 0;
}
