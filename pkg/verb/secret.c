#include "pkg/verb/secret.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/sha256.h"
#include "pkg/util/text.h"

#define ID_DIGITS 25
#define SECRET_NAME_MAX 253

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "secret"); }

void secrets_done(struct secrets *s)
{
	for (size_t i = 0; i < s->n; i++)
		json_decref(s->v[i].doc);
	*s = (struct secrets){ 0 };
}

static const char *id_of(const char *name, uint64_t created_us, struct arena *a)
{
	struct sha256 h;
	unsigned char bytes[32];
	char hex[65];

	sha256_init(&h);
	sha256_update(&h, name, strlen(name) + 1);
	sha256_update(&h, &created_us, sizeof created_us);
	sha256_final(&h, bytes);
	digest_hex(bytes, hex);
	return arena_strndup(a, hex, ID_DIGITS);
}

/* ---- looking --------------------------------------------------------------------------------------------------------------- */

static int add(struct secrets *l, const struct object_row *row, struct arena *a, struct err *err)
{
	struct secret *s = &l->v[l->n];

	*s = (struct secret){
		.name = row->name, .created_us = row->created_us, .updated_us = row->updated_us
	};
	if (!(s->id = id_of(row->name, row->created_us, a)))
		return no_memory(err);
	if (!(s->doc = json_parse(row->doc, strlen(row->doc), err)))
		return err_wrap(err, "secret '%s'", row->name);
	l->n++;
	return 0;
}

static int all_secrets(struct engine *e, struct arena *a, struct secrets *ret, struct err *err)
{
	struct object_row *rows = NULL;
	size_t n = 0;
	int rc;

	if ((rc = store_objects(e->store, "Secret", a, &rows, &n, err)) < 0)
		return rc;
	if (!(ret->v = arena_array(a, n + 1, sizeof *ret->v)))
		return no_memory(err);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add(ret, &rows[i], a, err);
	return rc;
}

static int matches(const struct secret *s, const char *filter, struct err *err)
{
	regex_t re;
	int rc;

	if (!strncmp(filter, "id=", 3))
		return !strncmp(s->id, filter + 3, strlen(filter + 3));
	if (strncmp(filter, "name=", 5) != 0)
		return err_set(err, ERR_INVALID, "invalid filter \"%s\"; there are name=REGEX and id=PREFIX",
			filter);
	if (regcomp(&re, filter + 5, REG_EXTENDED | REG_NOSUB) != 0)
		return err_set(err, ERR_INVALID, "filter \"%s\": not a regular expression", filter);
	rc = regexec(&re, s->name, 0, NULL, 0) == 0;
	regfree(&re);
	return rc;
}

int verb_secrets(
	struct engine *e, const struct strs *filters, struct arena *a, struct secrets *ret, struct err *err)
{
	size_t kept = 0;
	int rc = all_secrets(e, a, ret, err);

	for (size_t i = 0; rc >= 0 && i < ret->n; i++) {
		bool fits = true;

		for (size_t k = 0; k < filters->n && fits && rc >= 0; k++)
			fits = (rc = matches(&ret->v[i], filters->v[k], err)) > 0;
		if (rc < 0)
			break;
		if (fits) {
			struct secret s = ret->v[kept];

			ret->v[kept++] = ret->v[i];
			ret->v[i] = s; /* it is freed with the others */
		}
	}
	for (size_t i = kept; rc >= 0 && i < ret->n; i++)
		json_decref(ret->v[i].doc);
	if (rc < 0) {
		secrets_done(ret);
		return rc;
	}
	ret->n = kept;
	return 0;
}

int verb_secret_find(
	struct engine *e, const char *name, struct arena *a, struct secrets *ret, struct err *err)
{
	struct secrets all = { 0 };
	const struct secret *found = NULL;
	bool several = false;
	int rc = all_secrets(e, a, &all, err);

	for (size_t i = 0; rc == 0 && i < all.n; i++)
		if (!strcmp(all.v[i].name, name))
			found = &all.v[i];
	for (size_t i = 0; rc == 0 && !found && *name && i < all.n; i++)
		if (!strncmp(all.v[i].id, name, strlen(name))) {
			several = several || found;
			found = &all.v[i];
		}
	if (rc == 0 && several)
		rc = err_set(
			err, ERR_INVALID, "more than one secret has an id that begins with \"%s\"", name);
	else if (rc == 0 && !found)
		rc = err_set(err, ERR_NOT_FOUND, "no secret with name or id \"%s\": no such secret", name);
	if (rc == 0 && !(ret->v = arena_array(a, 1, sizeof *ret->v)))
		rc = no_memory(err);
	if (rc == 0) {
		ret->v[0] = *found;
		json_incref(found->doc);
		ret->n = 1;
	}
	secrets_done(&all);
	return rc;
}

/* ---- making and removing --------------------------------------------------------------------------------------------------- */

static bool name_fits(const char *s)
{
	size_t n = strlen(s);

	if (!n || n > SECRET_NAME_MAX || !isalnum((unsigned char) s[0]) || !isalnum((unsigned char) s[n - 1]))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char) *s) && !strchr("-_.", *s))
			return false;
	return true;
}

/* The data of a Kubernetes Secret, when that is what the bytes are. */
static json_t *of_manifest(const struct secret_create_request *r)
{
	auto_diag struct diag d = { 0 };
	auto_arena struct arena a = { 0 };
	struct node **docs = NULL;
	struct err one = { 0 };
	const struct node *kind;
	size_t n = 0;

	if (!memmem(r->data, r->n, "Secret", 6) || yaml_parse(r->data, r->n, &a, &d, &docs, &n, &one) < 0 ||
		d.errors || n != 1 || !(kind = node_get(docs[0], "kind")) ||
		strcmp(kind->text, "Secret") != 0)
		return NULL;
	return node_to_json(docs[0]);
}

