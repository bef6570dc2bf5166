/*
 * layers.h — the layer store: temporary directories, the unpack helper, publication, removal.  Private to pkg/image.
 *
 *   layers/DIFFID/       a layer, whole and verified
 *   layers/DIFFID.json   its sizes, and the blobs it is known as
 *   layers/DIFFID.recipe how its tar was written (pkg/archive/recipe.h); none in stores of before
 *   layers/DIFFID.blob   as it came, compressed: pull --keep-blobs
 *   layers/tmp-RANDOM/   of one running command: lock (held), diff/ (being unpacked), copies of archive members
 *   layers/claims        bytes of it are locked: one per layer that somebody is getting
 *   layers/lock          held exclusively while layers appear with their rows, or rows go with their layers
 *
 * Nothing slow happens under layers/lock.  A layer is unpacked into a tmp- directory by podctl-unpack and renamed into
 * place in the same locked step that adds the image's row; so whoever holds the lock sees no layer without an image.
 */
#ifndef PODCTL_IMAGE_LAYERS_H
#define PODCTL_IMAGE_LAYERS_H

#include "pkg/image/image.h"
#include "pkg/util/buf.h"

#define UNPACK_MAX \
	(64 * GiB) /* of one layer or archive, unpacked: a bomb ends here; the largest images in use have 20 */

/* A tmp- directory and the lock that keeps a sweep away from it. */
struct image_tmp {
	char name[32]; /* in layers/ */
	int layers;    /* O_PATH of layers/ */
	int dir, lock;
};
#define IMAGE_TMP_INIT                                          \
	{                                                       \
		.layers = -EBADF, .dir = -EBADF, .lock = -EBADF \
	}
int image_tmp_make(struct engine *e, struct image_tmp *t, struct err *err);
void image_tmp_remove(struct image_tmp *t); /* idempotent */
#define auto_tmp AUTO(image_tmp_remove)

/* One layer to unpack. */
struct layer_job {
	/* asked */
	const char *diff; /* expected diff id, NULL: whatever it is */
	const char *blob; /* expected digest of the blob, NULL: not checked */
	int fd; /* the blob (a file or a pipe) or the archive that has it; owned by the job, closed once it runs */
	int64_t member; /* -1, or the member of the tar in fd */
	int keep_dir; /* the blob's file, keep_name in this directory (borrowed), is kept with the layer; -EBADF: it is not */
	char keep_name[24];
	/* found */
	char diff_id[65];
	uint64_t size, tar_size;
	/* in the making */
	bool started;
	struct image_tmp tmp;
	int diff_dir, out, pidfd;
	pid_t pid;
	struct buf lines;
};
void layer_job_init(struct layer_job *j);
void layer_job_done(struct layer_job *j); /* ends the helper, removes what is not published */

/* Where the blobs of jobs with pipes come from meanwhile: news() is called when fd is readable or a signal came, closes the
 * writing ends of what is whole, and sets fd to -EBADF when all is. */
struct layer_feed {
	int fd;
	int (*news)(struct layer_feed *f, struct err *err);
	void *ctx;
};
/* Runs the helper for all jobs, a few at a time.  feed: NULL, all blobs are there.  The first failure ends the others. */
int layers_unpack(struct engine *e, struct layer_job *jobs, size_t n, struct layer_feed *feed,
	image_progress *progress, void *ctx, struct err *err);
/* podctl-unpack with its own descriptors; its last words when they are {"error":...}. */
int unpack_helper_start(struct engine *e, struct strs *argv, int in, const int (*pass)[2], size_t n_pass,
	int *ret_out, int *ret_pidfd, pid_t *ret_pid, struct err *err);
int unpack_helper_error(const json_t *line, struct err *err);
/* One run of the helper for the members of an archive; lines: its output, JSON per line. */
int archive_members(struct engine *e, int fd, int dir, int lock, struct buf *lines, struct err *err);

/* A tar into a directory that is no layer. */
int tree_unpack(struct engine *e, int in, int dir, int lock, struct err *err);

/* Two commands that need a layer get it once: claims those of 'diffs' that are not there, in one order for everybody, waiting for
 * whoever is at one of them.  *ret_fd holds the claims; -EBADF when nothing is missing.  -EAGAIN is not returned: after a
 * wait, look again what is there (*ret_waited).  stop: as in registry_options. */
int layers_claim(struct engine *e, const struct strs *diffs, const volatile int *stop,
	image_progress *progress, void *ctx, int *ret_fd, bool *ret_waited, struct err *err);

bool layer_exists(struct engine *e, const char *diff_id);
/* 'name' of layers/ (DIFFID, DIFFID.json ...), of this store or of one that is only read: a descriptor, or a negative errno.
 * ret_root: whose it is; may be NULL. */
int layer_path_open(struct engine *e, const char *name, int flags, const char **ret_root);
/* Bytes of its files and of its tar; 0 when unknown. */
void layer_sizes(struct engine *e, const char *diff_id, uint64_t *ret_size, uint64_t *ret_tar);
/* A layer as registries know it. */
struct layer_blob {
	char digest[65];
	uint64_t size;
	const char *format; /* "gzip", "zstd" */
};
#define LAYER_BLOBS_MAX 8 /* remembered of one layer: the last ones */
size_t layer_blobs(struct engine *e, const char *diff_id, struct layer_blob ret[LAYER_BLOBS_MAX]);
void layer_blob_remember(struct engine *e, const char *diff_id, const struct layer_blob *b);
/* The kept blob: an open file, -ENOENT when there is none. */
int layer_blob_open(struct engine *e, const char *diff_id);
/* Its directory, and how its tar was written; *ret_recipe -ENOENT: nobody knows (it came before that was kept). */
int layer_open(struct engine *e, const char *diff_id, int *ret_dir, int *ret_recipe, struct err *err);

/* Publishes the jobs' layers and adds the row (whose size it fills), in one step.  -EAGAIN: a layer that the row needs was
 * removed meanwhile, the row was not added: plan again. */
int image_commit(struct engine *e, struct image_row *row, struct layer_job *jobs, size_t n, struct err *err);

/* layers/lock, exclusively; the descriptor's close releases it. */
int image_lock(struct engine *e, struct err *err);
/* With the lock held: moves layers out of sight; *t then holds them and its removal deletes them. */
int layers_retire(struct engine *e, const struct strs *diff_ids, struct image_tmp *t, struct err *err);

/* Is deleting them something one waits for? */
bool layers_are_large(struct engine *e, const struct strs *diff_ids);
/* Leaves what was retired to a process that nobody waits for; killed, the next sweep deletes it. */
void layers_leave(struct engine *e, struct image_tmp *t);

#endif
