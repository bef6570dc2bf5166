/* Where an engine lives when nobody says otherwise, and whether we already are inside a user's namespace. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/engine/internal.h"
#include "pkg/engine/paths.h"
#include "pkg/engine/rootless_keeper.h"

/* Who 0 of this namespace is outside: the first line of uid_map is "0 OUTER COUNT".  0 when it cannot be told. */
static uid_t outer_uid(void)
{
	auto_close int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	char text[256];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	unsigned long inside;
	char *p;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	inside = strtoul(text, &p, 10);
	return inside == 0 && p > text ? (uid_t) strtoul(p, NULL, 10) : 0;
}

bool rootless_inside(const char *runroot, uid_t *ret_uid, gid_t *ret_gid)
{
	auto_close int dir = open(runroot, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct keeper k;
	struct stat st;

	if (dir < 0 || keeper_read(dir, &k) < 0 || stat("/proc/self/ns/user", &st) < 0 ||
		st.st_ino != k.userns)
		return false;
	*ret_uid = k.uid;
	*ret_gid = k.gid;
	return true;
}

static bool is_own_dir(const char *path, uid_t uid)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == uid;
}

static int user_runroot(const struct engine_options *opt, uid_t uid, char runroot[4096])
{
	char dir[64];

	if (opt->xdg_runtime_dir && opt->xdg_runtime_dir[0] == '/')
		return snprintf(runroot, 4096, "%s/podctl", opt->xdg_runtime_dir);
	(void) snprintf(dir, sizeof dir, "/run/user/%u", (unsigned) uid);
	if (is_own_dir(dir, geteuid() == 0 ? 0 : uid)) /* inside our namespace the user is 0 */
		return snprintf(runroot, 4096, "%s/podctl", dir);
	return snprintf(runroot, 4096, "/tmp/podctl-run-%u", (unsigned) uid);
}

int engine_default_paths(
	const struct engine_options *opt, char root[4096], char runroot[4096], struct err *err)
{
	uid_t uid = opt->uid, outer;
	int n;

	if (uid == 0) {
		bool inside = false;
		gid_t gid;

		if (!userns_is_initial() && (outer = outer_uid()) != 0) {
			(void) user_runroot(opt, outer, runroot);
			inside = rootless_inside(runroot, &uid, &gid);
		}
		if (!inside) {
			(void) snprintf(root, 4096, "/var/lib/podctl");
			(void) snprintf(runroot, 4096, "/run/podctl");
			return 0;
		}
	}
	if (opt->xdg_data_home && opt->xdg_data_home[0] == '/')
		n = snprintf(root, 4096, "%s/podctl", opt->xdg_data_home);
	else if (opt->home && opt->home[0] == '/')
		n = snprintf(root, 4096, "%s/.local/share/podctl", opt->home);
	else if (opt->root)
		n = snprintf(root, 4096, "%s", opt->root); /* no default needed */
	else
		return err_set(err, ERR_INVALID,
			"neither HOME nor XDG_DATA_HOME is an absolute path; set one or give --root");
	if (n >= 4096 || user_runroot(opt, uid, runroot) >= 4096)
		return err_set(err, ERR_INVALID, "the path of the home or runtime directory is too long");
	return 0;
}
