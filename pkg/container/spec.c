#include "pkg/container/spec.h"

const char *const container_role_names[] = { "member", "init", "infra", "sidecar", NULL };
const char *const user_groups_names[] = { "", "merge", "strict", NULL };
const char *const ns_mode_names[] = { "private", "host", "pod", "container", NULL };
const char *const mount_type_names[] = { "bind", "volume", "tmpfs", "named", "image", "devpts", NULL };
const char *const restart_policy_names[] = { "no", "on-failure", "always", "unless-stopped", NULL };

const char *const io_limit_names[] = { "weight", "readBps", "writeBps", "readIops", "writeIops", NULL };

/* clang-format off */
static const struct field ns_fields[] = {
	F_ENUM(struct ns_spec, "mode", mode, ns_mode_names),
	F_STR(struct ns_spec, "container", container),
	F_END
};

const struct field mount_spec_fields[] = {
	{ "type", FIELD_ENUM, offsetof(struct mount_spec, type), .names = mount_type_names, .always = 1 },
	F_STR(struct mount_spec, "source", source),
	F_STR(struct mount_spec, "subPath", sub_path),
	F_STR(struct mount_spec, "dest", dest),
	F_BOOL(struct mount_spec, "readOnly", read_only),
	F_BOOL(struct mount_spec, "anonymous", anonymous),
	F_BOOL(struct mount_spec, "noCopy", no_copy),
	F_BOOL(struct mount_spec, "idmap", idmap),
	F_BOOL(struct mount_spec, "chown", chown),
	F_BOOL(struct mount_spec, "overlay", overlay),
	F_STR(struct mount_spec, "upper", upper),
	F_STR(struct mount_spec, "work", work),
	F_STRS(struct mount_spec, "options", options),
	F_END
};

static const struct field ulimit_fields[] = {
	F_STR(struct ulimit_spec, "name", name),
	F_I64(struct ulimit_spec, "soft", soft),
	F_I64(struct ulimit_spec, "hard", hard),
	F_END
};

static const struct field device_fields[] = {
	F_STR(struct device_spec, "host", host),
	F_STR(struct device_spec, "path", path),
	F_STR(struct device_spec, "access", access),
	F_END
};

static const struct field env_file_fields[] = {
	F_STR(struct env_file, "name", name),
	F_STR(struct env_file, "volume", volume),
	F_STR(struct env_file, "path", path),
	F_STR(struct env_file, "key", key),
	F_BOOL(struct env_file, "optional", optional),
	F_END
};

static const struct field io_limit_fields[] = {
	{ "kind", FIELD_ENUM, offsetof(struct io_limit_spec, kind), .names = io_limit_names, .always = 1 },
	F_STR(struct io_limit_spec, "path", path),
	F_U64(struct io_limit_spec, "value", value),
	F_END
};

const struct field resources_spec_fields[] = {
	F_I64(struct resources_spec, "memory", memory),
	F_I64(struct resources_spec, "memorySwap", memory_swap),
	F_I64(struct resources_spec, "memoryReservation", memory_reservation),
	F_U64(struct resources_spec, "cpuShares", cpu_shares),
	F_I64(struct resources_spec, "cpuQuota", cpu_quota),
	F_U64(struct resources_spec, "cpuPeriod", cpu_period),
	F_STR(struct resources_spec, "cpusetCpus", cpuset_cpus),
	F_STR(struct resources_spec, "cpusetMems", cpuset_mems),
	F_OPT_I64(struct resources_spec, "pids", pids),
	F_OPT_I64(struct resources_spec, "swappiness", swappiness),
	F_BOOL(struct resources_spec, "oomKillDisable", oom_kill_disable),
	F_I64(struct resources_spec, "cpuRtPeriod", cpu_rt_period),
	F_I64(struct resources_spec, "cpuRtRuntime", cpu_rt_runtime),
	F_U64(struct resources_spec, "blkioWeight", blkio_weight),
	F_LIST(struct resources_spec, "io", io, io_limit_fields, struct io_limit_spec),
	F_STRS(struct resources_spec, "deviceRules", device_rules),
	F_KVS(struct resources_spec, "unified", unified),
	F_KVS(struct resources_spec, "hugepages", hugepages),
	F_U64(struct resources_spec, "storage", storage),
	F_END
};

static const struct field health_spec_fields[] = {
	F_STRS(struct health_spec, "test", test),
	F_OPT_I64(struct health_spec, "interval", interval),
	F_OPT_I64(struct health_spec, "timeout", timeout),
	F_OPT_I64(struct health_spec, "startPeriod", start_period),
	F_OPT_I64(struct health_spec, "retries", retries),
	F_ENUM(struct health_spec, "action", action, health_action_names),
	F_END
};

