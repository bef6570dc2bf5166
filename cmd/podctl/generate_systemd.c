/*
 * generate_systemd.c — generate systemd: unit files for containers and pods.
 *
 * A container that is no pod's is watched through its monitor, which podctl names to systemd (sd_notify(3)) and which ends
 * with the container's exit code.  A member of a pod shares its monitor with others: its unit keeps an attached client, whose
 * exit code is the member's.  With --new the unit has the command the container or pod was made with.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/podctl/environment.h"
#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/pod/pod.h"
#include "pkg/util/io.h"
#include "pkg/verb/verb.h"

#define UNIT_MAX (1024 * 1024)
#define STOP_EXTRA_S 60 /* what systemd gives beyond the time podctl has to stop it, as podman has it */

struct systemd_command {
	struct strs after, wants, requires, env;
	const char *container_prefix, *pod_prefix, *separator, *format, *restart_policy;
	struct opt_i64 restart_sec, start_timeout, stop_timeout;
	bool files, names, new, no_header, template;
};

struct unit {
	const char *name; /* without ".service" */
	struct buf text;
};

struct job {
	struct cli *c;
	const struct systemd_command *r;
	const struct pod *p;
	struct strs self; /* podctl and its global options */
	const char *pod;  /* name of the pod's unit while its members are written; NULL */
	struct unit *v;
	size_t n;
};

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "generate systemd"); }

/* ---- words ----------------------------------------------------------------------------------------------------------------- */

/* As systemd.service(5) reads a command line: % and $ are doubled, and what has white space stands in quotes. */
static void put_word(struct buf *b, const char *s)
{
	bool quote = !*s || strpbrk(s, " \t\n\"'\\;");

	if (quote)
		(void) buf_puts(b, "\"");
	for (; *s; s++) {
		if (*s == '%' || *s == '$')
			(void) buf_printf(b, "%c%c", *s, *s);
		else if (quote && (*s == '"' || *s == '\\'))
			(void) buf_printf(b, "\\%c", *s);
		else if (*s == '\n')
			(void) buf_puts(b, "\\n");
		else if (*s == '\t')
			(void) buf_puts(b, "\\t");
		else
			(void) buf_add(b, s, 1);
	}
	if (quote)
		(void) buf_puts(b, "\"");
}

static void put_words(struct buf *b, const struct strs *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			(void) buf_puts(b, " ");
		put_word(b, l->v[i]);
	}
}

static const struct option *by_letter(const struct command *cmd, char letter)
{
	for (size_t i = 0; cmd && cmd->options[i]; i++)
		for (const struct option *o = cmd->options[i]; o->name; o++)
			if (o->letter == letter)
				return o;
	return NULL;
}

static bool is_dropped(const struct option *o, const char *const *drop)
{
	size_t n = strcspn(o->name, "|");

	for (size_t i = 0; drop[i]; i++)
		if (strlen(drop[i]) == n && !strncmp(o->name, drop[i], n))
			return true;
	return false;
}

/* What the command was made with: its options but those in 'drop', and what follows them. */
struct made {
	const struct command *cmd;
	const char *const *drop;
	struct strs rest;
	const char *restart;
	bool named, template;
	struct buf options; /* one per line */
};

static void keep(
	struct made *m, const struct option *o, const char *flag, const char *joined, const char *value)
{
	bool name = !strcmp(o->name, "name");

	if (!strcmp(o->name, "restart"))
		m->restart = value;
	m->named = m->named || name;
	if (is_dropped(o, m->drop))
		return;
	(void) buf_puts(&m->options, " \\\n\t");
	put_word(&m->options, joined ? joined : flag);
	if (!joined && value) {
		(void) buf_puts(&m->options, " ");
		put_word(&m->options, value);
	}
	if (name && m->template)
		(void) buf_puts(&m->options, "-%i");
}

