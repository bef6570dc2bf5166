/*
 * oci_gen.h — a container_spec and what the machine gave to it, as an OCI config.json.
 *
 * Pure: every path, id and limit that had to be looked up is a fact given by the caller (pkg/pod), so that the same input
 * gives the same document and golden tests compare it.  Defaults are podman's: mounts and their options, the devices a
 * runtime makes, eleven capabilities, masked and read-only paths, the seccomp profile of seccomp.h.
 * Spec: OCI runtime-spec 1.0 to 1.3 config.md, config-linux.md.  No hooks; a user namespace is one
 * that somebody else has made.
 */
#ifndef PODCTL_CONTAINER_OCI_GEN_H
#define PODCTL_CONTAINER_OCI_GEN_H

#include <jansson.h>

#include "pkg/container/spec.h"
#include "pkg/container/user.h"
#include "pkg/engine/engine.h"
#include "pkg/oci/tables.h"

/* A mount whose source is settled: a path of the host, or "" for tmpfs. */
struct oci_bind {
	const char *source, *dest;
	bool tmpfs, read_only;
	const struct strs *options; /* as asked; NULL: none */
	bool idmap;                 /* seen with the owners of the user namespace: the monitor binds it so */
	bool named;                 /* a volume: without programs of others and device nodes */
	bool files;                 /* a volume of files that podctl wrote, on a mount of its own */
	bool devpts;                /* terminals of its own */
	bool overlay;               /* options have lowerdir= and so on; source means nothing */
};
struct oci_device {
	const char *path, *access; /* in the container; "rwm" */
	char type;                 /* 'c', 'b' */
	unsigned major, minor, mode;
	uint32_t uid, gid;
};

/* A limit of pkg/container/spec.h whose device was looked up. */
struct oci_io {
	int kind; /* enum io_limit_kind */
	unsigned major, minor;
	uint64_t value;
};
#define OCI_NOTIFY "/run/notify"
#define OCI_INIT "/run/podctl-init" /* where --init's program is bound */

struct oci_facts {
	const struct engine_config *config;
	bool in_userns; /* no device nodes, no device rules, no raised limits */
	bool cgroup_v2, cgroup_mount;
	bool host_mqueue; /* the host has a /dev/mqueue for those that share its IPC namespace */
	bool tty_group;   /* group 5 (tty) is mapped, so that devpts can have it */
	bool own_users; /* the pod has a user namespace of its own: nothing of the host can be mounted anew */
	const struct list *uids, *gids; /* struct id_range: maps of it, for a runtime that wants to be told */
	const char *rootfs;
	const char *ns[OCI_NS_COUNT]; /* NULL: the monitor's own, "": a new one, else a path to join */
	bool pids;                    /* the pids controller is there: the default limit can be kept */
	const char *cgroup;           /* cgroupsPath; "": none, and no limits */
	const struct user *user;
	const char *hosts, *hostname, *resolv, *containerenv; /* files to bind over /etc/...; NULL: none */
	const char *shm;    /* directory to bind at /dev/shm; NULL: an own tmpfs */
	const char *pause;  /* infra: program to bind at /pause */
	const char *notify; /* directory with a NOTIFY_SOCKET to bind at OCI_NOTIFY; NULL */
	const char *init;   /* --init: program to bind at OCI_INIT; NULL: none */
	const char *localtime, *passwd, *group; /* files to bind over those of /etc; NULL: none */
	const struct oci_io *io;
	size_t n_io;
	const char *message; /* file to bind over the spec's message_path; NULL: none */
	const struct oci_bind *mounts;
	size_t n_mounts;
	const struct oci_device *devices;
	size_t n_devices;
	const struct kvs *sysctls;      /* those the runtime sets; NULL: none */
	uint64_t caps_max;              /* what we may give at all */
	int64_t oom_min;                /* oomScoreAdj that can be had */
	bool limits_rise;               /* hard limits can be raised */
	uint64_t nofile_max, nproc_max; /* our own hard limits; UINT64_MAX: none */
};

/* The capabilities a container gets, bit per number.  ERR_INVALID: an unknown name. */
int oci_caps(const struct container_spec *s, const struct oci_facts *f, uint64_t *ret, struct err *err);
/* Everything but linux.seccomp, for which a null stands at the end of the document. */
int oci_gen(const struct container_spec *s, const struct oci_facts *f, json_t **ret, struct err *err);
/* The document as text; seccomp (seccomp.h, NULL: none) is put in as it is. */
int oci_gen_text(json_t *config, const char *seccomp, struct buf *b, struct err *err);

/* The "resources" object alone; a new reference, NULL when out of memory. */
json_t *oci_resources(const struct container_spec *s, const struct oci_facts *f);

/* The "process" object for EXEC: as the container's own, with these instead of its own.  user NULL: the container's. */
struct oci_exec {
	const struct strs *argv, *env; /* env: added to the container's */
	const char *cwd;               /* NULL: the container's */
	bool terminal, privileged;
};
int oci_gen_exec(const struct container_spec *s, const struct oci_facts *f, const struct oci_exec *x,
	json_t **ret, struct err *err);

/* Parts of the document, for inspect; new references, NULL when out of memory. */
json_t *oci_env(const struct container_spec *s, const struct oci_facts *f);
json_t *oci_annotations(const struct container_spec *s);
json_t *oci_capabilities(const struct container_spec *s, const struct oci_facts *f, uint64_t caps);
int oci_rlimits(const struct container_spec *s, const struct oci_facts *f, json_t **ret, struct err *err);

/* Used between the files of oci_gen: the "mounts" array, NULL when out of memory. */
json_t *oci_mounts(const struct container_spec *s, const struct oci_facts *f);

#endif
