#include "cmd/podctl/ps.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/ps_more.h"
#include "pkg/pod/inspect.h"
#include "pkg/util/io.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/df.h"
#include "pkg/verb/images.h"
#include "pkg/verb/networks.h"
#include "pkg/verb/pods.h"
#include "pkg/volume/volume.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "list"); }

/* ---- words of one container ------------------------------------------------------------------------------------------------ */

/* "2026-01-02 15:04:05.123456 +0000 UTC" */
static const char *go_time(struct arena *a, uint64_t us)
{
	time_t s = (time_t) (us / 1000000);
	struct tm t;
	char day[32];

	if (!gmtime_r(&s, &t) || !strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", &t))
		return "";
	return arena_printf(a, "%s.%06u +0000 UTC", day, (unsigned) (us % 1000000));
}

static const char *status_words(struct arena *a, const struct pod *p, size_t i, uint64_t now)
{
	const struct status_container *s = pod_status_of(p, p->ctr_row[i].id);
	const char *word = ctr_word(p, i);

	if (!s || !strcmp(word, "created"))
		return s && s->reason && *s->reason && s->ran ? arena_printf(a, "Created (%s)", s->reason)
							      : "Created";
	if (!strcmp(word, "running") && s->health && s->health->status)
		return arena_printf(a, "Up %s (%s)", words_ago(a, s->started_us, now), s->health->status);
	if (!strcmp(word, "running"))
		return arena_printf(a, "Up %s", words_ago(a, s->started_us, now));
	if (!strcmp(word, "paused"))
		return "Paused";
	if (s->state == CTR_WAITING && p->alive)
		return arena_printf(a, "Waiting (%s)", s->reason && *s->reason ? s->reason : "restart");
	if (!strcmp(word, "exited"))
		return arena_printf(
			a, "Exited (%" PRId64 ") %s", s->exit_code, words_ago(a, s->finished_us, now));
	return arena_printf(a, "%c%s", word[0] - 32, word + 1);
}

static const char *command_words(struct arena *a, const struct container_spec *c, bool whole)
{
	auto_buf struct buf b = BUF_INIT(1024 * 1024);
	char *text;

	for (size_t i = 0; i < c->argv.n; i++)
		(void) buf_printf(&b, "%s%s", i ? " " : "", c->argv.v[i]);
	text = arena_strdup(a, b.data ? b.data : "");
	/* a table's cell is one line */
	for (char *p = text; p && *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	if (text && !whole && strlen(text) > 20) {
		size_t n = 17;

		while (n && ((unsigned char) text[n] & 0xc0) == 0x80)
			n--;
		text[n] = 0;
		return arena_printf(a, "%s...", text);
	}
	return text ? text : "";
}

static const char *address(struct arena *a, const char *ip)
{
	return ip && *ip ? arena_strdup(a, ip) : "0.0.0.0";
}

/* "0.0.0.0:8080->80/tcp, ..." and the array of podman's JSON. */
static const char *ports_words(struct arena *a, const struct pod *p, json_t *list)
{
	auto_buf struct buf b = BUF_INIT(1024 * 1024);
	struct net_result net = { 0 };
	struct err one = { 0 };

	if (pod_net(p, a, &net, &one) < 0 || !net.n_ports) {
		for (size_t i = 0; i < p->spec.ports.n; i++) {
			const struct port_spec *s = LIST_AT(p->spec.ports, struct port_spec, i);
			unsigned range = s->range ? s->range : 1;
			const char *host = s->host_port ? arena_printf(a, "%u", s->host_port) : "";

			if (range > 1)
				(void) buf_printf(&b, "%s%s:%u-%u->%u-%u/%s", b.len ? ", " : "",
					address(a, s->host_ip), s->host_port, s->host_port + range - 1,
					s->container_port, s->container_port + range - 1,
					port_proto_names[s->proto]);
			else
				(void) buf_printf(&b, "%s%s:%s->%u/%s", b.len ? ", " : "",
					address(a, s->host_ip), host, s->container_port,
					port_proto_names[s->proto]);
			(void) json_array_append_new(
				list, json_pack("{s:s, s:i, s:i, s:i, s:s}", "host_ip",
					      s->host_ip ? s->host_ip : "", "container_port",
					      s->container_port, "host_port", s->host_port, "range",
					      (int) range, "protocol", port_proto_names[s->proto]));
		}
	}
	for (size_t i = 0; i < net.n_ports;) {
		const struct port_map *m = &net.ports[i];
		size_t run = 1;

		/* ranges were expanded when they were taken: shown together again */
		while (i + run < net.n_ports && net.ports[i + run].proto == m->proto &&
			net.ports[i + run].host_port == m->host_port + run &&
			net.ports[i + run].container_port == m->container_port + run &&
			!strcmp(address(a, net.ports[i + run].host_ip), address(a, m->host_ip)))
			run++;
		if (run > 1)
			(void) buf_printf(&b, "%s%s:%u-%zu->%u-%zu/%s", b.len ? ", " : "",
				address(a, m->host_ip), m->host_port, m->host_port + run - 1,
				m->container_port, m->container_port + run - 1, port_proto_names[m->proto]);
		else
			(void) buf_printf(&b, "%s%s:%u->%u/%s", b.len ? ", " : "", address(a, m->host_ip),
				m->host_port, m->container_port, port_proto_names[m->proto]);
		(void) json_array_append_new(
			list, json_pack("{s:s, s:i, s:i, s:i, s:s}", "host_ip", m->host_ip ? m->host_ip : "",
				      "container_port", m->container_port, "host_port", m->host_port, "range",
				      (int) run, "protocol", port_proto_names[m->proto]));
		i += run;
	}
	return arena_strdup(a, b.data ? b.data : "");
}

static json_t *kvs_json(const struct kvs *m)
{
	json_t *v = json_object();

	for (size_t i = 0; i < m->n; i++)
		(void) json_object_set_new(v, m->v[i].key, json_string(m->v[i].value));
	return v;
}

static json_t *strs_json(const struct strs *l)
{
	json_t *v = json_array();

	for (size_t i = 0; i < l->n; i++)
		(void) json_array_append_new(v, json_string(l->v[i]));
	return v;
}

/* The bridge; the other modes are no networks. */
static const char *network_word(const struct pod *p) { return pod_network_name(&p->spec); }

static json_t *networks_json(const struct pod *p)
{
	return p->spec.net == NET_BRIDGE ? json_pack("[s]", network_word(p)) : json_array();
}

static json_t *mounts_json(const struct container_spec *c)
{
	json_t *v = json_array();

	for (size_t i = 0; i < c->mounts.n; i++)
		(void) json_array_append_new(v, json_string(LIST_AT(c->mounts, struct mount_spec, i)->dest));
	return v;
}

/* ---- rows of ps ---------------------------------------------------------------------------------------------------------------- */

#define PS_FIELDS                                                                                          \
	"ID Image ImageID Command CreatedAt Created CreatedHuman RunningFor Status State Ports Names Pod " \
	"PodName Labels Mounts Networks "                                                                  \
	"Pid ExitCode Exited Restarts Size AutoRemove IsInfra StartedAt ExitedAt "                         \
	"CIDFile " PS_NAMESPACE_FIELDS
#define NEVER (-62135596800LL) /* Go's zero time in seconds of Unix */

struct ps {
	struct cli *c;
	const struct ps_command *r;
	uint64_t now;
	json_t *rows, *docs;
};

static int ps_row(struct ps *ps, const struct pod *p, size_t i, struct err *err)
{
	struct arena *a = &ps->c->arena;
	const struct container_spec *c = &p->ctr[i];
	const struct ctr_row *row = &p->ctr_row[i];
	const struct status_container *s = pod_status_of(p, row->id);
	bool whole = ps->r->no_trunc, exited = !strcmp(ctr_word(p, i), "exited");
	json_t *ports = json_array(), *v, *doc;
	int rc = 0;
	/* a solo container's ports, or those of the pod it shares the network with */
	const char *port_text = ports_words(a, p, ports), *image = row->image_name ? row->image_name : "";
	const char *created = words_ago(a, row->created_us, ps->now), *pod_id = p->row.solo ? "" : p->row.id;

	v = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "ID",
		short_id(a, row->id, whole), "Image", image, "ImageID",
		short_id(a, row->image ? row->image : "", whole), "Command", command_words(a, c, whole),
		"CreatedAt", go_time(a, row->created_us), "CreatedHuman", created, "RunningFor", created,
		"Status", status_words(a, p, i, ps->now), "State", ctr_word(p, i), "Ports", port_text,
		"Names", row->name, "Pod", short_id(a, pod_id, whole), "PodName",
		p->row.solo ? "" : p->row.name);
	doc = json_pack("{s:b, s:o, s:s, s:b, s:I, s:I, s:s, s:s, s:s, s:b, s:o, s:o, s:[s], s:o, s:I, "
			"s:s, s:s, s:O, s:I, s:s, s:s, "
			"s:I, s:I}",
		"AutoRemove", p->row.autoremove, "Command", strs_json(&c->argv), "CreatedAt", created,
		"Exited", exited, "ExitedAt",
		(json_int_t) (s && s->finished_us ? (int64_t) (s->finished_us / 1000000) : NEVER), "ExitCode",
		(json_int_t) (s ? s->exit_code : 0), "Id", row->id, "Image", image, "ImageID",
		row->image ? row->image : "", "IsInfra", c->role == ROLE_INFRA, "Labels",
		kvs_json(&c->labels), "Mounts", mounts_json(c), "Names", row->name, "Networks",
		networks_json(p), "Pid", (json_int_t) (s ? s->pid : 0), "Pod", pod_id, "PodName",
		p->row.solo ? "" : p->row.name, "Ports", ports, "StartedAt",
		(json_int_t) (s ? s->started_us / 1000000 : 0), "State", ctr_word(p, i), "Status",
		status_words(a, p, i, ps->now), "Created", (json_int_t) (row->created_us / 1000000),
		"Restarts", (json_int_t) (s ? s->restarts : 0));
	json_decref(ports);
	if (!v || !doc) {
		json_decref(v);
		json_decref(doc);
		return err_set(
			err, ERR_INVALID, "container %s: something of it is not UTF-8 text", row->name);
	}
	(void) json_object_set_new(v, "Created", json_string(go_time(a, row->created_us)));
	(void) json_object_set_new(v, "Labels", kvs_json(&c->labels));
	(void) json_object_set_new(v, "Networks", json_string(network_word(p)));
	(void) json_object_set_new(v, "Pid", json_integer(s ? s->pid : 0));
	(void) json_object_set_new(v, "ExitCode", json_integer(s ? s->exit_code : 0));
	(void) json_object_set_new(v, "Exited", json_boolean(exited));
	(void) json_object_set_new(v, "Restarts", json_integer(s ? s->restarts : 0));
	(void) json_object_set_new(v, "Size", json_string(""));
	(void) json_object_set_new(v, "AutoRemove", json_boolean(p->row.autoremove));
	(void) json_object_set_new(v, "IsInfra", json_boolean(c->role == ROLE_INFRA));
	(void) json_object_set_new(
		v, "StartedAt", json_integer((json_int_t) (s ? s->started_us / 1000000 : 0)));
	(void) json_object_set_new(v, "ExitedAt",
		json_integer(
			(json_int_t) (s && s->finished_us ? (int64_t) (s->finished_us / 1000000) : NEVER)));
	(void) json_object_set_new(v, "CIDFile", json_string(c->cidfile ? c->cidfile : ""));
	(void) json_object_set_new(doc, "Size", json_null());
	ps_namespaces(v, doc, s ? s->pid : 0, ps->r->ns);
	(void) json_object_set_new(v, "Mounts", mounts_json(c));
	if (ps->r->size)
		rc = ps_size(ps->c, p, i, v, doc, err);
	(void) json_array_append_new(ps->rows, v);
	(void) json_array_append_new(ps->docs, doc);
	return rc;
}

struct pick {
	const struct pod *p;
	size_t i;
	const char *key;
};

/* Also when there is nothing to sort. */
static int check_sort(const char *sort, const char *const *known, const char *words, struct err *err)
{
	for (size_t i = 0; sort && known[i]; i++)
		if (!strcmp(known[i], sort))
			return 0;
	return !sort ? 0
		     : err_set(err, ERR_INVALID,
			       "invalid argument \"%s\" for \"--sort\" flag: \"%s\" is not a valid value.  "
			       "Choose "
			       "from: \"%s\"",
			       sort, sort, words);
}

static const char *sort_key(struct arena *a, const char *sort, const struct pick *k)
{
	const struct ctr_row *row = &k->p->ctr_row[k->i];

	if (!strcmp(sort, "id"))
		return row->id;
	if (!strcmp(sort, "image"))
		return row->image_name ? row->image_name : "";
	if (!strcmp(sort, "names"))
		return row->name;
	if (!strcmp(sort, "command"))
		return command_words(a, &k->p->ctr[k->i], true);
	if (!strcmp(sort, "status"))
		return ctr_word(k->p, k->i);
	if (!strcmp(sort, "pod"))
		return k->p->row.name;
	/* sizes are counted after the choice: the order is that of making */
	if (!strcmp(sort, "created") || !strcmp(sort, "runningfor") || !strcmp(sort, "size"))
		return arena_printf(a, "%020" PRIu64, row->created_us);
	return NULL;
}

static int compare_picks(const void *a, const void *b)
{
	return strcmp(((const struct pick *) a)->key, ((const struct pick *) b)->key);
}

static bool wants_all(const struct ps_command *r)
{
	if (r->all || r->latest || r->last.v > 0)
		return true;
	/* as podman: asking for a state shows those in it, whether they run or not */
	for (size_t i = 0; i < r->filters.n; i++)
		if (!strncmp(r->filters.v[i], "status=", 7) || !strncmp(r->filters.v[i], "exited=", 7))
			return true;
	return false;
}

/* Which containers are shown, oldest first. */
static int ps_pick(struct cli *c, const struct ps_command *r, const struct pod_set *set, struct pick **ret,
	size_t *ret_n, struct err *err)
{
	static const char *const sorts[] = { "command", "created", "id", "image", "names", "pod",
		"runningfor", "size", "status", NULL };
	struct filter *f = NULL;
	size_t n_f = 0, total = 0, n = 0, keep;
	struct pick *v;
	int rc;

	if ((rc = check_sort(r->sort, sorts, "command, created, id, image, names, runningfor, size, status",
		     err)) < 0 ||
		(rc = filters_parse(&r->filters, &c->arena, &f, &n_f, err)) < 0)
		return rc;
	for (size_t i = 0; i < set->n; i++)
		total += set->v[i].n;
	if (!(v = arena_array(&c->arena, total + 1, sizeof *v)))
		return no_memory(err);
	for (size_t i = 0; i < set->n; i++) {
		for (size_t k = 0; k < set->v[i].n; k++) {
			if (!wants_all(r) && !ctr_is_running(&set->v[i], k))
				continue;
			if (set->v[i].row.state == ROW_CREATING)
				continue;
			if ((rc = filters_match_container(&c->engine, f, n_f, set, &set->v[i], k, err)) < 0)
				return rc;
			if (rc)
				v[n++] = (struct pick){ .p = &set->v[i], .i = k };
		}
	}
	for (size_t i = 0; i < n; i++)
		if (!(v[i].key = sort_key(&c->arena, r->sort ? r->sort : "created", &v[i])))
			return no_memory(err);
	qsort(v, n, sizeof *v, compare_picks);
	keep = r->latest ? 1 : r->last.v > 0 ? (size_t) r->last.v : n;
	if (keep < n) {
		v += n - keep;
		n = keep;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

static const char *ps_columns(struct arena *a, const struct ps_command *r)
{
	const char *text;

	if (r->ns)
		return "{{.ID}}\t{{.Names}}\t{{.Pid}}\t{{.CGROUPNS}}\t{{.IPC}}\t{{.MNT}}\t{{.NET}}\t{{.PIDNS}"
		       "}\t{{.USERNS}}\t{{.UTS}}";
	text = arena_printf(a,
		"{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}%s%s",
		r->pod ? "\t{{.Pod}}\t{{.PodName}}" : "", r->size ? "\t{{.Size}}" : "");
	return text ? text : "{{.ID}}";
}

static int ps_once(struct cli *c, const struct ps_command *r, struct err *err)
{
	static const struct header headers[] = { { "ID", "CONTAINER ID" }, { "RunningFor", "CREATED" },
		{ "CreatedHuman", "CREATED" }, { "Pod", "POD ID" }, { "PodName", "PODNAME" },
		{ "ImageID", "IMAGE ID" }, { NULL, NULL } };
	AUTO(pod_set_done) struct pod_set set = { 0 };
	struct ps ps = { .c = c, .r = r, .now = time_now_us() };
	struct listing l = {
		.format = r->format, .headers = headers, .fields = PS_FIELDS, .no_heading = r->no_heading
	};
	struct pick *v = NULL;
	size_t n = 0;
	int rc;

	if ((rc = pod_set_load(&c->engine, &set, err)) < 0 || (rc = ps_pick(c, r, &set, &v, &n, err)) < 0)
		return rc;
	if (r->quiet && !r->format) {
		for (size_t i = 0; i < n; i++)
			print_line(short_id(&c->arena, v[i].p->ctr_row[v[i].i].id, r->no_trunc));
		return 0;
	}
	ps.rows = json_array();
	ps.docs = json_array();
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = ps_row(&ps, v[i].p, v[i].i, err);
	l.rows = ps.rows;
	l.json_doc = ps.docs;
	l.columns = ps_columns(&c->arena, r);
	if (rc == 0)
		rc = print_listing(&l, err);
	json_decref(ps.rows);
	json_decref(ps.docs);
	return rc;
}

/* --watch: until somebody ends it. */
int run_ps(struct cli *c, void *request, struct err *err)
{
	const struct ps_command *r = request;
	struct arena kept = c->arena;
	int rc;

	if (r->ns && (r->size || r->pod))
		return err_set(err, ERR_INVALID, "--namespace, --size and --pod cannot be given together");
	for (;;) {
		struct timespec pause = { .tv_sec = r->watch.v };

		if (r->watch.set)
			c->arena = (struct arena){ 0 };
		if (r->watch.set && isatty(STDOUT_FILENO))
			(void) fputs("\x1b[H\x1b[2J", stdout);
		rc = ps_once(c, r, err);
		if (!r->watch.set)
			return rc;
		arena_done(&c->arena);
		c->arena = kept;
		if (rc < 0 || fflush(stdout) != 0)
			return rc;
		(void) nanosleep(&pause, NULL);
	}
}

#define P struct ps_command
const struct option ps_options[] = {
	O_BOOL(P, all, "all", 'a', "Those that do not run as well"),
	O_STRS(P, filters, "filter", 'f', "KEY=VALUE",
		"id, name, label, status, health, ancestor, exited, before, since, until, pod, network, "
		"volume, restart-policy"),
	O_STR(P, format, "format", 0, "TEMPLATE", "json, table, or a Go template"),
	O_INT(P, last, "last", 'n', "N", "The N made last, running or not; -1: all that run", -1, 100000000),
	O_BOOL(P, latest, "latest", 'l', "The one made last"),
	O_BOOL(P, no_trunc, "no-trunc", 0, "Do not shorten ids and commands"),
	O_BOOL(P, no_heading, "noheading", 0, "No line of headings"),
	O_BOOL(P, pod, "pod", 'p', "Show the pod of each"),
	O_BOOL(P, quiet, "quiet", 'q', "Ids only"),
	O_STR(P, sort, "sort", 0, "FIELD",
		"command, created (default), id, image, names, pod, runningfor, size or status"),
	O_BOOL(P, external, "external", 0,
		"Those of other engines as well: there are none in podctl's store"),
	O_BOOL(P, ns, "namespace|ns", 0, "Show the namespaces of each"),
	O_BOOL(P, size, "size", 's', "Show what each has written, and with its image"),
	O_BOOL(P, sync, "sync", 0, "Look at what is rather than at records, which podctl always does"),
	O_INT(P, watch, "watch", 'w', "SECONDS", "Show it again and again", 1, 86400),
	O_END,
};
#undef P

/* ---- pod ps ---------------------------------------------------------------------------------------------------------------------- */

#define POD_FIELDS                                                                                         \
	"ID Name Status Created CreatedAt InfraID NumberOfContainers Labels Networks Cgroup ContainerIds " \
	"ContainerNames ContainerStatuses Namespaces "                                                     \
	"Restarts"

static const char *joined(struct arena *a, const struct pod *p, int what, bool whole)
{
	auto_buf struct buf b = BUF_INIT(1024 * 1024);

	for (size_t i = 0; i < p->n; i++)
		(void) buf_printf(&b, "%s%s", i ? "," : "",
			what == 0   ? short_id(a, p->ctr_row[i].id, whole)
			: what == 1 ? p->ctr_row[i].name
				    : ctr_word(p, i));
	return arena_strdup(a, b.data ? b.data : "");
}

static const char *infra_of(const struct pod *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->ctr[i].role == ROLE_INFRA)
			return p->ctr_row[i].id;
	return "";
}

static const char *shared_word(struct arena *a, const struct pod *p)
{
	const struct strs *l = &p->spec.share;
	const char *text = "";

	if (p->spec.no_infra)
		return "";
	for (size_t i = 0; text && i < l->n; i++)
		text = arena_printf(a, "%s%s%s", text, i ? "," : "", l->v[i]);
	return l->n ? text : p->spec.share_pid ? "net,ipc,uts,pid" : "net,ipc,uts";
}

static int pod_row(struct cli *c, const struct pod_ps_command *r, const struct pod *p, uint64_t now,
	json_t *rows, json_t *docs, struct err *err)
{
	struct arena *a = &c->arena;
	const char *state = pod_state_word(p);
	json_t *v, *doc, *ctrs = json_array();
	char created[TIME_TEXT];
	int64_t restarts = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct status_container *s = pod_status_of(p, p->ctr_row[i].id);

		restarts += s ? s->restarts : 0;
		(void) json_array_append_new(ctrs,
			json_pack("{s:s, s:s, s:s, s:i}", "Id", p->ctr_row[i].id, "Names", p->ctr_row[i].name,
				"Status", ctr_word(p, i), "RestartCount", (int) (s ? s->restarts : 0)));
	}
	v = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:o, s:s, s:s, s:s, s:s, s:s, s:I}", "ID",
		short_id(a, p->row.id, r->no_trunc), "Name", p->row.name, "Status", state, "Created",
		words_ago(a, p->row.created_us, now), "CreatedAt", go_time(a, p->row.created_us), "InfraID",
		short_id(a, infra_of(p), r->no_trunc), "NumberOfContainers", (int) p->n, "Labels",
		kvs_json(&p->spec.labels), "Networks", network_word(p), "Cgroup", "", "ContainerIds",
		joined(a, p, 0, r->no_trunc), "ContainerNames", joined(a, p, 1, true), "ContainerStatuses",
		joined(a, p, 2, true), "Restarts", (json_int_t) restarts);
	(void) json_object_set_new(v, "Namespaces", json_string(shared_word(a, p)));
	doc = json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o}", "Cgroup", "", "Containers",
		ctrs, "Created", time_format(created, p->row.created_us), "Id", p->row.id, "InfraId",
		infra_of(p), "Name", p->row.name, "Namespace", "", "Networks", networks_json(p), "Status",
		state, "Labels", kvs_json(&p->spec.labels));
	if (!v || !doc) {
		json_decref(v);
		json_decref(doc);
		return err_set(err, ERR_INVALID, "pod %s: something of it is not UTF-8 text", p->row.name);
	}
	(void) json_array_append_new(rows, v);
	(void) json_array_append_new(docs, doc);
	return 0;
}