/* One word of letters. */
static size_t letters(struct made *m, char *const *argv)
{
	for (const char *p = argv[0] + 1; *p; p++) {
		const struct option *o = by_letter(m->cmd, *p);
		char flag[3] = { '-', *p, '\0' };

		if (!o)
			continue;
		if (o->implied) {
			if (p[1] != '=') {
				keep(m, o, flag, NULL, NULL);
				continue;
			}
			keep(m, o, flag, p[2] == 'f' || p[2] == '0' ? argv[0] : NULL, NULL);
			return 1;
		}
		keep(m, o, flag, NULL, p[1] ? p + 1 + (p[1] == '=') : argv[1]);
		return p[1] || !argv[1] ? 1 : 2;
	}
	return 1;
}

static size_t long_option(struct made *m, char *const *argv)
{
	const char *name = argv[0] + 2, *eq = strchr(name, '=');
	bool global;
	const struct option *o = option_find(m->cmd, name, eq ? (size_t) (eq - name) : strlen(name), &global);

	if (!o)
		return 1;
	if (eq || o->implied) {
		if (!global)
			keep(m, o, argv[0], argv[0], eq ? eq + 1 : NULL);
		return 1;
	}
	if (!global)
		keep(m, o, argv[0], NULL, argv[1]);
	return argv[1] ? 2 : 1;
}

/* Reads a create command as podctl itself reads its command line. */
static int read_made(struct job *j, const struct strs *argv, struct made *m, struct err *err)
{
	struct made globals = { .drop = m->drop };
	const char *path = NULL, *group = NULL;
	char **w = arena_array(&j->c->arena, argv->n + 1, sizeof *w);
	size_t i = 1, n = 0;

	if (!w)
		return no_memory(err);
	for (size_t k = 0; k < argv->n; k++)
		w[k] = (char *) (uintptr_t) argv->v[k];
	while (i < argv->n && w[i][0] == '-')
		i += w[i][1] == '-' ? long_option(&globals, w + i) : 1;
	if (i >= argv->n || !(m->cmd = command_find(w + i, &n, &path, &group)))
		return err_set(err, ERR_INVALID, "its create command '%s ...' is not one of podctl's",
			argv->n ? argv->v[0] : "");
	i += n;
	while (i < argv->n) {
		if (!strcmp(w[i], "--")) {
			i++;
			break;
		}
		if (w[i][0] != '-' || !w[i][1])
			break;
		i += w[i][1] == '-' ? long_option(m, w + i) : letters(m, w + i);
	}
	for (; i < argv->n; i++)
		if (strs_add(&m->rest, &j->c->arena, w[i]) < 0)
			return no_memory(err);
	return buf_failed(&m->options) ? no_memory(err) : 0;
}

/* ---- the unit ---------------------------------------------------------------------------------------------------------------- */

static const char *unit_name(struct job *j, const char *prefix, const char *name, const char *id)
{
	const char *word = j->r->names ? name : id;

	return *prefix ? arena_printf(&j->c->arena, "%s%s%s", prefix, j->r->separator ? j->r->separator : "-",
				 word)
		       : word;
}

static const char *ctr_unit(struct job *j, size_t i)
{
	return unit_name(j, j->r->container_prefix ? j->r->container_prefix : "container",
		j->p->ctr_row[i].name, j->p->ctr_row[i].id);
}

static void put_list(struct buf *b, const char *key, const struct strs *l)
{
	if (!l->n)
		return;
	(void) buf_printf(b, "%s=", key);
	for (size_t i = 0; i < l->n; i++)
		(void) buf_printf(b, "%s%s", i ? " " : "", l->v[i]);
	(void) buf_puts(b, "\n");
}

static struct unit *begin(struct job *j, const char *name, struct err *err)
{
	const struct systemd_command *r = j->r;
	struct unit *u = &j->v[j->n];
	struct buf *b = &u->text;
	time_t now = time(NULL);
	struct tm tm;
	char date[64] = "";

