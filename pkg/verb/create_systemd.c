/*
 * create_systemd.c — --systemd: what systemd as pid 1 finds and expects: memory at four places, a cgroup tree of its own to
 * write (cgroup v2), SIGRTMIN+3 as the signal that stops it, and an id.  https://systemd.io/CONTAINER_INTERFACE
 */
#include <string.h>

#include "pkg/container/resolve.h"
#include "pkg/verb/create.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "prepare for systemd"); }

static bool runs_systemd(const struct container_spec *c)
{
	static const char *const inits[] = { "/sbin/init", "/usr/sbin/init", "/usr/local/sbin/init" };
	const char *program = c->argv.n ? c->argv.v[0] : "", *base = strrchr(program, '/');

	for (size_t i = 0; i < LEN(inits); i++)
		if (!strcmp(program, inits[i]))
			return true;
	return !strcmp(base ? base + 1 : program, "systemd");
}

static int add_tmpfs(
	struct container_spec *c, const char *dest, const char *mode, struct arena *a, struct err *err)
{
	struct mount_spec *v = arena_array(a, c->mounts.n + 1, sizeof *v), *m;

	if (!v)
		return no_memory(err);
	for (size_t i = 0; i < c->mounts.n; i++)
		if (!strcmp(LIST_AT(c->mounts, struct mount_spec, i)->dest, dest))
			return 0;
	if (c->mounts.n)
		memcpy(v, c->mounts.v, c->mounts.n * sizeof *v);
	m = &v[c->mounts.n];
	m->type = MOUNT_TMPFS;
	m->source = arena_strdup(a, "");
	m->dest = arena_strdup(a, dest);
	if (!m->source || !m->dest || strs_add(&m->options, a, "nosuid") < 0 ||
		strs_add(&m->options, a, "nodev") < 0 || strs_add(&m->options, a, mode) < 0)
		return no_memory(err);
	c->mounts = (struct list){ .v = v, .n = c->mounts.n + 1 };
	return 0;
}

int create_systemd(const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	static const struct {
		const char *dest, *mode;
	} places[] = { { "/run", "mode=0755" }, { "/run/lock", "mode=0755" }, { "/tmp", "mode=1777" },
		{ "/var/log/journal", "mode=0755" } };
	const char *mode = r->systemd ? r->systemd : "true";
	char uuid[33];
	int rc;

	if (strcmp(mode, "true") != 0 && strcmp(mode, "false") != 0 && strcmp(mode, "always") != 0)
		return err_set(err, ERR_INVALID, "--systemd %s: there are true, false and always", mode);
	if (!strcmp(mode, "false") || (strcmp(mode, "always") != 0 && !runs_systemd(c)))
		return 0;
	c->systemd = true;
	for (size_t i = 0; i < LEN(places); i++)
		if ((rc = add_tmpfs(c, places[i].dest, places[i].mode, a, err)) < 0)
			return rc;
	if (!r->stop_signal && !(c->stop_signal = arena_strdup(a, "SIGRTMIN+3")))
		return no_memory(err);
	memcpy(uuid, c->id, 32);
	uuid[32] = 0;
	return env_set(&c->env, a, "container_uuid", uuid) < 0 ? no_memory(err) : 0;
}
