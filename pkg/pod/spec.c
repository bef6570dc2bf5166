#include "pkg/pod/spec.h"

#include "pkg/network/network.h"

const char *const net_mode_names[] = { "none", "host", "bridge", "container", NULL };
const char *const volume_type_names[] = { "emptyDir", "hostPath", "configMap", "secret", "named", "projected",
	"image", "nfs", NULL };

/* clang-format off */
static const struct field file_fields[] = {
	F_STR(struct file_spec, "path", path),
	F_STR(struct file_spec, "data", data),
	F_BOOL(struct file_spec, "base64", base64),
	F_U32(struct file_spec, "mode", mode),
	F_OPT_I64(struct file_spec, "user", user),
	F_U64(struct file_spec, "token", token),
	F_END
};

static const struct field volume_fields[] = {
	F_STR(struct volume_spec, "name", name),
	{ "type", FIELD_ENUM, offsetof(struct volume_spec, type), .names = volume_type_names, .always = 1 },
	F_STR(struct volume_spec, "path", path),
	F_STR(struct volume_spec, "options", options),
	F_STR(struct volume_spec, "pathType", path_type),
	F_BOOL(struct volume_spec, "memory", memory),
	F_U32(struct volume_spec, "mode", mode),
	F_BOOL(struct volume_spec, "readOnly", read_only),
	F_U64(struct volume_spec, "sizeLimit", size_limit),
	F_LIST(struct volume_spec, "files", files, file_fields, struct file_spec),
	F_END
};

static const struct field port_fields[] = {
	F_STR(struct port_spec, "hostIP", host_ip),
	F_PORT(struct port_spec, "hostPort", host_port),
	F_PORT(struct port_spec, "containerPort", container_port),
	F_PORT(struct port_spec, "range", range),
	{ "protocol", FIELD_ENUM, offsetof(struct port_spec, proto), .names = port_proto_names, .always = 1 },
	F_STR(struct port_spec, "name", name),
	F_END
};

static const struct field alias_fields[] = {
	F_STR(struct host_alias, "ip", ip),
	F_STRS(struct host_alias, "names", names),
	F_END
};

const char *const userns_mode_names[] = { "host", "auto", "map", "container", "ns", NULL };
static const struct field userns_fields[] = {
	F_ENUM(struct userns_spec, "mode", mode, userns_mode_names),
	F_U32(struct userns_spec, "size", size),
	F_STR(struct userns_spec, "target", target),
	F_LIST(struct userns_spec, "uids", uids, id_range_fields, struct id_range),
	F_LIST(struct userns_spec, "gids", gids, id_range_fields, struct id_range),
	F_LIST(struct userns_spec, "moreUids", more_uids, id_range_fields, struct id_range),
	F_LIST(struct userns_spec, "moreGids", more_gids, id_range_fields, struct id_range),
	F_BOOL(struct userns_spec, "mounts", mounts),
	F_END
};

#define P struct pod_spec
const struct field pod_spec_fields[] = {
	F_STR(P, "id", id), F_STR(P, "name", name), F_BOOL(P, "solo", solo), F_STR(P, "hostname", hostname),
	{ "net", FIELD_ENUM, offsetof(P, net), .names = net_mode_names, .always = 1 },
	F_STR(P, "netContainer", net_container), F_STR(P, "network", network),
	F_LIST(P, "ports", ports, port_fields, struct port_spec),
	F_BOOL(P, "sharePid", share_pid), F_BOOL(P, "hostPid", host_pid), F_BOOL(P, "hostIpc", host_ipc),
	F_OBJECT(P, "userns", userns, userns_fields),
	F_STRS(P, "share", share),
	F_LIST(P, "volumes", volumes, volume_fields, struct volume_spec),
	F_LIST(P, "hostAliases", host_aliases, alias_fields, struct host_alias),
	F_STRS(P, "dnsServers", dns_servers), F_STRS(P, "dnsSearches", dns_searches), F_STRS(P, "dnsOptions", dns_options),
	F_BOOL(P, "noHosts", no_hosts), F_BOOL(P, "noInfra", no_infra), F_BOOL(P, "noHostname", no_hostname), F_STR(P, "ip", ip), F_STR(P, "mac", mac), F_STRS(P, "aliases", aliases), F_KVS(P, "sysctls", sysctls),
	F_KVS(P, "labels", labels), F_KVS(P, "annotations", annotations),
	F_STR(P, "dnsPolicy", dns_policy), F_STR(P, "fqdn", fqdn), F_OPT_I64(P, "fsGroup", fs_group),
	F_BOOL(P, "fsGroupOnMismatch", fs_group_on_mismatch), F_STR(P, "runtime", runtime),
	F_OBJECT(P, "resources", resources, resources_spec_fields),
	F_PTR(P, "member", member, container_spec_fields, struct container_spec), F_STR(P, "infraName", infra_name), F_STR(P, "cgroupParent", cgroup_parent),
	F_STR(P, "exitPolicy", exit_policy), F_U32(P, "grace", grace), F_BOOL(P, "kube", kube), F_BOOL(P, "leads", leads), F_I64(P, "deadline", deadline),
	F_BOOL(P, "autoremove", autoremove), F_U64(P, "createdUs", created_us), F_STRS(P, "createArgv", create_argv),
	F_END
};
#undef P
/* clang-format on */
