/*
 * config.h — config.json as structs.
 *
 * The document stays in memory as jansson parsed it and every string here is borrowed from it, so reading a
 * configuration copies nothing.  Unknown keys are ignored, as the specification wants; known ones that are not done are
 * refused by name.  Pure: no file but config.json is opened, nothing is checked against the machine.
 * Spec: OCI runtime-spec 1.3 (1.0 to 1.3 are accepted), Linux.  Refused: linux.intelRdt, vm, windows, solaris, zos.
 */
#ifndef PODCTL_RUNTIME_CONFIG_H
#define PODCTL_RUNTIME_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "pkg/oci/mount_opts.h"
#include "pkg/oci/tables.h"
#include "pkg/util/arena.h"
#include "pkg/util/err.h"

struct words {
	const char **v; /* NULL-terminated */
	size_t n;
};

struct id_map {
	uint32_t container, host, size;
};
struct id_maps {
	struct id_map *v;
	size_t n;
};

struct cfg_mount {
	const char *dest, *type, *source; /* type and source: "" when absent */
	struct oci_mount_opts opts;
	struct id_maps uids, gids;
};

struct cfg_rlimit {
	int resource;
	uint64_t soft, hard;
};

enum {
	CAPSET_BOUNDING,
	CAPSET_EFFECTIVE,
	CAPSET_INHERITABLE,
	CAPSET_PERMITTED,
	CAPSET_AMBIENT,
	CAPSET_COUNT
};

struct cfg_scheduler {
	bool set;
	uint32_t policy;
	int32_t nice;
	uint32_t priority;
	uint64_t flags, runtime, deadline, period;
};

struct cfg_process {
	bool present, terminal, no_new_privs;
	uint16_t rows, cols; /* 0: not given */
	uid_t uid;
	gid_t gid;
	const char *username; /* NULL: uid as it is */
	bool has_umask;
	mode_t umask;
	gid_t *groups;
	size_t n_groups;
	struct words args, env;
	const char *cwd;
	bool has_caps;
	uint64_t caps[CAPSET_COUNT];
	struct cfg_rlimit *rlimits;
	size_t n_rlimits;
	bool has_oom_score_adj;
	int oom_score_adj;
	const char *apparmor, *selinux;
	int io_class, io_priority; /* class 0: not given */
	struct cfg_scheduler sched;
	const char *cpu_initial, *cpu_final;
};

struct cfg_device {
	const char *path;
	mode_t type; /* S_IFCHR, S_IFBLK, S_IFIFO */
	unsigned major, minor;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool has_owner;
};

struct cfg_device_rule {
	bool allow;
	char type;            /* 'a', 'b', 'c' */
	int64_t major, minor; /* -1: any */
	bool r, w, m;
};

struct cfg_hook {
	const char *path;
	struct words args, env;
	int timeout_s; /* 0: none */
};
enum cfg_hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_KIND_COUNT
};
extern const char *const cfg_hook_names[HOOK_KIND_COUNT];
struct cfg_hooks {
	struct cfg_hook *v;
	size_t n;
};

struct cfg_ns {
	bool wanted;
	const char *path; /* NULL: a new one */
};

struct cfg_time_offset {
	bool set;
	int64_t secs;
	uint32_t nanosecs;
};

struct config {
	json_t *doc;
	struct arena arena;
	const char *oci_version, *hostname, *domainname, *root, *cgroups_path;
	bool root_readonly;
	json_t *annotations;
	struct cfg_process process;
	struct cfg_mount *mounts;
	size_t n_mounts;
	struct cfg_hooks hooks[HOOK_KIND_COUNT];
	/* linux */
	struct cfg_ns ns[OCI_NS_COUNT];
	struct id_maps uids, gids;
	struct cfg_device *devices;
	size_t n_devices;
	const json_t *resources, *seccomp, *net_devices; /* decoded where they are used */
	const json_t *sysctl;
	unsigned long rootfs_propagation; /* MS_*, 0: not given */
	struct words masked, readonly;
	const char *mount_label;
	bool has_personality;
	unsigned long personality;
	struct cfg_time_offset boottime, monotonic;
	int mempolicy; /* -1: none */
	unsigned mempolicy_flags;
	const char *mempolicy_nodes;
};

/* Parses JSON of ours or of an engine.  Numbers past 2^63, which jansson refuses (RLIM_INFINITY, 64-bit seccomp masks),
 * are rewritten in text as the negative number with the same 64 bits. */
json_t *config_parse(const char *text, size_t len, struct err *err);
/* Takes doc.  config_done frees it even after a failure. */
int config_decode(json_t *doc, struct config *ret, struct err *err);
/* dir/name ("config.json" unless told otherwise); *ret_text, when wanted, is what was read (malloc'd). */
int config_read(
	int dir, const char *name, struct config *ret, char **ret_text, size_t *ret_len, struct err *err);
/* A process object on its own, as exec --process gets it; doc must outlive it. */
int config_process(const json_t *doc, struct arena *a, struct cfg_process *ret, struct err *err);
/* One rule list of linux.resources.devices. */
int config_device_rules(
	const json_t *list, struct arena *a, struct cfg_device_rule **ret, size_t *ret_n, struct err *err);
const char *config_annotation(const struct config *c, const char *key);
/* runtime/config_annotations.c: a step of config_decode. */
int config_annotations(struct config *c, struct err *err);
void config_done(struct config *c);
#define auto_config AUTO(config_done)

/* runtime/cfg_get.c: typed access with messages; each returns 0, or fills err with "at.key: expected ...". */
int cfg_object(const json_t *o, const char *at, const char *key, const json_t **ret, struct err *err);
int cfg_array(const json_t *o, const char *at, const char *key, const json_t **ret, struct err *err);
int cfg_str(const json_t *o, const char *at, const char *key, const char **ret, struct err *err);
int cfg_bool(const json_t *o, const char *at, const char *key, bool *ret, struct err *err);
/* *ret_set may be NULL; the value must lie in [min, max]. */
int cfg_int(const json_t *o, const char *at, const char *key, int64_t min, int64_t max, int64_t *ret,
	bool *ret_set, struct err *err);
int cfg_words(const json_t *o, const char *at, const char *key, struct arena *a, struct words *ret,
	struct err *err);
/* Index of v in a NULL-terminated list, or an error that names the choices' field. */
int cfg_choice(const char *v, const char *const *names, const char *at, struct err *err);

#endif
