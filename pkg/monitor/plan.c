#include "pkg/monitor/plan.h"

/* clang-format off */
static const struct field mount_fields[] = {
	F_STR(struct plan_mount, "type", type), F_STR(struct plan_mount, "source", source),
	F_STR(struct plan_mount, "target", target), F_STR(struct plan_mount, "options", options), F_END
};

const struct field plan_overlay_fields[] = {
	F_STRS(struct plan_overlay, "lowers", lowers), F_STR(struct plan_overlay, "upper", upper),
	F_STR(struct plan_overlay, "work", work), F_STR(struct plan_overlay, "target", target),
	F_BOOL(struct plan_overlay, "volatile", is_volatile), F_BOOL(struct plan_overlay, "userxattr", userxattr),
	F_BOOL(struct plan_overlay, "nodev", nodev), F_BOOL(struct plan_overlay, "copy", copy), F_U64(struct plan_overlay, "base", base),
	F_U32(struct plan_overlay, "uid", uid), F_U32(struct plan_overlay, "gid", gid), F_END
};

static const struct field bind_fields[] = {
	F_STR(struct plan_bind, "volume", volume), F_STR(struct plan_bind, "sub", sub),
	F_STR(struct plan_bind, "target", target), F_U32(struct plan_bind, "uid", uid), F_BOOL(struct plan_bind, "ids", ids), F_END
};

static const struct field disk_fields[] = {
	F_STR(struct plan_disk, "volume", volume), F_STR(struct plan_disk, "path", path),
	F_U64(struct plan_disk, "limit", limit), F_END
};

static const struct field env_fields[] = {
	F_STR(struct plan_env, "name", name), F_STR(struct plan_env, "volume", volume),
	F_STR(struct plan_env, "path", path), F_STR(struct plan_env, "key", key),
	F_BOOL(struct plan_env, "optional", optional), F_END
};

const struct field plan_container_fields[] = {
	{ "id", FIELD_STR, offsetof(struct plan_container, id), .required = 1 },
	{ "name", FIELD_STR, offsetof(struct plan_container, name), .required = 1 },
	{ "role", FIELD_STR, offsetof(struct plan_container, role), .required = 1 },
	{ "bundle", FIELD_STR, offsetof(struct plan_container, bundle), .required = 1 },
	F_PTR(struct plan_container, "rootfs", rootfs, plan_overlay_fields, struct plan_overlay),
	F_BOOL(struct plan_container, "terminal", terminal),
	F_BOOL(struct plan_container, "stdin_open", stdin_open),
	F_BOOL(struct plan_container, "stdin_once", stdin_once),
	F_U32(struct plan_container, "uid", uid),
	F_U32(struct plan_container, "gid", gid),
	F_STR(struct plan_container, "restart", restart),
	F_U32(struct plan_container, "restart_max", restart_max),
	F_BOOL(struct plan_container, "fresh_layer", fresh_layer),
	F_U64(struct plan_container, "backoff_us", backoff_us),
	F_U64(struct plan_container, "backoff_max_us", backoff_max_us),
	F_U64(struct plan_container, "backoff_reset_us", backoff_reset_us),
	F_U32(struct plan_container, "stop_signal", stop_signal),
	F_U64(struct plan_container, "stop_timeout_us", stop_timeout_us),
	F_U64(struct plan_container, "timeout_us", timeout_us),
	F_STR(struct plan_container, "log_path", log_path),
	F_I64(struct plan_container, "log_max", log_max),
	F_STR(struct plan_container, "cgroup", cgroup),
	F_LIST(struct plan_container, "binds", binds, bind_fields, struct plan_bind),
	F_LIST(struct plan_container, "env_files", env_files, env_fields, struct plan_env),
	F_BOOL(struct plan_container, "autostart", autostart),
	F_STR(struct plan_container, "image", image),
	F_PTR(struct plan_container, "care", care, care_fields, struct care),
	F_STR(struct plan_container, "shown", shown),
	F_KVS(struct plan_container, "labels", labels),
	F_U64(struct plan_container, "storage", storage),
	F_STR(struct plan_container, "pidfile", pidfile),
	F_STR(struct plan_container, "monitor_pidfile", monitor_pidfile),
	F_END
};

const struct field plan_fields[] = {
	{ "version", FIELD_U32, offsetof(struct plan, version), .required = 1 },
	{ "pod", FIELD_STR, offsetof(struct plan, pod), .required = 1 },
	F_STR(struct plan, "name", name),
	{ "run_dir", FIELD_STR, offsetof(struct plan, run_dir), .required = 1 },
	{ "data_dir", FIELD_STR, offsetof(struct plan, data_dir), .required = 1 },
	F_BOOL(struct plan, "solo", solo),
	F_BOOL(struct plan, "runtime_ours", runtime_ours),
	F_BOOL(struct plan, "net_wait", net_wait),
	F_BOOL(struct plan, "kube", kube),
	F_BOOL(struct plan, "autoremove", autoremove),
	{ "runtime", FIELD_STRS, offsetof(struct plan, runtime), .required = 1 },
	F_STRS(struct plan, "cleanup", cleanup),
	F_STRS(struct plan, "next", next), F_STRS(struct plan, "refill", refill),
	F_STRS(struct plan, "env", env),
	F_STRS(struct plan, "namespaces", namespaces),
	F_STRS(struct plan, "sysctls", sysctls),
	F_STR(struct plan, "hostname", hostname),
	F_STR(struct plan, "cgroup", cgroup),
	F_STR(struct plan, "pod_cgroup", pod_cgroup),
	F_STR(struct plan, "exit_policy", exit_policy),
	F_STR(struct plan, "address", address),
	F_STR(struct plan, "probe_helper", probe_helper),
	F_BOOL(struct plan, "probe_inside", probe_inside),
	F_U64(struct plan, "deadline_us", deadline_us),
	F_STR(struct plan, "user_ns", user_ns),
	F_LIST(struct plan, "uids", uids, id_range_fields, struct id_range),
	F_LIST(struct plan, "gids", gids, id_range_fields, struct id_range),
	F_LIST(struct plan, "mounts", mounts, mount_fields, struct plan_mount),
	F_LIST(struct plan, "disks", disks, disk_fields, struct plan_disk),
	F_LIST(struct plan, "containers", containers, plan_container_fields, struct plan_container),
	F_END
};

