#include "pkg/infra/infra.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/engine/paths.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"

#define INFRA_ROOTFS "infra"

int infra_share_of(const struct pod_spec *pod, struct infra_share *ret, struct err *err)
{
	struct infra_share s = { 0 };

	if (!pod->share.n)
		s.net = s.ipc = s.uts = true;
	for (size_t i = 0; i < pod->share.n; i++) {
		const char *w = pod->share.v[i];

		if (strcmp(w, "net") == 0)
			s.net = true;
		else if (strcmp(w, "ipc") == 0)
			s.ipc = true;
		else if (strcmp(w, "uts") == 0)
			s.uts = true;
		else if (strcmp(w, "pid") == 0)
			s.pid = true;
		else if (strcmp(w, "cgroup") == 0 || strcmp(w, "user") == 0 || strcmp(w, "mnt") == 0)
			return err_set(err, ERR_UNSUPPORTED,
				"sharing the %s namespace in a pod is not supported", w);
		else if (*w && strcmp(w, "none") != 0)
			return err_set(err, ERR_INVALID,
				"a pod cannot share '%s'; there are net, ipc, uts and pid", w);
	}
	s.pid = s.pid || pod->share_pid;
	*ret = s;
	return 0;
}

int infra_spec(const struct pod_spec *pod, struct arena *a, struct container_spec *ret, struct err *err)
{
	struct container_spec c = { .role = ROLE_INFRA, .pod = pod->id, .hostname = pod->hostname };
	char id[ID_LEN + 1];

	id_random(id);
	if (!(c.id = arena_strdup(a, id)) ||
		!(c.name = pod->infra_name && *pod->infra_name ? arena_strdup(a, pod->infra_name)
							       : arena_printf(a, "%.12s-infra", pod->id)) ||
		strs_add(&c.argv, a, "/pause") < 0)
		return err_sys(err, ENOMEM, "infra container");
	c.short_name = (char *) "infra";
	c.image = c.image_id = (char *) "";
	c.cwd = (char *) "/";
	c.user = (char *) "";
	c.stop_signal = (char *) "SIGTERM";
	c.stop_timeout = 2; /* pause ends at once; more only hides a fault */
	c.log_driver = (char *) "none";
	c.no_new_privs = c.read_only = true;
	c.monitor_pidfile = pod->member ? pod->member->monitor_pidfile : NULL;
	*ret = c;
	return 0;
}

int infra_rootfs(struct engine *e, const char **ret, struct err *err)
{
	static const char *const dirs[] = { INFRA_ROOTFS "/proc", INFRA_ROOTFS "/dev" };
	struct stat st;
	const char *path = path_abs_root(e, INFRA_ROOTFS);

	if (!path)
		return err_sys(err, ENOMEM, "infra container");
	/* the file is made last: when it is there, all is */
	if (fstatat(e->root_fd, INFRA_ROOTFS "/pause", &st, AT_SYMLINK_NOFOLLOW) < 0) {
		for (size_t i = 0; i < LEN(dirs); i++) {
			auto_close int fd = dir_make(e->root_fd, dirs[i], 0755);

			if (fd < 0)
				return err_sys(err, -fd, "make '%s/%s'", e->root, dirs[i]);
		}
		auto_close int fd = path_open(e->root_fd, INFRA_ROOTFS "/pause", PATH_IN_STATE,
			O_WRONLY | O_CREAT | O_NOFOLLOW, 0755);

		if (fd < 0)
			return err_sys(err, -fd, "make '%s/pause'", path);
	}
	*ret = path;
	return 0;
}
