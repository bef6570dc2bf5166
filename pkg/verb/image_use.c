#include "pkg/verb/image_use.h"

#include <string.h>
#include <strings.h>

#include "pkg/container/resolve.h"
#include "pkg/image/list.h"
#include "pkg/util/log.h"
#include "pkg/util/text.h"

/* TRY: Kubernetes' Always, except that without its registry an image that is here is used, which is said. */
enum policy { POLICY_MISSING, POLICY_ALWAYS, POLICY_NEWER, POLICY_NEVER, POLICY_TRY };

static int policy_parse(const char *word, enum policy *ret, struct err *err)
{
	static const struct {
		const char *word;
		enum policy policy;
	} table[] = { { "", POLICY_MISSING }, { "missing", POLICY_MISSING },
		{ "ifnotpresent", POLICY_MISSING }, { "false", POLICY_MISSING }, { "always", POLICY_ALWAYS },
		{ "true", POLICY_ALWAYS }, { "newer", POLICY_NEWER }, { "ifnewer", POLICY_NEWER },
		{ "try", POLICY_TRY }, { "never", POLICY_NEVER } };

	for (size_t i = 0; i < LEN(table); i++)
		if (!strcasecmp(table[i].word, word)) {
			*ret = table[i].policy;
			return 0;
		}
	return err_set(err, ERR_INVALID,
		"unsupported pull policy \"%s\"; there are missing, always, newer and never", word);
}

/* No registry can have it: named by its id, or by a name that was given here. */
static bool is_local(struct engine *e, const char *ref, const struct image_row *row, struct arena *a)
{
	const char *id = strncmp(ref, "sha256:", 7) == 0 ? ref + 7 : ref, *own;
	struct err ignored = { 0 };

	if (!strncmp(row->id, id, strlen(id)))
		return true;
	return image_name_local(ref, a, &own, &ignored) == 0 && !strncmp(own, "localhost/", 10) &&
	       store_image_by_name(e->store, own, a, &id, &ignored) == 0;
}

static int pull(struct engine *e, const char *ref, const struct pull_options *o, bool hurry, struct arena *a,
	struct image_row *ret, struct err *err)
{
	struct pull_options how = o ? *o : (struct pull_options){ 0 };
	const char *id = NULL;
	int rc;

	how.at.hurry = hurry;
	engine_early_drop(e); /* this takes a while */
	rc = image_pull(e, ref, &how, a, &id, err);
	return rc < 0 ? rc : store_image_get(e->store, id, a, ret, err);
}

/* An image for another platform than the one asked for is none. */
static bool is_for(const struct image_row *row, const struct pull_options *o, struct arena *a)
{
	struct image_config config = { 0 };
	struct err ignored = { 0 };

	if (image_row_is_list(row) || !o || (!o->arch && !o->os && !o->variant) ||
		image_config_parse(row->config, a, &config, &ignored) < 0)
		return true;
	return (!o->arch || !config.architecture || !strcmp(o->arch, config.architecture)) &&
	       (!o->os || !config.os || !strcmp(o->os, config.os)) &&
	       (!o->variant || !config.variant || !*config.variant || !strcmp(o->variant, config.variant));
}

static int use(struct engine *e, const char *ref, const char *policy, const struct pull_options *o,
	struct arena *a, struct image_row *ret, struct err *err)
{
	enum policy p = POLICY_MISSING;
	bool here;
	int rc;

	if (image_ref_is_local(ref))
		return pull(e, ref, o, false, a, ret, err);
	if (strncmp(ref, "docker://", 9) == 0)
		ref += 9;
	if (!policy || !*policy)
		policy = e->config.pull_policy ? e->config.pull_policy : "";
	if ((rc = policy_parse(policy, &p, err)) < 0)
		return rc;
	if ((rc = image_resolve(e, ref, a, ret, err)) < 0 && err->kind != ERR_NOT_FOUND)
		return rc;
	here = rc == 0 && is_for(ret, o, a);
	if (here && (p == POLICY_MISSING || p == POLICY_NEVER || is_local(e, ref, ret, a)))
		return 0;
	if (p == POLICY_NEVER)
		return err_set(err, ERR_NOT_FOUND,
			"%s: image not known: not found locally, and the pull policy is never; podctl pull "
			"it first",
			ref);
	err_clear(err);
	rc = pull(e, ref, o, here && p == POLICY_NEWER, a, ret, err);
	if (rc == 0 || !here || (p != POLICY_NEWER && p != POLICY_TRY))
		return rc;
	if (p == POLICY_TRY)
		log_warn("image '%s': the one that is here is used: %s", ref, err->msg);
	else
		log_debug("image '%s': the one that is here is used: %s", ref, err->msg);
	err_clear(err);
	return image_resolve(e, ref, a, ret, err);
}

