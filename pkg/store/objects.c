/* Rows of Kubernetes objects kept by kind and name. */
#include <errno.h>
#include <string.h>

#include "pkg/store/store_db.h"

int store_object_put(struct store *s, const struct object_row *o, struct err *err)
{
	int rc = query_run(s, Q_OBJECT_PUT, err, "ttttii", o->kind, o->name, o->doc, o->file,
		(int64_t) o->created_us, (int64_t) o->updated_us);

	return rc < 0 ? rc : 0;
}

static int read_row(sqlite3_stmt *q, struct arena *a, struct object_row *ret, struct err *err)
{
	int rc;

	if ((rc = column_text(q, 0, a, &ret->kind, err)) < 0 ||
		(rc = column_text(q, 1, a, &ret->name, err)) < 0 ||
		(rc = column_text(q, 2, a, &ret->doc, err)) < 0 ||
		(rc = column_text(q, 3, a, &ret->file, err)) < 0)
		return rc;
	ret->created_us = (uint64_t) sqlite3_column_int64(q, 4);
	ret->updated_us = (uint64_t) sqlite3_column_int64(q, 5);
	return 0;
}

int store_object_get(struct store *s, const char *kind, const char *name, struct arena *a,
	struct object_row *ret, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_OBJECT_GET, err, "tt", kind, name);
	int rc = q ? query_step(s, q, err) : -EIO;

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no such %s '%s'", kind, name);
	return rc < 0 ? rc : read_row(q, a, ret, err);
}

int store_objects(struct store *s, const char *kind, struct arena *a, struct object_row **ret, size_t *ret_n,
	struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_OBJECTS, err, "t", kind);
	struct object_row *v = NULL;
	size_t n = 0, cap = 0;
	int rc = q ? 1 : -EIO;

	while (rc > 0 && (rc = query_step(s, q, err)) > 0) {
		if (n == cap) {
			size_t more = cap ? cap * 2 : 16;
			struct object_row *bigger = arena_array(a, more, sizeof *bigger);

			if (!bigger)
				return err_sys(err, ENOMEM, "list objects");
			if (n)
				memcpy(bigger, v, n * sizeof *v);
			v = bigger;
			cap = more;
		}
		if ((rc = read_row(q, a, &v[n], err)) < 0)
			return rc;
		n++;
		rc = 1;
	}
	if (rc < 0)
		return rc;
	*ret = v;
	*ret_n = n;
	return 0;
}

int store_object_del(struct store *s, const char *kind, const char *name, struct err *err)
{
	return query_run(s, Q_OBJECT_DEL, err, "tt", kind, name);
}
