/* Rows of pods and containers, and the names they hold. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/store/store_db.h"

const char *const row_state_names[] = { "creating", "created", "started", "exited", "removing", NULL };
static_assert(ROW_CREATING == 0 && ROW_STARTED == 2 && ROW_EXITED == 3 && ROW_REMOVING == 4,
	"numbers stand in sql.h");

/* ---- names -------------------------------------------------------------------------------------------------------- */

static int name_taken(struct store *s, const char *name, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_NAME_GET, err, "t", name);
	int rc = q ? query_step(s, q, err) : -EIO;
	const char *id;

	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(err, ERR_EXISTS, "the name '%s' is already in use", name);
	id = (const char *) sqlite3_column_text(q, 1);
	if (sqlite3_column_int(q, 0) == STORE_POD)
		return err_set(err, ERR_EXISTS,
			"the name '%s' is already in use by pod %.12s; remove it (podctl pod rm %s), use "
			"--replace, "
			"or choose another name",
			name, id ? id : "", name);
	return err_set(err, ERR_EXISTS,
		"the name '%s' is already in use by container %.12s; remove it (podctl rm %s), use "
		"--replace, or "
		"choose another name",
		name, id ? id : "", name);
}

static int name_add(struct store *s, const char *name, enum store_kind kind, const char *id, struct err *err)
{
	int rc = query_run(s, Q_NAME_ADD, err, "tit", name, (int64_t) kind, id);

	if (rc >= 0 || err->kind != ERR_EXISTS)
		return rc;
	return name_taken(s, name, err);
}

/* ---- adding and changing ------------------------------------------------------------------------------------------ */

static int ctr_insert(struct store *s, const struct ctr_row *c, struct err *err)
{
	int rc = name_add(s, c->name, STORE_CONTAINER, c->id, err);

	if (rc < 0)
		return rc;
	return query_run(s, Q_CTR_ADD, err, "tttittit", c->id, c->pod, c->name, c->idx, c->image,
		c->image_name, (int64_t) c->created_us, c->spec);
}

static int pod_insert(struct store *s, const struct pod_row *p, struct err *err)
{
	int rc = p->solo ? 0 : name_add(s, p->name, STORE_POD, p->id, err);

	if (rc < 0)
		return rc;
	return query_run(s, Q_POD_ADD, err, "ttiiiittttt", p->id, p->name, (int64_t) p->state,
		(int64_t) p->solo, (int64_t) p->autoremove, (int64_t) p->created_us, p->spec, p->res,
		p->status, p->kube, p->kube_file);
}

int store_pod_add(
	struct store *s, const struct pod_row *p, const struct ctr_row *c, size_t n, struct err *err)
{
	int rc = txn_start(s, err);

	if (rc < 0)
		return rc;
	rc = pod_insert(s, p, err);
	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = ctr_insert(s, &c[i], err);
	return txn_end(s, rc, err);
}

static int no_such_pod(const char *id, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "no such pod '%s'", id);
}

int store_ctr_add(struct store *s, const struct ctr_row *c, struct err *err)
{
	int rc = txn_start(s, err);

	if (rc < 0)
		return rc;
	{
		auto_query sqlite3_stmt *q = query_bind(s, Q_POD_NAME, err, "t", c->pod);

		rc = q ? query_step(s, q, err) : -EIO;
	}
	if (rc == 0)
		rc = no_such_pod(c->pod, err);
	if (rc > 0)
		rc = ctr_insert(s, c, err);
	return txn_end(s, rc, err);
}

static int changed_pod(int rc, const char *id, struct err *err)
{
	if (rc < 0)
		return rc;
	return rc ? 0 : no_such_pod(id, err);
}

int store_pod_set_state(struct store *s, const char *id, enum row_state state, struct err *err)
{
	return changed_pod(query_run(s, Q_POD_SET_STATE, err, "ti", id, (int64_t) state), id, err);
}

