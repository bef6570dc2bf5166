#include "pkg/oci/tables.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* clang-format off */
const struct oci_ns_row oci_ns_table[OCI_NS_COUNT] = {
	[OCI_NS_USER]   = { "user",    "user",   CLONE_NEWUSER },
	[OCI_NS_CGROUP] = { "cgroup",  "cgroup", CLONE_NEWCGROUP },
	[OCI_NS_IPC]    = { "ipc",     "ipc",    CLONE_NEWIPC },
	[OCI_NS_UTS]    = { "uts",     "uts",    CLONE_NEWUTS },
	[OCI_NS_NET]    = { "network", "net",    CLONE_NEWNET },
	[OCI_NS_PID]    = { "pid",     "pid",    CLONE_NEWPID },
	[OCI_NS_TIME]   = { "time",    "time",   CLONE_NEWTIME },
	[OCI_NS_MOUNT]  = { "mount",   "mnt",    CLONE_NEWNS },
};

const struct oci_device_row oci_default_devices[6] = {
	{ "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 }, { "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
};

const struct oci_link_row oci_default_links[6] = {
	{ "fd", "/proc/self/fd" }, { "stdin", "/proc/self/fd/0" }, { "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" }, { "ptmx", "pts/ptmx" }, { "core", "/proc/kcore" },
};

const char *const oci_default_masked[] = {
	"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
	"/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/proc/interrupts", "/sys/firmware",
	"/sys/devices/virtual/powercap", "/sys/dev/block", NULL,
};

const char *const oci_default_readonly[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};
/* clang-format on */

int oci_ns_find(const char *name)
{
	for (int i = 0; i < OCI_NS_COUNT; i++)
		if (strcmp(name, oci_ns_table[i].name) == 0)
			return i;
	return -EINVAL;
}
