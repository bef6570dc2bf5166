#include "pkg/kube/objects.h"

/* clang-format off */
const char *const k8s_proto_names[] = { "TCP", "UDP", "SCTP", NULL };
static const char *const propagation_names[] = { "None", "HostToContainer", "Bidirectional", NULL };

static const struct field meta_fields[] = {
	F_SELF(struct k8s_meta, node),
	F_STR(struct k8s_meta, "name", name),
	F_STR(struct k8s_meta, "namespace", namespace),
	F_KVS(struct k8s_meta, "labels", labels),
	F_KVS(struct k8s_meta, "annotations", annotations),
	F_END
};

static const struct field key_ref_fields[] = {
	F_SELF(struct k8s_key_ref, node),
	F_STR(struct k8s_key_ref, "name", name),
	F_STR(struct k8s_key_ref, "key", key),
	F_BOOL(struct k8s_key_ref, "optional", optional),
	F_END
};
static const struct field field_ref_fields[] = {
	F_SELF(struct k8s_field_ref, node),
	F_STR(struct k8s_field_ref, "fieldPath", path),
	F_END
};
static const struct field resource_ref_fields[] = {
	F_SELF(struct k8s_resource_ref, node),
	F_STR(struct k8s_resource_ref, "containerName", container),
	F_STR(struct k8s_resource_ref, "resource", resource),
	F_NODE(struct k8s_resource_ref, "divisor", divisor),
	F_END
};
static const struct field file_ref_fields[] = {
	F_SELF(struct k8s_file_ref, node),
	F_STR(struct k8s_file_ref, "volumeName", volume),
	F_STR(struct k8s_file_ref, "path", path),
	F_STR(struct k8s_file_ref, "key", key),
	F_BOOL(struct k8s_file_ref, "optional", optional),
	F_END
};
static const struct field env_source_fields[] = {
	F_SELF(struct k8s_env_source, node),
	F_PTR(struct k8s_env_source, "configMapKeyRef", config_map, key_ref_fields, struct k8s_key_ref),
	F_PTR(struct k8s_env_source, "secretKeyRef", secret, key_ref_fields, struct k8s_key_ref),
	F_PTR(struct k8s_env_source, "fieldRef", field, field_ref_fields, struct k8s_field_ref),
	F_PTR(struct k8s_env_source, "resourceFieldRef", resource, resource_ref_fields, struct k8s_resource_ref),
	F_PTR(struct k8s_env_source, "fileKeyRef", file, file_ref_fields, struct k8s_file_ref),
	F_END
};
static const struct field env_fields[] = {
	F_SELF(struct k8s_env, node),
	F_STR(struct k8s_env, "name", name),
	F_STR(struct k8s_env, "value", value),
	F_PTR(struct k8s_env, "valueFrom", from, env_source_fields, struct k8s_env_source),
	F_END
};
static const struct field env_from_fields[] = {
	F_SELF(struct k8s_env_from, node),
	F_STR(struct k8s_env_from, "prefix", prefix),
	F_PTR(struct k8s_env_from, "configMapRef", config_map, key_ref_fields, struct k8s_key_ref),
	F_PTR(struct k8s_env_from, "secretRef", secret, key_ref_fields, struct k8s_key_ref),
	F_END
};

static const struct field port_fields[] = {
	F_SELF(struct k8s_port, node),
	F_STR(struct k8s_port, "name", name),
	F_STR(struct k8s_port, "hostIP", host_ip),
	F_I64(struct k8s_port, "hostPort", host_port),
	F_I64(struct k8s_port, "containerPort", container_port),
	F_ENUM(struct k8s_port, "protocol", proto, k8s_proto_names),
	F_END
};
static const struct field mount_fields[] = {
	F_SELF(struct k8s_mount, node),
	F_STR(struct k8s_mount, "name", name),
	F_STR(struct k8s_mount, "mountPath", path),
	F_STR(struct k8s_mount, "subPath", sub_path),
	F_STR(struct k8s_mount, "subPathExpr", sub_path_expr),
	F_STR(struct k8s_mount, "recursiveReadOnly", recursive_read_only),
	F_BOOL(struct k8s_mount, "readOnly", read_only),
	F_ENUM(struct k8s_mount, "mountPropagation", propagation, propagation_names),
	F_END
};