	if (!name) {
		(void) no_memory(err);
		return NULL;
	}
	*u = (struct unit){ .name = name, .text = BUF_INIT(UNIT_MAX) };
	j->n++;
	(void) buf_printf(b, "# %s%s.service\n", name, r->template ? "@" : "");
	if (!r->no_header) {
		if (localtime_r(&now, &tm))
			(void) strftime(date, sizeof date, "%a %b %e %H:%M:%S %Z %Y", &tm);
		(void) buf_printf(b, "# autogenerated by podctl " PODCTL_VERSION "\n# %s\n", date);
	}
	(void) buf_printf(b,
		"\n[Unit]\nDescription=podctl %s.service%s\nDocumentation=man:podctl-generate-systemd(1)\n"
		"Wants=network-online.target\nAfter=network-online.target\nRequiresMountsFor=%s\n",
		name, r->template ? " for %I" : "", j->c->engine.root);
	return u;
}

static void service(struct job *j, struct buf *b, const char *restart, int64_t stop)
{
	const struct systemd_command *r = j->r;

	if (r->after.n || r->wants.n || r->requires.n) {
		(void) buf_puts(b, "\n# User-defined dependencies\n");
		put_list(b, "Wants", &r->wants);
		put_list(b, "After", &r->after);
		put_list(b, "Requires", &r->requires);
	}
	(void) buf_puts(b, "\n[Service]\n");
	for (size_t i = 0; i < r->env.n; i++) {
		(void) buf_puts(b, "Environment=");
		put_word(b, r->env.v[i]);
		(void) buf_puts(b, "\n");
	}
	(void) buf_printf(b, "Restart=%s\n", restart);
	if (r->restart_sec.set)
		(void) buf_printf(b, "RestartSec=%lld\n", (long long) r->restart_sec.v);
	if (r->start_timeout.set)
		(void) buf_printf(b, "TimeoutStartSec=%lld\n", (long long) r->start_timeout.v);
	(void) buf_printf(b, "TimeoutStopSec=%lld\n", (long long) stop + STOP_EXTRA_S);
}

static void put_exec(struct job *j, struct buf *b, const char *key, const char *command)
{
	(void) buf_printf(b, "%s=", key);
	put_words(b, &j->self);
	(void) buf_printf(b, " %s", command);
}

static int end(struct unit *u, const char *type, struct err *err)
{
	(void) buf_printf(&u->text, "Type=%s\n%s\n[Install]\nWantedBy=default.target\n", type,
		!strcmp(type, "notify") ? "NotifyAccess=all\n" : "");
	return buf_failed(&u->text) ? no_memory(err) : 0;
}

/* ---- containers ---------------------------------------------------------------------------------------------------------------- */

static int64_t stop_time(const struct job *j, const struct container_spec *c)
{
	return j->r->stop_timeout.set ? j->r->stop_timeout.v : c ? c->stop_timeout : 10;
}

static const char *restart_word(const struct systemd_command *r, const char *asked)
{
	if (r->restart_policy)
		return r->restart_policy;
	if (!asked || !*asked)
		return "on-failure";
	return !strncmp(asked, "on-failure", 10) ? "on-failure" : !strcmp(asked, "no") ? "no" : "always";
}

