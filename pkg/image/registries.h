/*
 * registries.h — where an image may be had: registries.conf (version 2) and certs.d (INTERFACES c).  Private to pkg/image.
 */
#ifndef PODCTL_IMAGE_REGISTRIES_H
#define PODCTL_IMAGE_REGISTRIES_H

#include "pkg/image/name.h"
#include "pkg/image/registry.h"

struct place {
	const char *host;       /* as written: the key of credentials and certificates */
	const char *repository; /* there */
	bool insecure;
};
/* Places for a normalised name: mirrors in order, then the registry.  ERR_DENIED when the name is blocked. */
int registries_places(struct engine *e, const struct image_name *n, const struct registry_options *o,
	struct arena *a, struct place **ret, size_t *ret_n, struct err *err);

/* The same from texts that are parsed already (pure; tested). */
struct node;
int registries_match(const struct node *const *files, size_t n_files, const struct image_name *n,
	struct arena *a, struct place **ret, size_t *ret_n, struct err *err);

struct certificates {
	struct strs ca;
	const char *cert, *key; /* NULL */
};
int registries_certificates(struct engine *e, const char *host, const char *cert_dir, struct arena *a,
	struct certificates *ret, struct err *err);

#endif
