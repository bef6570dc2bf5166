#include "pkg/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "pkg/store/store_db.h"
#include "pkg/util/log.h"
#include "pkg/util/path.h"

#define DB_NAME "db.sqlite"
#define PAGE_SIZE "1024" /* a start changes a dozen small rows: a quarter of the WAL that 4096 would write */
#define BUSY_MS 20000    /* another podctl's transaction lasts under a millisecond; a stalled disk longer */
#define CHECKPOINT_BUSY_MS 50

static const char *const schema_steps[SCHEMA_VERSION] = { SCHEMA_STEP_0, SCHEMA_STEP_1, SCHEMA_STEP_2 };

#define X(id, text) [id] = text,
static const char *const query_texts[] = { QUERIES(X) };
#undef X
static_assert(LEN(query_texts) == Q_COUNT, "one text per statement");

/* ---- statements --------------------------------------------------------------------------------------------------- */

int store_error(struct store *s, int code, struct err *err)
{
	const char *text = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(code);
	int eno = s->db ? sqlite3_system_errno(s->db) : 0;

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(err, ERR_STATE,
			"database '%s' is locked by another process for more than %d s", s->path,
			BUSY_MS / 1000);
	case SQLITE_NOMEM:
		return err_sys(err, ENOMEM, "database '%s'", s->path);
	case SQLITE_FULL:
		return err_sys(err, ENOSPC, "write database '%s'", s->path);
	case SQLITE_READONLY:
		/* not for want of rights, or it would not have been opened: sqlite tries to read where it cannot write */
		return err_set(err, ERR_SYSTEM,
			"database '%s' cannot be written: %s; its -wal and -shm could not be opened: look at "
			"their mode, the file system, and the limit of open descriptors (ulimit -n)",
			s->path, text);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(err, ERR_CORRUPT,
			"database '%s' is damaged: %s; move the directory away to start anew", s->path, text);
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		return err_sys(err, eno ? eno : EIO, "database '%s'", s->path);
	case SQLITE_CONSTRAINT:
		return err_set(err, ERR_EXISTS, "database '%s': %s", s->path, text);
	default:
		return err_set(err, ERR_SYSTEM, "database '%s': %s", s->path, text);
	}
}

static sqlite3_stmt *query_vbind(
	struct store *s, enum query id, struct err *err, const char *format, va_list ap)
{
	sqlite3_stmt *q = s->query[id];
	int rc = SQLITE_OK;

	if (!q) {
		rc = sqlite3_prepare_v3(s->db, query_texts[id], -1, SQLITE_PREPARE_PERSISTENT, &q, NULL);
		if (rc != SQLITE_OK) {
			(void) store_error(s, rc, err);
			return NULL;
		}
		s->query[id] = q;
	}
	for (int i = 0; format[i] && rc == SQLITE_OK; i++) {
		if (format[i] == 't')
			rc = sqlite3_bind_text(q, i + 1, va_arg(ap, const char *), -1, SQLITE_STATIC);
		else
			rc = sqlite3_bind_int64(q, i + 1, va_arg(ap, int64_t));
	}
	if (rc != SQLITE_OK) {
		(void) store_error(s, rc, err);
		return NULL;
	}
	return q;
}

sqlite3_stmt *query_bind(struct store *s, enum query id, struct err *err, const char *format, ...)
{
	sqlite3_stmt *q;
	va_list ap;

	va_start(ap, format);
	q = query_vbind(s, id, err, format, ap);
	va_end(ap);
	return q;
}

int query_step(struct store *s, sqlite3_stmt *q, struct err *err)
{
	int rc = sqlite3_step(q);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : store_error(s, rc, err);
}

int query_run(struct store *s, enum query id, struct err *err, const char *format, ...)
{
	sqlite3_stmt *q;
	va_list ap;
	int rc;

	va_start(ap, format);
	q = query_vbind(s, id, err, format, ap);
	va_end(ap);
	if (!q)
		return -EIO;
	rc = query_step(s, q, err);
	(void) sqlite3_reset(q);
	return rc < 0 ? rc : sqlite3_changes(s->db);
}

int column_text(sqlite3_stmt *q, int col, struct arena *a, const char **ret, struct err *err)
{
	const char *text = (const char *) sqlite3_column_text(q, col);

	*ret = NULL;
	if (!text && sqlite3_column_type(q, col) == SQLITE_NULL)
		return 0;
	if (!text || !(*ret = arena_strdup(a, text)))
		return err_sys(err, ENOMEM, "read a row");
	return 0;
}

int query_strs(struct store *s, sqlite3_stmt *q, struct arena *a, struct strs *l, struct err *err)
{
	int rc;

	while ((rc = query_step(s, q, err)) > 0) {
		const char *text = (const char *) sqlite3_column_text(q, 0);

		if (!text || strs_add(l, a, text) < 0)
			return err_sys(err, ENOMEM, "read a row");
	}
	return rc;
}

