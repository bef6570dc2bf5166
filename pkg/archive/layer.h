/*
 * layer.h — a layer directory while it is being filled: parents, replacement, whiteouts.
 *
 * Private to pkg/archive.  One parent directory is held open, because a tar lists a directory's entries together.
 */
#ifndef PODCTL_ARCHIVE_LAYER_H
#define PODCTL_ARCHIVE_LAYER_H

#include <sys/stat.h>

#include "pkg/archive/names.h"
#include "pkg/archive/unpack.h"

struct dir_time {
	char *name;
	struct timespec mtime;
};

struct recipe;
struct layer {
	int root;
	struct recipe *recipe; /* borrowed; NULL */
	bool userns, plain;
	unpack_event_fn *event;
	void *ctx;
	unsigned notes;
	/* the parent of the last entry */
	char parent_name[ENTRY_NAME_MAX];
	int parent;         /* O_RDONLY | O_DIRECTORY; -EBADF: none held */
	bool parent_setgid; /* new entries inherit its group */
	/* directories' times are set last, making entries changes them */
	struct dir_time *dirs;
	size_t n_dirs, cap_dirs;
};

void layer_init(struct layer *l, const struct unpack_opts *o);
void layer_done(struct layer *l);

/* Opens (making what is missing, 0755 root:root) the directory 'dir' and holds it as l->parent. */
int layer_parent(struct layer *l, const char *dir, struct err *err);
/* Makes room for a new entry at l->parent/base; what is there goes, whole trees too. */
int layer_clear(struct layer *l, const char *base, struct err *err);
/* mkdir, or keeps a directory that is there.  Replaces anything else; over a whiteout it becomes opaque. */
int layer_mkdir(struct layer *l, const char *name, const char *base, mode_t mode, struct err *err);
int layer_whiteout(struct layer *l, const char *dir, const char *target, struct err *err);
int layer_opaque(struct layer *l, const char *dir, struct err *err);
/* Opens the target of a hard link's parent; *ret_base is its last component. */
int layer_link(struct layer *l, const char *target, const char *base, struct err *err);

int layer_time_later(struct layer *l, const char *name, struct timespec mtime, struct err *err);
int layer_times_apply(struct layer *l, struct err *err);

int layer_note(struct layer *l, struct err *err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
