/* Another name for a container, and for its pod of one. */
#include <errno.h>

#include "pkg/store/store_db.h"

static int taken(struct store *s, const char *name, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_NAME_GET, err, "t", name);
	int rc = q ? query_step(s, q, err) : -EIO;

	if (rc <= 0)
		return rc;
	return err_set(err, ERR_EXISTS, "the name '%s' is already in use by %s %.12s", name,
		sqlite3_column_int(q, 0) == STORE_POD ? "pod" : "container",
		(const char *) sqlite3_column_text(q, 1));
}

static int rename_rows(struct store *s, const struct rename_row *r, struct err *err)
{
	int rc;

	if ((rc = taken(s, r->name, err)) < 0 ||
		(rc = query_run(s, Q_NAME_DEL_OF_CTR, err, "t", r->id)) < 0 ||
		(rc = query_run(s, Q_NAME_ADD, err, "tit", r->name, (int64_t) STORE_CONTAINER, r->id)) < 0 ||
		(rc = query_run(s, Q_CTR_RENAME, err, "ttt", r->id, r->name, r->spec)) < 0)
		return rc;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no such container '%s'", r->id);
	return r->pod ? query_run(s, Q_POD_RENAME, err, "ttt", r->pod, r->name, r->pod_spec) : 0;
}

int store_ctr_rename(struct store *s, const struct rename_row *r, struct err *err)
{
	int rc = txn_start(s, err);

	return rc < 0 ? rc : txn_end(s, rename_rows(s, r, err), err);
}