static const struct field device_fields[] = {
	F_SELF(struct k8s_device, node),
	F_STR(struct k8s_device, "name", name),
	F_STR(struct k8s_device, "devicePath", path),
	F_END
};

static const struct field profile_fields[] = {
	F_SELF(struct k8s_profile, node),
	F_STR(struct k8s_profile, "type", type),
	F_STR(struct k8s_profile, "localhostProfile", local),
	F_END
};
static const struct field selinux_fields[] = {
	F_SELF(struct k8s_selinux, node),
	F_STR(struct k8s_selinux, "user", user),
	F_STR(struct k8s_selinux, "role", role),
	F_STR(struct k8s_selinux, "type", type),
	F_STR(struct k8s_selinux, "level", level),
	F_END
};
static const struct field capabilities_fields[] = {
	F_SELF(struct k8s_capabilities, node),
	F_STRS(struct k8s_capabilities, "add", add),
	F_STRS(struct k8s_capabilities, "drop", drop),
	F_END
};
static const struct field security_fields[] = {
	F_SELF(struct k8s_security, node),
	F_OPT_I64(struct k8s_security, "runAsUser", user),
	F_OPT_I64(struct k8s_security, "runAsGroup", group),
	F_OPT_BOOL(struct k8s_security, "runAsNonRoot", non_root),
	F_PTR(struct k8s_security, "seccompProfile", seccomp, profile_fields, struct k8s_profile),
	F_PTR(struct k8s_security, "appArmorProfile", apparmor, profile_fields, struct k8s_profile),
	F_PTR(struct k8s_security, "seLinuxOptions", selinux, selinux_fields, struct k8s_selinux),
	F_OBJECT(struct k8s_security, "capabilities", capabilities, capabilities_fields),
	F_OPT_BOOL(struct k8s_security, "privileged", privileged),
	F_OPT_BOOL(struct k8s_security, "readOnlyRootFilesystem", read_only_root),
	F_OPT_BOOL(struct k8s_security, "allowPrivilegeEscalation", escalation),
	F_STR(struct k8s_security, "procMount", proc_mount),
	F_END
};
static const struct field sysctl_fields[] = {
	F_SELF(struct k8s_sysctl, node),
	F_STR(struct k8s_sysctl, "name", name),
	F_STR(struct k8s_sysctl, "value", value),
	F_END
};
static const struct field pod_security_fields[] = {
	F_SELF(struct k8s_pod_security, node),
	F_OPT_I64(struct k8s_pod_security, "runAsUser", user),
	F_OPT_I64(struct k8s_pod_security, "runAsGroup", group),
	F_OPT_BOOL(struct k8s_pod_security, "runAsNonRoot", non_root),
	F_PTR(struct k8s_pod_security, "seccompProfile", seccomp, profile_fields, struct k8s_profile),
	F_PTR(struct k8s_pod_security, "appArmorProfile", apparmor, profile_fields, struct k8s_profile),
	F_PTR(struct k8s_pod_security, "seLinuxOptions", selinux, selinux_fields, struct k8s_selinux),
	F_OPT_I64(struct k8s_pod_security, "fsGroup", fs_group),
	F_STR(struct k8s_pod_security, "fsGroupChangePolicy", fs_group_policy),
	F_NODE(struct k8s_pod_security, "supplementalGroups", groups),
	F_STR(struct k8s_pod_security, "supplementalGroupsPolicy", groups_policy),
	F_LIST(struct k8s_pod_security, "sysctls", sysctls, sysctl_fields, struct k8s_sysctl),
	F_END
};