static int ctr_new(struct job *j, struct unit *u, size_t i, struct err *err)
{
	static const char *const drop[] = { "detach", "attach", "rm", "rmi", "cidfile", "cgroups", "sdnotify",
		"replace", "restart", NULL };
	static const char *const drop_member[] = { "detach", "attach", "rm", "rmi", "cidfile", "cgroups",
		"sdnotify", "replace", "restart", "pod", "pod-id-file", NULL };
	const struct container_spec *c = &j->p->ctr[i];
	struct made m = {
		.drop = j->pod ? drop_member : drop, .template = j->r->template, .options = BUF_INIT(UNIT_MAX)
	};
	long long stop = stop_time(j, c);
	bool member = !j->p->row.solo;
	struct buf *b = &u->text;
	int rc;

	if (!c->create_argv.n)
		return err_set(err, ERR_UNSUPPORTED,
			"cannot use --new on container %s: no create command found: it was made by podctl "
			"kube play; "
			"write a unit that calls podctl kube play --wait",
			c->name);
	rc = read_made(j, &c->create_argv, &m, err);
	if (rc == 0) {
		service(j, b, restart_word(j->r, m.restart), stop);
		(void) buf_puts(b, "ExecStartPre=/bin/rm \\\n\t-f %t/%n.ctr-id\n");
		put_exec(j, b, "ExecStart",
			"run \\\n\t--cidfile=%t/%n.ctr-id \\\n\t--cgroups=no-conmon \\\n\t--rm");
		if (j->pod)
			(void) buf_printf(b, " \\\n\t--pod-id-file %%t/%s.pod-id", j->pod);
		(void) buf_printf(b, " \\\n\t--sdnotify=%s", member ? "ignore" : "conmon");
		if (!member)
			(void) buf_puts(b, " \\\n\t-d");
		if (m.named)
			(void) buf_puts(b, " \\\n\t--replace");
		(void) buf_add(b, m.options.data ? m.options.data : "", m.options.len);
		(void) buf_puts(b, " ");
		put_words(b, &m.rest);
		(void) buf_puts(b, "\n");
		put_exec(j, b, "ExecStop", "stop \\\n\t--ignore ");
		(void) buf_printf(b, "-t %lld \\\n\t--cidfile=%%t/%%n.ctr-id\n", stop);
		put_exec(j, b, "ExecStopPost", "rm \\\n\t-f \\\n\t--ignore ");
		(void) buf_printf(b, "-t %lld \\\n\t--cidfile=%%t/%%n.ctr-id\n", stop);
	}
	buf_done(&m.options);
	return rc < 0 ? rc : end(u, member ? "exec" : "notify", err);
}

static int ctr_old(struct job *j, struct unit *u, size_t i, struct err *err)
{
	const struct container_spec *c = &j->p->ctr[i];
	const char *word = j->r->names ? c->name : c->id;
	long long stop = stop_time(j, c);
	bool member = !j->p->row.solo;
	struct buf *b = &u->text;

	if (j->p->row.autoremove)
		return err_set(err, ERR_INVALID,
			"container %s is removed when it ends (--rm): there is nothing to start again; use "
			"--new",
			c->name);
	service(j, b, restart_word(j->r, NULL), stop);
	put_exec(j, b, "ExecStart", member ? "start --attach " : "start --sdnotify=conmon ");
	(void) buf_printf(b, "%s\n", word);
	put_exec(j, b, "ExecStop", "stop");
	(void) buf_printf(b, " \\\n\t-t %lld %s\n", stop, word);
	put_exec(j, b, "ExecStopPost", "stop");
	(void) buf_printf(b, " \\\n\t-t %lld %s\n", stop, word);
	return end(u, member ? "exec" : "notify", err);
}

static int write_ctr(struct job *j, size_t i, struct err *err)
{
	struct unit *u = begin(j, ctr_unit(j, i), err);
	int rc;

	if (!u)
		return -ENOMEM;
	if (j->pod)
		(void) buf_printf(&u->text, "BindsTo=%s.service\nAfter=%s.service\n", j->pod, j->pod);
	rc = j->r->new ? ctr_new(j, u, i, err) : ctr_old(j, u, i, err);
	return rc;
}

/* ---- pods ------------------------------------------------------------------------------------------------------------------------ */

