/*
 * create_secrets.c — --secret NAME[,type=mount|env][,target=T][,uid=N][,gid=N][,mode=OCTAL].
 *
 * The container gets what the secret holds now: a later change or removal of the secret does not reach it.
 */
#include <stdlib.h>
#include <string.h>

#include "pkg/util/text.h"
#include "pkg/verb/create.h"
#include "pkg/verb/secret.h"

#define SECRET_DIR "/run/secrets"
#define SECRET_MODE 0444

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "read the secrets"); }

static int octal(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long v = strtoul(text, &end, 8);

	if (!*text || *end || v > 07777)
		return -EINVAL;
	*ret = (uint32_t) v;
	return 0;
}

struct secret_words {
	const char *name, *target;
	bool owned; /* uid, gid or mode: they mean nothing to a variable */
};

/* One word of it; the name may come first, or as source=. */
static int secret_word(
	struct secret_spec *x, struct secret_words *w, const char *word, bool first, struct err *err)
{
	const char *eq = strchr(word, '='), *value = eq ? eq + 1 : "";
	size_t n = eq ? (size_t) (eq - word) : 0;
	uint64_t v;

	if (!eq && first) {
		w->name = word;
	} else if (n == 6 && !strncmp(word, "source", n)) {
		w->name = value;
	} else if (n == 4 && !strncmp(word, "type", n)) {
		x->env = !strcmp(value, "env");
		if (!x->env && strcmp(value, "mount") != 0)
			return err_set(
				err, ERR_INVALID, "type %s is invalid; there are mount and env", value);
	} else if (n == 6 && !strncmp(word, "target", n)) {
		w->target = value;
	} else if (n == 3 && (!strncmp(word, "uid", n) || !strncmp(word, "gid", n))) {
		if (parse_u64(value, 0, UINT32_MAX - 1, &v) < 0)
			return err_set(err, ERR_INVALID, "%s: expected a number", word);
		*(word[0] == 'u' ? &x->uid : &x->gid) = (uint32_t) v;
		w->owned = true;
	} else if (n == 4 && !strncmp(word, "mode", n)) {
		if (octal(value, &x->mode) < 0)
			return err_set(err, ERR_INVALID, "%s: expected an octal number", word);
		w->owned = true;
	} else {
		return err_set(err, ERR_INVALID,
			"invalid option '%s'; there are type, target, uid, gid and mode", word);
	}
	return 0;
}

/* Where it is seen: a path below /run/secrets unless it is absolute, or a variable. */
static int secret_target(struct secret_spec *x, const struct secret_words *w, const char *name,
	struct arena *a, struct err *err)
{
	const char *target = w->target && *w->target ? w->target : name;

	if (x->env && w->owned)
		return err_set(err, ERR_INVALID, "uid, gid and mode belong to type=mount");
	if (x->env && strchr(target, '='))
		return err_set(err, ERR_INVALID, "'%s' is not the name of a variable", target);
	if (!x->env && (strstr(target, "/../") || !strncmp(target, "../", 3) || !strcmp(target, "..")))
		return err_set(err, ERR_INVALID, "target %s: must be a path without '..'", target);
	x->target = x->env || target[0] == '/' ? arena_strdup(a, target)
					       : arena_printf(a, SECRET_DIR "/%s", target);
	return x->target ? 0 : no_memory(err);
}

static int secret_fill(struct engine *e, struct secret_spec *x, const struct secret_words *w, struct arena *a,
	struct err *err)
{
	AUTO(secrets_done) struct secrets found = { 0 };
	auto_free char *data = NULL;
	const char *bytes = NULL;
	size_t n = 0;
	int rc;

	if ((rc = verb_secret_find(e, w->name, a, &found, err)) < 0 ||
		(rc = verb_secret_data(e, &found.v[0], a, &bytes, &n, err)) < 0 ||
		(rc = secret_target(x, w, found.v[0].name, a, err)) < 0)
		return rc;
	if (x->env && strlen(bytes) != n)
		return err_set(err, ERR_INVALID, "it has a NUL byte in it, which no variable can hold");
	if (!(data = base64_encode(bytes, n)) || !(x->data = arena_strdup(a, data)) ||
		!(x->name = arena_strdup(a, found.v[0].name)) || !(x->id = arena_strdup(a, found.v[0].id)))
		return no_memory(err);
	return 0;
}

static int secret_one(
	struct engine *e, const char *text, struct secret_spec *x, struct arena *a, struct err *err)
{
	struct secret_words w = { 0 };
	int rc;

	*x = (struct secret_spec){ .mode = SECRET_MODE };
	for (const char *p = text;; p++) {
		size_t n = strcspn(p, ",");
		char *word = arena_strndup(a, p, n);

		if (!word)
			return no_memory(err);
		if ((rc = secret_word(x, &w, word, p == text, err)) < 0)
			return rc;
		p += n;
		if (!*p)
			break;
	}
	if (!w.name || !*w.name)
		return err_set(err, ERR_INVALID, "no secret is named");
	return secret_fill(e, x, &w, a, err);
}

int create_secrets(struct engine *e, const struct create_request *r, struct container_spec *c,
	struct arena *a, struct err *err)
{
	struct secret_spec *v;
	int rc;

	if (!r->secrets.n)
		return 0;
	if (!(v = arena_array(a, r->secrets.n, sizeof *v)))
		return no_memory(err);
	for (size_t i = 0; i < r->secrets.n; i++) {
		if ((rc = secret_one(e, r->secrets.v[i], &v[i], a, err)) < 0)
			return err_wrap(err, "--secret %s", r->secrets.v[i]);
		for (size_t k = 0; k < i; k++)
			if (v[k].env == v[i].env && !strcmp(v[k].target, v[i].target))
				return err_set(err, ERR_INVALID, "--secret %s: %s is given twice",
					r->secrets.v[i], v[i].target);
	}
	c->secrets = (struct list){ .v = v, .n = r->secrets.n };
	return 0;
}