static const struct field resources_fields[] = {
	F_SELF(struct k8s_resources, node),
	F_NODE(struct k8s_resources, "limits", limits),
	F_NODE(struct k8s_resources, "requests", requests),
	F_END
};
static const struct field lifecycle_fields[] = {
	F_SELF(struct k8s_lifecycle, node),
	F_STR(struct k8s_lifecycle, "stopSignal", stop_signal),
	F_PTR(struct k8s_lifecycle, "postStart", post_start, k8s_handler_fields, struct k8s_handler),
	F_PTR(struct k8s_lifecycle, "preStop", pre_stop, k8s_handler_fields, struct k8s_handler),
	F_END
};
static const struct field container_fields[] = {
	F_SELF(struct k8s_container, node),
	F_STR(struct k8s_container, "name", name),
	F_STR(struct k8s_container, "image", image),
	F_STR(struct k8s_container, "imagePullPolicy", pull_policy),
	F_STR(struct k8s_container, "workingDir", cwd),
	F_STRS(struct k8s_container, "command", command),
	F_STRS(struct k8s_container, "args", args),
	F_LIST(struct k8s_container, "env", env, env_fields, struct k8s_env),
	F_LIST(struct k8s_container, "envFrom", env_from, env_from_fields, struct k8s_env_from),
	F_LIST(struct k8s_container, "ports", ports, port_fields, struct k8s_port),
	F_LIST(struct k8s_container, "volumeMounts", mounts, mount_fields, struct k8s_mount),
	F_LIST(struct k8s_container, "volumeDevices", devices, device_fields, struct k8s_device),
	F_OBJECT(struct k8s_container, "resources", resources, resources_fields),
	F_OBJECT(struct k8s_container, "securityContext", security, security_fields),
	F_OBJECT(struct k8s_container, "lifecycle", lifecycle, lifecycle_fields),
	F_PTR(struct k8s_container, "startupProbe", startup, k8s_probe_fields, struct k8s_probe),
	F_PTR(struct k8s_container, "livenessProbe", liveness, k8s_probe_fields, struct k8s_probe),
	F_PTR(struct k8s_container, "readinessProbe", readiness, k8s_probe_fields, struct k8s_probe),
	F_STR(struct k8s_container, "restartPolicy", restart),
	F_LIST(struct k8s_container, "restartPolicyRules", rules, k8s_restart_rule_fields, struct k8s_restart_rule),
	F_STR(struct k8s_container, "terminationMessagePath", message_path),
	F_STR(struct k8s_container, "terminationMessagePolicy", message_policy),
	F_BOOL(struct k8s_container, "stdin", stdin_open),
	F_BOOL(struct k8s_container, "stdinOnce", stdin_once),
	F_BOOL(struct k8s_container, "tty", tty),
	F_END
};

