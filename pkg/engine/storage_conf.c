/*
 * storage.conf and --storage-opt: where things are kept, and image stores that are only read.
 *
 * The file is shared with podman, whose layout is another one: a graphroot that is not podman's own default means that a
 * podctl/ below it is meant, unless there is a store in the usual place already.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/codec/toml.h"
#include "pkg/engine/internal.h"
#include "pkg/engine/paths.h"
#include "pkg/store/store.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"

#define CONF_FILE_MAX (1 * MiB)

struct storage_conf {
	struct arena a; /* of everything here */
	struct diag diag;
	const char *file; /* NULL: there is none */
	const struct node *root;
};

static void conf_done(struct storage_conf *c)
{
	diag_done(&c->diag);
	arena_done(&c->a);
}
#define auto_conf AUTO(conf_done)

/* 1: read; 0: there is no such file. */
static int conf_read(struct storage_conf *c, const char *path, bool must_exist, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(CONF_FILE_MAX);
	struct node *root = NULL;
	int rc = file_read(AT_FDCWD, path, PATH_IN_STATE, &b);

	if (rc == -EINVAL && strcmp(path, "/dev/null") == 0)
		return 1;
	if ((rc == -ENOENT || rc == -ENOTDIR || rc == -EACCES) && !must_exist)
		return 0;
	if (rc < 0)
		return err_sys(err, -rc, "read '%s'", path);
	if (!(c->file = c->diag.file = arena_strdup(&c->a, path)))
		return err_sys(err, ENOMEM, "storage.conf");
	if ((rc = toml_parse(b.data ? b.data : "", b.len, &c->a, &c->diag, &root, err)) < 0 ||
		(rc = diag_result(&c->diag, err)) < 0)
		return rc;
	c->root = root;
	return 1;
}

/* The first there is: $CONTAINERS_STORAGE_CONF, the person's, the machine's, the distribution's. */
static int conf_load(struct storage_conf *c, const struct engine_options *opt, struct err *err)
{
	char own[4200] = "";
	int rc;

	if (opt->storage_conf && *opt->storage_conf) {
		rc = conf_read(c, opt->storage_conf, true, err);
		return rc < 0 ? rc : 0;
	}
	if (opt->uid != 0 && opt->xdg_config_home && opt->xdg_config_home[0] == '/')
		(void) snprintf(own, sizeof own, "%s/containers/storage.conf", opt->xdg_config_home);
	else if (opt->uid != 0 && opt->home && opt->home[0] == '/')
		(void) snprintf(own, sizeof own, "%s/.config/containers/storage.conf", opt->home);
	if (own[0] && (rc = conf_read(c, own, false, err)) != 0)
		return rc < 0 ? rc : 0;
	if ((rc = conf_read(c, "/etc/containers/storage.conf", false, err)) != 0)
		return rc < 0 ? rc : 0;
	rc = conf_read(c, "/usr/share/containers/storage.conf", false, err);
	return rc < 0 ? rc : 0;
}

static const char *conf_text(const struct storage_conf *c, const char *key)
{
	const struct node *n = c->root ? node_get(node_get(c->root, "storage"), key) : NULL;

	return n && n->kind == NODE_STRING && n->text[0] ? n->text : NULL;
}

/* ---- where ------------------------------------------------------------------------------------------------------------- */

static bool is_stock(const char *path)
{
	static const char *const stock[] = { "/var/lib/containers/storage", "/run/containers/storage",
		"/var/run/containers/storage", "/run/containers" };

	for (size_t i = 0; i < LEN(stock); i++)
		if (strcmp(path, stock[i]) == 0)
			return true;
	return false;
}

static bool is_store(const char *root)
{
	char path[4200];
	struct stat st;

	(void) snprintf(path, sizeof path, "%s/db.sqlite", root);
	return stat(path, &st) == 0;
}

