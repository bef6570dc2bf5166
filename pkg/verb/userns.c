#include "pkg/verb/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pkg/engine/subids.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

#define SIZE_MAX_AUTO 65536

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "user namespace"); }

static bool has(const char *s) { return s && *s; }

bool userns_asked(const struct userns_request *r)
{
	return (has(r->mode) && strcmp(r->mode, "host") != 0) || r->uidmap.n || r->gidmap.n ||
	       has(r->subuid) || has(r->subgid);
}

static int add_range(struct arena *a, struct list *l, const struct id_range *one)
{
	struct id_range *v = arena_array(a, l->n + 1, sizeof *v);

	if (!v)
		return -ENOMEM;
	if (l->n)
		memcpy(v, l->v, l->n * sizeof *v);
	v[l->n] = *one;
	*l = (struct list){ .v = v, .n = l->n + 1 };
	return 0;
}

static int read_map(
	const char *flag, const struct strs *from, struct arena *a, struct list *ret, struct err *err)
{
	struct id_range one;

	for (size_t i = 0; i < from->n; i++) {
		if (id_range_parse(from->v[i], &one) < 0)
			return err_set(err, ERR_INVALID,
				"%s %s: expected CONTAINER:HOST[:COUNT], all of them numbers", flag,
				from->v[i]);
		if (ret->n == ID_RANGES_MAX)
			return err_set(err, ERR_INVALID, "%s: more than %d ranges", flag, ID_RANGES_MAX);
		if (add_range(a, ret, &one) < 0)
			return no_memory(err);
	}
	return 0;
}

/* NAME's subordinate ids, one after the other from 0 on. */
static int subordinate(const char *flag, const char *file, const char *name, struct arena *a,
	struct list *ret, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(4 * MiB);
	struct subids ids;
	uint32_t next = 0;
	int rc = file_read(AT_FDCWD, file, PATH_IN_STATE, &b);

	if (rc < 0 && rc != -ENOENT)
		return err_sys(err, -rc, "read '%s'", file);
	subids_parse(b.data ? b.data : "", name, (uid_t) -1, &ids);
	for (size_t i = 0; i < ids.n; i++) {
		struct id_range one = { next, ids.range[i].start, ids.range[i].count };

		if (add_range(a, ret, &one) < 0)
			return no_memory(err);
		next += one.count;
	}
	return ret->n ? 0 : err_set(err, ERR_NOT_FOUND, "%s %s: %s has no line for it", flag, name, file);
}

static int map(const struct userns_request *r, struct arena *a, struct userns_spec *u, struct err *err)
{
	const char *uids = has(r->subuid) ? r->subuid : r->subgid,
		   *gids = has(r->subgid) ? r->subgid : r->subuid;
	int rc;

	if (has(uids) && (r->uidmap.n || r->gidmap.n))
		return err_set(err, ERR_INVALID,
			"--subuidname and --subgidname name what --uidmap and --gidmap give: choose one of "
			"them");
	u->mode = USERNS_MAP;
	if (has(uids)) {
		rc = subordinate("--subuidname", "/etc/subuid", uids, a, &u->uids, err);
		return rc < 0 ? rc : subordinate("--subgidname", "/etc/subgid", gids, a, &u->gids, err);
	}
	if ((rc = read_map("--uidmap", &r->uidmap, a, &u->uids, err)) < 0 ||
		(rc = read_map("--gidmap", &r->gidmap, a, &u->gids, err)) < 0)
		return rc;
	if (!u->uids.n)
		u->uids = u->gids;
	if (!u->gids.n)
		u->gids = u->uids;
	return 0;
}

/* "size=N,uidmapping=C:H:N,gidmapping=C:H:N" */
static int auto_options(const char *text, struct arena *a, struct userns_spec *u, struct err *err)
{
	uint64_t size;
	int rc;

	u->mode = USERNS_AUTO;
	while (*text) {
		size_t n = strcspn(text, ",");
		char *word = arena_strndup(a, text, n);
		struct strs one = { .v = &word, .n = 1 };

		if (!word)
			return no_memory(err);
		if (strncmp(word, "size=", 5) == 0) {
			if (parse_u64(word + 5, 1, SIZE_MAX_AUTO, &size) < 0)
				return err_set(err, ERR_INVALID, "--userns auto:%s: expected 1 to %d", word,
					SIZE_MAX_AUTO);
			u->size = (uint32_t) size;
		} else if (strncmp(word, "uidmapping=", 11) == 0 || strncmp(word, "gidmapping=", 11) == 0) {
			bool uids = *word == 'u';

			word += 11;
			if ((rc = read_map(uids ? "--userns auto:uidmapping" : "--userns auto:gidmapping",
				     &one, a, uids ? &u->more_uids : &u->more_gids, err)) < 0)
				return rc;
		} else {
			return err_set(err, ERR_INVALID,
				"--userns auto: no option '%s'; there are size=N, uidmapping=C:H:N and "
				"gidmapping=C:H:N",
				word);
		}
		text += n + (text[n] == ',');
	}
	return 0;
}

static int target(const char *text, const char *what, struct arena *a, struct userns_spec *u, struct err *err)
{
	if (!*text)
		return err_set(err, ERR_INVALID, "--userns %s: expected %s",
			u->mode == USERNS_PATH ? "ns:" : "container:", what);
	return (u->target = arena_strdup(a, text)) ? 0 : no_memory(err);
}

int userns_read(const struct engine *e, const struct userns_request *r, struct arena *a,
	struct userns_spec *ret, struct err *err)
{
	struct userns_spec u = { .mode = USERNS_HOST };
	const char *mode = has(r->mode) ? r->mode : "";
	bool maps = r->uidmap.n || r->gidmap.n || has(r->subuid) || has(r->subgid);
	int rc = 0;

	if (maps && *mode && strcmp(mode, "private") != 0)
		return err_set(err, ERR_INVALID,
			"--userns %s and --uidmap, --gidmap, --subuidname, --subgidname "
			"exclude each other",
			mode);
	if (maps)
		rc = map(r, a, &u, err);
	else if (!*mode || strcmp(mode, "host") == 0)
		;
	else if (strcmp(mode, "auto") == 0 || strncmp(mode, "auto:", 5) == 0)
		rc = auto_options(mode[4] ? mode + 5 : "", a, &u, err);
	else if (strncmp(mode, "container:", 10) == 0 && (u.mode = USERNS_CONTAINER))
		rc = target(mode + 10, "a container", a, &u, err);
	else if (strncmp(mode, "ns:", 3) == 0 && (u.mode = USERNS_PATH))
		rc = target(mode + 3, "the path of a user namespace", a, &u, err);
	else if (strcmp(mode, "private") == 0)
		rc = err_set(err, ERR_INVALID, "--userns private needs --uidmap or --subuidname: which ids?");
	else if (strncmp(mode, "keep-id", 7) == 0 || strcmp(mode, "nomap") == 0)
		rc = e->rootless ? err_set(err, ERR_UNSUPPORTED,
					   "--userns %s: root of the container is this user already; that "
					   "other ids of "
					   "an image are this user's needs id-mapped mounts, which the "
					   "kernel gives to "
					   "root alone",
					   mode)
				 : err_set(err, ERR_INVALID,
					   "--userns %s is for ordinary users; root has auto, and --uidmap",
					   mode);
	else
		rc = err_set(err, ERR_INVALID,
			"--userns: no mode '%s'; there are host, auto[:size=N], container:NAME, ns:PATH, and "
			"private with --uidmap",
			mode);
	if (rc == 0)
		*ret = u;
	return rc;
}
