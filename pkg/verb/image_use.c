#include "pkg/verb/image_use.h"

#include <string.h>

#include "pkg/container/resolve.h"

static bool policy_is_known(const char *policy)
{
	static const char *const words[] = { "", "missing", "always", "newer", "never", "ifnewer", "Always",
		"IfNotPresent", "Never", "true", "false" };

	for (size_t i = 0; i < LEN(words); i++)
		if (!strcmp(words[i], policy))
			return true;
	return false;
}

int image_use(struct engine *e, const char *ref, const char *policy, struct arena *a, struct image_row *ret,
	struct err *err)
{
	if (policy && !policy_is_known(policy))
		return err_set(err, ERR_INVALID,
			"unsupported pull policy \"%s\"; there are missing, always, newer and never", policy);
	return image_resolve(e, ref, a, ret, err);
}

int image_use_for(struct engine *e, const char *ref, const char *policy, struct container_spec *spec,
	struct arena *a, struct err *err)
{
	struct image_row row = { 0 };
	struct image_config config = { 0 };
	const char *name = NULL;
	int rc;

	if ((rc = image_use(e, ref, policy, a, &row, err)) < 0)
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
	return container_resolve(e, &config, spec, a, err);
}
