#include "pkg/image/registries.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/util/limits.h"

/* ---- matching ---------------------------------------------------------------------------------------------------------- */

/* How many bytes of 'name' the prefix covers; 0: it does not fit. */
static size_t covers(const char *prefix, const char *name, const char *host)
{
	size_t n = strlen(prefix);

	if (strncmp(prefix, "*.", 2) == 0) {
		size_t h = strlen(host);

		return h > n - 1 && strcmp(host + h - (n - 1), prefix + 1) == 0 ? h : 0;
	}
	return strncmp(prefix, name, n) == 0 && (!name[n] || strchr("/:@", name[n])) ? n : 0;
}

static const struct registry *find(
	const struct registries *r, const char *name, const char *host, size_t *ret_covered)
{
	const struct registry *best = NULL;

	*ret_covered = 0;
	for (size_t i = 0; i < r->v.n; i++) {
		const struct registry *g = LIST_AT(r->v, struct registry, i);
		size_t covered = covers(g->prefix, name, host);

		if (covered && (!best || strlen(g->prefix) >= strlen(best->prefix))) {
			best = g;
			*ret_covered = covered;
		}
	}
	return best;
}

/* location + what the prefix did not cover, divided into host and repository. */
static int place_make(const char *location, const char *rest, bool insecure, struct arena *a,
	struct place *ret, struct err *err)
{
	char *text = arena_printf(a, "%s%s", location, rest), *slash;

	if (!text)
		return err_sys(err, ENOMEM, "registries.conf");
	if (!(slash = strchr(text, '/')) || !slash[1])
		return err_set(
			err, ERR_INVALID, "registries.conf: '%s' leaves no repository to ask for", text);
	*slash = '\0';
	*ret = (struct place){ .host = text, .repository = slash + 1, .insecure = insecure };
	return 0;
}

int registries_match(const struct registries *all, const struct image_name *n, struct arena *a,
	struct place **ret, size_t *ret_n, struct err *err)
{
	char *repo = arena_printf(a, "%s/%s", n->host, n->path);
	char *full = repo ? arena_printf(a, "%s%s%s%s%s", repo, n->tag ? ":" : "", n->tag ? n->tag : "",
				    n->digest ? "@" : "", n->digest ? n->digest : "")
			  : NULL;
	size_t covered, count = 0, mirrors;
	const struct registry *r;
	const char *rest;
	struct place *v;
	int rc;

	if (!full)
		return err_sys(err, ENOMEM, "registries.conf");
	r = find(all, full, n->host, &covered);
	if (r && r->blocked)
		return err_set(err, ERR_DENIED, "registry of '%s' is blocked in registries.conf", full);
	mirrors = r ? r->mirrors.n : 0;
	if (!(v = arena_array(a, mirrors + 1, sizeof *v)))
		return err_sys(err, ENOMEM, "registries.conf");
	rest = covered < strlen(repo) ? repo + covered : "";
	for (size_t i = 0; i < mirrors; i++) {
		const struct mirror *m = LIST_AT(r->mirrors, struct mirror, i);

		if (m->use != MIRROR_ALL && (m->use == MIRROR_DIGEST_ONLY) != (n->digest != NULL))
			continue;
		if ((rc = place_make(m->location, rest, m->insecure, a, &v[count++], err)) < 0)
			return rc;
	}
	rc = r && r->location ? place_make(r->location, rest, r->insecure, a, &v[count++], err)
			      : place_make(repo, "", r && r->insecure, a, &v[count++], err);
	if (rc < 0)
		return rc;
	*ret = v;
	*ret_n = count;
	return 0;
}

int registries_places(struct engine *e, const struct image_name *n, const struct registry_options *o,
	struct arena *a, struct place **ret, size_t *ret_n, struct err *err)
{
	struct registries r;
	int rc;

	if ((rc = registries_load(e, o, a, &r, err)) < 0 ||
		(rc = registries_match(&r, n, a, ret, ret_n, err)) < 0)
		return rc;
	for (size_t i = 0; o->tls_verify.set && i < *ret_n; i++)
		(*ret)[i].insecure = !o->tls_verify.v;
	return 0;
}

int registries_host(struct engine *e, const char *host, const struct registry_options *o, struct arena *a,
	struct place *ret, struct err *err)
{
	const struct registry *r;
	struct registries all;
	size_t covered;
	int rc = registries_load(e, o, a, &all, err);

	if (rc < 0)
		return rc;
	r = find(&all, host, host, &covered);
	if (r && r->blocked)
		return err_set(err, ERR_DENIED, "registry '%s' is blocked in registries.conf", host);
	*ret = (struct place){ .host = host, .repository = "", .insecure = r && r->insecure };
	if (o->tls_verify.set)
		ret->insecure = !o->tls_verify.v;
	return 0;
}

int registries_search(struct engine *e, const struct registry_options *o, struct arena *a, struct strs *ret,
	struct err *err)
{
	struct registries all;
	int rc = registries_load(e, o, a, &all, err);

	if (rc == 0)
		*ret = all.search;
	return rc;
}
