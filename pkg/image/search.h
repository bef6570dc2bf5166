/* search.h — looking for images in registries. */
#ifndef PODCTL_IMAGE_SEARCH_H
#define PODCTL_IMAGE_SEARCH_H

#include "pkg/image/registry.h"

struct search_hit {
	const char *index, *name, *description; /* "docker.io", "docker.io/library/alpine", "..." */
	int64_t stars;
	bool official, automated;
};
struct search_request {
	const char *term; /* "alpine", "quay.io/team/x" */
	size_t limit;     /* of each registry */
	int64_t min_stars;
	struct opt_bool official, automated;
};
/* Docker's search where the registry has it (v1), else its catalogue (v2), whose names the term must be part of.  Registries:
 * the one the term names, or all of unqualified-search-registries.  A registry that fails is a failure when it is the only
 * one, and otherwise a warning. */
int image_search(struct engine *e, const struct search_request *q, const struct registry_options *o,
	struct arena *a, struct search_hit **ret, size_t *ret_n, struct err *err);

#endif