static const char *pod_sort_key(struct arena *a, const char *sort, const struct pod *p)
{
	if (!strcmp(sort, "id"))
		return p->row.id;
	if (!strcmp(sort, "name"))
		return p->row.name;
	if (!strcmp(sort, "status"))
		return pod_state_word(p);
	if (!strcmp(sort, "number"))
		return arena_printf(a, "%08zu", p->n);
	return !strcmp(sort, "created") ? arena_printf(a, "%020" PRIu64, UINT64_MAX - p->row.created_us)
					: NULL;
}

static const char *pod_columns(struct arena *a, const struct pod_ps_command *r)
{
	return arena_printf(a, "{{.ID}}\t{{.Name}}\t{{.Status}}\t{{.Created}}\t{{.InfraID}}%s%s%s%s%s",
		r->ns ? "\t{{.Namespaces}}" : "", r->ctr_ids ? "\t{{.ContainerIds}}" : "",
		r->ctr_names ? "\t{{.ContainerNames}}" : "", r->ctr_status ? "\t{{.ContainerStatuses}}" : "",
		r->ctr_ids || r->ctr_names || r->ctr_status ? "" : "\t{{.NumberOfContainers}}");
}

int run_pod_ps(struct cli *c, void *request, struct err *err)
{
	static const struct header headers[] = { { "ID", "POD ID" }, { "InfraID", "INFRA ID" },
		{ "NumberOfContainers", "# OF CONTAINERS" }, { "ContainerIds", "IDS" },
		{ "ContainerNames", "NAMES" }, { "ContainerStatuses", "STATUS" }, { NULL, NULL } };
	const struct pod_ps_command *r = request;
	AUTO(pod_set_done) struct pod_set set = { 0 };
	struct listing l = { .format = r->format,
		.headers = headers,
		.fields = POD_FIELDS,
		.no_heading = r->no_heading,
		.columns = pod_columns(&c->arena, r) };
	static const char *const sorts[] = { "created", "id", "name", "number", "status", NULL };
	struct filter *f = NULL;
	size_t n_f = 0, n = 0;
	struct pick *v;
	uint64_t now = time_now_us();
	int rc;

	if (r->quiet && r->format)
		return err_set(err, ERR_INVALID, "quiet and format cannot be used together");
	if ((rc = check_sort(r->sort, sorts, "created, id, name, number, status", err)) < 0 ||
		(rc = filters_parse(&r->filters, &c->arena, &f, &n_f, err)) < 0 ||
		(rc = pod_set_load(&c->engine, &set, err)) < 0)
		return rc;
	if (!l.columns || !(v = arena_array(&c->arena, set.n + 1, sizeof *v)))
		return no_memory(err);
	for (size_t i = 0; i < set.n; i++) {
		if (set.v[i].row.solo || set.v[i].row.state == ROW_CREATING)
			continue;
		if ((rc = filters_match_pod(f, n_f, &set.v[i], err)) < 0)
			return rc;
		if (!rc)
			continue;
		v[n] = (struct pick){ .p = &set.v[i],
			.key = pod_sort_key(&c->arena, r->sort ? r->sort : "created", &set.v[i]) };
		if (!v[n++].key)
			return no_memory(err);
	}
	qsort(v, n, sizeof *v, compare_picks);
	if (r->latest && n > 1)
		n = 1;
	if (r->quiet) {
		for (size_t i = 0; i < n; i++)
			print_line(short_id(&c->arena, v[i].p->row.id, r->no_trunc));
		return 0;
	}
	l.rows = json_array();
	l.json_doc = json_array();
	rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = pod_row(c, r, v[i].p, now, l.rows, l.json_doc, err);
	if (rc == 0)
		rc = print_listing(&l, err);
	json_decref(l.rows);
	json_decref(l.json_doc);
	return rc;
}

#define P struct pod_ps_command
const struct option pod_ps_options[] = {
	O_BOOL(P, ctr_ids, "ctr-ids", 0, "Show the ids of the containers"),
	O_BOOL(P, ctr_names, "ctr-names", 0, "Show the names of the containers"),
	O_BOOL(P, ctr_status, "ctr-status", 0, "Show the states of the containers"),
	O_STRS(P, filters, "filter", 'f', "KEY=VALUE",
		"id, name, label, status, network, until, ctr-names, ctr-ids, ctr-status, ctr-number"),
	O_STR(P, format, "format", 0, "TEMPLATE", "json, table, or a Go template"),
	O_BOOL(P, latest, "latest", 'l', "The one made last"),
	O_BOOL(P, no_trunc, "no-trunc", 0, "Do not shorten ids"),
	O_BOOL(P, no_heading, "noheading", 0, "No line of headings"),
	O_BOOL(P, quiet, "quiet", 'q', "Ids only"),
	O_STR(P, sort, "sort", 0, "FIELD", "created (default), id, name, number or status"),
	O_BOOL(P, ns, "namespace|ns", 0, "Show the namespaces that its containers share"),
	O_END,
};
#undef P
