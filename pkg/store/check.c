/* Is the database whole?  SQLite's own answer. */
#include <string.h>

#include "pkg/store/store_db.h"

int store_check(struct store *s, bool quick, struct arena *a, struct strs *ret, struct err *err)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(
		s->db, quick ? "PRAGMA quick_check(20)" : "PRAGMA integrity_check(20)", -1, &q, NULL);

	if (rc != SQLITE_OK)
		return store_error(s, rc, err);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		const char *text = (const char *) sqlite3_column_text(q, 0);

		if (text && strcmp(text, "ok") != 0 && strs_add(ret, a, text) < 0) {
			(void) sqlite3_finalize(q);
			return err_sys(err, ENOMEM, "check the database");
		}
	}
	(void) sqlite3_finalize(q);
	return rc == SQLITE_DONE ? 0 : store_error(s, rc, err);
}
