/*
 * scan.h — the members of an image archive (docker-archive, oci-archive): a list, and their data where it is needed.
 *
 * Members come in any order, so an archive is looked at twice.  From a plain tar file the second look reads a member in
 * place (unpack_opts.member); only small members, which may be JSON documents, are copied out.  From a pipe or a
 * compressed archive everything is copied out.  Copies are named by counters of ours, never by the archive.
 */
#ifndef PODCTL_ARCHIVE_SCAN_H
#define PODCTL_ARCHIVE_SCAN_H

#include <stdint.h>

#include "pkg/util/err.h"

#define SCAN_MEMBERS_MAX 100000
#define SCAN_NAME_MAX 1024 /* longest is blobs/sha512/ and 128 digits; docker's own stay below 100 */

struct scan_member {
	const char *name; /* cleaned */
	const char *link; /* symbolic: as it is, relative to the member's directory; NULL */
	const char *hard; /* hard link: cleaned name of another member; NULL */
	int64_t index;    /* for unpack_opts.member */
	int64_t file;     /* >= 0: copied to a file named by this number */
	uint64_t size;
};
typedef int scan_fn(void *ctx, const struct scan_member *m, struct err *err);

/* fd is read with pread when it is a file.  max: bytes copied out altogether. */
int archive_scan(int fd, int dir, uint64_t max, scan_fn *fn, void *ctx, struct err *err);

#endif