int store_pod_set_res(struct store *s, const char *id, const char *res, struct err *err)
{
	return changed_pod(query_run(s, Q_POD_SET_RES, err, "tt", id, res), id, err);
}

int store_pod_set_status(
	struct store *s, const char *id, enum row_state state, const char *status, struct err *err)
{
	return changed_pod(query_run(s, Q_POD_SET_STATUS, err, "tit", id, (int64_t) state, status), id, err);
}

int store_pod_set_spec(struct store *s, const char *id, const char *spec, struct err *err)
{
	return changed_pod(query_run(s, Q_POD_SET_SPEC, err, "tt", id, spec), id, err);
}

int store_pod_set_kube(struct store *s, const char *id, const char *kube, struct err *err)
{
	return changed_pod(query_run(s, Q_POD_SET_KUBE, err, "tt", id, kube), id, err);
}

int store_ctr_set_spec(struct store *s, const char *id, const char *spec, struct err *err)
{
	int rc = query_run(s, Q_CTR_SET_SPEC, err, "tt", id, spec);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no such container '%s'", id);
	return rc < 0 ? rc : 0;
}

int store_pods_lost(struct store *s, struct err *err)
{
	static const enum query steps[] = { Q_PODS_LOST, Q_PORTS_LOST, Q_LEASES_LOST };
	int rc = txn_start(s, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < LEN(steps) && rc >= 0; i++)
		rc = query_run(s, steps[i], err, "");
	return txn_end(s, rc, err);
}

/* ---- removing ----------------------------------------------------------------------------------------------------- */

