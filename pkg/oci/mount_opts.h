/*
 * mount_opts.h — the option words of an OCI mount, as data.
 *
 * config.json lists words as mount(8) knows them ("nosuid", "rbind", "rro", "size=64k").  A word is a kernel flag, a
 * mount attribute for the whole subtree (the r-forms), a propagation, or one of ours (tmpcopyup, idmap ...); what the
 * table does not know is data for the file system.  Pure: nothing is mounted here.
 * Spec: OCI runtime-spec 1.3 config.md "Linux mount options".
 */
#ifndef PODCTL_OCI_MOUNT_OPTS_H
#define PODCTL_OCI_MOUNT_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkg/util/arena.h"
#include "pkg/util/err.h"

enum oci_mount_special {
	OCI_MOUNT_BIND = 1u << 0,
	OCI_MOUNT_RBIND = 1u << 1,
	OCI_MOUNT_REMOUNT = 1u << 2,
	OCI_MOUNT_TMPCOPYUP = 1u << 3,
	OCI_MOUNT_COPY_SYMLINK = 1u << 4,
	OCI_MOUNT_IDMAP = 1u << 5,
	OCI_MOUNT_RIDMAP = 1u << 6,
	OCI_MOUNT_SRC_NOFOLLOW = 1u << 7,
	OCI_MOUNT_DEST_NOFOLLOW = 1u << 8,
};

struct oci_mount_opts {
	unsigned long flags;         /* MS_*: for mount(2) of a new file system */
	uint64_t attr_set, attr_clr; /* MOUNT_ATTR_*: for the mount itself */
	uint64_t rec_set, rec_clr;   /* MOUNT_ATTR_*: for it and everything below */
	unsigned long
		propagation;  /* MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE or 0; the last word wins */
	bool propagation_rec; /* an r-form */
	unsigned special;     /* enum oci_mount_special */
	const char *idmap;    /* what stood behind "idmap=" or "ridmap=", borrowed; NULL: nothing */
	const char *data;     /* the other words joined by ','; "" when there are none */
};

/* Reads n words; *ret->data lives in a. */
int oci_mount_opts_parse(
	const char *const *words, size_t n, struct arena *a, struct oci_mount_opts *ret, struct err *err);
/* The i-th word of the table, NULL past its end: for `features`. */
const char *oci_mount_opt_word(size_t i);

#endif
