/*
 * create_options.c — the options of run and create, and what they take from the environment and from files.
 */
#include "cmd/podctl/environment.h"

#include "cmd/podctl/cidfile.h"

#include "cmd/podctl/pull.h"
#include "cmd/podctl/tables.h"
#include "pkg/verb/create.h"

static int opt_env(struct cli *c, void *request, const char *value, struct err *err)
{
	return env_add(c, &((struct create_request *) request)->env, value, err);
}

static int opt_env_host(struct cli *c, void *request, const char *value, struct err *err)
{
	return !strcmp(value, "true")
		       ? env_add_host(c, &((struct create_request *) request)->env_defaults, err)
		       : 0;
}

static int opt_env_file(struct cli *c, void *request, const char *value, struct err *err)
{
	return env_add_file(c, &((struct create_request *) request)->env_defaults, value, err);
}

static int opt_label_file(struct cli *c, void *request, const char *value, struct err *err)
{
	return labels_add_file(c, &((struct create_request *) request)->labels, value, err);
}

static int opt_pod_file(struct cli *c, void *request, const char *value, struct err *err)
{
	return idfile_read(c, value, &((struct create_request *) request)->pod, err);
}

static int opt_read_only_tmpfs(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c, (void) err;
	((struct create_request *) request)->read_only_tmpfs_off = !strcmp(value, "false");
	return 0;
}

static int opt_tls_verify(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c;
	return pull_tls_verify(&((struct create_request *) request)->images, value, err);
}

