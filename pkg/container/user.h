/*
 * user.h — who a container's process is, by the image's own /etc/passwd and /etc/group.
 *
 * The config is written before anybody mounts the root file system, so the files are looked for as the overlay will show
 * them: through the layers, topmost first, minding whiteouts, opaque directories and symlinks that lead from one layer's
 * directory into another's.  The image is hostile: only regular files below PASSWD_MAX count, no name leaves the layers,
 * nothing is loaded from it (no NSS).
 */
#ifndef PODCTL_CONTAINER_USER_H
#define PODCTL_CONTAINER_USER_H

#include <stdint.h>

#include "pkg/util/arena.h"
#include "pkg/util/buf.h"
#include "pkg/util/err.h"
#include "pkg/util/limits.h"

/* Directories whose union a container sees: its upper first when it has one, then the layers, topmost first. */
struct layers {
	int fd[LAYERS_MAX + 1]; /* owned, O_PATH */
	size_t n;
};
int layers_open(const struct strs *dirs, struct layers *ret, struct err *err);
void layers_done(struct layers *l);
#define auto_layers AUTO(layers_done)

/* The file the container would see at 'path'; a descriptor of a regular file, opened for reading, or a negative errno. */
int layers_open_file(const struct layers *l, const char *path);

#define USER_GROUPS_MAX \
	256 /* further ones of a user are left out; NGROUPS_MAX is 65536, images have a handful */
struct user {
	uint32_t uid, gid;
	uint32_t groups[USER_GROUPS_MAX]; /* supplementary, without gid, in the order found */
	size_t n_groups;
	char home[512]; /* "/" when unknown */
	char name[64];  /* "" when the id has no name */
};

/* Which groups of the image's /etc/group the user is in: as podman has it (none when a group was asked for by "user:group"),
 * always, or never. */
enum user_groups { USER_GROUPS_ASKED, USER_GROUPS_MERGE, USER_GROUPS_STRICT };

/* user: "", "name", "uid", "name:group", "uid:gid" ...; groups: names or numbers to add, may be NULL.
 * ERR_NOT_FOUND: "unable to find user web: ...". */
int user_lookup(const struct layers *l, const char *user, const struct strs *groups, enum user_groups member,
	struct user *ret, struct err *err);
/* An id without a name in the image gets a line in /etc/passwd whose home is the working directory. */
void user_home(struct user *u, const char *cwd);
/* The same on the texts of the two files (either may be ""); pure, for tests and the fuzzer. */
int user_find(const char *passwd, const char *group, const char *user, const struct strs *groups,
	enum user_groups member, struct user *ret, struct err *err);

#endif
