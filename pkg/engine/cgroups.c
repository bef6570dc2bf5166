/* Who makes the cgroups of pods: systemd (a transient scope per pod) or we ourselves. */
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "pkg/engine/internal.h"
#include "pkg/engine/scope.h"

bool cgroups_unified(void)
{
	struct statfs fs;

	return statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* Without systemd pods stand in /podctl of what we see as the root of the hierarchy: the machine's, or that of the container
 * we are root of.  A user's session has nothing there. */
static bool usable_without_systemd(const struct engine *e)
{
	if (!cgroups_unified()) /* v1 hierarchies know no delegation */
		return !e->in_userns && access("/sys/fs/cgroup", F_OK) == 0;
	return faccessat(AT_FDCWD, "/sys/fs/cgroup/cgroup.subtree_control", W_OK, AT_EACCESS) == 0;
}

int cgroups_choose(struct engine *e, struct err *err)
{
	const char *want = e->opt->cgroup_manager ? e->opt->cgroup_manager : e->config.cgroup_manager;
	bool asked = e->opt->cgroup_manager != NULL;

	if (want && strcmp(want, "systemd") != 0 && strcmp(want, "cgroupfs") != 0)
		return err_set(err, ERR_INVALID,
			"cgroup manager '%s' is unknown; there are systemd and cgroupfs", want);
	if (!want || strcmp(want, "systemd") == 0) {
		const char *why = NULL;

		if (!cgroups_unified())
			why = "/sys/fs/cgroup is not a pure cgroup v2 mount";
		else if (access("/run/systemd/system", F_OK) < 0)
			why = "systemd does not run here";
		else if (!scope_bus_present(e))
			why = e->rootless ? "the user bus is not reachable (no login session: loginctl "
					    "enable-linger, or ssh instead of su)"
					  : "the system bus is not reachable (install and start dbus)";
		if (why && asked && want)
			return err_set(err, ERR_UNSUPPORTED, "--cgroup-manager systemd: %s", why);
		e->systemd_cgroups = !why;
	}
	e->cgroups_usable = e->systemd_cgroups || usable_without_systemd(e);
	return 0;
}