#define R struct create_request
/* clang-format off */
const struct option create_options[] = {
	O_CSV(R, add_hosts, "add-host", 0, "NAME:IP", "Add a line to /etc/hosts; host-gateway as IP is the host"),
	O_KVS(R, annotations, "annotation", 0, "Add an annotation"),
	O_STR(R, images.authfile, "authfile", 0, "FILE", "Take credentials for a pull from this file only"),
	O_CSV(R, cap_add, "cap-add", 0, "CAP", "Add a capability, or all"),
	O_CSV(R, cap_drop, "cap-drop", 0, "CAP", "Drop a capability, or all"),
	O_STR(R, cgroupns, "cgroupns", 0, "MODE", "Cgroup namespace: private or host"),
	O_STR(R, cidfile, "cidfile", 0, "FILE", "Write the container's id to this file"),
	O_INT(R, cpu_period, "cpu-period", 0, "US", "Length of a CPU period in microseconds", 1000, 1000000),
	O_INT(R, cpu_quota, "cpu-quota", 0, "US", "CPU time per period in microseconds, -1 for no limit", -1, INT64_MAX / 2),
	O_INT(R, cpu_shares, "cpu-shares", 'c', "N", "Relative weight of its CPU time", 0, 262144),
	O_F64(R, cpus, "cpus", 0, "N", "At most so many processors, such as 1.5"),
	O_STR(R, cpuset_cpus, "cpuset-cpus", 0, "LIST", "Processors it may run on, such as 0-3,5"),
	O_STR(R, cpuset_mems, "cpuset-mems", 0, "LIST", "Memory nodes it may use"),
	O_CSV(R, devices, "device", 0, "DEV[:PATH][:rwm]", "Give it a device of the host"),
	O_CSV(R, dns, "dns|dns-server", 0, "IP", "Name server in /etc/resolv.conf"),
	O_CSV(R, dns_option, "dns-option|dns-opt", 0, "OPT", "Option in /etc/resolv.conf"),
	O_CSV(R, dns_search, "dns-search", 0, "DOMAIN", "Search domain in /etc/resolv.conf"),
	O_STR(R, entrypoint, "entrypoint", 0, "CMD", "Replace the image's entry point; \"\" drops it, a JSON list has several words"),
	O_FN(opt_env, "env", 'e', "NAME[=VALUE]", "Set a variable; without =VALUE it is taken from the environment"),
	O_FN(opt_env_file, "env-file", 0, "FILE", "Read variables from a file, one per line"),
	{ .name = "env-host", .kind = OPT_FN, .fn = opt_env_host, .help = "Pass all variables of the environment on", .implied = "true" },
	O_CSV(R, expose, "expose", 0, "PORT[/PROTO]", "Say that a port is served"),
	O_CSV(R, groups, "group-add", 0, "GROUP", "Add a supplementary group"),
	O_STR(R, hostname, "hostname", 'h', "NAME", "Host name inside"),
	O_STR(R, image_volume, "image-volume", 0, "MODE", "What the image's VOLUMEs become: anonymous (default), tmpfs, ignore"),
	O_BOOL(R, init, "init", 0, "Run a small init as pid 1 that reaps and forwards signals"),
	O_BOOL(R, interactive, "interactive", 'i', "Keep standard input open"),
	O_STR(R, ipc, "ipc", 0, "MODE", "IPC namespace: private, host or container:NAME"),
	O_KVS(R, labels, "label", 'l', "Set a label"),
	O_FN(opt_label_file, "label-file", 0, "FILE", "Read labels from a file, one per line"),
	O_STR(R, log_driver, "log-driver", 0, "NAME", "Where output is logged: k8s-file or none"),
	O_CSV(R, log_opts, "log-opt", 0, "max-size=SIZE", "Rotate the log at this size"),
	O_BYTES(R, memory, "memory", 'm', "At most so much memory"),
	O_BYTES(R, memory_reservation, "memory-reservation", 0, "Soft limit of memory"),
	O_BYTES(R, memory_swap, "memory-swap", 0, "At most so much memory and swap together; -1 for no limit"),
	O_STRS(R, mounts, "mount", 0, "type=TYPE,...", "Mount: type=bind,src=DIR,dst=DIR, type=volume,src=VOLUME,dst=DIR or type=tmpfs,dst=DIR"),
	O_STR(R, name, "name", 0, "NAME", "Name it (else a name is made up)"),
	O_CSV(R, networks, "network|net", 0, "MODE", "bridge, host, none or container:NAME"),
	O_BOOL(R, no_hosts, "no-hosts", 0, "Leave the image's /etc/hosts alone"),
	O_INT(R, oom_score_adj, "oom-score-adj", 0, "N", "How readily it is killed when memory is short, -1000 to 1000", -1000, 1000),
	O_STR(R, pid, "pid", 0, "MODE", "PID namespace: private, host or container:NAME"),
	O_INT(R, pids_limit, "pids-limit", 0, "N", "At most so many processes; -1 for no limit", -1, 4194304),
	O_STR(R, pod, "pod", 0, "POD", "Make it a member of this pod"),
	O_FN(opt_pod_file, "pod-id-file", 0, "FILE", "Make it a member of the pod whose id is in this file"),
	O_BOOL(R, privileged, "privileged", 0, "All capabilities and devices, nothing masked"),
	O_CSV(R, publish, "publish", 'p', "[IP:][PORT:]PORT", "Publish a port, or a range of ports, on the host"),
	O_BOOL(R, publish_all, "publish-all", 'P', "Publish all exposed ports on free ports of the host"),
	O_STR(R, pull, "pull", 0, "POLICY", "missing, always, newer or never"),
	O_BOOL(R, read_only, "read-only", 0, "Make the root file system read-only"),
	{ .name = "read-only-tmpfs", .kind = OPT_FN, .fn = opt_read_only_tmpfs, .help = "With --read-only: writable tmpfs on /run, /tmp and /var/tmp (default true)", .implied = "true" },
	O_BOOL(R, replace, "replace", 0, "Remove a container of the same name first"),
	O_STR(R, restart, "restart", 0, "POLICY", "no, on-failure[:N], always or unless-stopped"),
	O_BOOL(R, autoremove, "rm", 0, "Remove it when it has ended"),
	O_BOOL(R, rootfs, "rootfs", 0, "The first argument is a directory, not an image"),
	O_STRS(R, security, "security-opt", 0, "OPT", "no-new-privileges, seccomp=FILE|unconfined, mask=, unmask="),
	O_BYTES(R, shm_size, "shm-size", 0, "Size of /dev/shm"),
	O_STR(R, stop_signal, "stop-signal", 0, "SIGNAL", "Signal that asks it to stop"),
	O_INT(R, stop_timeout, "stop-timeout", 0, "SECONDS", "How long it may take to stop before it is killed", 0, UINT32_MAX),
	O_KVS(R, sysctls, "sysctl", 0, "Set a kernel parameter of its namespaces"),
	O_INT(R, timeout, "timeout", 0, "SECONDS", "Kill it after so long", 0, UINT32_MAX),
	{ .name = "tls-verify", .kind = OPT_FN, .fn = opt_tls_verify, .help = "For a pull: insist on HTTPS and check certificates", .implied = "true" },
	O_STRS(R, tmpfs, "tmpfs", 0, "DIR[:OPTIONS]", "Mount a tmpfs"),
	O_BOOL(R, tty, "tty", 't', "Give it a terminal"),
	O_CSV(R, ulimits, "ulimit", 0, "NAME=SOFT[:HARD]", "Set a resource limit of its processes"),
	O_STR(R, umask, "umask", 0, "MODE", "Its umask, octal"),
	O_STR(R, user, "user", 'u', "USER[:GROUP]", "Run as this user of the image, by name or number"),
	O_STR(R, uts, "uts", 0, "MODE", "UTS namespace: private, host or container:NAME"),
	O_STRS(R, volumes, "volume", 'v', "DIR|VOLUME:DIR[:OPTIONS]", "Mount a directory or file of the host, or a volume (made when missing)"),
	O_CSV(R, volumes_from, "volumes-from", 0, "CONTAINER[:ro]", "Mount what another container has mounted"),
	O_STR(R, workdir, "workdir", 'w', "DIR", "Working directory inside"),

	O_REFUSED("arch", 0, "ARCH", "not done yet; podctl pull --arch first"),
	O_REFUSED("attach", 'a', "STREAM", "not done yet; run attaches output, and input with -i"),
	O_REFUSED("blkio-weight", 0, "N", "not done yet"),
	O_REFUSED("cgroup-conf", 0, "KEY=VALUE", "not done yet"),
	O_REFUSED("cgroup-parent", 0, "PATH", "not done yet"),
	O_REFUSED("cgroups", 0, "MODE", "not done yet; every pod has a cgroup of its own"),
	O_REFUSED("device-cgroup-rule", 0, "RULE", "not done yet"),
	O_REFUSED("device-read-bps", 0, "DEV:RATE", "not done yet"),
	O_REFUSED("device-write-bps", 0, "DEV:RATE", "not done yet"),
	O_REFUSED("gidmap", 0, "MAP", "user namespaces of single containers are not done yet"),
	O_REFUSED("health-cmd", 0, "CMD", "health checks are not done yet"),
	O_REFUSED("health-interval", 0, "TIME", "health checks are not done yet"),
	O_REFUSED("health-on-failure", 0, "ACTION", "health checks are not done yet"),
	O_REFUSED("health-retries", 0, "N", "health checks are not done yet"),
	O_REFUSED("health-start-period", 0, "TIME", "health checks are not done yet"),
	O_REFUSED("health-timeout", 0, "TIME", "health checks are not done yet"),
	O_REFUSED("ip", 0, "IP", "fixed addresses are not done yet"),
	O_REFUSED("ip6", 0, "IP", "IPv6 networks are not done yet"),
	O_REFUSED("mac-address", 0, "MAC", "fixed hardware addresses are not done yet"),
	O_REFUSED("memory-swappiness", 0, "N", "not done yet; cgroup v2 has no such control"),
	O_REFUSED("network-alias", 0, "NAME", "names on networks are not done yet"),
	O_REFUSED("oom-kill-disable", 0, NULL, "not done; cgroup v2 has no such control"),
	O_REFUSED("platform", 0, "OS/ARCH", "not done yet; podctl pull --platform first"),
	O_REFUSED("preserve-fds", 0, "N", "not done yet"),
	O_REFUSED("secret", 0, "NAME", "secrets are not done yet"),
	O_REFUSED("sdnotify", 0, "MODE", "not done yet"),
	O_REFUSED("systemd", 0, "MODE", "systemd in a container is not done yet"),
	O_REFUSED("tz", 0, "ZONE", "not done yet; set TZ with -e"),
	O_REFUSED("uidmap", 0, "MAP", "user namespaces of single containers are not done yet"),
	O_REFUSED("userns", 0, "MODE", "user namespaces of single containers are not done yet"),
	O_END
};
/* clang-format on */
#undef R
const struct option help_options[] = { O_HELP, O_END };
