/*
 * copy.h — a tree of files copied, descriptor by descriptor.
 *
 * Source and target may belong to a container that changes them meanwhile: every name is one component below a held
 * directory, no symlink is followed, and what is opened is looked at again.  Kept: mode, owner (unless given), times,
 * security.capability and user.* attributes.  Not kept: hard links (each becomes a file of its own), sockets (left out).
 */
#ifndef PODCTL_ARCHIVE_COPY_H
#define PODCTL_ARCHIVE_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "pkg/oci/ids.h"
#include "pkg/util/err.h"

struct copy_opts {
	bool chown; /* everything belongs to uid and gid; else to whom it belongs in the source */
	uid_t uid;
	gid_t gid;
	bool overwrite; /* a directory gives way to a file, and a file to a directory */
	const struct list *uids,
		*gids; /* struct id_range that an owner of the source goes through; NULL: he stays */
	bool devices;  /* copy device nodes too; else they are left out */
	bool whole;    /* ACLs and trusted.* attributes too (not overlay's own) */
};
/* The contents of directory 'from' into directory 'to', which gets no new owner or mode of its own. */
int copy_tree(int from, int to, const struct copy_opts *o, struct err *err);
/* The entry from/name as to/as: a file, a link, a whole directory.  A file that is there is replaced, a directory merged;
 * a directory and a file never replace each other (ERR_STATE). */
int copy_entry(
	int from, const char *name, int to, const char *as, const struct copy_opts *o, struct err *err);
/* The same for what an O_PATH descriptor holds. */
int copy_opened(int from, int to, const char *as, const struct copy_opts *o, struct err *err);
/* Owner, mode and times of one directory for another. */
int copy_attributes(int from, int to, const struct copy_opts *o, struct err *err);

#endif
