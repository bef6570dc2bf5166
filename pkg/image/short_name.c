#include "pkg/image/short_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pkg/codec/toml.h"
#include "pkg/image/image.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define ALIASES_FILE "short-name-aliases.conf"
#define ALIASES_MAX (1 * MiB)

/* ---- choices of before ----------------------------------------------------------------------------------------------- */

/* The directory of what may be forgotten: every user of the machine has an own one. */
static int cache_dir(struct engine *e, char dir[4200])
{
	if (!e->rootless)
		return snprintf(dir, 4200, "/var/cache/containers") < 0 ? -EINVAL : 0;
	if (!e->opt->home || e->opt->home[0] != '/')
		return -ENOENT;
	return snprintf(dir, 4200, "%s/.cache/containers", e->opt->home) < 4200 ? 0 : -ENAMETOOLONG;
}

static int choices_read(struct engine *e, struct arena *a, struct registries *ret, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(ALIASES_MAX);
	auto_diag struct diag d = { 0 };
	char dir[4200], path[4300];
	struct node *root;
	int rc;

	*ret = (struct registries){ 0 };
	if (cache_dir(e, dir) < 0)
		return 0;
	(void) snprintf(path, sizeof path, "%s/" ALIASES_FILE, dir);
	if ((rc = file_read(AT_FDCWD, path, PATH_IN_STATE, &b)) < 0)
		return rc == -ENOENT || rc == -EACCES || rc == -ENOTDIR
			       ? 0
			       : err_sys(err, -rc, "read '%s'", path);
	d.file = path;
	if ((rc = toml_parse(b.data ? b.data : "", b.len, a, &d, &root, err)) < 0)
		return rc;
	return registries_add(ret, root, ALIASES_FILE, false, a, err);
}

int short_name_record(struct engine *e, const char *name, const char *full, struct err *err)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = BUF_INIT(ALIASES_MAX);
	auto_close int at = -EBADF;
	auto_close int guard = -EBADF;
	struct registries had;
	struct image_name n;
	char dir[4200];
	const char *value;
	int rc;

	if ((rc = image_name_parse(full, &a, &n, err)) < 0)
		return rc;
	if (!(value = arena_printf(&a, "%s/%s", n.host, n.path)))
		return err_sys(err, ENOMEM, "remember a short name");
	if ((rc = cache_dir(e, dir)) < 0)
		return err_sys(err, -rc, "find a directory for " ALIASES_FILE);
	if ((at = dir_make(AT_FDCWD, dir, 0755)) < 0)
		return err_sys(err, -at, "make '%s'", dir);
	guard = openat(at, ALIASES_FILE ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (guard < 0 || lock_file(guard, true, true) < 0)
		return err_sys(err, errno, "lock '%s/" ALIASES_FILE "'", dir);
	if ((rc = choices_read(e, &a, &had, err)) < 0)
		return rc;
	if (kvs_set(&had.aliases, &a, name, value) < 0)
		return err_sys(err, ENOMEM, "remember a short name");
	(void) buf_puts(&b, "[aliases]\n");
	for (size_t i = 0; i < had.aliases.n; i++) /* names are checked: nothing in them needs escaping */
		(void) buf_printf(&b, "  \"%s\" = \"%s\"\n", had.aliases.v[i].key, had.aliases.v[i].value);
	rc = buf_failed(&b) ? b.error : file_replace(at, ALIASES_FILE, b.data, b.len, 0644, false);
	return rc < 0 ? err_sys(err, -rc, "write '%s/" ALIASES_FILE "'", dir) : 0;
}

/* ---- resolving ------------------------------------------------------------------------------------------------------------ */

static const char *with_tag(const char *name, const struct image_name *n, struct arena *a)
{
	return arena_printf(a, "%s%s%s%s%s", name, n->tag ? ":" : "", n->tag ? n->tag : "",
		n->digest ? "@" : "", n->digest ? n->digest : "");
}

static int add(
	struct short_name *s, const char *name, const struct image_name *n, struct arena *a, struct err *err)
{
	const char *text = with_tag(name, n, a), *full;
	int rc;

	if (!text)
		return err_sys(err, ENOMEM, "image name");
	if ((rc = image_name_normalize(text, a, &full, err)) < 0)
		return rc;
	return strs_add(&s->candidates, a, full) < 0 ? err_sys(err, ENOMEM, "image name") : 0;
}

/* 1: an alias says it. */
static int by_alias(struct engine *e, const struct registries *r, const struct image_name *n, struct arena *a,
	struct short_name *ret, struct err *err)
{
	struct registries chosen;
	const char *to;
	int rc;

	if ((rc = choices_read(e, a, &chosen, err)) < 0)
		return rc;
	to = kvs_get(&chosen.aliases, n->path);
	if (!to || !*to)
		to = kvs_get(&r->aliases, n->path);
	if (!to || !*to)
		return 0;
	ret->how = arena_printf(a, "Resolved \"%s\" as an alias", n->path);
	rc = add(ret, to, n, a, err);
	return rc < 0 ? rc : 1;
}

/* One of several, by hand. */
static int ask(
	const struct registry_options *o, const struct image_name *n, struct short_name *s, struct err *err)
{
	size_t which = 0;
	int rc = o->choose(o->ctx, n->path, &s->candidates, &which, err);

	if (rc < 0)
		return rc;
	s->candidates.v[0] = s->candidates.v[which];
	s->candidates.n = 1;
	s->record = n->path;
	return 0;
}

int short_name_resolve(struct engine *e, const struct registries *r, const struct registry_options *o,
	const char *ref, struct arena *a, struct short_name *ret, struct err *err)
{
	struct image_name n;
	int rc;

	*ret = (struct short_name){ 0 };
	if ((rc = image_name_parse(ref, a, &n, err)) < 0)
		return rc;
	if (n.host)
		return add(ret, arena_printf(a, "%s/%s", n.host, n.path), &n, a, err);
	if ((rc = by_alias(e, r, &n, a, ret, err)) != 0)
		return rc < 0 ? rc : 0;
	if (!r->search_set)
		return add(ret, arena_printf(a, "docker.io/%s", n.path), &n, a, err);
	if (!r->search.n)
		return err_set(err, ERR_NOT_FOUND,
			"short-name \"%s\" did not resolve to an alias and no unqualified-search registries "
			"are "
			"defined in \"%s\"; write the registry before the name, as in docker.io/%s",
			ref, r->search_file, ref);
	for (size_t i = 0; i < r->search.n; i++)
		if ((rc = add(ret, arena_printf(a, "%s/%s", r->search.v[i], n.path), &n, a, err)) < 0)
			return rc;
	ret->how = arena_printf(
		a, "Resolving \"%s\" using unqualified-search registries (%s)", n.path, r->search_file);
	if (ret->candidates.n == 1 || r->mode == SHORT_NAME_DISABLED)
		return 0;
	if (o->choose)
		return ask(o, &n, ret, err);
	if (r->mode == SHORT_NAME_ENFORCING)
		return err_set(err, ERR_INVALID,
			"short-name \"%s\": short-name resolution enforced but cannot prompt without a TTY; "
			"write "
			"the registry before the name, as in %s/%s",
			ref, r->search.v[0], ref);
	return 0;
}
