/*
 * inspect.h — podman's `container inspect` document.  Pure: everything it shows is given.
 */
#ifndef PODCTL_CONTAINER_INSPECT_H
#define PODCTL_CONTAINER_INSPECT_H

#include <jansson.h>

#include "pkg/container/oci_gen.h"
#include "pkg/container/spec.h"
#include "pkg/monitor/plan.h"
#include "pkg/network/network.h"
#include "pkg/store/store.h"

struct inspect_facts {
	const struct container_spec *spec;
	const struct ctr_row *row;
	const struct status_container *status; /* NULL: never started */
	bool alive;                            /* of the pod's monitor */
	bool paused;
	bool vfs;                     /* the store's driver */
	const struct net_result *net; /* NULL: none */
	const char *network;          /* name of the one it is on, or will be; "" */
	const struct strs *aliases;   /* there */
	const char *net_mode;         /* "bridge", "none", "host", "container" */
	const char *pod;              /* id of the pod, "" for a pod of one */
	const char *pod_name, *infra; /* infra: id or "" */
	bool autoremove;
	const char *image_digest, *bundle, *rootfs, *log_path, *upper, *work, *merged,
		*lower; /* "" when there is none */
	const char *hosts, *hostname_path, *resolv, *runtime, *cgroup, *pidfile;
	const char *static_dir, *netns; /* "" when there is none */
	const char *net_container;      /* id of whose network it is in; "" */
	const char *cgroup_manager;     /* "cgroupfs", "systemd", "disabled" */
	int64_t monitor;                /* pid */
	const struct oci_facts *oci;    /* limits of the engine, and the user */
	const struct strs *dns, *dns_options, *dns_searches, *extra_hosts; /* extra_hosts: "name:address" */
	struct list mounts;                                                /* struct inspect_mount */
	struct list ports; /* struct port_map: asked, when nothing runs */
};
struct inspect_mount {
	const char *type, *name, *source, *dest;
	bool read_only, no_copy;
	const struct strs *options;
};

/* A new reference; NULL when out of memory. */
json_t *container_inspect(const struct inspect_facts *f);
/* The word podman shows: "created", "initialized", "running", "paused", "stopping", "exited", ...  solo: not in a pod, so that
 * a monitor without its process waits for podctl start. */
const char *container_state_word(const struct status_container *s, bool alive, bool solo);

#endif
