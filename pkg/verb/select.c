/*
 * select.c — which objects a command speaks of, and --filter.
 */
#include "pkg/verb/verb.h"

#include <fcntl.h>
#include <regex.h>
#include <string.h>
#include <strings.h>

#include "pkg/container/inspect.h"
#include "pkg/engine/paths.h"
#include "pkg/pod/inspect.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"
#include "pkg/util/path.h"
#include "pkg/util/text.h"
#include "pkg/verb/containers.h"

/* ---- all pods ------------------------------------------------------------------------------------------------------ */

int pod_set_load(struct engine *e, struct pod_set *ret, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct pod_row *rows = NULL;
	struct pod_set set = { 0 };
	size_t n = 0;
	int rc = store_pods(e->store, &a, &rows, &n, err);

	if (rc < 0)
		return rc;
	if (!(set.v = calloc(n + 1, sizeof *set.v)))
		return err_sys(err, ENOMEM, "list pods");
	for (size_t i = 0; i < n; i++) {
		struct err one = { 0 };

		if (rows[i].state == ROW_REMOVING)
			continue;
		/* One that went away, or cannot be read, must not hide the others. */
		if (pod_load(e, rows[i].id, false, &set.v[set.n], &one) < 0) {
			if (one.kind != ERR_NOT_FOUND)
				log_warn("pod %.12s: %s", rows[i].id, one.msg);
			continue;
		}
		/* who looks at a pod whose monitor was killed gives it another */
		if (set.v[set.n].orphan && pod_adopt(e, &set.v[set.n], &one) < 0)
			log_warn("pod %.12s, ignoring: %s", rows[i].id, one.msg);
		set.n++;
	}
	*ret = set;
	return 0;
}

void pod_set_done(struct pod_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		pod_done(&s->v[i]);
	free(s->v);
	*s = (struct pod_set){ 0 };
}

static bool is_ending(const struct pod *p)
{
	const struct status_container *s = p->row.solo && p->n ? pod_status_of(p, p->ctr_row[0].id) : NULL;

	return p->alive && s && s->state == CTR_EXITED;
}

