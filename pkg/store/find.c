/* Name, full id or unique id prefix -> id. */
#include <errno.h>
#include <string.h>

#include "pkg/store/store_db.h"

struct found {
	int n; /* matches so far */
	char id[ID_TEXT], pod[ID_TEXT];
};

static void found_set(struct found *f, const char *id, const char *pod)
{
	f->n++;
	(void) stpncpy(f->id, id ? id : "", sizeof f->id - 1);
	(void) stpncpy(f->pod, pod ? pod : "", sizeof f->pod - 1);
}

/* Collects up to two matches of a range query whose columns are id and (containers) pod. */
static int find_range(struct store *s, enum query query, const char *from, const char *end, struct found *f,
	struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, query, err, "tt", from, end);
	int rc = q ? 0 : -EIO;

	while (rc >= 0 && (rc = query_step(s, q, err)) > 0) {
		const char *id = (const char *) sqlite3_column_text(q, 0);

		found_set(f, id, query == Q_FIND_CTR ? (const char *) sqlite3_column_text(q, 1) : id);
	}
	return rc;
}

/* kind of the holder of a name, or -1. */
static int find_name(struct store *s, const char *name, int *ret_kind, char id[ID_TEXT], struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_NAME_GET, err, "t", name);
	int rc = q ? query_step(s, q, err) : -EIO;
	const char *text;

	*ret_kind = -1;
	if (rc <= 0)
		return rc;
	*ret_kind = sqlite3_column_int(q, 0);
	text = (const char *) sqlite3_column_text(q, 1);
	(void) stpncpy(id, text ? text : "", ID_TEXT - 1);
	return 0;
}

static int find_id(
	struct store *s, const char *prefix, enum store_kind kind, struct found *f, struct err *err)
{
	char end[66];
	int rc = 0;

	if (!id_range(prefix, end))
		return 0;
	if (kind != STORE_POD)
		rc = find_range(s, Q_FIND_CTR, prefix, end, f, err);
	if (rc >= 0 && kind != STORE_CONTAINER)
		rc = find_range(s, Q_FIND_POD, prefix, end, f, err);
	return rc;
}

static const char *const nouns[] = { "pod", "container", "container or pod" };

/* In podman's words, which scripts look for; and what it is instead, when the name is another's. */
static int not_found(const char *text, enum store_kind kind, int holder, struct err *err)
{
	const char *quote = kind == STORE_POD ? "" : "\"";

	if (holder >= 0 && kind != STORE_ANY)
		return err_set(err, ERR_NOT_FOUND,
			"no %s with name or ID %s%s%s found: no such %s (that is the name of a %s)",
			nouns[kind], quote, text, quote, nouns[kind], nouns[holder]);
	return err_set(err, ERR_NOT_FOUND, "no %s with name or ID %s%s%s found: no such %s", nouns[kind],
		quote, text, quote, nouns[kind]);
}

int store_find(struct store *s, const char *text, enum store_kind kind, struct arena *a, const char **ret_id,
	const char **ret_pod, struct err *err)
{
	char id[ID_TEXT] = "";
	struct found f = { 0 };
	int holder, rc;

	if ((rc = find_name(s, text, &holder, id, err)) < 0)
		return rc;
	if (holder >= 0 && (kind == STORE_ANY || (int) kind == holder))
		rc = find_id(s, id, (enum store_kind) holder, &f, err); /* checks the state, gives the pod */
	if (rc >= 0 && f.n == 0)
		rc = find_id(s, text, kind, &f, err);
	if (rc < 0)
		return rc;
	if (f.n > 1)
		return err_set(err, ERR_INVALID, "the id '%s' fits more than one %s; give more digits", text,
			nouns[kind]);
	if (f.n == 0)
		return not_found(text, kind, holder, err);
	const char *found_id = arena_strdup(a, f.id), *found_pod = arena_strdup(a, f.pod);

	if (!found_id || !found_pod)
		return err_sys(err, ENOMEM, "find '%s'", text);
	if (ret_id)
		*ret_id = found_id;
	if (ret_pod)
		*ret_pod = found_pod;
	return 0;
}

int store_mentioned(struct store *s, const char *id, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_MENTIONED, err, "t", id);

	return q ? query_step(s, q, err) : -EIO;
}
