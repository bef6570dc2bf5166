#include "pkg/volume/options.h"

#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/store/store.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"

#define KIND "VolumeOptions" /* of the rows in the table of objects */

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "read the options of a volume"); }

static int number(const char *word, const char *value, struct opt_i64 *ret, struct err *err)
{
	uint64_t v;

	if (parse_u64(value, 0, UINT32_MAX - 1, &v) < 0)
		return err_set(err, ERR_INVALID, "--opt o=%s: expected a number", word);
	*ret = (struct opt_i64){ .set = true, .v = (int64_t) v };
	return 0;
}

static bool is_plain(const char *word)
{
	static const char *const words[] = { "rw", "nosuid", "suid", "nodev", "dev", "noexec", "exec",
		"noatime", "relatime" };

	for (size_t i = 0; i < LEN(words); i++)
		if (!strcmp(words[i], word))
			return true;
	return false;
}

struct reading {
	bool bind, size, plain;
	struct strs mount; /* words for tmpfs */
};

static int one_word(
	struct reading *x, struct volume_options *o, const char *word, struct arena *a, struct err *err)
{
	static const char *const tmpfs[] = { "size=", "mode=", "nr_inodes=", "inodes=" };

	if (!strcmp(word, "bind") || !strcmp(word, "rbind")) {
		x->bind = true;
		return 0;
	}
	if (!strcmp(word, "ro")) {
		o->read_only = true;
		return 0;
	}
	if (!strncmp(word, "uid=", 4) && number(word, word + 4, &o->uid, err) < 0)
		return -EINVAL;
	if (!strncmp(word, "gid=", 4) && number(word, word + 4, &o->gid, err) < 0)
		return -EINVAL;
	for (size_t i = 0; i < LEN(tmpfs); i++)
		x->size = x->size || !strncmp(word, tmpfs[i], strlen(tmpfs[i]));
	x->plain = x->plain || is_plain(word);
	if (!is_plain(word) && strncmp(word, "uid=", 4) != 0 && strncmp(word, "gid=", 4) != 0 && !x->size)
		return err_set(err, ERR_UNSUPPORTED, "--opt o=%s: not known to podctl's volumes", word);
	if (!strncmp(word, "inodes=", 7))
		word = arena_printf(a, "nr_%s", word);
	return word && strs_add(&x->mount, a, word) == 0 ? 0 : no_memory(err);
}

static int words(
	struct reading *x, struct volume_options *o, const char *text, struct arena *a, struct err *err)
{
	for (const char *p = text; p && *p; p += strcspn(p, ","), p += *p == ',') {
		char *word = arena_strndup(a, p, strcspn(p, ","));
		int rc = word ? *word ? one_word(x, o, word, a, err) : 0 : no_memory(err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int settle(
	struct reading *x, struct volume_options *o, const char *type, struct arena *a, struct err *err)
{
	char *text = arena_strdup(a, "");

	if (!strcmp(type, "tmpfs")) {
		o->kind = VOLUME_KIND_TMPFS;
		for (size_t i = 0; text && i < x->mount.n; i++)
			text = arena_printf(a, "%s%s%s", text, i ? "," : "", x->mount.v[i]);
		return (o->mount = text) ? 0 : no_memory(err);
	}
	if (x->bind || !strcmp(type, "bind")) {
		o->kind = VOLUME_KIND_BIND;
		if (!o->device || o->device[0] != '/')
			return err_set(err, ERR_INVALID, "--opt device=%s: expected an absolute path",
				o->device ? o->device : "");
		if (x->size || o->uid.set || o->gid.set)
			return err_set(err, ERR_INVALID,
				"--opt o=bind: size, mode, uid and gid are the directory's own");
		return 0;
	}
	if (*type && strcmp(type, "none") != 0)
		return err_set(err, ERR_UNSUPPORTED,
			"--opt type=%s: there are tmpfs and bind; let the host mount it (fstab), and name "
			"that directory: --opt type=none --opt o=bind --opt device=DIR",
			type);
	if (o->device)
		return err_set(err, ERR_UNSUPPORTED, "--opt device=%s: needs --opt o=bind", o->device);
	if (x->size)
		return err_set(err, ERR_UNSUPPORTED,
			"volume options size and inodes not supported: there are no quotas; --opt type=tmpfs "
			"has a size");
	return x->plain || o->read_only ? err_set(err, ERR_UNSUPPORTED,
						  "--opt o=: mount options need --opt type=tmpfs or o=bind; "
						  "give them with -v")
					: 0;
}

int volume_options_read(const struct kvs *asked, struct arena *a, struct volume_options *ret, struct err *err)
{
	struct volume_options o = { 0 };
	struct reading x = { 0 };
	const char *type = "";
	int rc = 0;

	for (size_t i = 0; i < asked->n && rc == 0; i++) {
		const char *key = asked->v[i].key, *value = asked->v[i].value;

		if (!strcmp(key, "type"))
			type = value;
		else if (!strcmp(key, "device"))
			o.device = value;
		else if (!strcmp(key, "o"))
			rc = words(&x, &o, value, a, err);
		else
			return err_set(err, ERR_INVALID,
				"invalid mount option %s for driver 'local': invalid argument", key);
	}
	if (rc < 0 || (rc = settle(&x, &o, type, a, err)) < 0)
		return rc;
	o.asked = *asked;
	*ret = o;
	return 0;
}

int volume_options_store(struct engine *e, const char *name, const struct volume_options *o, struct err *err)
{
	struct object_row row = { .kind = KIND, .name = name, .created_us = time_now_us() };
	auto_free char *text = NULL;
	json_t *doc = json_object();

	for (size_t i = 0; i < o->asked.n; i++)
		(void) json_object_set_new(doc, o->asked.v[i].key, json_string(o->asked.v[i].value));
	text = json_print(doc);
	json_decref(doc);
	if (!text)
		return no_memory(err);
	row.doc = text;
	row.updated_us = row.created_us;
	return store_object_put(e->store, &row, err);
}

int volume_options_load(
	struct engine *e, const char *name, struct arena *a, struct volume_options *ret, struct err *err)
{
	struct object_row row = { 0 };
	struct kvs asked = { 0 };
	const char *key;
	json_t *doc, *v;
	int rc = store_object_get(e->store, KIND, name, a, &row, err);

	if (rc < 0 && err->kind == ERR_NOT_FOUND) {
		err_clear(err);
		*ret = (struct volume_options){ 0 };
		return 0;
	}
	if (rc < 0 || !(doc = json_parse(row.doc, strlen(row.doc), err)))
		return rc < 0 ? rc : -EINVAL;
	json_object_foreach(doc, key, v)
	{
		char *k = arena_strdup(a, key),
		     *t = arena_strdup(a, json_string_value(v) ? json_string_value(v) : "");

		if (!k || !t || kvs_set(&asked, a, k, t) < 0)
			rc = no_memory(err);
	}
	json_decref(doc);
	rc = rc < 0 ? rc : volume_options_read(&asked, a, ret, err);
	return rc < 0 ? err_wrap(err, "volume '%s'", name) : 1;
}

void volume_options_forget(struct engine *e, const char *name)
{
	struct err ignored = { 0 };

	(void) store_object_del(e->store, KIND, name, &ignored);
}