int pod_load_settled(struct engine *e, const char *id, struct pod *ret, struct err *err)
{
	int rc;

	while ((rc = pod_load(e, id, true, ret, err)) == 0 && is_ending(ret)) {
		auto_close int alive = path_open(ret->run_fd, PATH_ALIVE, PATH_IN_STATE, O_RDONLY, 0);

		/* its cleaner wants the pod's lock: let go of it while waiting */
		pod_done(ret);
		*ret = (struct pod){ .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
		if (alive >= 0 && lock_file(alive, false, true) < 0)
			return err_sys(err, errno, "wait for the pod's monitor");
	}
	return rc;
}

size_t pod_index(const struct pod *p, const char *ctr)
{
	size_t i = 0;

	while (i < p->n && strcmp(p->ctr_row[i].id, ctr) != 0)
		i++;
	return i;
}

const char *ctr_word(const struct pod *p, size_t i)
{
	return container_state_word(pod_status_of(p, p->ctr_row[i].id), p->alive, p->row.solo);
}

bool ctr_is_running(const struct pod *p, size_t i)
{
	const char *word = ctr_word(p, i);

	return !strcmp(word, "running") || !strcmp(word, "paused") || !strcmp(word, "stopping");
}

/* ---- filters ------------------------------------------------------------------------------------------------------- */

static const char *const filter_keys[] = { "id", "name", "label", "status", "ancestor", "exited", "before",
	"since", "until", "pod", "network", "volume", "health", "restart-policy", "ctr-names", "ctr-ids",
	"ctr-status", "ctr-number", NULL };

/* A state or exit code that cannot be is a mistake, not an empty answer. */
static int check_value(const struct filter *f, struct err *err)
{
	static const char *const states[] = { "unknown", "configured", "created", "initialized", "running",
		"stopped", "paused", "exited", "removing", "stopping", "restarting", "dead", "degraded",
		"error", NULL };
	size_t i = 0;
	int64_t code;

	if (!strcmp(f->key, "exited"))
		return parse_i64(f->value, 0, 255, &code) == 0
			       ? 0
			       : err_set(err, ERR_INVALID, "filter exited: '%s' is no exit code, 0 to 255",
					 f->value);
	if (strcmp(f->key, "status") != 0 && strcmp(f->key, "ctr-status") != 0)
		return 0;
	while (states[i] && strcasecmp(f->value, states[i]) != 0)
		i++;
	return states[i] ? 0 : err_set(err, ERR_INVALID, "unknown state: %s", f->value);
}

int filters_parse(
	const struct strs *texts, struct arena *a, struct filter **ret, size_t *ret_n, struct err *err)
{
	struct filter *f = arena_array(a, texts->n + 1, sizeof *f);
	int rc;

	if (!f)
		return err_sys(err, ENOMEM, "read the filters");
	for (size_t i = 0; i < texts->n; i++) {
		const char *text = texts->v[i], *eq = strchr(text, '=');
		size_t k = 0;
		char *key;

		if (!eq || eq == text)
			return err_set(err, ERR_INVALID, "filter '%s': expected KEY=VALUE", text);
		f[i].negate = eq[-1] == '!';
		if (!(key = arena_strndup(a, text, (size_t) (eq - text) - f[i].negate)))
			return err_sys(err, ENOMEM, "read the filters");
		while (filter_keys[k] && strcmp(filter_keys[k], key) != 0)
			k++;
		if (!filter_keys[k]) {
			const char *near = text_nearest(key, filter_keys);

			return err_set(err, ERR_INVALID, "%s is an invalid filter%s%s%s", key,
				near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
		}
		f[i].key = filter_keys[k];
		f[i].value = eq + 1;
		if ((rc = check_value(&f[i], err)) < 0)
			return rc;
	}
	*ret = f;
	*ret_n = texts->n;
	return 0;
}

static int match_regex(const char *pattern, const char *text, struct err *err)
{
	regex_t re;
	int rc;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return err_set(err, ERR_INVALID, "filter: '%s' is not a regular expression", pattern);
	rc = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return rc;
}

static bool match_ancestor(const char *want, const struct ctr_row *row)
{
	const char *name = row->image_name ? row->image_name : "", *slash;
	size_t n = strlen(want);

	if (row->image && n >= 3 && !strncmp(row->image, want, n))
		return true;
	for (slash = name; slash; slash = strchr(slash, '/')) {
		slash += *slash == '/';
		if (!strncmp(slash, want, n) && (!slash[n] || slash[n] == ':' || slash[n] == '@'))
			return true;
	}
	return false;
}

static int match_age(
	const struct pod_set *all, const char *ref, uint64_t created, bool before, struct err *err)
{
	size_t n = strlen(ref);

	for (size_t i = 0; i < all->n; i++) {
		for (size_t k = 0; k < all->v[i].n; k++) {
			const struct ctr_row *row = &all->v[i].ctr_row[k];

			if (!strcmp(row->name, ref) || (n >= 1 && !strncmp(row->id, ref, n)))
				return before ? created < row->created_us : created > row->created_us;
		}
	}
	return err_set(err, ERR_NOT_FOUND, "filter: no container with name or ID \"%s\" found", ref);
}

/* Made before a moment, or so long ago. */
static int match_until(const char *text, uint64_t created, struct err *err)
{
	uint64_t until;
	int rc = log_time_parse(text, time_now_us(), &until, err);

	return rc < 0 ? err_wrap(err, "filter until") : created < until;
}

static bool match_volume(const char *want, const struct container_spec *c)
{
	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);

		if ((m->source && !strcmp(m->source, want)) || !strcmp(m->dest, want))
			return true;
	}
	return false;
}

static int match_one(
	const struct filter *f, const struct pod_set *all, const struct pod *p, size_t i, struct err *err)
{
	const struct ctr_row *row = &p->ctr_row[i];
	const struct container_spec *c = &p->ctr[i];
	const struct status_container *s = pod_status_of(p, row->id);
	int64_t code;

	if (!strcmp(f->key, "id"))
		return match_regex(f->value, row->id, err);
	if (!strcmp(f->key, "name"))
		return match_regex(f->value, row->name, err);
	if (!strcmp(f->key, "label"))
		return kvs_fit(&c->labels, f->value);
	if (!strcmp(f->key, "restart-policy"))
		return !strcmp(f->value, restart_policy_names[c->restart]);
	if (!strcmp(f->key, "status"))
		return !strcmp(f->value, ctr_word(p, i)) ||
		       (!strcmp(f->value, "stopped") && !strcmp(ctr_word(p, i), "exited"));
	if (!strcmp(f->key, "health"))
		return !strcmp(f->value, s && s->health && ctr_is_running(p, i) ? s->health->status : "none");
	if (!strcmp(f->key, "ancestor"))
		return match_ancestor(f->value, row);
	if (!strcmp(f->key, "exited"))
		return parse_i64(f->value, 0, 255, &code) == 0 && s && s->ran && !ctr_is_running(p, i) &&
		       s->exit_code == code;
	if (!strcmp(f->key, "before") || !strcmp(f->key, "since"))
		return match_age(all, f->value, row->created_us, f->key[0] == 'b', err);
	if (!strcmp(f->key, "until"))
		return match_until(f->value, row->created_us, err);
	if (!strcmp(f->key, "pod"))
		return !p->row.solo &&
		       (!strcmp(p->row.name, f->value) || !strncmp(p->row.id, f->value, strlen(f->value)));
	if (!strcmp(f->key, "network"))
		return !strcmp(f->value, net_mode_names[p->spec.net]) ||
		       !strcmp(f->value, pod_network_name(&p->spec)) ||
		       (p->spec.net == NET_BRIDGE && !p->spec.network && !strcmp(f->value, "podman"));
	if (!strcmp(f->key, "volume"))
		return match_volume(f->value, c);
	return err_set(err, ERR_INVALID, "\"%s\" is a filter of pods, not of containers", f->key);
}