static const struct field secret_fields[] = {
	F_STR(struct secret_spec, "name", name),
	F_STR(struct secret_spec, "id", id),
	F_STR(struct secret_spec, "target", target),
	F_STR(struct secret_spec, "data", data),
	F_BOOL(struct secret_spec, "env", env),
	F_U32(struct secret_spec, "uid", uid),
	F_U32(struct secret_spec, "gid", gid),
	F_U32(struct secret_spec, "mode", mode),
	F_END
};

#define C struct container_spec
const struct field container_spec_fields[] = {
	F_STR(C, "id", id), F_STR(C, "name", name), F_STR(C, "pod", pod), F_STR(C, "shortName", short_name),
	F_ENUM(C, "role", role, container_role_names),
	F_STR(C, "image", image), F_STR(C, "imageId", image_id), F_STR(C, "rootfs", rootfs),
	F_STRS(C, "entrypoint", entrypoint), F_STRS(C, "command", command),
	F_BOOL(C, "entrypointSet", entrypoint_set), F_BOOL(C, "commandSet", command_set),
	F_STRS(C, "argv", argv), F_STRS(C, "env", env), F_KVS(C, "envAsked", env_asked),
	F_LIST(C, "envFiles", env_files, env_file_fields, struct env_file),
	F_STR(C, "cwd", cwd), F_STR(C, "user", user), F_STRS(C, "groups", groups), F_STR(C, "hostname", hostname),
	F_BOOL(C, "terminal", terminal), F_BOOL(C, "stdinOpen", stdin_open), F_BOOL(C, "stdinOnce", stdin_once),
	F_LIST(C, "mounts", mounts, mount_spec_fields, struct mount_spec),
	F_LIST(C, "devices", devices, device_fields, struct device_spec),
	F_LIST(C, "ulimits", ulimits, ulimit_fields, struct ulimit_spec),
	F_STRS(C, "capAdd", cap_add), F_STRS(C, "capDrop", cap_drop),
	F_BOOL(C, "privileged", privileged), F_BOOL(C, "readOnly", read_only), F_BOOL(C, "noNewPrivs", no_new_privs),
	F_ENUM(C, "userGroups", user_groups, user_groups_names), F_BOOL(C, "runAsNonRoot", run_as_non_root),
	F_STR(C, "apparmor", apparmor), F_STR(C, "processLabel", process_label), F_STR(C, "mountLabel", mount_label),
	F_STR(C, "seccomp", seccomp), F_STRS(C, "masked", masked), F_STRS(C, "unmasked", unmasked),
	F_KVS(C, "sysctls", sysctls), F_OBJECT(C, "resources", resources, resources_spec_fields),
	F_OPT_I64(C, "oomScoreAdj", oom_score_adj), F_U64(C, "shmSize", shm_size), F_I64(C, "umask", umask),
	F_OBJECT(C, "pid", pid, ns_fields), F_OBJECT(C, "ipc", ipc, ns_fields), F_OBJECT(C, "uts", uts, ns_fields),
	F_OBJECT(C, "cgroup", cgroup, ns_fields),
	F_BOOL(C, "init", init), F_STR(C, "initPath", init_path), F_ENUM(C, "restart", restart, restart_policy_names),
	F_U32(C, "restartMax", restart_max), F_BOOL(C, "kubeRestart", kube_restart),
	F_STR(C, "stopSignal", stop_signal), F_U32(C, "stopTimeout", stop_timeout), F_U32(C, "timeout", timeout),
	F_STR(C, "logDriver", log_driver), F_I64(C, "logSizeMax", log_size_max),
	F_PTR(C, "care", care, care_fields, struct care), F_STR(C, "messagePath", message_path),
	F_PTR(C, "health", health, health_spec_fields, struct health_spec),
	F_KVS(C, "labels", labels), F_KVS(C, "annotations", annotations), F_STRS(C, "exposed", exposed),
	F_STR(C, "cidfile", cidfile), F_STRS(C, "createArgv", create_argv),
	F_STR(C, "pidfile", pidfile), F_STR(C, "monitorPidfile", monitor_pidfile), F_STR(C, "tz", tz),
	F_STRS(C, "unsetenv", unsetenv), F_BOOL(C, "unsetenvAll", unsetenv_all), F_KVS(C, "envMerge", env_merge),
	F_BOOL(C, "noPasswd", no_passwd), F_STR(C, "passwdEntry", passwd_entry), F_STRS(C, "hostUsers", host_users),
	F_STRS(C, "chrootDirs", chroot_dirs), F_STRS(C, "requires", requires), F_BOOL(C, "systemd", systemd),
	F_STR(C, "personality", personality), F_STR(C, "sdnotify", sdnotify),
	F_LIST(C, "secrets", secrets, secret_fields, struct secret_spec),
	F_BOOL(C, "publishAll", publish_all), F_BOOL(C, "cwdAsked", cwd_asked), F_STRS(C, "volumesFrom", volumes_from),
	F_END
};
#undef C
/* clang-format on */