static const struct field item_fields[] = {
	F_SELF(struct k8s_item, node),
	F_STR(struct k8s_item, "key", key),
	F_STR(struct k8s_item, "path", path),
	F_OPT_I64(struct k8s_item, "mode", mode),
	F_OPT_I64(struct k8s_item, "user", user),
	F_END
};
static const struct field config_map_volume_fields[] = {
	F_SELF(struct k8s_files, node),
	F_STR(struct k8s_files, "name", name),
	F_LIST(struct k8s_files, "items", items, item_fields, struct k8s_item),
	F_OPT_I64(struct k8s_files, "defaultMode", mode),
	F_OPT_I64(struct k8s_files, "defaultUser", user),
	F_BOOL(struct k8s_files, "optional", optional),
	F_END
};
static const struct field secret_volume_fields[] = {
	F_SELF(struct k8s_files, node),
	F_STR(struct k8s_files, "secretName", name),
	F_LIST(struct k8s_files, "items", items, item_fields, struct k8s_item),
	F_OPT_I64(struct k8s_files, "defaultMode", mode),
	F_OPT_I64(struct k8s_files, "defaultUser", user),
	F_BOOL(struct k8s_files, "optional", optional),
	F_END
};
static const struct field downward_item_fields[] = {
	F_SELF(struct k8s_downward_item, node),
	F_STR(struct k8s_downward_item, "path", path),
	F_PTR(struct k8s_downward_item, "fieldRef", field, field_ref_fields, struct k8s_field_ref),
	F_PTR(struct k8s_downward_item, "resourceFieldRef", resource, resource_ref_fields, struct k8s_resource_ref),
	F_OPT_I64(struct k8s_downward_item, "mode", mode),
	F_OPT_I64(struct k8s_downward_item, "user", user),
	F_END
};
static const struct field downward_fields[] = {
	F_SELF(struct k8s_downward, node),
	F_LIST(struct k8s_downward, "items", items, downward_item_fields, struct k8s_downward_item),
	F_OPT_I64(struct k8s_downward, "defaultMode", mode),
	F_OPT_I64(struct k8s_downward, "defaultUser", user),
	F_END
};
static const struct field token_fields[] = {
	F_SELF(struct k8s_token, node),
	F_STR(struct k8s_token, "path", path),
	F_STR(struct k8s_token, "audience", audience),
	F_OPT_I64(struct k8s_token, "expirationSeconds", expiration),
	F_OPT_I64(struct k8s_token, "user", user),
	F_END
};
static const struct field projection_fields[] = {
	F_SELF(struct k8s_projection, node),
	F_PTR(struct k8s_projection, "configMap", config_map, config_map_volume_fields, struct k8s_files),
	F_PTR(struct k8s_projection, "secret", secret, config_map_volume_fields, struct k8s_files),
	F_PTR(struct k8s_projection, "downwardAPI", downward, downward_fields, struct k8s_downward),
	F_PTR(struct k8s_projection, "serviceAccountToken", token, token_fields, struct k8s_token),
	F_END
};
static const struct field projected_fields[] = {
	F_SELF(struct k8s_projected, node),
	F_LIST(struct k8s_projected, "sources", sources, projection_fields, struct k8s_projection),
	F_OPT_I64(struct k8s_projected, "defaultMode", mode),
	F_OPT_I64(struct k8s_projected, "defaultUser", user),
	F_END
};
static const struct field host_path_fields[] = {
	F_SELF(struct k8s_host_path, node),
	F_STR(struct k8s_host_path, "path", path),
	F_STR(struct k8s_host_path, "type", type),
	F_END
};
static const struct field empty_dir_fields[] = {
	F_SELF(struct k8s_empty_dir, node),
	F_STR(struct k8s_empty_dir, "medium", medium),
	F_NODE(struct k8s_empty_dir, "sizeLimit", size_limit),
	F_OPT_I64(struct k8s_empty_dir, "mode", mode),
	F_END
};
static const struct field nfs_fields[] = {
	F_SELF(struct k8s_nfs, node),
	F_STR(struct k8s_nfs, "server", server),
	F_STR(struct k8s_nfs, "path", path),
	F_BOOL(struct k8s_nfs, "readOnly", read_only),
	F_END
};
static const struct field image_volume_fields[] = {
	F_SELF(struct k8s_image_volume, node),
	F_STR(struct k8s_image_volume, "reference", ref),
	F_STR(struct k8s_image_volume, "pullPolicy", policy),
	F_END
};
static const struct field meta_only_fields[] = {
	F_SELF(struct k8s_meta_only, node),
	F_OBJECT(struct k8s_meta_only, "metadata", meta, meta_fields),
	F_NODE(struct k8s_meta_only, "spec", spec),
	F_END
};
static const struct field ephemeral_fields[] = {
	F_SELF(struct k8s_ephemeral, node),
	F_PTR(struct k8s_ephemeral, "volumeClaimTemplate", claim, meta_only_fields, struct k8s_meta_only),
	F_END
};
static const struct field claim_fields[] = {
	F_SELF(struct k8s_claim, node),
	F_STR(struct k8s_claim, "claimName", name),
	F_BOOL(struct k8s_claim, "readOnly", read_only),
	F_END
};
static const struct field volume_fields[] = {
	F_SELF(struct k8s_volume, node),
	F_STR(struct k8s_volume, "name", name),
	F_PTR(struct k8s_volume, "hostPath", host_path, host_path_fields, struct k8s_host_path),
	F_PTR(struct k8s_volume, "emptyDir", empty_dir, empty_dir_fields, struct k8s_empty_dir),
	F_PTR(struct k8s_volume, "configMap", config_map, config_map_volume_fields, struct k8s_files),
	F_PTR(struct k8s_volume, "secret", secret, secret_volume_fields, struct k8s_files),
	F_PTR(struct k8s_volume, "persistentVolumeClaim", claim, claim_fields, struct k8s_claim),
	F_PTR(struct k8s_volume, "downwardAPI", downward, downward_fields, struct k8s_downward),
	F_PTR(struct k8s_volume, "projected", projected, projected_fields, struct k8s_projected),
	F_PTR(struct k8s_volume, "ephemeral", ephemeral, ephemeral_fields, struct k8s_ephemeral),
	F_PTR(struct k8s_volume, "image", image, image_volume_fields, struct k8s_image_volume),
	F_PTR(struct k8s_volume, "nfs", nfs, nfs_fields, struct k8s_nfs),
	F_END
};