static int pod_new(struct job *j, struct unit *u, struct err *err)
{
	static const char *const drop[] = { "pod-id-file", "infra-conmon-pidfile", "exit-policy", "replace",
		NULL };
	struct made m = { .drop = drop, .options = BUF_INIT(UNIT_MAX) };
	struct buf *b = &u->text;
	const char *n = u->name;
	int rc;

	if (!j->p->spec.create_argv.n)
		return err_set(err, ERR_UNSUPPORTED,
			"cannot use --new on pod %s: no create command found: it was made by podctl kube "
			"play; write a "
			"unit that calls podctl kube play --wait",
			j->p->row.name);
	rc = read_made(j, &j->p->spec.create_argv, &m, err);
	if (rc == 0 && m.cmd && strcmp(m.cmd->paths, "pod create") != 0)
		rc = err_set(err, ERR_UNSUPPORTED,
			"cannot use --new on pod %s: it was made by '%s'; make it by podctl pod create",
			j->p->row.name, m.cmd->paths);
	if (rc == 0) {
		service(j, b, restart_word(j->r, NULL), stop_time(j, NULL));
		(void) buf_printf(b, "ExecStartPre=/bin/rm \\\n\t-f %%t/%s.pid %%t/%s.pod-id\n", n, n);
		put_exec(j, b, "ExecStartPre", "pod create");
		(void) buf_printf(b,
			" \\\n\t--infra-conmon-pidfile %%t/%s.pid \\\n\t--pod-id-file %%t/%s.pod-id \\\n"
			"\t--exit-policy=stop",
			n, n);
		(void) buf_add(b, m.options.data ? m.options.data : "", m.options.len);
		(void) buf_puts(b, " \\\n\t--replace");
		if (m.rest.n)
			(void) buf_puts(b, " ");
		put_words(b, &m.rest);
		(void) buf_puts(b, "\n");
		put_exec(j, b, "ExecStart", "pod start");
		(void) buf_printf(b, " \\\n\t--pod-id-file %%t/%s.pod-id\n", n);
		put_exec(j, b, "ExecStop", "pod stop");
		(void) buf_printf(b, " \\\n\t--ignore \\\n\t--pod-id-file %%t/%s.pod-id \\\n\t-t %lld\n", n,
			(long long) stop_time(j, NULL));
		put_exec(j, b, "ExecStopPost", "pod rm");
		(void) buf_printf(b, " \\\n\t--ignore \\\n\t-f \\\n\t--pod-id-file %%t/%s.pod-id\n", n);
		(void) buf_printf(b, "PIDFile=%%t/%s.pid\n", n);
	}
	buf_done(&m.options);
	return rc < 0 ? rc : end(u, "forking", err);
}

static int pod_old(struct job *j, struct unit *u, struct err *err)
{
	const char *word = j->r->names ? j->p->row.name : j->p->row.id;
	long long stop = stop_time(j, NULL);
	struct buf *b = &u->text;

	service(j, b, restart_word(j->r, NULL), stop);
	put_exec(j, b, "ExecStart", "pod start --sdnotify=conmon ");
	(void) buf_printf(b, "%s\n", word);
	put_exec(j, b, "ExecStop", "pod stop");
	(void) buf_printf(b, " \\\n\t-t %lld %s\n", stop, word);
	put_exec(j, b, "ExecStopPost", "pod stop");
	(void) buf_printf(b, " \\\n\t-t %lld %s\n", stop, word);
	return end(u, "notify", err);
}

static int write_pod(struct job *j, struct err *err)
{
	struct unit *u = begin(j,
		unit_name(j, j->r->pod_prefix ? j->r->pod_prefix : "pod", j->p->row.name, j->p->row.id), err);
	static const char *const keys[] = { "Wants", "Before" };
	int rc;

	if (!u)
		return -ENOMEM;
	for (size_t k = 0; k < LEN(keys); k++) {
		size_t n = 0;

		for (size_t i = 0; i < j->p->n; i++)
			if (j->p->ctr[i].role == ROLE_MEMBER)
				(void) buf_printf(&u->text, "%s%s.service",
					n++ ? " "
					: k ? "Before="
					    : "Wants=",
					ctr_unit(j, i));
		if (n)
			(void) buf_puts(&u->text, "\n");
	}
	if ((rc = j->r->new ? pod_new(j, u, err) : pod_old(j, u, err)) < 0)
		return rc;
	j->pod = u->name;
	for (size_t i = 0; i < j->p->n && rc == 0; i++)
		if (j->p->ctr[i].role == ROLE_MEMBER)
			rc = write_ctr(j, i, err);
	return rc;
}

