/*
 * image_use.h — finding the image of a container by its pull policy, and merging its config into a spec.
 */
#ifndef PODCTL_VERB_IMAGE_USE_H
#define PODCTL_VERB_IMAGE_USE_H

#include "pkg/image/pull.h"
#include "pkg/verb/verb.h"

/* policy: "missing", "always", "newer", "never", or Kubernetes' words; NULL: as containers.conf has it.  What only this
 * machine can have (an id, a name below localhost/) is not asked of a registry.  newer: asks, and goes on with what is here
 * when the registry does not answer.  pull: how; NULL: as the files of the machine have it. */
int image_use(struct engine *e, const char *ref, const char *policy, const struct pull_options *pull,
	struct arena *a, struct image_row *ret, struct err *err);
/* image_use, then spec.image, image_id and everything container_resolve fills. */
int image_use_for(struct engine *e, const char *ref, const char *policy, const struct pull_options *pull,
	struct container_spec *spec, struct arena *a, struct err *err);

#endif