static bool same_key(const struct filter *f, size_t n, size_t i)
{
	for (size_t k = 0; k < n; k++)
		if (k != i && !f[k].negate && !f[i].negate && !strcmp(f[k].key, f[i].key))
			return true;
	return false;
}

/* The same key twice: either fits; labels and different keys: all must (as podman). */
static int match_all(const struct filter *f, size_t n, const bool *hit)
{
	for (size_t i = 0; i < n; i++) {
		bool good = hit[i] != f[i].negate;

		if (!good && strcmp(f[i].key, "label") != 0 && same_key(f, n, i))
			for (size_t k = 0; k < n && !good; k++)
				good = !strcmp(f[k].key, f[i].key) && hit[k];
		if (!good)
			return 0;
	}
	return 1;
}

int filters_match_container(struct engine *e, const struct filter *f, size_t n, const struct pod_set *all,
	const struct pod *p, size_t i, struct err *err)
{
	auto_free bool *hit = calloc(n + 1, sizeof *hit);

	(void) e;
	if (!hit)
		return err_sys(err, ENOMEM, "filter");
	for (size_t k = 0; k < n; k++) {
		int rc = match_one(&f[k], all, p, i, err);

		if (rc < 0)
			return rc;
		hit[k] = rc != 0;
	}
	return match_all(f, n, hit);
}

static int match_pod(const struct filter *f, const struct pod *p, struct err *err)
{
	int rc = 0;

	if (!strcmp(f->key, "id"))
		return match_regex(f->value, p->row.id, err);
	if (!strcmp(f->key, "name"))
		return match_regex(f->value, p->row.name, err);
	if (!strcmp(f->key, "label"))
		return kvs_fit(&p->spec.labels, f->value);
	if (!strcmp(f->key, "status"))
		return strcasecmp(f->value, pod_state_word(p)) == 0;
	if (!strcmp(f->key, "network"))
		return !strcmp(f->value, net_mode_names[p->spec.net]) ||
		       !strcmp(f->value, pod_network_name(&p->spec));
	if (!strcmp(f->key, "until"))
		return match_until(f->value, p->row.created_us, err);
	if (!strcmp(f->key, "ctr-number"))
		return strtoull(f->value, NULL, 10) == p->n;
	for (size_t i = 0; i < p->n && rc == 0; i++) {
		if (!strcmp(f->key, "ctr-names"))
			rc = match_regex(f->value, p->ctr_row[i].name, err);
		else if (!strcmp(f->key, "ctr-ids"))
			rc = match_regex(f->value, p->ctr_row[i].id, err);
		else if (!strcmp(f->key, "ctr-status"))
			rc = strcasecmp(f->value, ctr_word(p, i)) == 0;
		else
			return err_set(
				err, ERR_INVALID, "\"%s\" is a filter of containers, not of pods", f->key);
	}
	return rc;
}

int filters_match_pod(const struct filter *f, size_t n, const struct pod *p, struct err *err)
{
	auto_free bool *hit = calloc(n + 1, sizeof *hit);

	if (!hit)
		return err_sys(err, ENOMEM, "filter");
	for (size_t k = 0; k < n; k++) {
		int rc = match_pod(&f[k], p, err);

		if (rc < 0)
			return rc;
		hit[k] = rc != 0;
	}
	return match_all(f, n, hit);
}

/* ---- selection ----------------------------------------------------------------------------------------------------- */

struct gather {
	struct target *v;
	size_t n, cap;
	struct arena *a;
};

static int gather_add(struct gather *g, const char *asked, const char *id, const char *pod, struct err *err)
{
	for (size_t i = 0; i < g->n; i++)
		if (!strcmp(g->v[i].id, id))
			return 0;
	if (g->n == g->cap) {
		size_t cap = g->cap ? 2 * g->cap : 8;
		struct target *v = arena_array(g->a, cap, sizeof *v);

		if (!v)
			return err_sys(err, ENOMEM, "list objects");
		if (g->n)
			memcpy(v, g->v, g->n * sizeof *v);
		g->v = v;
		g->cap = cap;
	}
	g->v[g->n] = (struct target){ .asked = arena_strdup(g->a, asked),
		.id = arena_strdup(g->a, id),
		.pod = arena_strdup(g->a, pod) };
	g->n++;
	return 0;
}