const char *const ctr_state_names[] = {
	[CTR_CREATED] = "created", [CTR_STARTING] = "starting", [CTR_RUNNING] = "running", [CTR_PAUSED] = "paused",
	[CTR_STOPPING] = "stopping", [CTR_EXITED] = "exited", [CTR_WAITING] = "waiting", NULL
};

static const struct field end_fields[] = {
	{ "exit_code", FIELD_I64, offsetof(struct status_end, exit_code), .always = 1 },
	F_STR(struct status_end, "reason", reason),
	F_STR(struct status_end, "message", message),
	F_U64(struct status_end, "started_us", started_us),
	F_U64(struct status_end, "finished_us", finished_us),
	F_END
};

static const struct field look_fields[] = {
	F_U64(struct status_look, "started_us", started_us),
	F_U64(struct status_look, "finished_us", finished_us),
	{ "exit_code", FIELD_I64, offsetof(struct status_look, exit_code), .always = 1 },
	F_STR(struct status_look, "output", output),
	F_END
};

static const struct field health_fields[] = {
	F_STR(struct status_health, "status", status),
	{ "failing", FIELD_U32, offsetof(struct status_health, failing), .always = 1 },
	F_LIST(struct status_health, "log", log, look_fields, struct status_look),
	F_END
};

static const struct field condition_fields[] = {
	F_STR(struct status_condition, "type", type),
	{ "is_true", FIELD_BOOL, offsetof(struct status_condition, is_true), .always = 1 },
	F_STR(struct status_condition, "reason", reason),
	F_STR(struct status_condition, "message", message),
	F_U64(struct status_condition, "since_us", since_us),
	F_END
};

static const struct field event_fields[] = {
	F_BOOL(struct status_event, "warning", warning),
	F_STR(struct status_event, "reason", reason),
	F_STR(struct status_event, "message", message),
	F_STR(struct status_event, "field_path", field_path),
	F_U32(struct status_event, "count", count),
	F_U64(struct status_event, "first_us", first_us),
	F_U64(struct status_event, "last_us", last_us),
	F_END
};

static const struct field status_container_fields[] = {
	{ "id", FIELD_STR, offsetof(struct status_container, id), .required = 1 },
	F_STR(struct status_container, "name", name),
	F_STR(struct status_container, "role", role),
	{ "state", FIELD_ENUM, offsetof(struct status_container, state), .names = ctr_state_names, .always = 1 },
	F_I64(struct status_container, "pid", pid),
	F_U64(struct status_container, "start_time", start_time),
	F_U64(struct status_container, "started_us", started_us),
	F_U64(struct status_container, "finished_us", finished_us),
	{ "exit_code", FIELD_I64, offsetof(struct status_container, exit_code), .always = 1 },
	F_BOOL(struct status_container, "oom_killed", oom_killed),
	F_BOOL(struct status_container, "ran", ran),
	F_U32(struct status_container, "attempt", attempt),
	F_U32(struct status_container, "restarts", restarts),
	F_BOOL(struct status_container, "stopped_by_user", stopped_by_user),
	F_STR(struct status_container, "reason", reason),
	F_STR(struct status_container, "message", message),
	F_U64(struct status_container, "next_start_us", next_start_us),
	{ "ready", FIELD_BOOL, offsetof(struct status_container, ready), .always = 1 },
	{ "started", FIELD_BOOL, offsetof(struct status_container, started), .always = 1 },
	F_PTR(struct status_container, "last", last, end_fields, struct status_end),
	F_PTR(struct status_container, "health", health, health_fields, struct status_health),
	F_END
};

const struct field status_fields[] = {
	{ "version", FIELD_U32, offsetof(struct status, version), .always = 1 },
	F_STR(struct status, "pod", pod),
	F_I64(struct status, "monitor", monitor),
	F_U64(struct status, "started_us", started_us),
	F_STR(struct status, "phase", phase),
	F_STR(struct status, "reason", reason),
	F_STR(struct status, "message", message),
	F_BOOL(struct status, "ended", ended),
	F_BOOL(struct status, "restart_pod", restart_pod),
	F_LIST(struct status, "containers", containers, status_container_fields, struct status_container),
	F_LIST(struct status, "conditions", conditions, condition_fields, struct status_condition),
	F_LIST(struct status, "events", events, event_fields, struct status_event),
	F_END
};
/* clang-format on */
