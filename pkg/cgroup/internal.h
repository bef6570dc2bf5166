/*
 * internal.h — what the files of pkg/cgroup share: the table of a hierarchy kind, and small file access.
 */
#ifndef PODCTL_CGROUP_INTERNAL_H
#define PODCTL_CGROUP_INTERNAL_H

#include "pkg/cgroup/cgroup.h"

/* One per cgroup_mode that has cgroups.  path is absolute and checked; h is the index of a hierarchy. */
struct cgroup_ops {
	const char *enter_file; /* where a single-threaded process writes "0" */
	int (*made)(const struct cgroup_fs *fs, size_t h, const char *path,
		struct err *err); /* after each mkdir */
	int (*limit)(
		const struct cgroup_fs *fs, const char *path, const struct cgroup_limits *l, struct err *err);
	int (*freeze)(const struct cgroup_fs *fs, const char *path, bool frozen, struct err *err);
	bool (*is_frozen)(const struct cgroup_fs *fs, const char *path);
	int (*kill_all)(
		const struct cgroup_fs *fs, const char *path); /* SIGKILL at once; -ENOTSUP: one by one */
	uint64_t (*oom_kills)(const struct cgroup_fs *fs, const char *path);
};
extern const struct cgroup_ops cgroup_ops_v1, cgroup_ops_v2;
const struct cgroup_ops *cgroup_ops(const struct cgroup_fs *fs);

/* "." for "/", else path without its leading slash. */
const char *cgroup_rel(const char *path);
int cgroup_path_check(const char *path, struct err *err);
/* path + "/" + file in one string. */
int cgroup_file(char *ret, size_t size, const char *path, const char *file);
/* The path of a line "N:LIST:PATH" of /proc/self/cgroup, the last that fits.  list "" is cgroup2's. */
int cgroup_own_path(const char *text, const char *list, char *ret, size_t size);
/* Opens what a hint names.  Fails, with nothing open, when that is not what there is. */
int cgroup_follow_hint(struct cgroup_fs *fs, const char *hint, const char *cgroups);
/* Plain access in hierarchy h; negative errno. */
int cgroup_write_at(
	const struct cgroup_fs *fs, size_t h, const char *path, const char *file, const char *value);
int cgroup_read_at(
	const struct cgroup_fs *fs, size_t h, const char *path, const char *file, char *ret, size_t size);
/* The number behind "key " in a file of "key value" lines. */
uint64_t cgroup_line(const char *text, const char *key);
bool cgroup_has_word(const char *list, const char *word, char sep);

#define CGROUP_PATH_LEN 1024

#endif