bool id_range(const char *prefix, char end[66])
{
	size_t n = strlen(prefix);

	if (!n || n > 64 || strspn(prefix, "0123456789abcdef") != n)
		return false;
	memcpy(end, prefix, n);
	end[n] = 'g';
	end[n + 1] = '\0';
	return true;
}

/* ---- transactions ------------------------------------------------------------------------------------------------- */

int txn_start(struct store *s, struct err *err)
{
	int rc = query_run(s, s->depth ? Q_SAVE : Q_BEGIN, err, "");

	if (rc < 0)
		return rc;
	s->depth++;
	return 0;
}

static void txn_undo(struct store *s)
{
	struct err ignored = { 0 };

	s->depth--;
	if (sqlite3_get_autocommit(s->db)) /* sqlite rolled back by itself (disk full, I/O error) */
		return;
	if (s->depth == 0) {
		(void) query_run(s, Q_ROLLBACK, &ignored, "");
		return;
	}
	(void) query_run(s, Q_SAVE_ROLLBACK, &ignored, "");
	(void) query_run(s, Q_SAVE_RELEASE, &ignored, "");
}

int txn_end(struct store *s, int rc, struct err *err)
{
	if (rc >= 0)
		rc = query_run(s, s->depth > 1 ? Q_SAVE_RELEASE : Q_COMMIT, err, "");
	if (rc < 0) {
		txn_undo(s);
		return rc;
	}
	s->depth--;
	return 0;
}

int store_begin(struct store *s, struct err *err) { return txn_start(s, err); }

int store_commit(struct store *s, struct err *err) { return txn_end(s, 0, err); }

void store_rollback(struct store *s)
{
	if (s->depth)
		txn_undo(s);
}

/* Passive first: it writes and syncs without keeping writers out, so that the truncating one has nothing left to do.
 * The first commit into an empty WAL syncs its header (0.5 ms): better here than in the next start. */
void store_checkpoint(struct store *s, off_t limit)
{
	struct err ignored = { 0 };
	struct stat st;

	if (!s || fstatat(s->root_fd, DB_NAME "-wal", &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_size <= limit)
		return;
	(void) sqlite3_busy_timeout(s->db, CHECKPOINT_BUSY_MS);
	if (sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) != SQLITE_OK ||
		sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK) {
		log_debug("checkpoint of '%s', ignoring: %s", s->path, sqlite3_errmsg(s->db));
		return;
	}
	(void) sqlite3_busy_timeout(s->db, BUSY_MS);
	(void) store_meta_set(s, "checkpoint", "done", &ignored);
}

/* ---- opening ------------------------------------------------------------------------------------------------------ */

static int run_text(struct store *s, const char *text, struct err *err)
{
	int rc = sqlite3_exec(s->db, text, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : store_error(s, rc, err);
}

static int read_version(struct store *s, int *ret, struct err *err)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &q, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	if (rc != SQLITE_ROW) {
		rc = store_error(s, rc, err);
		(void) sqlite3_finalize(q);
		return rc;
	}
	*ret = sqlite3_column_int(q, 0);
	(void) sqlite3_finalize(q);
	return 0;
}

/* Brings the schema to SCHEMA_VERSION in one transaction.  The switch to WAL does not wait for others as transactions
 * do, so it happens under a lock on the directory; who comes second finds it done. */
static int migrate(struct store *s, struct err *err)
{
	auto_close int dir = openat(s->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int version = 0, rc;

	if (dir < 0 || flock(dir, LOCK_EX) < 0)
		return err_sys(err, errno, "lock the directory of '%s'", s->path);
	if ((rc = run_text(s, "PRAGMA page_size=" PAGE_SIZE "; PRAGMA journal_mode=WAL", err)) < 0 ||
		(rc = txn_start(s, err)) < 0)
		return rc;
	rc = read_version(s, &version, err);
	for (; rc == 0 && version < SCHEMA_VERSION; version++) {
		char text[64];

		if ((rc = run_text(s, schema_steps[version], err)) < 0)
			break;
		snprintf(text, sizeof text, "PRAGMA user_version=%d", version + 1);
		if ((rc = run_text(s, text, err)) == 0 && version == 0)
			rc = run_text(s, "PRAGMA application_id=" APPLICATION_ID, err);
	}
	return txn_end(s, rc, err);
}

/* sqlite would make the file readable for everyone; it holds environment values.  -wal and -shm take its mode. */
static int create_file(struct store *s, struct err *err)
{
	auto_close int fd = path_open(s->root_fd, DB_NAME, PATH_IN_STATE, O_RDWR | O_CREAT | O_EXCL, 0600);

	if (fd < 0 && fd != -EEXIST)
		return err_sys(err, -fd, "create database '%s'", s->path);
	return 0;
}

static int open_db(struct store *s)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;

	(void) sqlite3_close(s->db);
	s->db = NULL;
	return sqlite3_open_v2(s->path, &s->db, flags, NULL);
}

