/*
 * tables.h — data of the OCI runtime specification that the runtime and the engine share.
 *
 * Namespace names, the devices and links every container has, and the paths of procfs and sysfs that an unprivileged
 * container does not see or may not write.  Data only.
 */
#ifndef PODCTL_OCI_TABLES_H
#define PODCTL_OCI_TABLES_H

#include <stddef.h>
#include <sys/types.h>

/* An annotation of ours: process.cwd must be there; without it a missing one is made, as other runtimes do. */
#define OCI_CWD_THERE "run.podctl.workdir-must-exist"

/* In the order in which setns() must be called: the user namespace gives the rights to join the others. */
enum oci_ns {
	OCI_NS_USER,
	OCI_NS_CGROUP,
	OCI_NS_IPC,
	OCI_NS_UTS,
	OCI_NS_NET,
	OCI_NS_PID,
	OCI_NS_TIME,
	OCI_NS_MOUNT,
	OCI_NS_COUNT
};

struct oci_ns_row {
	const char *name; /* in config.json: "network" */
	const char *file; /* below /proc/PID/ns: "net" */
	int flag;         /* CLONE_NEW* */
};
extern const struct oci_ns_row oci_ns_table[OCI_NS_COUNT];
int oci_ns_find(const char *name); /* enum oci_ns, or -EINVAL */

struct oci_device_row {
	const char *path; /* below /dev */
	unsigned major, minor;
};
extern const struct oci_device_row oci_default_devices[6]; /* character devices, mode 0666 */

struct oci_link_row {
	const char *path, *target; /* path below /dev */
};
extern const struct oci_link_row oci_default_links[6];

extern const char *const oci_default_masked[];   /* NULL-terminated */
extern const char *const oci_default_readonly[]; /* NULL-terminated */

#define OCI_VERSION "1.3.0"
#define OCI_VERSION_MIN "1.0.0"

#endif
