/*
 * paths.h — the only place that knows where things are.
 *
 * root (persistent)                          runroot (volatile, gone at boot or logout)
 *   db.sqlite                                  marker                     random, also in the database
 *   lock                  engine lock          pods/ID/lock               held while a verb works on the pod
 *   layers/DIFFID/        diff tree (0..)      pods/ID/alive              held by the monitor (OFD) while it lives
 *   layers/tmp-*          being unpacked       pods/ID/ctl                its socket
 *   images/ID/{config,manifest}                pods/ID/status.json        what is; the monitor is its only writer
 *   pods/ID/plan.json                          pods/ID/CTR/{bundle/,rootfs/,stdin,stdout,stderr,pid}
 *   pods/ID/volumes/TYPE/NAME/                 pods/ID/etc/{hosts,hostname,resolv.conf}
 *   pods/ID/containers/CTR/{upper,work}        rt/                        --root of the OCI runtime (rt/CTR/)
 *   pods/.spare/          a pod's directories, made in advance
 *   pods/ID/logs/NAME/ATTEMPT.log              seccomp/                   compiled filters
 *   volumes/NAME/                              nft.lock net.lock
 *   vfs/                  only with that driver
 *   mountpoints/          lowest layer of all    cgroups                    where they were found
 *                                              dns/BRIDGE/                names and their server (pkg/network/names.h)
 *                                              memory/POD/TYPE/NAME/      secret and projected volumes
 * CTR is the container's 64-digit id; DIFFID, ID likewise 64 hex digits.
 */
#ifndef PODCTL_ENGINE_PATHS_H
#define PODCTL_ENGINE_PATHS_H

#include "pkg/engine/engine.h"

/* Relative names, for use below root_fd / runroot_fd.  Each writes into buf and returns it. */
#define PATH_TEXT 320
char *path_pod(char buf[PATH_TEXT], const char *pod); /* pods/ID, same in root and runroot */
char *path_pod_file(char buf[PATH_TEXT], const char *pod, const char *f); /* pods/ID/F */
char *path_ctr(char buf[PATH_TEXT], const char *pod, const char *ctr);    /* runroot: pods/ID/CTR */
char *path_ctr_file(char buf[PATH_TEXT], const char *pod, const char *ctr, const char *f);
char *path_ctr_data(char buf[PATH_TEXT], const char *pod, const char *ctr); /* root: pods/ID/containers/CTR */
char *path_layer(char buf[PATH_TEXT], const char *diff_id); /* layers/DIFFID (without "sha256:") */
char *path_image(char buf[PATH_TEXT], const char *image);   /* images/ID */
char *path_volume(
	char buf[PATH_TEXT], const char *pod, const char *type, const char *name); /* pods/ID/volumes/T/N */
char *path_pod_log(
	char buf[PATH_TEXT], const char *pod, const char *name, unsigned attempt); /* pods/ID/logs/N/A.log */
#define PATH_MEMORY \
	"memory" /* runroot: a tmpfs whatever runroot is, for files of secrets: memory/POD/TYPE/NAME */
#define PATH_MARKER "marker"
#define PATH_KEEPER "keeper" /* rootless: its content names the process, its lock is held while that lives */
#define PATH_CGROUPS "cgroups" /* runroot: where they were found, see cgroup_hint */
#define PATH_LOCK "lock"
#define PATH_ALIVE "alive"
#define PATH_CTL "ctl"
#define PATH_STATUS "status.json"
#define PATH_PLAN "plan.json"
#define PATH_VFS \
	"vfs" /* below root, of a store whose driver is vfs: images as plain directories (pkg/image/flat.h) */
#define PATH_MESSAGE "message"         /* a container's termination message, in its directory below root */
#define PATH_MOUNTPOINTS "mountpoints" /* below root: the lowest layer of every container */

/* Absolute, from the engine's arena: for bundles, plans and argv. */
const char *path_abs_root(struct engine *e, const char *rel);
const char *path_abs_run(struct engine *e, const char *rel);

#endif