static const struct field host_alias_fields[] = {
	F_SELF(struct k8s_host_alias, node),
	F_STR(struct k8s_host_alias, "ip", ip),
	F_STRS(struct k8s_host_alias, "hostnames", names),
	F_END
};
static const struct field dns_option_fields[] = {
	F_SELF(struct k8s_dns_option, node),
	F_STR(struct k8s_dns_option, "name", name),
	F_STR(struct k8s_dns_option, "value", value),
	F_END
};
static const struct field dns_config_fields[] = {
	F_SELF(struct k8s_dns_config, node),
	F_STRS(struct k8s_dns_config, "nameservers", servers),
	F_STRS(struct k8s_dns_config, "searches", searches),
	F_LIST(struct k8s_dns_config, "options", options, dns_option_fields, struct k8s_dns_option),
	F_END
};
static const struct field os_fields[] = { F_STR(struct k8s_os, "name", name), F_END };

static const struct field kube_spec_fields[] = {
	F_SELF(struct k8s_pod_spec, node),
	F_LIST(struct k8s_pod_spec, "containers", containers, container_fields, struct k8s_container),
	F_LIST(struct k8s_pod_spec, "initContainers", init, container_fields, struct k8s_container),
	F_LIST(struct k8s_pod_spec, "volumes", volumes, volume_fields, struct k8s_volume),
	F_STR(struct k8s_pod_spec, "restartPolicy", restart),
	F_STR(struct k8s_pod_spec, "hostname", hostname),
	F_STR(struct k8s_pod_spec, "dnsPolicy", dns_policy),
	F_STR(struct k8s_pod_spec, "serviceAccountName", service_account),
	F_STR(struct k8s_pod_spec, "serviceAccount", old_service_account),
	F_STR(struct k8s_pod_spec, "subdomain", subdomain),
	F_STR(struct k8s_pod_spec, "hostnameOverride", hostname_override),
	F_STR(struct k8s_pod_spec, "runtimeClassName", runtime_class),
	F_BOOL(struct k8s_pod_spec, "setHostnameAsFQDN", fqdn),
	F_LIST(struct k8s_pod_spec, "imagePullSecrets", pull_secrets, key_ref_fields, struct k8s_key_ref),
	F_NODE(struct k8s_pod_spec, "overhead", overhead),
	F_OBJECT(struct k8s_pod_spec, "resources", resources, resources_fields),
	F_OPT_I64(struct k8s_pod_spec, "terminationGracePeriodSeconds", grace),
	F_OPT_I64(struct k8s_pod_spec, "activeDeadlineSeconds", deadline),
	F_BOOL(struct k8s_pod_spec, "hostNetwork", host_network),
	F_BOOL(struct k8s_pod_spec, "hostPID", host_pid),
	F_BOOL(struct k8s_pod_spec, "hostIPC", host_ipc),
	F_BOOL(struct k8s_pod_spec, "shareProcessNamespace", share_pid),
	F_OPT_BOOL(struct k8s_pod_spec, "hostUsers", host_users),
	F_OBJECT(struct k8s_pod_spec, "securityContext", security, pod_security_fields),
	F_LIST(struct k8s_pod_spec, "hostAliases", host_aliases, host_alias_fields, struct k8s_host_alias),
	F_OBJECT(struct k8s_pod_spec, "dnsConfig", dns, dns_config_fields),
	F_OBJECT(struct k8s_pod_spec, "os", os, os_fields),
	F_END
};
const struct field k8s_pod_fields[] = {
	F_SELF(struct k8s_pod, node),
	F_OBJECT(struct k8s_pod, "metadata", meta, meta_fields),
	F_OBJECT(struct k8s_pod, "spec", spec, kube_spec_fields),
	F_END
};

