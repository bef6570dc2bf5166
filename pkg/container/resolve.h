/*
 * resolve.h — an image's config and what was asked become what runs.
 *
 * Fills argv, env, cwd, user, stop_signal, labels and exposed ports of a spec; what was asked wins over the image.  The rules
 * of argv are podman's and Kubernetes' at once: entrypoint given (--entrypoint, command:) replaces the image's and drops its
 * CMD; command given (arguments, args:) replaces CMD.  Pure: no file, no clock.
 */
#ifndef PODCTL_CONTAINER_RESOLVE_H
#define PODCTL_CONTAINER_RESOLVE_H

#include "pkg/container/spec.h"
#include "pkg/engine/engine.h"
#include "pkg/image/image.h"

/* img may be NULL (--rootfs).  Strings are copied into a, which must live as long as spec.  What spec.env holds already is
 * kept on top of the image's; spec.env_asked is applied last.  HOME is added at start, from the image's /etc/passwd, and HOSTNAME too.
 * ERR_INVALID: "no command specified: the image has neither ENTRYPOINT nor CMD, ..."; exit status 125. */
int container_resolve(const struct engine *e, const struct image_config *img, struct container_spec *spec,
	struct arena *a, struct err *err);

/* Sets K=V in a list of environment strings: replaces an existing K. */
int env_set(struct strs *env, struct arena *a, const char *key, const char *value);
const char *env_get(const struct strs *env, const char *key); /* NULL: not there */

#endif
