/*
 * objects.h — Kubernetes objects as structs: what decode makes of a document whose form schema_check has looked at.
 *
 * Names follow the API.  Every object keeps its node, so that a check can name its place.  Strings live in the plan's
 * arena; absent strings are NULL.  Quantities stay nodes, because YAML may give them as numbers.
 */
#ifndef PODCTL_KUBE_OBJECTS_H
#define PODCTL_KUBE_OBJECTS_H

#include "pkg/kube/objects_care.h"

/* clang-format off */
struct k8s_meta {
	const struct node *node;
	char *name, *namespace;
	struct kvs labels, annotations;
};

struct k8s_key_ref { /* configMapKeyRef, secretKeyRef; also configMapRef, secretRef without key */
	const struct node *node;
	char *name, *key;
	bool optional;
};
struct k8s_field_ref { const struct node *node; char *path; };
struct k8s_resource_ref { const struct node *node; char *container, *resource; const struct node *divisor; };
struct k8s_file_ref { const struct node *node; char *volume, *path, *key; bool optional; };
struct k8s_env_source {
	const struct node *node;
	struct k8s_key_ref *config_map, *secret;
	struct k8s_field_ref *field;
	struct k8s_resource_ref *resource;
	struct k8s_file_ref *file;
};
struct k8s_env { const struct node *node; char *name, *value; struct k8s_env_source *from; };
struct k8s_env_from { const struct node *node; char *prefix; struct k8s_key_ref *config_map, *secret; };

struct k8s_port { const struct node *node; char *name, *host_ip; int64_t host_port, container_port; int proto; };

enum k8s_propagation { K8S_PROPAGATION_NONE, K8S_PROPAGATION_HOST_TO_CONTAINER, K8S_PROPAGATION_BIDIRECTIONAL };
struct k8s_mount {
	const struct node *node;
	char *name, *path, *sub_path, *sub_path_expr, *recursive_read_only;
	bool read_only;
	int propagation;
};

struct k8s_profile { const struct node *node; char *type, *local; }; /* seccompProfile, appArmorProfile */
struct k8s_selinux { const struct node *node; char *user, *role, *type, *level; };
struct k8s_device { const struct node *node; char *name, *path; };

struct k8s_capabilities { const struct node *node; struct strs add, drop; };
struct k8s_security { /* of a container; the pod's has the first lines */
	const struct node *node;
	struct opt_i64 user, group;
	struct opt_bool non_root;
	struct k8s_profile *seccomp, *apparmor;
	struct k8s_selinux *selinux;
	struct k8s_capabilities capabilities;
	struct opt_bool privileged, read_only_root, escalation;
	char *proc_mount;
};
struct k8s_sysctl { const struct node *node; char *name, *value; };
struct k8s_pod_security {
	const struct node *node;
	struct opt_i64 user, group;
	struct opt_bool non_root;
	struct k8s_profile *seccomp, *apparmor;
	struct k8s_selinux *selinux;
	const struct node *groups; /* list of integers */
	char *groups_policy, *fs_group_policy;
	struct opt_i64 fs_group;
	struct list sysctls; /* struct k8s_sysctl */
};

struct k8s_resources { const struct node *node, *limits, *requests; /* maps of quantities */ };
struct k8s_lifecycle { const struct node *node; char *stop_signal; struct k8s_handler *post_start, *pre_stop; };

struct k8s_container {
	const struct node *node;
	char *name, *image, *pull_policy, *cwd;
	struct strs command, args;
	struct list env;      /* struct k8s_env */
	struct list env_from; /* struct k8s_env_from */
	struct list ports;    /* struct k8s_port */
	struct list mounts;   /* struct k8s_mount */
	struct list devices;  /* struct k8s_device */
	struct k8s_resources resources;
	struct k8s_security security;
	struct k8s_lifecycle lifecycle;
	struct k8s_probe *startup, *liveness, *readiness;
	char *restart;     /* its own policy; of an init container Always makes it a sidecar */
	struct list rules; /* struct k8s_restart_rule */
	char *message_path, *message_policy;
	bool stdin_open, stdin_once, tty;
};

