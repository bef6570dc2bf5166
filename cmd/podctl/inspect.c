/*
 * inspect.c — inspect of whatever has a name: containers, pods, images, networks, volumes.
 */
#include "cmd/podctl/inspect.h"

#include <string.h>

#include "cmd/podctl/print.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/df.h"
#include "pkg/verb/images.h"
#include "pkg/verb/networks.h"
#include "pkg/verb/pods.h"
#include "pkg/volume/volume.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "inspect"); }

/* ---- templates --------------------------------------------------------------------------------------------------------- */

/* Keys that podman's JSON leaves out when they are empty, though its templates know them.  mark: what only such documents have. */
static const struct {
	const char *mark, *object, *key, *empty;
} defaults[] = {
	{ "RootFS", NULL, "Labels", "{}" },
	{ "RootFS", NULL, "HealthCheck", "null" },
	{ "RootFS", "Config", "User", "\"\"" },
	{ "RootFS", "Config", "ExposedPorts", "{}" },
	{ "RootFS", "Config", "Env", "[]" },
	{ "RootFS", "Config", "Entrypoint", "[]" },
	{ "RootFS", "Config", "Cmd", "[]" },
	{ "RootFS", "Config", "Volumes", "{}" },
	{ "RootFS", "Config", "WorkingDir", "\"\"" },
	{ "RootFS", "Config", "Labels", "{}" },
	{ "RootFS", "Config", "StopSignal", "\"\"" },
	{ "RootFS", "Config", "OnBuild", "[]" },
	{ "RootFS", "Config", "ArgsEscaped", "false" },
	{ "Mountpoint", NULL, "Status", "{}" },
	{ "Mountpoint", NULL, "UID", "0" },
	{ "Mountpoint", NULL, "GID", "0" },
	{ "Mountpoint", NULL, "Timeout", "0" },
	{ "Mountpoint", NULL, "StorageID", "\"\"" },
	{ "NumContainers", NULL, "Namespace", "\"\"" },
	{ "NumContainers", NULL, "CPUPeriod", "0" },
	{ "NumContainers", NULL, "CPUQuota", "0" },
	{ "NumContainers", NULL, "CPUShares", "0" },
	{ "NumContainers", NULL, "CPUSetCPUs", "\"\"" },
	{ "NumContainers", NULL, "CPUSetMems", "\"\"" },
	{ "NumContainers", NULL, "MemoryLimit", "0" },
	{ "NumContainers", NULL, "MemorySwap", "0" },
	{ "NumContainers", NULL, "BlkioWeight", "0" },
	{ "NumContainers", NULL, "BlkioWeightDevice", "[]" },
	{ "NumContainers", NULL, "BlkioDeviceReadBps", "[]" },
	{ "NumContainers", NULL, "BlkioDeviceWriteBps", "[]" },
	{ "NumContainers", NULL, "Devices", "[]" },
	{ "NumContainers", NULL, "Mounts", "[]" },
	{ "NumContainers", NULL, "SecurityOpts", "[]" },
	{ "NumContainers", NULL, "VolumesFrom", "[]" },
	{ "network_interface", NULL, "labels", "{}" },
	{ "network_interface", NULL, "options", "{}" },
};
/* podman's fields of a pod's limits have other names in JSON. */
static const char *const renamed[][2] = { { "cpu_period", "CPUPeriod" }, { "cpu_quota", "CPUQuota" },
	{ "cpu_shares", "CPUShares" }, { "cpuset_cpus", "CPUSetCPUs" }, { "memory_limit", "MemoryLimit" },
	{ "memory_swap", "MemorySwap" } };

int inspect_print(json_t *doc, const char *format, struct err *err)
{
	bool whole = !strcmp(format, "{{json .}}");

	for (size_t i = 0; !whole && json_object_get(doc, "NumContainers") && i < LEN(renamed); i++)
		if (json_object_get(doc, renamed[i][0]))
			(void) json_object_set(doc, renamed[i][1], json_object_get(doc, renamed[i][0]));
	for (size_t i = 0; !whole && i < LEN(defaults); i++) {
		json_t *of = defaults[i].object ? json_object_get(doc, defaults[i].object) : doc, *v;

		if (!json_object_get(doc, defaults[i].mark) || !json_is_object(of))
			continue;
		v = json_object_get(of, defaults[i].key);
		if (!v || json_is_null(v))
			(void) json_object_set_new(
				of, defaults[i].key, json_loads(defaults[i].empty, JSON_DECODE_ANY, NULL));
	}
	return print_document(doc, format, err);
}

/* ---- the kinds ---------------------------------------------------------------------------------------------------------- */

/* podman's words for one kind. */
static int inspect_failed(const char *kind, const char *name, const struct err *one, int rc, struct err *err)
{
	if (one->kind == ERR_NOT_FOUND && strcmp(kind, "image") != 0)
		return err_set(err, ERR_NOT_FOUND, "inspecting object: no such %s %s", kind, name);
	*err = *one;
	return one->kind == ERR_NOT_FOUND ? err_wrap(err, "inspecting object") : rc;
}

