#include <stdio.h>
#include <string.h>

#include "pkg/util/buf.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"
#include "runtime/config.h"

/* What crun(1) adds to the specification: annotations that change the configuration, and maps behind "idmap=".  The other
 * annotations are read where they act (see `features`). */

/* One "FIRST-SECOND-SIZE" at *at, which moves behind it.  '@': SECOND is an id of the container, and becomes the
 * host's by the range of the container's map that FIRST is in. */
static int triplet(const char **at, const struct id_maps *own, struct id_map *ret)
{
	bool relative = **at == '@';
	uint32_t *to[3] = { &ret->container, &ret->host, &ret->size };
	uint64_t v;
	char digits[16];

	*at += relative;
	for (int i = 0; i < 3; i++) {
		size_t n = strspn(*at, "0123456789");

		if (!n || n >= sizeof digits)
			return -EINVAL;
		memcpy(digits, *at, n);
		digits[n] = '\0';
		if (parse_u64(digits, i == 2, UINT32_MAX, &v) < 0)
			return -EINVAL;
		*to[i] = (uint32_t) v;
		*at += n;
		if (i < 2 && *(*at)++ != '-')
			return -EINVAL;
	}
	for (size_t i = 0; relative && i < own->n; i++)
		if (ret->container >= own->v[i].container &&
			ret->container - own->v[i].container < own->v[i].size) {
			ret->host += own->v[i].host - own->v[i].container;
			break;
		}
	return 0;
}

static int one_kind(const char **at, const struct id_maps *own, struct arena *a, struct id_maps *ret)
{
	size_t n = 1, i = 0;

	for (const char *p = *at; *p && *p != ';'; p++)
		n += *p == '#';
	if (!(ret->v = arena_array(a, n, sizeof *ret->v)))
		return -ENOMEM;
	do {
		int rc = triplet(at, own, &ret->v[i++]);

		if (rc < 0)
			return rc;
	} while (**at == '#' && (*at)++);
	ret->n = i;
	return **at == ';' || !**at ? 0 : -EINVAL;
}

/* "uids=0-1-10#10-11-10;gids=0-100-10" */
static int decode_idmap(struct config *c, struct cfg_mount *m, struct err *err)
{
	const char *at = m->opts.idmap;
	int rc = 0;

	while (rc == 0 && *at) {
		bool uids = strncmp(at, "uids=", 5) == 0;

		if (!uids && strncmp(at, "gids=", 5) != 0)
			rc = -EINVAL;
		at += 5;
		if (rc == 0)
			rc = one_kind(&at, uids ? &c->uids : &c->gids, &c->arena, uids ? &m->uids : &m->gids);
		at += rc == 0 && *at == ';';
	}
	if (rc < 0)
		return err_set(err, rc == -ENOMEM ? ERR_SYSTEM : ERR_INVALID,
			"mounts '%s': idmap=%s: expected uids=A-B-SIZE[#...];gids=A-B-SIZE[#...]", m->dest,
			m->opts.idmap);
	/* one kind alone: the other is as it is in the container, or not mapped at all */
	if (!m->gids.n)
		m->gids = c->gids.n ? c->gids : m->uids;
	if (!m->uids.n)
		m->uids = c->uids.n ? c->uids : m->gids;
	return 0;
}

static int decode_timens(struct config *c, const char *text, struct err *err)
{
	char clock[16];
	long long secs, nsecs;
	int end = 0;
	bool boot;

	if (sscanf(text, "%15s %lld %lld %n", clock, &secs, &nsecs, &end) != 3 || text[end] || nsecs < 0 ||
		nsecs > 999999999)
		return err_set(err, ERR_INVALID,
			"annotation run.oci.timens_offset '%s': expected CLOCK SECONDS NANOSECONDS", text);
	boot = strcmp(clock, "boottime") == 0 || strcmp(clock, "7") == 0;
	if (!boot && strcmp(clock, "monotonic") != 0 && strcmp(clock, "1") != 0)
		return err_set(
			err, ERR_INVALID, "annotation run.oci.timens_offset: unknown clock '%s'", clock);
	*(boot ? &c->boottime : &c->monotonic) =
		(struct cfg_time_offset){ .set = true, .secs = secs, .nanosecs = (uint32_t) nsecs };
	return 0;
}

int config_annotations(struct config *c, struct err *err)
{
	static const char *const refused[][2] = {
		{ "run.oci.handler", "this runtime runs Linux processes only" },
		{ "run.oci.seccomp.plugins", "this runtime loads no plug-ins; use run.oci.seccomp.receiver" },
	};
	static const char *const contexts[] = { "context", "fscontext", "defcontext", "rootcontext", NULL };
	const char *v;
	int rc;

	for (size_t i = 0; i < c->n_mounts; i++)
		if (c->mounts[i].opts.idmap && (rc = decode_idmap(c, &c->mounts[i], err)) < 0)
			return rc;
	for (size_t i = 0; c->annotations && i < LEN(refused); i++)
		if ((v = config_annotation(c, refused[i][0])) && *v)
			return err_set(err, ERR_UNSUPPORTED, "annotation %s '%s': %s", refused[i][0], v,
				refused[i][1]);
	if ((v = config_annotation(c, "run.oci.mount_context_type")) && *v &&
		(rc = cfg_choice(v, contexts, "annotation run.oci.mount_context_type", err)) < 0)
		return rc;
	if ((v = config_annotation(c, "run.oci.timens_offset")) && c->ns[OCI_NS_TIME].wanted &&
		!c->ns[OCI_NS_TIME].path)
		return decode_timens(c, v, err);
	return 0;
}
