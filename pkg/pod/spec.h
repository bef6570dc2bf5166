/*
 * spec.h — struct pod_spec: what was asked for one pod.  A container outside a pod is a pod of one (solo, no infra).
 */
#ifndef PODCTL_POD_SPEC_H
#define PODCTL_POD_SPEC_H

#include "pkg/container/spec.h"
#include "pkg/oci/ids.h"

enum net_mode { NET_NONE, NET_HOST, NET_BRIDGE, NET_CONTAINER };
extern const char *const net_mode_names[]; /* "none", "host", "bridge", "container", NULL */

enum volume_type {
	VOLUME_EMPTY_DIR,
	VOLUME_HOST_PATH,
	VOLUME_CONFIG_MAP,
	VOLUME_SECRET,
	VOLUME_NAMED,
	VOLUME_PROJECTED,
	VOLUME_IMAGE,
	VOLUME_NFS
};
extern const char *const volume_type_names
	[]; /* "emptyDir", "hostPath", "configMap", "secret", "named", "projected", "image", NULL */
struct file_spec {
	char *path, *data;
	bool base64;
	uint32_t mode;
	struct opt_i64 user; /* owner; unset: root */
	uint64_t
		token; /* a token with data as its claims that is good for so many seconds; 0: data is the file */
};                     /* path relative, may have "/" */
struct volume_spec {
	char *name;
	int type;
	char *path;    /* hostPath: absolute; named: volume name; image: its id; nfs: "SERVER:/PATH" */
	char *options; /* nfs: of the mount, "hard,nfsvers=4.1" */
	char *path_type; /* hostPath type: "", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket", ... */
	bool memory;    /* emptyDir medium Memory */
	uint32_t mode;  /* emptyDir; 0: 0777 */
	bool read_only; /* all mounts of it */
	uint64_t size_limit;
	struct list files; /* struct file_spec: configMap, secret, resolved by translate */
};

struct port_spec {
	char *host_ip;
	uint16_t host_port, container_port, range;
	int proto;
	char *name;
};
struct host_alias {
	char *ip;
	struct strs names;
};

/* The user namespace of a pod.  Ranges are ids of the engine's own namespace, and stand here once they are settled. */
enum userns_mode { USERNS_HOST, USERNS_AUTO, USERNS_MAP, USERNS_CONTAINER, USERNS_PATH };
extern const char *const userns_mode_names[]; /* "host", "auto", "map", "container", "ns", NULL */
struct userns_spec {
	int mode;
	uint32_t size;                    /* USERNS_AUTO: ids asked for; 0: as many as a range has */
	char *target;                     /* USERNS_CONTAINER: id; USERNS_PATH: absolute */
	struct list uids, gids;           /* struct id_range */
	struct list more_uids, more_gids; /* USERNS_AUTO: ids that are others than those of the range */
	bool mounts; /* host directories are seen with their owners too, as Kubernetes has it */
};

struct pod_spec {
	char *id, *name;
	bool solo;
	char *hostname;
	int net;             /* enum net_mode */
	char *net_container; /* NET_CONTAINER: id */
	char *network;       /* NET_BRIDGE: name of a defined one; NULL: the engine's */
	struct list ports;   /* struct port_spec */
	bool share_pid;      /* infra holds a PID namespace all members join */
	bool host_pid, host_ipc;
	struct userns_spec userns;
	struct strs share;        /* pod create --share: "net", "ipc", "uts", "pid"; empty: net,ipc,uts */
	struct list volumes;      /* struct volume_spec */
	struct list host_aliases; /* --add-host, hostAliases */
	struct strs dns_servers, dns_searches, dns_options;
	bool no_hosts, no_infra, no_hostname; /* no_hostname: /etc/hostname stays the image's */
	char *ip, *mac;                       /* fixed ones; NULL: as they come */
	struct strs aliases;                  /* more names on its network */
	struct kvs sysctls;
	struct kvs labels, annotations;
	char *dns_policy; /* Kubernetes': "None" takes nothing of the host's; "" and others add to it */
	char *fqdn;       /* the pod's name with its subdomain; "": none */
	struct opt_i64 fs_group; /* owns the pod's volumes, and all processes are in it */
	bool fs_group_on_mismatch;
	char *runtime;                   /* an OCI runtime of its own, name or path; "": the engine's */
	struct resources_spec resources; /* of the pod as a whole */
	struct container_spec *member; /* pod create's options for containers made in it later; NULL: none */
	char *cgroup_parent; /* a cgroup, or with systemd a slice, for the pod's own; "": the engine's */
	char *infra_name;    /* "": made of the id */
	char *exit_policy;   /* "continue" or "stop": when the last member ends (kube play: stop) */
	uint32_t grace;      /* seconds to stop; 0: of each container */
	bool kube;           /* played: Kubernetes restart semantics */
	bool leads;          /* when it is ready, `podctl next` looks who waits for that */
	int64_t deadline;    /* activeDeadlineSeconds; 0 none */
	bool autoremove;
	uint64_t created_us;
	struct strs create_argv;
};
extern const struct field pod_spec_fields[];

#endif
