/*
 * short_name.h — names without a registry: aliases, search registries, and the person at the terminal (INTERFACES c.3).
 * Private to pkg/image.
 */
#ifndef PODCTL_IMAGE_SHORT_NAME_H
#define PODCTL_IMAGE_SHORT_NAME_H

#include "pkg/image/registries.h"

struct short_name {
	struct strs candidates; /* full names, to be tried in this order; one when it was not short */
	const char *
		record; /* "alpine": the one that was chosen by hand is remembered when it works; else NULL */
	const char *how; /* a line for people, or NULL */
};
/* Without any configuration short names mean docker.io. */
int short_name_resolve(struct engine *e, const struct registries *r, const struct registry_options *o,
	const char *ref, struct arena *a, struct short_name *ret, struct err *err);
/* Writes the choice into the machine's (a person's own) short-name-aliases.conf. */
int short_name_record(struct engine *e, const char *name, const char *full, struct err *err);

#endif