static bool pod_has_running(const struct pod *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (ctr_is_running(p, i))
			return true;
	return false;
}

static int gather_pod(struct gather *g, const struct selection *s, const struct filter *f, size_t n,
	const struct pod *p, struct err *err)
{
	int rc;

	if (p->row.solo || (s->running && !pod_has_running(p)))
		return 0;
	if ((rc = filters_match_pod(f, n, p, err)) <= 0)
		return rc;
	return gather_add(g, p->row.id, p->row.id, p->row.id, err);
}

static int gather_containers(struct engine *e, struct gather *g, const struct selection *s,
	const struct filter *f, size_t n, const struct pod_set *set, const struct pod *p, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < p->n && rc >= 0; i++) {
		if (p->ctr[i].role == ROLE_INFRA && !s->infra)
			continue;
		if (s->running && !ctr_is_running(p, i))
			continue;
		if ((rc = filters_match_container(e, f, n, set, p, i, err)) > 0)
			rc = gather_add(g, p->ctr_row[i].id, p->ctr_row[i].id, p->row.id, err);
	}
	return rc < 0 ? rc : 0;
}

static int gather_all(struct engine *e, struct gather *g, const struct selection *s, struct err *err)
{
	AUTO(pod_set_done) struct pod_set set = { 0 };
	struct filter *f;
	size_t n;
	int rc;

	if ((rc = filters_parse(&s->filters, g->a, &f, &n, err)) < 0 || (rc = pod_set_load(e, &set, err)) < 0)
		return rc;
	for (size_t i = 0; i < set.n && rc == 0; i++)
		rc = s->kind == STORE_POD ? gather_pod(g, s, f, n, &set.v[i], err)
					  : gather_containers(e, g, s, f, n, &set, &set.v[i], err);
	return rc;
}

/* The container or pod that was made last. */
static int gather_latest(struct engine *e, struct gather *g, const struct selection *s, struct err *err)
{
	struct pod_row *pod = NULL, *last = NULL;
	struct ctr_row *ctr = NULL, *newest = NULL;
	size_t n = 0;
	int rc;

	if (s->kind == STORE_POD) {
		if ((rc = store_pods(e->store, g->a, &pod, &n, err)) < 0)
			return rc;
		for (size_t i = 0; i < n; i++)
			if (!pod[i].solo && pod[i].state != ROW_REMOVING)
				last = &pod[i];
		return last ? gather_add(g, last->id, last->id, last->id, err)
			    : err_set(err, ERR_NOT_FOUND, "no pods exist");
	}
	if ((rc = store_ctrs(e->store, NULL, g->a, &ctr, &n, err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (ctr[i].idx >= 0)
			newest = &ctr[i];
	return newest ? gather_add(g, newest->id, newest->id, newest->pod, err)
		      : err_set(err, ERR_NOT_FOUND, "no containers exist");
}

int verb_select(struct engine *e, const struct selection *s, struct arena *a, struct target **ret,
	size_t *ret_n, void (*missing)(const struct err *err), size_t *ret_missing, struct err *err)
{
	struct gather g = { .a = a };
	const char *what = s->kind == STORE_POD ? "pod" : "container";
	int rc = 0;

	*ret_missing = 0;
	if ((s->all || s->filters.n) && s->names.n)
		return err_set(err, ERR_INVALID,
			s->all ? "no arguments are needed with --all"
			       : "--filter and names cannot be given together");
	if (s->latest && (s->names.n || s->all))
		return err_set(err, ERR_INVALID, "--latest cannot be given with names or --all");
	if (!s->all && !s->latest && !s->filters.n && !s->names.n)
		return err_set(err, ERR_INVALID, "you must provide at least one %s name or id", what);
	if (s->latest)
		rc = gather_latest(e, &g, s, err);
	else if (s->all || s->filters.n)
		rc = gather_all(e, &g, s, err);
	for (size_t i = 0; rc == 0 && i < s->names.n; i++) {
		const char *id = NULL, *pod = NULL;
		struct err one = { 0 };

		if (store_find(e->store, s->names.v[i], s->kind, a, &id, &pod, &one) == 0) {
			rc = gather_add(&g, s->names.v[i], id, pod ? pod : id, err);
		} else if (!(s->ignore && one.kind == ERR_NOT_FOUND)) {
			++*ret_missing;
			missing(&one);
		}
	}
	*ret = g.v;
	*ret_n = g.n;
	return rc;
}
