#include "pkg/volume/volume.h"
#include "pkg/codec/node.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/archive/copy.h"
#include "pkg/engine/events.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"
#include "pkg/volume/options.h"

#define VOLUMES "volumes"

static int volumes_open(struct engine *e, struct err *err)
{
	int fd = dir_make(e->root_fd, VOLUMES, 0711);

	return fd < 0 ? err_sys(err, -fd, "make '%s/" VOLUMES "'", e->root) : fd;
}

const char *volume_path(struct engine *e, const char *name, struct arena *a)
{
	return arena_printf(a, "%s/" VOLUMES "/%s", e->root, name);
}

static int dir_ensure(struct engine *e, const char *name, struct err *err)
{
	auto_close int all = volumes_open(e, err);

	if (all < 0)
		return all;
	if (mkdirat(all, name, 0755) < 0)
		return errno == EEXIST ? 0 : err_sys(err, errno, "make volume '%s'", name);
	/* the umask of whoever called is not to decide what containers may do */
	return fchmodat(all, name, 0755, 0) < 0 ? err_sys(err, errno, "set the mode of volume '%s'", name)
						: 0;
}

int volume_create(struct engine *e, const char *name, const struct kvs *labels, bool anonymous,
	bool exists_ok, struct err *err)
{
	struct volume_row v = { .name = name, .created_us = time_now_us(), .anonymous = anonymous };
	auto_free char *text = NULL;
	json_t *o = NULL;
	int rc;

	if (!name_is_valid(name))
		return err_set(err, ERR_INVALID,
			"volume '%s': names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument", name);
	for (size_t i = 0; labels && i < labels->n; i++) {
		if (!o)
			o = json_object();
		(void) json_object_set_new(o, labels->v[i].key, json_string(labels->v[i].value));
	}
	if (o && !(text = json_print(o))) {
		json_decref(o);
		return err_sys(err, ENOMEM, "create volume '%s'", name);
	}
	json_decref(o);
	v.labels = text;
	if ((rc = store_volume_add(e->store, &v, err)) < 0)
		return rc;
	if (rc == 0 && !exists_ok)
		return err_set(
			err, ERR_EXISTS, "volume with name %s already exists: volume already exists", name);
	if (rc > 0)
		engine_event(e, &(struct event){ .type = "volume", .status = "create", .name = name });
	return dir_ensure(e, name, err);
}

int volume_create_as(struct engine *e, const char *name, const struct kvs *labels, const struct kvs *asked,
	bool exists_ok, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct volume_options o = { 0 };
	auto_close int all = -EBADF;
	int rc;

	if (!asked->n)
		return volume_create(e, name, labels, false, exists_ok, err);
	if ((rc = volume_options_read(asked, &a, &o, err)) < 0 ||
		(rc = volume_create(e, name, labels, false, exists_ok, err)) < 0 ||
		(rc = volume_options_store(e, name, &o, err)) < 0)
		return rc;
	if (o.kind != VOLUME_KIND_DIR || (!o.uid.set && !o.gid.set))
		return 0;
	if ((all = volumes_open(e, err)) < 0)
		return all;
	if (fchownat(all, name, o.uid.set ? (uid_t) o.uid.v : (uid_t) -1,
		    o.gid.set ? (gid_t) o.gid.v : (gid_t) -1, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "give volume '%s' its owner", name);
	/* the image is not to give it another one */
	return store_volume_used(e->store, name, err);
}

int volume_ensure(struct engine *e, const char *name, bool anonymous, struct err *err)
{
	return volume_create(e, name, NULL, anonymous, true, err);
}

int volume_remove(struct engine *e, const char *name, struct err *err)
{
	auto_close int all = -EBADF;
	int rc;

	if ((rc = store_volume_del(e->store, name, err)) < 0 || (all = volumes_open(e, err)) < 0)
		return rc < 0 ? rc : all;
	volume_options_forget(e, name);
	if ((rc = dir_remove(all, name)) < 0)
		return err_sys(err, -rc, "remove the files of volume '%s'", name);
	engine_event(e, &(struct event){ .type = "volume", .status = "remove", .name = name });
	return 0;
}

int volume_inspect(struct engine *e, const char *name, json_t **ret, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct volume_row v = { 0 };
	struct strs names = { 0 }, ids = { 0 };
	const char *path = volume_path(e, name, &a);
	struct volume_options o = { 0 };
	char created[TIME_TEXT];
	json_t *labels = NULL, *options;
	int rc;

	if ((rc = store_volume_get(e->store, name, &a, &v, err)) < 0 ||
		(rc = store_volume_users(e->store, name, &a, &names, &ids, err)) < 0 ||
		(rc = volume_options_load(e, name, &a, &o, err)) < 0)
		return rc;
	options = json_object();
	for (size_t i = 0; i < o.asked.n; i++)
		(void) json_object_set_new(options, o.asked.v[i].key, json_string(o.asked.v[i].value));
	labels = v.labels ? json_loads(v.labels, 0, NULL) : NULL;
	*ret = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:i}", "Name", v.name, "Driver", "local",
		"Mountpoint", path ? path : "", "CreatedAt", time_format(created, v.created_us), "Labels",
		labels ? labels : json_object(), "Scope", "local", "Options", options, "MountCount",
		(int) ids.n);
	if (!*ret)
		return err_sys(err, ENOMEM, "inspect volume '%s'", name);
	if (o.uid.set)
		(void) json_object_set_new(*ret, "UID", json_integer(o.uid.v));
	if (o.gid.set)
		(void) json_object_set_new(*ret, "GID", json_integer(o.gid.v));
	(void) json_object_set_new(*ret, "Anonymous", json_boolean(v.anonymous));
	(void) json_object_set_new(*ret, "NeedsCopyUp", json_boolean(v.fresh));
	(void) json_object_set_new(*ret, "NeedsChown", json_boolean(v.fresh));
	return 0;
}

/* ---- filling ---------------------------------------------------------------------------------------------------------- */

bool volume_is_fresh(struct engine *e, const char *name)
{
	auto_arena struct arena a = { 0 };
	struct volume_row v = { 0 };
	struct err ignored = { 0 };

	return store_volume_get(e->store, name, &a, &v, &ignored) == 0 && v.fresh;
}

static bool is_empty(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	size_t n = 0;

	if (!d) {
		fd_close_p(&fd);
		return false;
	}
	while ((de = readdir(d)))
		n += strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0;
	(void) closedir(d);
	return n == 0;
}

int volume_fill(struct engine *e, const char *name, int source, uint32_t uid, uint32_t gid, struct err *err)
{
	static const struct copy_opts as_it_is = { .devices = false };
	auto_close int all = volumes_open(e, err), dir = -EBADF;
	int rc = 0;

	if (all < 0)
		return all;
	if ((dir = path_open(all, name, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0)) < 0)
		return err_sys(err, -dir, "open volume '%s'", name);
	/* two containers may start at once; who comes second finds it filled */
	if (flock(dir, LOCK_EX) < 0)
		return err_sys(err, errno, "lock volume '%s'", name);
	if (!volume_is_fresh(e, name))
		return 0;
	if (is_empty(dir)) {
		if (source < 0) {
			if (fchown(dir, uid, gid) < 0)
				rc = err_sys(err, errno, "give it its owner");
		} else if ((rc = copy_tree(source, dir, &as_it_is, err)) == 0) {
			rc = copy_attributes(source, dir, &as_it_is, err);
		}
	}
	if (rc < 0)
		return err_wrap(err, "fill volume '%s' from the image", name);
	return store_volume_used(e->store, name, err);
}