/* Runs each of the statements, which all take the id alone. */
static int run_all(struct store *s, const char *id, const enum query *queries, size_t n, struct err *err)
{
	int rc = txn_start(s, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = query_run(s, queries[i], err, "t", id);
	return txn_end(s, rc, err);
}

int store_pod_release(struct store *s, const char *id, struct err *err)
{
	int rc = txn_start(s, err);

	if (rc < 0)
		return rc;
	if ((rc = query_run(s, Q_NAME_DEL_OF_POD, err, "t", id)) >= 0)
		rc = store_pod_set_state(s, id, ROW_REMOVING, err);
	return txn_end(s, rc, err);
}

int store_pod_restore(struct store *s, const char *id, enum row_state state, struct err *err)
{
	struct arena a = { 0 };
	struct pod_row pod = { 0 };
	struct ctr_row *ctr = NULL;
	size_t n = 0;
	int rc = txn_start(s, err);

	if (rc < 0)
		return rc;
	if ((rc = store_pod_get(s, id, &a, &pod, err)) >= 0 &&
		(rc = store_ctrs(s, id, &a, &ctr, &n, err)) >= 0 && !pod.solo)
		rc = name_add(s, pod.name, STORE_POD, id, err);
	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = name_add(s, ctr[i].name, STORE_CONTAINER, ctr[i].id, err);
	if (rc >= 0)
		rc = store_pod_set_state(s, id, state, err);
	arena_done(&a);
	return txn_end(s, rc, err);
}

int store_pod_del(struct store *s, const char *id, struct err *err)
{
	/* names first: they are found through the rows */
	static const enum query steps[] = { Q_NAME_DEL_OF_POD, Q_CTR_DEL_OF_POD, Q_LEASE_DEL_ALL, Q_PORT_DEL,
		Q_POD_DEL };

	return run_all(s, id, steps, LEN(steps), err);
}

int store_ctr_del(struct store *s, const char *id, struct err *err)
{
	static const enum query steps[] = { Q_NAME_DEL_OF_CTR, Q_CTR_DEL };

	return run_all(s, id, steps, LEN(steps), err);
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static int read_texts(sqlite3_stmt *q, struct arena *a, const char **const *to, const int *columns, size_t n,
	struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		int rc = column_text(q, columns[i], a, to[i], err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_pod(sqlite3_stmt *q, struct arena *a, struct pod_row *ret, struct err *err)
{
	struct pod_row p = {
		.state = (enum row_state) sqlite3_column_int(q, 2),
		.solo = sqlite3_column_int(q, 3),
		.autoremove = sqlite3_column_int(q, 4),
		.created_us = (uint64_t) sqlite3_column_int64(q, 5),
	};
	const char **const to[] = { &p.id, &p.name, &p.spec, &p.res, &p.status, &p.kube, &p.kube_file };
	static const int columns[] = { 0, 1, 6, 7, 8, 9, 10 };
	int rc = read_texts(q, a, to, columns, LEN(columns), err);

	if (rc == 0)
		*ret = p;
	return rc;
}

static int read_ctr(sqlite3_stmt *q, struct arena *a, struct ctr_row *ret, struct err *err)
{
	struct ctr_row c = {
		.idx = sqlite3_column_int64(q, 3),
		.created_us = (uint64_t) sqlite3_column_int64(q, 6),
	};
	const char **const to[] = { &c.id, &c.pod, &c.name, &c.image, &c.image_name, &c.spec };
	static const int columns[] = { 0, 1, 2, 4, 5, 7 };
	int rc = read_texts(q, a, to, columns, LEN(columns), err);

	if (rc == 0)
		*ret = c;
	return rc;
}

int store_pod_get(struct store *s, const char *id, struct arena *a, struct pod_row *ret, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_POD_GET, err, "t", id);
	int rc = q ? query_step(s, q, err) : -EIO;

	if (rc == 0)
		return no_such_pod(id, err);
	return rc < 0 ? rc : read_pod(q, a, ret, err);
}

int store_pod_state(struct store *s, const char *id)
{
	struct err ignored = { 0 };
	auto_query sqlite3_stmt *q = query_bind(s, Q_POD_STATE, &ignored, "t", id);
	int rc = q ? query_step(s, q, &ignored) : -EIO;

	if (rc < 0)
		return -EIO;
	return rc ? sqlite3_column_int(q, 0) : -ENOENT;
}

/* Room for one more element of 'size' in an arena array; the old piece stays in the arena. */
static void *grow(struct arena *a, void *v, size_t n, size_t *cap, size_t size)
{
	void *more;

	if (n < *cap)
		return v;
	*cap = *cap ? *cap * 2 : 8;
	if ((more = arena_array(a, *cap, size)) && n)
		memcpy(more, v, n * size);
	return more;
}

int store_pods(struct store *s, struct arena *a, struct pod_row **ret, size_t *ret_n, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_PODS, err, "");
	struct pod_row *rows = NULL;
	size_t n = 0, cap = 0;
	int rc = q ? 0 : -EIO;

	while (rc >= 0 && (rc = query_step(s, q, err)) > 0) {
		if (!(rows = grow(a, rows, n, &cap, sizeof *rows)))
			return err_sys(err, ENOMEM, "list pods");
		rc = read_pod(q, a, &rows[n++], err);
	}
	if (rc < 0)
		return rc;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int store_ctrs(struct store *s, const char *pod, struct arena *a, struct ctr_row **ret, size_t *ret_n,
	struct err *err)
{
	auto_query sqlite3_stmt *q =
		pod ? query_bind(s, Q_CTRS_OF_POD, err, "t", pod) : query_bind(s, Q_CTRS, err, "");
	struct ctr_row *rows = NULL;
	size_t n = 0, cap = 0;
	int rc = q ? 0 : -EIO;

	while (rc >= 0 && (rc = query_step(s, q, err)) > 0) {
		if (!(rows = grow(a, rows, n, &cap, sizeof *rows)))
			return err_sys(err, ENOMEM, "list containers");
		rc = read_ctr(q, a, &rows[n++], err);
	}
	if (rc < 0)
		return rc;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int store_pods_unsettled(struct store *s, struct arena *a, struct strs *ret, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_PODS_UNSETTLED, err, "");

	return q ? query_strs(s, q, a, ret, err) : -EIO;
}
