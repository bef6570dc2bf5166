/*
 * create_spec.c — flags of one container into its spec.  Pure; the image is merged later (container_resolve).
 */
#include "pkg/verb/create.h"

#include <stdio.h>
#include <string.h>

#include "pkg/util/text.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "read the options"); }

static int copy(struct arena *a, char **slot, const char *value, struct err *err)
{
	if (!value)
		return 0;
	return (*slot = arena_strdup(a, value)) ? 0 : no_memory(err);
}

static int copy_kvs(struct arena *a, struct kvs *to, const struct kvs *from, struct err *err)
{
	for (size_t i = 0; i < from->n; i++)
		if (kvs_set(to, a, from->v[i].key, from->v[i].value) < 0)
			return no_memory(err);
	return 0;
}

int create_restart(const struct create_request *r, struct container_spec *c, struct err *err)
{
	const char *colon, *word = r->restart;
	uint64_t max;
	size_t n;

	if (!word || !*word)
		return 0;
	colon = strchr(word, ':');
	n = colon ? (size_t) (colon - word) : strlen(word);
	for (int i = 0; restart_policy_names[i]; i++) {
		if (strlen(restart_policy_names[i]) != n || strncmp(restart_policy_names[i], word, n) != 0)
			continue;
		c->restart = i;
		if (!colon)
			return 0;
		if (i != RESTART_ON_FAILURE)
			return err_set(err, ERR_INVALID,
				"--restart %s: only on-failure takes a number of retries", word);
		if (parse_u64(colon + 1, 0, UINT32_MAX, &max) < 0)
			return err_set(err, ERR_INVALID, "--restart %s: '%s' is not a number of retries",
				word, colon + 1);
		c->restart_max = (uint32_t) max;
		return 0;
	}
	return err_set(err, ERR_INVALID,
		"--restart: \"%s\" is not a valid restart policy; there are no, on-failure[:N], always and "
		"unless-stopped",
		word);
}

/* --pid, --ipc, --uts, --cgroupns: "host", "private", "container:X" (X is looked up by the verb). */
static int namespace_mode(const char *flag, const char *value, bool in_pod, struct ns_spec *ns,
	struct arena *a, struct err *err)
{
	if (!value || !*value) {
		ns->mode = in_pod ? NS_POD : NS_PRIVATE;
		return 0;
	}
	if (!strcmp(value, "host")) {
		ns->mode = NS_HOST;
	} else if (!strcmp(value, "private") || !strcmp(value, "shareable") || !strcmp(value, "none")) {
		ns->mode = NS_PRIVATE;
	} else if (!strcmp(value, "pod") && in_pod) {
		ns->mode = NS_POD;
	} else if (!strncmp(value, "container:", 10) && value[10]) {
		ns->mode = NS_CONTAINER;
		return copy(a, &ns->container, value + 10, err);
	} else if (!strncmp(value, "ns:", 3)) {
		return err_set(err, ERR_UNSUPPORTED,
			"--%s %s: joining a namespace by its path is not done yet", flag, value);
	} else {
		return err_set(err, ERR_INVALID,
			"--%s: no mode \"%s\"; there are host, private and container:NAME", flag, value);
	}
	return 0;
}

static int namespaces(
	const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	bool in_pod = r->pod != NULL;
	int rc;

	/* A pod shares its PID namespace only when it was made so: the verb decides once it knows the pod. */
	if ((rc = namespace_mode("pid", r->pid, false, &c->pid, a, err)) < 0 ||
		(rc = namespace_mode("ipc", r->ipc, in_pod, &c->ipc, a, err)) < 0 ||
		(rc = namespace_mode("uts", r->uts, in_pod, &c->uts, a, err)) < 0)
		return rc;
	return namespace_mode("cgroupns", r->cgroupns, false, &c->cgroup, a, err);
}

/* "/bin/sh" or a JSON list. */
static int entrypoint(
	const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	json_t *list, *item;
	size_t i;
	int rc = 0;

	if (!r->entrypoint)
		return 0;
	c->entrypoint_set = true;
	if (r->entrypoint[0] != '[')
		return *r->entrypoint && strs_add(&c->entrypoint, a, r->entrypoint) < 0 ? no_memory(err) : 0;
	list = json_loads(r->entrypoint, 0, NULL);
	json_array_foreach(list, i, item) if (rc == 0) rc =
		json_is_string(item) ? strs_add(&c->entrypoint, a, json_string_value(item)) : -EINVAL;
	if (!json_is_array(list))
		rc = -EINVAL;
	json_decref(list);
	if (rc == -ENOMEM)
		return no_memory(err);
	return rc == 0 ? 0
		       : err_set(err, ERR_INVALID, "--entrypoint %s: expected a JSON list of strings",
				 r->entrypoint);
}

