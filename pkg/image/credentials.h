/*
 * credentials.h — who we are at a registry: auth.json and docker's config.json, reading only (INTERFACES b).  Private to
 * pkg/image.
 */
#ifndef PODCTL_IMAGE_CREDENTIALS_H
#define PODCTL_IMAGE_CREDENTIALS_H

#include "pkg/image/registry.h"

struct credentials {
	const char *user, *password; /* NULL: nobody */
	const char *identity;        /* identity token; NULL */
};
/* For host/repository.  Nothing found is success with all NULL. */
int credentials_find(struct engine *e, const struct registry_options *o, const char *host,
	const char *repository, struct arena *a, struct credentials *ret, struct err *err);

/* From one document (pure; tested): true when it has an entry.  legacy: .dockercfg, whose top is the map of hosts. */
int credentials_in(const json_t *doc, bool legacy, const char *host, const char *repository, struct arena *a,
	struct credentials *ret, bool *ret_found, struct err *err);

#endif