struct k8s_item { const struct node *node; char *key, *path; struct opt_i64 mode, user; };
struct k8s_files { /* configMap and secret volumes and projections */
	const struct node *node;
	char *name;
	struct list items; /* struct k8s_item */
	struct opt_i64 mode, user;
	bool optional;
};
struct k8s_downward_item {
	const struct node *node;
	char *path;
	struct k8s_field_ref *field;
	struct k8s_resource_ref *resource;
	struct opt_i64 mode, user;
};
struct k8s_downward { const struct node *node; struct list items; struct opt_i64 mode, user; };
struct k8s_token { const struct node *node; char *path, *audience; struct opt_i64 expiration, user; };
struct k8s_projection {
	const struct node *node;
	struct k8s_files *config_map, *secret;
	struct k8s_downward *downward;
	struct k8s_token *token;
};
struct k8s_projected { const struct node *node; struct list sources; struct opt_i64 mode, user; };
struct k8s_host_path { const struct node *node; char *path, *type; };
struct k8s_empty_dir { const struct node *node; char *medium; const struct node *size_limit; struct opt_i64 mode; };
struct k8s_claim { const struct node *node; char *name; bool read_only; };
struct k8s_nfs { const struct node *node; char *server, *path; bool read_only; };
struct k8s_image_volume { const struct node *node; char *ref, *policy; };
struct k8s_meta_only { const struct node *node; struct k8s_meta meta; const struct node *spec; };
struct k8s_ephemeral { const struct node *node; struct k8s_meta_only *claim; };
struct k8s_volume {
	const struct node *node;
	char *name;
	struct k8s_host_path *host_path;
	struct k8s_empty_dir *empty_dir;
	struct k8s_files *config_map, *secret;
	struct k8s_claim *claim;
	struct k8s_downward *downward;
	struct k8s_projected *projected;
	struct k8s_ephemeral *ephemeral;
	struct k8s_image_volume *image;
	struct k8s_nfs *nfs;
};

struct k8s_host_alias { const struct node *node; char *ip; struct strs names; };
struct k8s_dns_option { const struct node *node; char *name, *value; };
struct k8s_dns_config { const struct node *node; struct strs servers, searches; struct list options; };
struct k8s_os { char *name; };

struct k8s_pod_spec {
	const struct node *node;
	struct list containers, init; /* struct k8s_container */
	struct list volumes;          /* struct k8s_volume */
	struct opt_i64 grace, deadline;
	char *restart, *hostname, *dns_policy, *service_account, *old_service_account;
	char *subdomain, *hostname_override, *runtime_class;
	bool fqdn;                    /* setHostnameAsFQDN */
	struct list pull_secrets;     /* struct k8s_key_ref, name alone */
	const struct node *overhead;
	struct k8s_resources resources;
	bool host_network, host_pid, host_ipc, share_pid;
	struct opt_bool host_users;
	struct k8s_pod_security security;
	struct list host_aliases;     /* struct k8s_host_alias */
	struct k8s_dns_config dns;
	struct k8s_os os;
};

struct k8s_pod {
	const struct node *node;
	struct k8s_meta meta;
	struct k8s_pod_spec spec;
};

struct k8s_template { const struct node *node; struct k8s_meta meta; struct k8s_pod_spec spec; };
struct k8s_selector { const struct node *node; struct kvs labels; };
struct k8s_claim_template { const struct node *node; struct k8s_meta meta; };
struct k8s_ordinals { int64_t start; };
struct k8s_workload_spec {
	const struct node *node;
	struct opt_i64 replicas;
	struct k8s_selector selector;
	struct k8s_template template;
	struct list claims; /* StatefulSet: struct k8s_claim_template */
	struct k8s_ordinals ordinals;
	char *service, *management;
	/* Job */
	struct opt_i64 completions, parallelism, backoff_limit, backoff_per_index, max_failed, deadline, ttl;
	char *completion_mode;
	bool suspend;
};
struct k8s_workload { const struct node *node; struct k8s_meta meta; struct k8s_workload_spec spec; };

struct k8s_config { /* ConfigMap and Secret: data stays nodes, it may be large */
	const struct node *node;
	struct k8s_meta meta;
	const struct node *data, *binary, *strings;
};

/* clang-format on */
extern const struct field k8s_pod_fields[], k8s_workload_fields[], k8s_config_fields[];
extern const char *const k8s_proto_names[]; /* "TCP", "UDP", "SCTP", NULL: the order of enum port_proto */

#endif
