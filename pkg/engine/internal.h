/*
 * internal.h — what the files of pkg/engine share.
 */
#ifndef PODCTL_ENGINE_INTERNAL_H
#define PODCTL_ENGINE_INTERNAL_H

#include "pkg/engine/engine.h"
#include "pkg/engine/rootless.h"

/* root.c: directories and the mark of a boot. */
/* Opens (makes when missing, with parents) a directory of ours: it must belong to us and nobody else may write to it. */
int root_open(const char *path, mode_t mode, int *ret_fd, struct err *err);
/* An absolute path without doubled and trailing slashes; ERR_INVALID when it is relative or too long. */
int root_text(const char *option, const char *path, struct arena *a, const char **ret, struct err *err);
/* Notices a new boot, a lost runroot, or a mount namespace in which runroot is no mount of its own yet. */
bool root_is_mounted(const struct engine *e);
int root_settle(struct engine *e, struct err *err);

/* config.c: fills e->config from the defaults and the files of containers.conf. */
int config_load(struct engine *e, struct err *err);

/* storage_conf.c: what storage.conf says of the default root and runroot; and, of an engine whose database is open, its driver,
 * options and additional image stores. */
int storage_places(const struct engine_options *opt, char root[4096], char runroot[4096], struct err *err);
int storage_load(struct engine *e, struct err *err);

/* overlay.c: makes an overlay the way containers get theirs, in directory 'dir', without attaching it anywhere: 0 or a negative
 * errno. */
int overlay_try(const char *dir, bool userxattr);

/* cgroups.c: decides systemd_cgroups and cgroups_usable. */
int cgroups_choose(struct engine *e, struct err *err);
/* True when /sys/fs/cgroup is cgroup2 (pure v2). */
bool cgroups_unified(void);

bool userns_is_initial(void);

/* helpers.c: where a helper stands (its version is not asked), and a program of the system: fixed places, then opt->path. */
int helper_path(const char *name, char path[4200], struct err *err);
bool program_find(const struct engine_options *opt, const char *name, char *path, size_t size);

#endif
