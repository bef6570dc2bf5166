/*
 * image_use.h — finding the image of a container by its pull policy, and merging its config into a spec.
 */
#ifndef PODCTL_VERB_IMAGE_USE_H
#define PODCTL_VERB_IMAGE_USE_H

#include "pkg/image/image.h"
#include "pkg/verb/verb.h"

/* policy: "missing", "always", "newer", "never", or Kubernetes' words; NULL: missing.  Pulling from a registry is not there
 * yet, so what is not in the store is an error whatever the policy says. */
int image_use(struct engine *e, const char *ref, const char *policy, struct arena *a, struct image_row *ret,
	struct err *err);
/* image_use, then spec.image, image_id and everything container_resolve fills. */
int image_use_for(struct engine *e, const char *ref, const char *policy, struct container_spec *spec,
	struct arena *a, struct err *err);

#endif