int image_use(struct engine *e, const char *ref, const char *policy, const struct pull_options *o,
	struct arena *a, struct image_row *ret, struct err *err)
{
	struct image_row list;
	int rc = use(e, ref, policy, o, a, ret, err);

	if (rc < 0 || !image_row_is_list(ret))
		return rc;
	list = *ret;
	rc = list_choose(e, &list, o, a, ret, err);
	return rc < 0 ? err_wrap(err, "manifest list '%s'", ref) : 0;
}

/* The image's VOLUMEs that nothing was mounted on. */
static int image_volumes(
	const struct image_config *config, struct container_spec *spec, struct arena *a, struct err *err)
{
	struct mount_spec *v = arena_array(a, spec->mounts.n + config->volumes.n + 1, sizeof *v);
	size_t n = spec->mounts.n;
	char id[ID_LEN + 1];

	if (!v)
		return err_sys(err, ENOMEM, "read the image");
	if (n)
		memcpy(v, spec->mounts.v, n * sizeof *v);
	for (size_t i = 0; spec->image_volumes != IMAGE_VOLUMES_IGNORE && i < config->volumes.n; i++) {
		const char *dest = config->volumes.v[i];
		bool there = !dest[strspn(dest, "/")];

		for (size_t k = 0; k < n; k++)
			there = there || !strcmp(v[k].dest, dest);
		if (there)
			continue;
		id_random(id);
		v[n].type = spec->image_volumes == IMAGE_VOLUMES_TMPFS ? MOUNT_TMPFS : MOUNT_NAMED;
		v[n].anonymous = v[n].type == MOUNT_NAMED;
		v[n].source = arena_strdup(a, v[n].anonymous ? id : "");
		v[n].dest = arena_printf(a, "%s%s", dest[0] == '/' ? "" : "/", dest);
		if (!v[n].source || !v[n].dest)
			return err_sys(err, ENOMEM, "read the image");
		n++;
	}
	spec->mounts = (struct list){ .v = v, .n = n };
	return 0;
}

int image_use_for(struct engine *e, const char *ref, const char *policy, const struct pull_options *pull_how,
	struct container_spec *spec, struct arena *a, struct err *err)
{
	struct image_row row = { 0 };
	struct image_config config = { 0 };
	const char *name = NULL;
	int rc;

	if ((rc = image_use(e, ref, policy, pull_how, a, &row, err)) < 0)
		return rc;
	if ((rc = image_config_parse(row.config, a, &config, err)) < 0)
		return err_wrap(err, "image %s", ref);
	/* The name shown is the one asked for when the image has it, else its first. */
	for (size_t i = 0; i < row.names.n && !name; i++) {
		const char *slash = strrchr(row.names.v[i], '/'), *tail = slash ? slash + 1 : row.names.v[i];
		const char *asked = strrchr(ref, '/');
		size_t n;

		asked = asked ? asked + 1 : ref;
		n = strlen(asked);
		if (!strncmp(tail, asked, n) && (!tail[n] || tail[n] == ':'))
			name = row.names.v[i];
	}
	if (!name)
		name = row.names.n ? row.names.v[0] : row.id;
	if (!(spec->image = arena_strdup(a, name)) || !(spec->image_id = arena_strdup(a, row.id)))
		return err_sys(err, ENOMEM, "read the image");
	if ((rc = image_volumes(&config, spec, a, err)) < 0)
		return rc;
	return container_resolve(e, &config, spec, a, err);
}
