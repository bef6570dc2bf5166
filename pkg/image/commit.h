/*
 * commit.h — images made from directories: a container's changes as a layer over its image, or a whole root file system.
 */
#ifndef PODCTL_IMAGE_COMMIT_H
#define PODCTL_IMAGE_COMMIT_H

#include "pkg/image/image.h"

struct commit_source {
	const struct image_row *base; /* NULL: nothing is below */
	int dir;                      /* open directory; borrowed */
	bool whole;                   /* everything there is one layer; base gives the config alone */
	json_t *runtime;              /* the "config" object of the new image; borrowed */
	const char *author, *message, *created_by;
	const char *name; /* normalised; NULL: none */
	bool docker;      /* docker's manifest instead of OCI's */
};
/* *ret_id: 64 digits, in a. */
int image_make(struct engine *e, const struct commit_source *s, struct arena *a, const char **ret_id,
	struct err *err);

/* One Dockerfile line on a "config" object: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR. */
int image_change_config(json_t *config, const char *line, struct err *err);

/* The tree below dir as a plain tar into out (both borrowed): export. */
int image_export_tree(struct engine *e, int dir, int out, struct err *err);

#endif
