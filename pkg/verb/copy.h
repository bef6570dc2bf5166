/*
 * copy.h — verbs that look into a container's files from outside: cp and diff.
 *
 * A container's side is only ever reached through descriptors below its root; where something is mounted in it, the mount's
 * source is the root; what lives in memory inside (tmpfs) is reached through a running container's first process.
 */
#ifndef PODCTL_VERB_COPY_H
#define PODCTL_VERB_COPY_H

#include "pkg/verb/verb.h"

struct copy_end {
	const char *container; /* name or id, NULL: this machine */
	const char *path;      /* on this machine: as given to open(2) */
};
/* keep_owner: owners stay as they are; else files belong to the container's user, or to whoever runs podctl. */
struct copy_how {
	bool keep_owner,
		overwrite; /* overwrite: a directory gives way to a file, and a file to a directory */
};
int verb_copy(struct engine *e, const struct copy_end *from, const struct copy_end *to,
	const struct copy_how *how, struct err *err);

/* The same as a tar: what cp names, below its last component; and the contents of one into a directory that is there. */
int verb_copy_to_tar(struct engine *e, const struct copy_end *from, int out, struct err *err);
int verb_copy_from_tar(
	struct engine *e, int in, const struct copy_end *to, const struct copy_how *how, struct err *err);

struct change {
	char kind; /* 'A' added, 'C' changed, 'D' deleted */
	const char *path;
};
/* What a container wrote over its image, sorted by path. */
int verb_diff(struct engine *e, const struct target *t, struct arena *a, struct change **ret, size_t *ret_n,
	struct err *err);
/* What the engine puts into every container is nobody's change. */
bool diff_is_ours(const char *path);
/* verb_diff() where a container has a copy of its image: both trees are compared. */
int diff_copy(struct engine *e, const struct target *t, const char *image, struct arena *a,
	struct change **ret, size_t *ret_n, struct err *err);
/* What an image's last layer did to those below it. */
int verb_diff_image(struct engine *e, const char *image, struct arena *a, struct change **ret, size_t *ret_n,
	struct err *err);
/* What is different in 'now' from 'before': two trees, of an image each, or of a container where ctr says so. */
struct diff_side {
	const char *image; /* NULL: the container */
	const struct target *ctr;
};
int verb_diff_trees(struct engine *e, const struct diff_side *now, const struct diff_side *before,
	struct arena *a, struct change **ret, size_t *ret_n, struct err *err);

#endif
