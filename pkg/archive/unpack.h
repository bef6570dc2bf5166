/*
 * unpack.h — turn one image layer (a tar stream) into a directory in overlay's form.
 *
 * The archive is hostile.  Every entry is made by us below the layer's root descriptor; no symbolic link of an earlier
 * entry is followed, hard links stay inside the layer, names are checked before anything is written.  Whiteouts become
 * character devices 0:0.  Opaque directories are reported, not marked: trusted.overlay.opaque takes CAP_SYS_ADMIN,
 * which this process must not have, so the caller marks them.
 * Spec: OCI image-spec v1.1, layer.md "Applying Changesets"; INTERFACES i.6.
 */
#ifndef PODCTL_ARCHIVE_UNPACK_H
#define PODCTL_ARCHIVE_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "pkg/util/err.h"

enum unpack_event {
	UNPACK_OPAQUE, /* text: cleaned name of a directory to mark opaque; "" is the layer's root */
	UNPACK_NOTE,   /* text: for people: something was left out, and why */
};
/* 0, or a failure with err filled, which ends the unpacking. */
typedef int unpack_event_fn(void *ctx, enum unpack_event event, const char *text, struct err *err);

struct unpack_opts {
	int fd, dir;    /* the archive; the empty directory to fill (both borrowed) */
	int64_t member; /* -1, or the layer is that member of the tar in fd */
	bool plain;   /* whiteouts stay files named .wh.NAME: for a file system or a driver without overlay */
	bool userns;  /* in a user namespace: device nodes are left out with a note */
	uint64_t max; /* bytes, of the uncompressed stream and of all file sizes together */
	const char *expect_diff; /* 64 hex digits, or NULL */
	const char *expect_blob; /* the same for the bytes as they come */
	int recipe; /* file that gets how the tar was written (recipe.h); 0: nobody wants to know */
	unpack_event_fn *event;
	void *ctx;
};

struct unpack_result {
	char diff_id[65], blob[65]; /* blob: "" without expect_blob */
	uint64_t tar_size, blob_size;
	uint64_t size, entries; /* bytes of all regular files; entries of the archive */
};

#define UNPACK_ENTRIES_MAX 10000000 /* of one layer; a full desktop distribution has 1 million files */

/* ERR_CORRUPT: malformed archive or wrong digest; ERR_INVALID: an entry that would escape, or past a limit;
 * ERR_SYSTEM: what the kernel said (ENOSPC: disk full). */
int unpack_layer(const struct unpack_opts *o, struct unpack_result *ret, struct err *err);

#endif