static json_t *document(const struct secret_create_request *r)
{
	json_t *doc = of_manifest(r), *labels = json_object();

	if (!doc) {
		auto_free char *text = base64_encode(r->data, r->n);

		doc = text ? json_pack("{s:s, s:s, s:{}, s:s, s:{s:s}}", "apiVersion", "v1", "kind", "Secret",
				     "metadata", "type", "Opaque", "data", r->name, text)
			   : NULL;
	}
	if (!json_object_get(doc, "metadata"))
		json_object_set_new(doc, "metadata", json_object());
	json_object_set_new(json_object_get(doc, "metadata"), "name", json_string(r->name));
	for (size_t i = 0; i < r->labels.n; i++)
		json_object_set_new(labels, r->labels.v[i].key, json_string(r->labels.v[i].value));
	if (json_object_size(labels))
		json_object_set(json_object_get(doc, "metadata"), "labels", labels);
	json_decref(labels);
	return doc;
}

/* Within one transaction: two at once do not both have the name, and one that is replaced is never gone. */
static int keep(struct engine *e, const struct secret_create_request *r, const struct object_row *row,
	struct arena *a, const char **ret_id, struct err *err)
{
	struct object_row old = { 0 };
	uint64_t made = row->created_us;
	struct err one = { 0 };
	int rc;

	if (store_object_get(e->store, "Secret", r->name, a, &old, &one) < 0) {
		if (one.kind != ERR_NOT_FOUND)
			return *err = one, -one.errnum;
		rc = store_object_put(e->store, row, err);
	} else if (r->ignore) {
		made = old.created_us;
		rc = 0;
	} else if (!r->replace) {
		return err_set(err, ERR_EXISTS, "%s: secret name in use", r->name);
	} else if ((rc = store_object_del(e->store, "Secret", r->name, err)) >= 0) {
		rc = store_object_put(
			e->store, row, err); /* another one under the same name: its id is new */
	}
	if (rc < 0)
		return rc;
	return (*ret_id = id_of(r->name, made, a)) ? 0 : no_memory(err);
}

int verb_secret_create(struct engine *e, const struct secret_create_request *r, struct arena *a,
	const char **ret_id, struct err *err)
{
	struct object_row row = { .kind = "Secret", .name = r->name, .created_us = time_now_us() };
	auto_free char *text = NULL;
	json_t *doc;
	int rc;

	if (!name_fits(r->name))
		return err_set(err, ERR_INVALID,
			"only %d [a-zA-Z0-9-_.] characters allowed, and the start and end character must be "
			"[a-zA-Z0-9]: %s: invalid secret name",
			SECRET_NAME_MAX, r->name);
	if (!r->n || r->n >= SECRET_MAX)
		return err_set(err, ERR_INVALID, "secret data must be larger than 0 and less than %d bytes",
			SECRET_MAX);
	row.updated_us = row.created_us;
	doc = document(r);
	text = doc ? json_print(doc) : NULL;
	json_decref(doc);
	if (!text)
		return no_memory(err);
	row.doc = text;
	if ((rc = store_begin(e->store, err)) < 0)
		return rc;
	if ((rc = keep(e, r, &row, a, ret_id, err)) < 0 || (rc = store_commit(e->store, err)) < 0)
		store_rollback(e->store);
	return rc;
}

int verb_secret_remove(struct engine *e, const struct secret *s, struct err *err)
{
	int rc = store_object_del(e->store, "Secret", s->name, err);

	return rc < 0 ? rc : 0;
}

/* ---- what is in it --------------------------------------------------------------------------------------------------------- */

int verb_secret_data(struct engine *e, const struct secret *s, struct arena *a, const char **ret,
	size_t *ret_n, struct err *err)
{
	json_t *data = json_object_get(s->doc, "data"), *plain = json_object_get(s->doc, "stringData");
	size_t n = json_object_size(data) + json_object_size(plain), len = 0;
	const char *one = json_string_value(
		json_object_iter_value(json_object_iter(json_object_size(data) ? data : plain)));
	auto_free char *bytes = NULL;
	char *copy;

	(void) e;
	if (n == 1 && one && json_object_size(data))
		bytes = base64_decode(one, &len);
	else if (n == 1 && one)
		bytes = strdup(one), len = strlen(one);
	else
		bytes = json_print(s->doc), len = bytes ? strlen(bytes) : 0;
	if (!bytes)
		return err_set(err, ERR_CORRUPT, "secret '%s': what is in it is not base64", s->name);
	if (!(copy = arena_alloc(a, len + 1)))
		return no_memory(err);
	memcpy(copy, bytes, len);
	*ret = copy;
	*ret_n = len;
	return 0;
}

json_t *verb_secret_document(struct engine *e, const struct secret *s, bool data, struct arena *a)
{
	json_t *labels = json_object_get(json_object_get(s->doc, "metadata"), "labels"), *v;
	char created[TIME_TEXT], updated[TIME_TEXT];
	const char *bytes = NULL;
	struct err one = { 0 };
	size_t n = 0;

	v = json_pack("{s:s, s:s, s:s, s:{s:s, s:{s:s, s:{}}, s:o}}", "ID", s->id, "CreatedAt",
		time_format(created, s->created_us), "UpdatedAt", time_format(updated, s->updated_us), "Spec",
		"Name", s->name, "Driver", "Name", "file", "Options", "Labels",
		json_is_object(labels) ? json_incref(labels) : json_object());
	if (data && verb_secret_data(e, s, a, &bytes, &n, &one) == 0)
		json_object_set_new(v, "SecretData", json_stringn_nocheck(bytes, n));
	return v;
}