static int place(const struct storage_conf *c, const char *key, char text[4096], struct err *err)
{
	const char *path = conf_text(c, key);

	if (!path || is_stock(path) ||
		strchr(path, '$')) /* $HOME and the like: the person's own default is as good */
		return 0;
	if (path[0] != '/' || snprintf(text, 4096, "%s/podctl", path) >= 4096)
		return err_set(err, ERR_INVALID,
			"%s: storage.%s: expected an absolute path of at most 4000 bytes", c->file, key);
	return 1;
}

int storage_places(const struct engine_options *opt, char root[4096], char runroot[4096], struct err *err)
{
	auto_conf struct storage_conf c = { .file = NULL };
	char text[4096];
	int rc;

	if ((opt->root && opt->runroot) || (!(opt->storage_conf && *opt->storage_conf) && is_store(root)))
		return 0;
	if ((rc = conf_load(&c, opt, err)) < 0 || !c.root)
		return rc;
	if (opt->uid != 0 && (rc = place(&c, "rootless_storage_path", text, err)) < 0)
		return rc;
	if (opt->uid == 0 || rc == 0)
		rc = place(&c, "graphroot", text, err);
	if (rc > 0)
		memcpy(root, text, sizeof text);
	/* a person's runtime directory is known better than a file can say it */
	if (rc >= 0 && opt->uid == 0 && (rc = place(&c, "runroot", text, err)) > 0)
		memcpy(runroot, text, sizeof text);
	return rc < 0 ? rc : 0;
}

/* ---- drivers and options -------------------------------------------------------------------------------------------------- */

static bool is_overlay(const char *driver)
{
	return !strcmp(driver, "overlay") || !strcmp(driver, "overlay2");
}

static int driver_check(const char *driver, const char *where, struct err *err)
{
	if (!driver || is_overlay(driver) || strcmp(driver, "vfs") == 0)
		return 0;
	return err_set(err, ERR_UNSUPPORTED,
		"%s: storage driver '%s' is not done: podctl has native overlay, and vfs where that cannot "
		"be; "
		"--storage-driver overlay, or driver = \"overlay\" in storage.conf",
		where, driver);
}