/* ---- the command ----------------------------------------------------------------------------------------------------------------- */

static int check(const struct systemd_command *r, struct err *err)
{
	static const char *const policies[] = { "no", "on-success", "on-failure", "on-abnormal",
		"on-watchdog", "on-abort", "always" };
	bool known = !r->restart_policy;

	for (size_t i = 0; !known && i < LEN(policies); i++)
		known = !strcmp(policies[i], r->restart_policy);
	if (!known)
		return err_set(err, ERR_INVALID, "%s is not a valid restart policy", r->restart_policy);
	if (r->format && *r->format && strcmp(r->format, "json") != 0)
		return err_set(err, ERR_INVALID, "unknown --format argument: %s; there is json", r->format);
	if (r->template && !r->new)
		return err_set(err, ERR_INVALID, "--template cannot be set without --new");
	return 0;
}

static int find(
	struct cli *c, const char *name, const char **id, const char **pod, bool *is_pod, struct err *err)
{
	struct err one = { 0 };

	*is_pod = store_find(c->engine.store, name, STORE_CONTAINER, &c->arena, id, pod, &one) < 0;
	if (!*is_pod)
		return 0;
	if (one.kind != ERR_NOT_FOUND) {
		*err = one;
		return -EINVAL;
	}
	if (store_find(c->engine.store, name, STORE_POD, &c->arena, id, pod, err) < 0)
		return err_set(err, ERR_NOT_FOUND, "%s does not refer to a container or pod", name);
	*pod = *id;
	return 0;
}

static int save(struct cli *c, const struct unit *u, const char *cwd, const char *suffix, const char **ret,
	struct err *err)
{
	const char *path = arena_printf(&c->arena, "%s/%s%s.service", cwd, u->name, suffix);
	auto_close int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -EBADF;
	int rc;

	if (!path)
		return no_memory(err);
	if (fd < 0 || (rc = io_write_all(fd, u->text.data, u->text.len)) < 0)
		return err_sys(err, fd < 0 ? errno : -rc, "write '%s'", path);
	*ret = path;
	return 0;
}

static int put_units(struct job *j, struct err *err)
{
	bool json = j->r->format && *j->r->format;
	json_t *doc = json ? json_object() : NULL;
	const char *cwd = NULL, *path = NULL;
	int rc = j->r->files ? cwd_get(j->c, &cwd, err) : 0;

	for (size_t i = 0; i < j->n && rc == 0; i++) {
		struct unit *u = &j->v[i];

		if (j->r->files && (rc = save(j->c, u, cwd, j->r->template ? "@" : "", &path, err)) < 0)
			break;
		if (json)
			(void) json_object_set_new(
				doc, u->name, json_string(j->r->files ? path : u->text.data));
		else if (j->r->files)
			print_line(path);
		else
			(void) fwrite(u->text.data, 1, u->text.len, stdout);
	}
	if (rc == 0 && json)
		(void) print_json(doc, 1);
	json_decref(doc);
	return rc;
}

/* podctl with the global options of this call: state elsewhere, another runtime. */
static int self(struct job *j, struct err *err)
{
	const struct globals *g = &j->c->globals;
	const char *const options[][2] = { { "--root", g->root }, { "--runroot", g->runroot },
		{ "--runtime", g->runtime }, { "--cgroup-manager", g->cgroup_manager } };
	struct strs all = { 0 };
	int rc;

	if ((rc = engine_self_argv(&j->c->engine, &all, err)) < 0)
		return rc;
	if (strs_add(&j->self, &j->c->arena, all.v[0]) < 0)
		return no_memory(err);
	for (size_t i = 0; i < LEN(options); i++)
		if (options[i][1] && (strs_add(&j->self, &j->c->arena, options[i][0]) < 0 ||
					     strs_add(&j->self, &j->c->arena, options[i][1]) < 0))
			return no_memory(err);
	return 0;
}

