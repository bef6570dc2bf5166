/* name.h — the parts of an image name; private to pkg/image. */
#ifndef PODCTL_IMAGE_NAME_H
#define PODCTL_IMAGE_NAME_H

#include "pkg/util/arena.h"
#include "pkg/util/err.h"

struct image_name {
	const char *host;         /* "docker.io", "localhost:5000"; NULL: a short name */
	const char *path;         /* "library/alpine" */
	const char *tag, *digest; /* NULL when absent; digest with "sha256:" */
};
int image_name_parse(const char *ref, struct arena *a, struct image_name *ret, struct err *err);

#endif