static const struct field selector_fields[] = {
	F_SELF(struct k8s_selector, node),
	F_KVS(struct k8s_selector, "matchLabels", labels),
	F_END
};
static const struct field template_fields[] = {
	F_SELF(struct k8s_template, node),
	F_OBJECT(struct k8s_template, "metadata", meta, meta_fields),
	F_OBJECT(struct k8s_template, "spec", spec, kube_spec_fields),
	F_END
};
static const struct field claim_template_fields[] = {
	F_SELF(struct k8s_claim_template, node),
	F_OBJECT(struct k8s_claim_template, "metadata", meta, meta_fields),
	F_END
};
static const struct field ordinals_fields[] = { F_I64(struct k8s_ordinals, "start", start), F_END };
static const struct field workload_spec_fields[] = {
	F_SELF(struct k8s_workload_spec, node),
	F_OPT_I64(struct k8s_workload_spec, "replicas", replicas),
	F_OBJECT(struct k8s_workload_spec, "selector", selector, selector_fields),
	F_OBJECT(struct k8s_workload_spec, "template", template, template_fields),
	F_LIST(struct k8s_workload_spec, "volumeClaimTemplates", claims, claim_template_fields, struct k8s_claim_template),
	F_OBJECT(struct k8s_workload_spec, "ordinals", ordinals, ordinals_fields),
	F_STR(struct k8s_workload_spec, "serviceName", service),
	F_STR(struct k8s_workload_spec, "podManagementPolicy", management),
	F_OPT_I64(struct k8s_workload_spec, "completions", completions),
	F_OPT_I64(struct k8s_workload_spec, "parallelism", parallelism),
	F_OPT_I64(struct k8s_workload_spec, "backoffLimit", backoff_limit),
	F_OPT_I64(struct k8s_workload_spec, "activeDeadlineSeconds", deadline),
	F_OPT_I64(struct k8s_workload_spec, "backoffLimitPerIndex", backoff_per_index),
	F_OPT_I64(struct k8s_workload_spec, "maxFailedIndexes", max_failed),
	F_OPT_I64(struct k8s_workload_spec, "ttlSecondsAfterFinished", ttl),
	F_STR(struct k8s_workload_spec, "completionMode", completion_mode),
	F_BOOL(struct k8s_workload_spec, "suspend", suspend),
	F_END
};
const struct field k8s_workload_fields[] = {
	F_SELF(struct k8s_workload, node),
	F_OBJECT(struct k8s_workload, "metadata", meta, meta_fields),
	F_OBJECT(struct k8s_workload, "spec", spec, workload_spec_fields),
	F_END
};

const struct field k8s_config_fields[] = {
	F_SELF(struct k8s_config, node),
	F_OBJECT(struct k8s_config, "metadata", meta, meta_fields),
	F_NODE(struct k8s_config, "data", data),
	F_NODE(struct k8s_config, "binaryData", binary),
	F_NODE(struct k8s_config, "stringData", strings),
	F_END
};
/* clang-format on */