/* Why no overlay can be below root; 0: it can. */
static int overlay_fails(struct engine *e)
{
	auto_close int fd = -EBADF;
	char dir[4200], by_number[40];
	int rc;

	(void) snprintf(dir, sizeof dir, "%s/.overlay-XXXXXX", e->root);
	if (!mkdtemp(dir))
		return 0; /* what is wrong is said by who wants to write */
	/* by number: a ',' or ':' of the path would be taken for another option or directory */
	if ((fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) {
		rc = -errno;
	} else {
		(void) snprintf(by_number, sizeof by_number, "/proc/self/fd/%d", fd);
		rc = overlay_try(by_number, e->in_userns);
	}
	(void) dir_remove(AT_FDCWD, dir);
	return -rc;
}

/* A store keeps the driver it began with: its layers are written in that one's form. */
static int driver_choose(struct engine *e, const char *flag, const char *wanted, struct err *err)
{
	bool is_new = faccessat(e->root_fd, "layers", F_OK, AT_SYMLINK_NOFOLLOW) < 0;
	int why = 0;

	e->vfs = faccessat(e->root_fd, PATH_VFS, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (!is_new || e->vfs) {
		if (!flag || is_overlay(flag) != e->vfs)
			return 0;
		return err_set(err, ERR_STATE,
			"--storage-driver %s: the store '%s' was made with %s; use another --root, or podctl "
			"system reset",
			flag, e->root, e->vfs ? "vfs" : "overlay");
	}
	if (!(wanted && strcmp(wanted, "vfs") == 0)) {
		if ((why = overlay_fails(e)) == 0)
			return 0;
		if (flag)
			return err_sys(err, why, "--storage-driver %s: no overlay can be mounted below '%s'",
				flag, e->root);
		log_debug("no overlay below '%s' (%s): its driver is vfs", e->root, strerror(why));
	}
	if (mkdirat(e->root_fd, PATH_VFS, 0711) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make '%s/" PATH_VFS "'", e->root);
	e->vfs = true;
	return 0;
}

/* A podctl's root, which is only read.  strict: what is none is an error; else it is passed over, as podman's stores are that
 * distributions name in storage.conf. */
static int image_store_add(struct engine *e, const char *path, bool strict, struct err *err)
{
	struct image_store *s = &e->image_store[e->n_image_stores];
	char vfs[4200];
	int rc;

	if (e->n_image_stores == LEN(e->image_store))
		return err_set(
			err, ERR_INVALID, "more than %zu additional image stores", LEN(e->image_store));
	if ((rc = root_text("additional image store", path, &e->arena, &s->root, err)) < 0)
		return rc;
	if (strcmp(s->root, e->root) == 0)
		return 0;
	(void) snprintf(vfs, sizeof vfs, "%s/" PATH_VFS, s->root);
	if (!e->vfs && access(vfs, F_OK) == 0)
		return err_set(err, ERR_UNSUPPORTED,
			"additional image store '%s': it is kept with vfs, and ours with overlay", s->root);
	if (!is_store(s->root)) {
		log_debug("image store '%s' is none of podctl's", s->root);
		return strict ? err_set(err, ERR_INVALID,
					"additional image store '%s': no store of podctl is there", s->root)
			      : 0;
	}
	if ((s->fd = open(s->root, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open the additional image store '%s'", s->root);
	if ((rc = store_images_from(e->store, s->root, err)) < 0) {
		fd_close_p(&s->fd);
		return rc;
	}
	e->n_image_stores++;
	return 0;
}

static int image_stores_add(struct engine *e, const char *list, struct err *err)
{
	char *copy = arena_strdup(&e->arena, list), *save = NULL;
	int rc = copy ? 0 : err_sys(err, ENOMEM, "--storage-opt");

	for (char *p = copy ? strtok_r(copy, ",", &save) : NULL; p && rc == 0; p = strtok_r(NULL, ",", &save))
		rc = image_store_add(e, p, true, err);
	return rc;
}

/* What is so anyway is as good as done: an overlay of ours has none of these features. */
static int mountopt_take(struct engine *e, const char *option, const char *list, struct err *err)
{
	static const char *const known[] = { "nodev", "metacopy=off", "index=off", "redirect_dir=off",
		"redirect_dir=nofollow", "xino=off", "nfs_export=off", "rw" };
	char text[256], *save = NULL;

	if (snprintf(text, sizeof text, "%s", list) >= (int) sizeof text)
		return err_set(err, ERR_INVALID, "--storage-opt %s: too long", option);
	for (char *p = strtok_r(text, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		size_t i = 0;

		while (i < LEN(known) && strcmp(known[i], p) != 0)
			i++;
		e->overlay_nodev |= i == 0;
		if (i == LEN(known))
			return err_set(err, ERR_UNSUPPORTED,
				"--storage-opt %s: '%s' is not done: podctl mounts its overlays without such "
				"features",
				option, p);
	}
	return 0;
}

static int option_take(struct engine *e, const char *text, struct err *err)
{
	const char *name = text, *eq = strchr(text, '=');
	size_t n;

	if (!eq)
		return err_set(err, ERR_INVALID, "--storage-opt %s: expected NAME=VALUE", text);
	if (strncmp(name, "overlay.", 8) == 0 || strncmp(name, "overlay2.", 9) == 0)
		name = strchr(name, '.') + 1;
	else if (*name == '.')
		name++;
	n = (size_t) (eq - name);
#define IS(word) (n == strlen(word) && strncmp(name, word, n) == 0)
	if (IS("imagestore") || IS("additionalimagestore") || IS("additionalimagestores"))
		return image_stores_add(e, eq + 1, err);
	if (IS("ignore_chown_errors") && strcasecmp(eq + 1, "true") != 0)
		return 0;
	if (IS("ignore_chown_errors"))
		return err_set(err, ERR_UNSUPPORTED,
			"--storage-opt %s: files keep their owners; give the user subordinate ids "
			"(/etc/subuid, "
			"/etc/subgid)",
			text);
	if (IS("mount_program"))
		return err_set(err, ERR_UNSUPPORTED,
			"--storage-opt %s: podctl mounts overlay itself, as root and in a user namespace",
			text);
	if (IS("mountopt"))
		return mountopt_take(e, text, eq + 1, err);
	if (IS("size"))
		return err_set(err, ERR_UNSUPPORTED,
			"--storage-opt %s: quotas of containers are not done; use a file system of its own "
			"for "
			"--root",
			text);
#undef IS
	return err_set(err, ERR_INVALID,
		"--storage-opt %s: unknown option; there is additionalimagestore=DIR", text);
}

/* storage.options.additionalimagestores, and the same for overlay alone. */
static int conf_stores(struct engine *e, const struct storage_conf *c, struct err *err)
{
	const struct node *options = c->root ? node_get(node_get(c->root, "storage"), "options") : NULL;
	const struct node *lists[] = { options ? node_get(options, "additionalimagestores") : NULL,
		options ? node_get(node_get(options, "overlay"), "additionalimagestores") : NULL };
	int rc = 0;

	for (size_t i = 0; i < LEN(lists); i++)
		for (size_t k = 0; rc == 0 && lists[i] && lists[i]->kind == NODE_LIST && k < lists[i]->n; k++)
			if (lists[i]->item[k]->kind == NODE_STRING && lists[i]->item[k]->text[0])
				rc = image_store_add(e, lists[i]->item[k]->text, false, err);
	return rc < 0 ? err_wrap(err, "%s", c->file) : 0;
}

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ',') && (p[n] == ',' || !p[n]))
			return true;
	return false;
}

/* Of what else the file can say a limit would be missed, and device nodes that are not to be; the rest is how podman's own
 * overlays are mounted. */
static int conf_options(struct engine *e, const struct storage_conf *c, struct err *err)
{
	const struct node *options = c->root ? node_get(node_get(c->root, "storage"), "options") : NULL;
	static const char *const tables[] = { NULL, "overlay", "vfs" };

	for (size_t i = 0; options && i < LEN(tables); i++) {
		const struct node *t = tables[i] ? node_get(options, tables[i]) : options;
		const struct node *size = t ? node_get(t, "size") : NULL,
				  *mountopt = t ? node_get(t, "mountopt") : NULL;

		if (mountopt && mountopt->kind == NODE_STRING && !e->opt->storage_opts.n)
			e->overlay_nodev |= has_word(mountopt->text, "nodev");

		if (size && size->kind == NODE_STRING && size->text[0])
			return err_set(err, ERR_UNSUPPORTED,
				"%s: storage.options.size: quotas of containers are not done; remove it, and "
				"use "
				"a file system of its own for --root",
				c->file);
	}
	return 0;
}

int storage_load(struct engine *e, struct err *err)
{
	auto_conf struct storage_conf c = { .file = NULL };
	const struct engine_options *opt = e->opt;
	int rc = conf_load(&c, opt, err);

	const char *flag = opt->storage_driver && *opt->storage_driver ? opt->storage_driver : NULL,
		   *wanted = flag     ? flag
			     : rc < 0 ? NULL
				      : conf_text(&c, "driver");

	if (rc < 0 || (rc = driver_check(wanted, flag ? "--storage-driver" : c.file, err)) < 0 ||
		(rc = driver_choose(e, flag, wanted, err)) < 0 || (rc = conf_options(e, &c, err)) < 0)
		return rc;
	if (!opt->storage_opts.n)
		return conf_stores(e, &c, err);
	for (size_t i = 0; rc == 0 && i < opt->storage_opts.n; i++)
		rc = option_take(e, opt->storage_opts.v[i], err);
	return rc;
}
