/* Rows of volumes.  Who uses one stands in the specs of containers and pods; it is looked for there, in the transaction that
 * removes it. */
#include <errno.h>
#include <string.h>

#include "pkg/store/store_db.h"

int store_volume_add(struct store *s, const struct volume_row *v, struct err *err)
{
	return query_run(s, Q_VOLUME_ADD, err, "tiit", v->name, (int64_t) v->created_us,
		(int64_t) v->anonymous, v->labels);
}

static int no_such_volume(const char *name, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "no volume with name \"%s\" found: no such volume", name);
}

static int read_volume(sqlite3_stmt *q, struct arena *a, struct volume_row *ret, struct err *err)
{
	struct volume_row v = {
		.created_us = (uint64_t) sqlite3_column_int64(q, 1),
		.anonymous = sqlite3_column_int(q, 2),
		.fresh = sqlite3_column_int(q, 3),
	};
	int rc;

	if ((rc = column_text(q, 0, a, &v.name, err)) < 0 || (rc = column_text(q, 4, a, &v.labels, err)) < 0)
		return rc;
	*ret = v;
	return 0;
}

int store_volume_get(
	struct store *s, const char *name, struct arena *a, struct volume_row *ret, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_VOLUME_GET, err, "t", name);
	int rc = q ? query_step(s, q, err) : -EIO;

	if (rc == 0)
		return no_such_volume(name, err);
	return rc < 0 ? rc : read_volume(q, a, ret, err);
}

int store_volumes(struct store *s, struct arena *a, struct volume_row **ret, size_t *ret_n, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_VOLUMES, err, "");
	struct volume_row *rows = NULL;
	size_t n = 0, cap = 0;
	int rc = q ? 0 : -EIO;

	while (rc >= 0 && (rc = query_step(s, q, err)) > 0) {
		if (n == cap) {
			struct volume_row *more = arena_array(a, cap = cap ? cap * 2 : 8, sizeof *more);

			if (!more)
				return err_sys(err, ENOMEM, "list volumes");
			if (n)
				memcpy(more, rows, n * sizeof *more);
			rows = more;
		}
		rc = read_volume(q, a, &rows[n++], err);
	}
	if (rc < 0)
		return rc;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int store_volume_used(struct store *s, const char *name, struct err *err)
{
	int rc = query_run(s, Q_VOLUME_USED, err, "t", name);

	return rc < 0 ? rc : 0;
}

int store_volume_users(struct store *s, const char *name, struct arena *a, struct strs *ret_names,
	struct strs *ret_ids, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_VOLUME_USERS, err, "t", name);
	int rc = q ? 0 : -EIO;

	while (rc >= 0 && (rc = query_step(s, q, err)) > 0)
		if (strs_add(ret_names, a, (const char *) sqlite3_column_text(q, 0)) < 0 ||
			strs_add(ret_ids, a, (const char *) sqlite3_column_text(q, 1)) < 0)
			return err_sys(err, ENOMEM, "list the users of volume '%s'", name);
	return rc;
}

static int volume_del(struct store *s, const char *name, struct err *err)
{
	struct arena a = { 0 };
	struct strs names = { 0 }, ids = { 0 };
	int rc = store_volume_users(s, name, &a, &names, &ids, err);

	if (rc == 0 && ids.n)
		rc = err_set(err, ERR_STATE,
			"volume %s is being used by the following container(s): %s%s: volume is being used",
			name, ids.v[0], ids.n > 1 ? ", ..." : "");
	arena_done(&a);
	if (rc == 0 && (rc = query_run(s, Q_VOLUME_DEL, err, "t", name)) == 0)
		return no_such_volume(name, err);
	return rc;
}

int store_volume_del(struct store *s, const char *name, struct err *err)
{
	int rc = txn_start(s, err);

	return rc < 0 ? rc : txn_end(s, volume_del(s, name, err), err);
}
