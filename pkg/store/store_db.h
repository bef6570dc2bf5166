/*
 * store_db.h — what the files of pkg/store share: the connection, cached statements, nested transactions.
 *
 * A statement is prepared when it is first used and kept.  Text is bound without a copy: a statement is reset before the
 * call that bound it returns (auto_query).
 */
#ifndef PODCTL_STORE_STORE_DB_H
#define PODCTL_STORE_STORE_DB_H

#include <sqlite3.h>

#include "pkg/store/sql.h"
#include "pkg/store/store.h"
#include "pkg/util/cleanup.h"

struct store {
	sqlite3 *db;
	char *path;
	sqlite3_stmt *query[Q_COUNT];
	int depth; /* open transactions: 1 is the real one, more are savepoints */
	int root_fd;
	struct store *next; /* images that are only read */
};

static inline void query_reset_p(sqlite3_stmt **q)
{
	if (*q)
		(void) sqlite3_reset(*q);
}
#define auto_query AUTO(query_reset_p)

/* The statement with its parameters bound: format letters t (const char *, NULL is SQL NULL), i (int64_t).
 * NULL with err filled when it cannot be had. */
sqlite3_stmt *query_bind(struct store *s, enum query q, struct err *err, const char *format, ...);
/* 1: a row, 0: no more, or a negative errno. */
int query_step(struct store *s, sqlite3_stmt *q, struct err *err);
/* Binds, runs to its end and returns the number of rows changed, or a negative errno. */
int query_run(struct store *s, enum query q, struct err *err, const char *format, ...);
/* The failure sqlite just reported, in our words. */
int store_error(struct store *s, int sqlite_code, struct err *err);

/* A column as arena text; SQL NULL gives NULL.  -ENOMEM fills err. */
int column_text(sqlite3_stmt *q, int col, struct arena *a, const char **ret, struct err *err);
/* Runs q (already bound) to its end and adds its first column to l. */
int query_strs(struct store *s, sqlite3_stmt *q, struct arena *a, struct strs *l, struct err *err);

/* One call's transaction: a real one, or a savepoint inside the caller's, so that a failed call leaves nothing either way.
 * txn_end(rc < 0) undoes and returns rc; else commits and returns 0 or the failure of the commit. */
int txn_start(struct store *s, struct err *err);
int txn_end(struct store *s, int rc, struct err *err);

/* Ids that start with 'prefix' are >= prefix and < *end: hex digits sort below 'g'.  False: not a prefix of an id. */
bool id_range(const char *prefix, char end[66]);

#endif