/* k8s-file is the one log there is; json-file means the same to podman. */
int create_logging(const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	const char *driver = r->log_driver ? r->log_driver : "k8s-file";
	uint64_t size;

	if (!strcmp(driver, "json-file"))
		driver = "k8s-file";
	if (strcmp(driver, "k8s-file") != 0 && strcmp(driver, "none") != 0)
		return err_set(err, ERR_UNSUPPORTED,
			"--log-driver %s: logs are files that podctl logs reads, not the journal's or the "
			"caller's; there are k8s-file, "
			"json-file and none",
			driver);
	for (size_t i = 0; i < r->log_opts.n; i++) {
		const char *opt = r->log_opts.v[i];

		if (strncmp(opt, "max-size=", 9) != 0)
			return err_set(err, ERR_UNSUPPORTED,
				"--log-opt %s: not done yet; there is max-size=SIZE", opt);
		if (parse_bytes(opt + 9, &size) < 0 || size < 8192 || size > INT64_MAX)
			return err_set(err, ERR_INVALID, "--log-opt %s: expected a size of at least 8k", opt);
		c->log_size_max = (int64_t) size;
	}
	return copy(a, &c->log_driver, driver, err);
}

static int umask_value(const char *text, struct container_spec *c, struct err *err)
{
	char *end;
	long v;

	if (!text)
		return 0;
	v = strtol(text, &end, 8);
	if (!*text || *end || v < 0 || v > 0777)
		return err_set(err, ERR_INVALID, "--umask %s: expected an octal number up to 0777", text);
	c->umask = v + 1;
	return 0;
}

static int stopping(
	const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	int sig;

	if (r->stop_signal) {
		if ((sig = signal_parse(r->stop_signal)) < 0)
			return err_set(
				err, ERR_INVALID, "--stop-signal: no signal is called '%s'", r->stop_signal);
		if (!(c->stop_signal = arena_strdup(a, signal_name(sig))))
			return no_memory(err);
	}
	c->timeout = (uint32_t) r->timeout.v;
	return 0;
}

static int exposed(const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < r->expose.n; i++) {
		const char *text = r->expose.v[i], *slash = strchr(text, '/');
		const char *proto = slash ? slash + 1 : "tcp";
		auto_free char *number = strndup(text, slash ? (size_t) (slash - text) : strlen(text));
		char *dash = number ? strchr(number, '-') : NULL;
		uint64_t first = 0, last;

		if (dash)
			*dash++ = 0;
		if (!number || parse_u64(number, 1, 65535, &first) < 0 ||
			parse_u64(dash ? dash : number, first, 65535, &last) < 0 ||
			(strcmp(proto, "tcp") != 0 && strcmp(proto, "udp") != 0 &&
				strcmp(proto, "sctp") != 0))
			return err_set(err, ERR_INVALID, "--expose %s: expected PORT[-PORT][/tcp|udp]", text);
		for (; first <= last; first++)
			if (strs_addf(&c->exposed, a, "%llu/%s", (unsigned long long) first, proto) < 0)
				return no_memory(err);
	}
	return 0;
}

static int lists(const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	int rc;

	if ((rc = copy_kvs(a, &c->env_asked, &r->env_defaults, err)) < 0 ||
		(rc = copy_kvs(a, &c->env_asked, &r->env, err)) < 0 ||
		(rc = copy_kvs(a, &c->labels, &r->labels, err)) < 0 ||
		(rc = copy_kvs(a, &c->annotations, &r->annotations, err)) < 0 ||
		(rc = copy_kvs(a, &c->sysctls, &r->sysctls, err)) < 0 ||
		(rc = copy_kvs(a, &c->env_merge, &r->env_merge, err)) < 0)
		return rc;
	if (strs_add_all(&c->command, a, &r->command) < 0 || strs_add_all(&c->groups, a, &r->groups) < 0 ||
		strs_add_all(&c->create_argv, a, &r->argv) < 0 ||
		strs_add_all(&c->unsetenv, a, &r->unsetenv) < 0 ||
		strs_add_all(&c->host_users, a, &r->host_users) < 0 ||
		strs_add_all(&c->requires, a, &r->requires) < 0 ||
		strs_add_all(&c->volumes_from, a, &r->volumes_from) < 0)
		return no_memory(err);
	c->command_set = r->command.n > 0;
	return 0;
}