static int run_systemd(struct cli *c, void *request, struct err *err)
{
	AUTO(pod_done) struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	struct job j = { .c = c, .r = request, .p = &p };
	const char *id = NULL, *pod = NULL;
	bool is_pod = false;
	size_t i;
	int rc;

	if ((rc = check(j.r, err)) < 0 || (rc = find(c, c->args.v[0], &id, &pod, &is_pod, err)) < 0 ||
		(rc = pod_load(&c->engine, pod, false, &p, err)) < 0 || (rc = self(&j, err)) < 0)
		return rc;
	if (!(j.v = arena_array(&c->arena, p.n + 2, sizeof *j.v)))
		return no_memory(err);
	if (is_pod && j.r->template)
		return err_set(err, ERR_INVALID, "--template is not supported for pods");
	i = pod_index(&p, id);
	if (!is_pod && i < p.n && p.ctr[i].role == ROLE_INFRA)
		rc = err_set(err, ERR_INVALID, "%s is the infra container of pod %s: specify the pod itself",
			c->args.v[0], p.row.name);
	else
		rc = is_pod ? write_pod(&j, err) : write_ctr(&j, i, err);
	if (rc == 0)
		rc = put_units(&j, err);
	for (size_t k = 0; k < j.n; k++)
		buf_done(&j.v[k].text);
	return rc;
}

/* clang-format off */
#define G struct systemd_command
static const struct option systemd_options[] = {
	O_STRS(G, after, "after", 0, "UNIT", "Start it after this unit"),
	O_STR(G, container_prefix, "container-prefix", 0, "PREFIX", "First part of the names of containers' units (default container)"),
	O_STRS(G, env, "env", 'e', "NAME=VALUE", "Set a variable for the unit's commands"),
	O_BOOL(G, files, "files", 'f', "Write NAME.service files into the working directory and print their paths"),
	O_STR(G, format, "format", 0, "json", "Print as JSON"),
	O_BOOL(G, names, "name", 'n', "Name units and what they start by names, not ids"),
	O_BOOL(G, new, "new", 0, "Make a new container or pod at each start, and remove it at each stop"),
	O_BOOL(G, no_header, "no-header", 0, "Leave out who made it and when"),
	O_STR(G, pod_prefix, "pod-prefix", 0, "PREFIX", "First part of the names of pods' units (default pod)"),
	O_STRS(G, requires, "requires", 0, "UNIT", "It cannot do without this unit"),
	O_STR(G, restart_policy, "restart-policy", 0, "POLICY", "no, on-success, on-failure (default), on-abnormal, on-watchdog, on-abort or always"),
	O_INT(G, restart_sec, "restart-sec", 0, "SECONDS", "How long to wait before a restart", 0, UINT32_MAX),
	O_STR(G, separator, "separator", 0, "TEXT", "What stands between prefix and name (default -)"),
	O_INT(G, start_timeout, "start-timeout", 0, "SECONDS", "How long a start may take", 0, UINT32_MAX),
	O_INT(G, stop_timeout, "stop-timeout|time", 't', "SECONDS", "How long it may take to stop (default: the container's)", 0, UINT32_MAX),
	O_BOOL(G, template, "template", 0, "Make a template unit, NAME@.service, of a container; with --new"),
	O_STRS(G, wants, "wants", 0, "UNIT", "Start this unit too"),
	O_END
};
static const struct option *const o_systemd[] = { systemd_options, help_options, NULL };

const struct command systemd_commands[] = {
	{ "generate systemd", "CONTAINER|POD", "Write systemd units for a container, or for a pod and its containers",
		"For Kubernetes YAML, a unit that calls podctl kube play --wait does better.",
		"  podctl generate systemd --new --name --files web\n", o_systemd, sizeof(G), 1, 1, 0, run_systemd },
	{ .paths = NULL },
};
/* clang-format on */