static int inspect_one(struct cli *c, const char *kind, const char *name, json_t **ret, struct err *err)
{
	bool any = !strcmp(kind, "all");
	struct err one = { 0 };
	int rc = -ENOENT;

	if (any || !strcmp(kind, "container")) {
		if ((rc = verb_inspect_container(&c->engine, name, ret, &one)) == 0 || !any ||
			one.kind != ERR_NOT_FOUND)
			return rc < 0 ? inspect_failed(kind, name, &one, rc, err) : 0;
	}
	if (any || !strcmp(kind, "pod")) {
		err_clear(&one);
		if ((rc = verb_pod_inspect(&c->engine, name, ret, &one)) == 0 || !any ||
			one.kind != ERR_NOT_FOUND)
			return rc < 0 ? inspect_failed(kind, name, &one, rc, err) : 0;
	}
	if (any || !strcmp(kind, "image")) {
		err_clear(&one);
		if ((rc = verb_inspect_image(&c->engine, name, &c->arena, ret, &one)) == 0 || !any ||
			one.kind != ERR_NOT_FOUND)
			return rc < 0 ? inspect_failed(kind, name, &one, rc, err) : 0;
	}
	if (any || !strcmp(kind, "network")) {
		err_clear(&one);
		if ((rc = verb_network_inspect(&c->engine, name, ret, &one)) == 0 || !any ||
			one.kind != ERR_NOT_FOUND)
			return rc < 0 ? (*err = one, rc) : 0;
	}
	if (any || !strcmp(kind, "volume")) {
		err_clear(&one);
		if ((rc = volume_inspect(&c->engine, name, ret, &one)) == 0 || !any ||
			one.kind != ERR_NOT_FOUND)
			return rc < 0 ? inspect_failed(kind, name, &one, rc, err) : 0;
	}
	return err_set(err, ERR_NOT_FOUND, "inspecting object: no such object: \"%s\"", name);
}

static int check_kind(const char *kind, struct err *err)
{
	static const char *const kinds[] = { "image", "container", "pod", "network", "volume", "all" };

	for (size_t i = 0; i < LEN(kinds); i++)
		if (!strcmp(kinds[i], kind))
			return 0;
	return err_set(err, ERR_INVALID,
		"invalid type \"%s\": must be \"image\", \"container\", \"pod\", \"network\", \"volume\", or "
		"\"all\"",
		kind);
}

static int add_latest(struct cli *c, struct err *err)
{
	struct selection s = { .kind = STORE_CONTAINER, .latest = true };
	struct target *t = NULL;
	size_t n = 0, missing = 0;
	int rc;

	if (c->args.n)
		return err_set(err, ERR_INVALID, "--latest and names cannot be given together");
	if ((rc = verb_select(&c->engine, &s, &c->arena, &t, &n, cli_error, &missing, err)) < 0)
		return rc;
	return strs_add(&c->args, &c->arena, t[0].id) < 0 ? no_memory(err) : 0;
}

/* A document of a container gets its sizes; others have none. */
static int inspect_size(struct cli *c, json_t *doc, struct err *err)
{
	AUTO(pod_done) struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	const char *name = json_string_value(json_object_get(doc, "Id")), *id = NULL, *pod = NULL;
	uint64_t own = 0, all = 0;
	struct err ignored = { 0 };
	int rc;

	if (!json_object_get(doc, "HostConfig") || !name ||
		store_find(c->engine.store, name, STORE_CONTAINER, &c->arena, &id, &pod, &ignored) < 0)
		return 0;
	if ((rc = pod_load(&c->engine, pod, false, &p, err)) < 0 ||
		(rc = verb_container_size(&c->engine, &p, pod_index(&p, id), &own, &all, err)) < 0)
		return rc;
	(void) json_object_set_new(doc, "SizeRw", json_integer((json_int_t) own));
	(void) json_object_set_new(doc, "SizeRootFs", json_integer((json_int_t) all));
	return 0;
}

int inspect_many(struct cli *c, const char *kind, const char *format, bool latest, bool size, struct err *err)
{
	json_t *list = json_array();
	struct err failed = { 0 };
	int rc = 0, status = 0;

	if ((rc = check_kind(kind, err)) < 0 || (latest && (rc = add_latest(c, err)) < 0)) {
		json_decref(list);
		return rc;
	}
	if (!c->args.n) {
		json_decref(list);
		return err_set(err, ERR_INVALID, "requires at least 1 arg(s), only received 0");
	}
	for (size_t i = 0; i < c->args.n && rc == 0; i++) {
		json_t *v = NULL;
		struct err one = { 0 };

		if (inspect_one(c, kind, c->args.v[i], &v, &one) < 0) {
			/* the others are still shown; the first failure is told at the end */
			if (!status)
				failed = one;
			status = EXIT_ENGINE;
			continue;
		}
		if (size && (rc = inspect_size(c, v, err)) < 0)
			break;
		if (format && !format_is_json(format))
			rc = inspect_print(v, format, err);
		else
			(void) json_array_append(list, v);
		json_decref(v);
	}
	/* podman pod inspect prints the object itself when there is one */
	if (rc == 0 && (!format || format_is_json(format))) {
		if (!strcmp(kind, "pod") && json_array_size(list) == 1)
			(void) print_json(json_array_get(list, 0), 5);
		else
			(void) print_json(list, 5);
	}
	json_decref(list);
	if (rc == 0 && status)
		cli_error(&failed);
	return rc < 0 ? rc : status;
}