static int absolute(
	const struct create_request *r, char **slot, const char *path, struct arena *a, struct err *err)
{
	if (!path || !*path)
		return 0;
	*slot = path[0] == '/' ? arena_strdup(a, path) : arena_printf(a, "%s/%s", r->cwd, path);
	return *slot ? 0 : no_memory(err);
}

/* --tz names a file below /usr/share/zoneinfo; nothing else of the host. */
static int zone(const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	if (!r->tz || !*r->tz)
		return 0;
	if (r->tz[0] == '/' || !strcmp(r->tz, "..") || !strncmp(r->tz, "../", 3) || strstr(r->tz, "/.."))
		return err_set(err, ERR_INVALID,
			"--tz %s: expected a time zone such as Europe/Paris, or local", r->tz);
	return copy(a, &c->tz, r->tz, err);
}

/* What is written on the host, and what comes from its files. */
static int host_files(
	const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	int rc;

	if ((rc = absolute(r, &c->pidfile, r->pidfile, a, err)) < 0 ||
		(rc = absolute(r, &c->monitor_pidfile, r->monitor_pidfile, a, err)) < 0 ||
		(rc = copy(a, &c->passwd_entry, r->passwd_entry, err)) < 0 || (rc = zone(r, c, a, err)) < 0)
		return rc;
	if (r->init_path && !r->init)
		return err_set(err, ERR_INVALID, "--init-path needs --init");
	if (r->init &&
		(!strcmp(r->pid ? r->pid : "", "host") || !strncmp(r->pid ? r->pid : "", "container:", 10)))
		return err_set(err, ERR_INVALID,
			"--init: cannot be pid 1 in a PID namespace that is not its own (--pid %s)", r->pid);
	for (size_t i = 0; i < r->chroot_dirs.n; i++) {
		if (r->chroot_dirs.v[i][0] != '/')
			return err_set(err, ERR_INVALID, "--chrootdirs %s: expected an absolute path",
				r->chroot_dirs.v[i]);
		if (strs_add(&c->chroot_dirs, a, r->chroot_dirs.v[i]) < 0)
			return no_memory(err);
	}
	return absolute(r, &c->init_path, r->init_path, a, err);
}

int create_spec(const struct engine *e, const struct create_request *r, struct container_spec *c,
	struct arena *a, struct err *err)
{
	int rc;

	c->role = ROLE_MEMBER;
	c->terminal = r->tty;
	c->stdin_open = r->interactive;
	c->stdin_once = r->interactive && r->attach_stdin_once;
	c->privileged = r->privileged;
	c->read_only = r->read_only;
	c->init = r->init;
	c->publish_all = r->publish_all;
	c->cwd_asked = r->workdir != NULL;
	c->no_passwd = r->no_passwd;
	c->unsetenv_all = r->unsetenv_all;
	c->oom_score_adj = r->oom_score_adj;
	c->stop_timeout = r->stop_timeout.set ? (uint32_t) r->stop_timeout.v : e->config.stop_timeout;
	if (r->personality && strcmp(r->personality, "LINUX") != 0 && strcmp(r->personality, "LINUX32") != 0)
		return err_set(
			err, ERR_INVALID, "--personality %s: there are LINUX and LINUX32", r->personality);
	if (r->workdir && r->workdir[0] != '/')
		return err_set(err, ERR_INVALID, "--workdir %s: expected an absolute path", r->workdir);
	if ((rc = copy(a, &c->cwd, r->workdir, err)) < 0 || (rc = copy(a, &c->user, r->user, err)) < 0 ||
		(rc = copy(a, &c->hostname, r->hostname, err)) < 0 ||
		(rc = copy(a, &c->cidfile, r->cidfile, err)) < 0 ||
		(rc = copy(a, &c->personality, r->personality, err)) < 0 ||
		(rc = copy(a, &c->sdnotify, r->sdnotify, err)) < 0 || (rc = lists(r, c, a, err)) < 0 ||
		(rc = entrypoint(r, c, a, err)) < 0 || (rc = namespaces(r, c, a, err)) < 0 ||
		(rc = create_mounts(r, c, a, err)) < 0 || (rc = create_limits(r, c, a, err)) < 0 ||
		(rc = create_security(r, c, a, err)) < 0 || (rc = create_restart(r, c, err)) < 0 ||
		(rc = create_health(r, c, a, err)) < 0 || (rc = create_logging(r, c, a, err)) < 0 ||
		(rc = stopping(r, c, a, err)) < 0 || (rc = exposed(r, c, a, err)) < 0 ||
		(rc = host_files(r, c, a, err)) < 0)
		return rc;
	return umask_value(r->umask, c, err);
}