static int connect_db(struct store *s, struct err *err)
{
	int rc = open_db(s);

	if (rc == SQLITE_CANTOPEN) { /* the first command of this root, or one of several first ones */
		if ((rc = create_file(s, err)) < 0)
			return rc;
		rc = open_db(s);
	}
	/* sqlite tries again without writing when it cannot write; where somebody made the file in between, that succeeds */
	if (rc == SQLITE_OK && sqlite3_db_readonly(s->db, "main") == 1)
		rc = open_db(s);
	if (rc != SQLITE_OK)
		return store_error(s, rc, err);
	if (sqlite3_db_readonly(s->db, "main") == 1)
		return err_set(err, ERR_DENIED,
			"database '%s' cannot be written; look at its owner, mode and file system", s->path);
	(void) sqlite3_extended_result_codes(s->db, 1);
	(void) sqlite3_busy_timeout(s->db, BUSY_MS);
	(void) sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return 0;
}

static int check_version(struct store *s, struct err *err)
{
	int version = 0, rc;

	if ((rc = read_version(s, &version, err)) < 0)
		return rc;
	if (version > SCHEMA_VERSION)
		return err_set(err, ERR_UNSUPPORTED,
			"database '%s' has schema %d, this podctl knows up to %d: it was written by a newer "
			"podctl; upgrade this one",
			s->path, version, SCHEMA_VERSION);
	if (version < SCHEMA_VERSION && (rc = migrate(s, err)) < 0)
		return rc;
	/* WAL with NORMAL: a commit is a write without fsync; a power cut may lose the last ones, never the file */
	return run_text(s, "PRAGMA synchronous=NORMAL", err);
}

static int check_runroot(struct store *s, const char *root, const char *runroot, struct err *err)
{
	struct arena a = { 0 };
	const char *was;
	int rc = store_meta_get(s, "runroot", &a, &was, err);

	if (rc == 0 && !was)
		rc = store_meta_set(s, "runroot", runroot, err);
	else if (rc == 0 && strcmp(was, runroot) != 0)
		rc = err_set(err, ERR_INVALID,
			"root '%s' belongs to runroot '%s', not '%s'; give --runroot %s or another --root",
			root, was, runroot, was);
	arena_done(&a);
	return rc;
}

int store_open(int root_fd, const char *root, const char *runroot, struct store **ret, struct err *err)
{
	struct store *s = calloc(1, sizeof *s);
	int rc;

	/* one thread, and nobody asks how much memory there is: neither is counted nor locked for each allocation */
	(void) sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void) sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (!s || asprintf(&s->path, "%s/%s", root, DB_NAME) < 0) {
		free(s);
		return err_sys(err, ENOMEM, "open the database");
	}
	s->root_fd = root_fd;
	if ((rc = connect_db(s, err)) < 0 || (rc = check_version(s, err)) < 0 ||
		(rc = check_runroot(s, root, runroot, err)) < 0) {
		store_close(s);
		return rc;
	}
	*ret = s;
	return 0;
}

/* Where nothing can be written beside it, what lies in its WAL alone is not seen. */
static int open_readonly(struct store *s)
{
	auto_free char *uri = NULL;
	int rc = sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, "SELECT 1 FROM sqlite_master", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return 0;
	(void) sqlite3_close(s->db);
	s->db = NULL;
	if (strpbrk(s->path, "?#%") || asprintf(&uri, "file:%s?immutable=1", s->path) < 0)
		return rc;
	return sqlite3_open_v2(
		uri, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
}

int store_images_from(struct store *s, const char *root, struct err *err)
{
	struct store *more = calloc(1, sizeof *more);
	int rc, version = 0;

	if (!more || asprintf(&more->path, "%s/%s", root, DB_NAME) < 0) {
		free(more);
		return err_sys(err, ENOMEM, "open an image store");
	}
	more->root_fd = -EBADF;
	if ((rc = open_readonly(more)) != SQLITE_OK)
		rc = store_error(more, rc, err);
	else if ((rc = read_version(more, &version, err)) == 0 && version != SCHEMA_VERSION)
		rc = err_set(err, ERR_UNSUPPORTED,
			"image store '%s' has schema %d, not %d: a podctl of this version must open it once",
			root, version, SCHEMA_VERSION);
	if (rc < 0) {
		store_close(more);
		return rc;
	}
	(void) sqlite3_busy_timeout(more->db, BUSY_MS);
	while (s->next)
		s = s->next;
	s->next = more;
	return 0;
}

void store_close(struct store *s)
{
	int saved = errno;

	if (!s)
		return;
	store_close(s->next);
	for (size_t i = 0; i < Q_COUNT; i++)
		(void) sqlite3_finalize(s->query[i]);
	(void) sqlite3_close(s->db);
	free(s->path);
	free(s);
	errno = saved;
}

int store_meta_get(struct store *s, const char *key, struct arena *a, const char **ret, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_META_GET, err, "t", key);
	int rc = q ? query_step(s, q, err) : -EIO;

	if (rc < 0)
		return rc;
	*ret = NULL;
	return rc ? column_text(q, 0, a, ret, err) : 0;
}

int store_meta_set(struct store *s, const char *key, const char *value, struct err *err)
{
	int rc = query_run(s, Q_META_SET, err, "tt", key, value);

	return rc < 0 ? rc : 0;
}
