/*
 * sealed.h — a way to execute a program that the executed program, and whoever enters its place, cannot overwrite.
 *
 * The runtime becomes the container, whose root may follow /proc/1/exe back to the binary and write there
 * (CVE-2019-5736).  The caller therefore executes what this opens: the file seen through a read-only overlay that is
 * mounted nowhere, and sets OCI_SEALED_ENV for it.  The runtime believes the variable only on such a file system, and
 * makes one itself when it is started plainly.
 */
#ifndef PODCTL_OCI_SEALED_H
#define PODCTL_OCI_SEALED_H

#define OCI_SEALED_ENV "_PODCTL_RUNTIME_SEALED"

/* O_PATH descriptor for execveat(AT_EMPTY_PATH), or a negative errno: no overlay can be made here. */
int oci_sealed_open(const char *program);

#endif
