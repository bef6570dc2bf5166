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

static int opt_annotation(struct cli *c, void *request, const char *value, struct err *err)
{
	return annotation_add(c, &((struct create_request *) request)->annotations, value, err);
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

static int opt_passwd(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c, (void) err;
	((struct create_request *) request)->no_passwd = !strcmp(value, "false");
	return 0;
}

static int opt_platform(struct cli *c, void *request, const char *value, struct err *err)
{
	return pull_platform(value, &c->arena, &((struct create_request *) request)->images, err);
}

/* podman knows the flag for Docker's sake and does nothing either. */
static int opt_nothing(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c, (void) request, (void) value, (void) err;
	return 0;
}

static int opt_http_proxy(struct cli *c, void *request, const char *value, struct err *err)
{
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return err_set(err, ERR_INVALID, "--http-proxy %s: expected true or false", value);
	(void) c;
	((struct create_request *) request)->no_http_proxy = !strcmp(value, "false");
	return 0;
}

#define R struct create_request
/* clang-format off */
const struct option create_options[] = {
	O_CSV(R, add_hosts, "add-host", 0, "NAME:IP", "Add a line to /etc/hosts; host-gateway as IP is the host"),
	O_FN(opt_annotation, "annotation", 0, "KEY=VALUE", "Add an annotation"),
	O_STR(R, images.arch, "arch", 0, "ARCH", "Architecture of the image, such as arm64"),
	O_STR(R, images.at.authfile, "authfile", 0, "FILE", "Take credentials for a pull from this file only"),
	O_CSV(R, cap_add, "cap-add", 0, "CAP", "Add a capability, or all"),
	O_CSV(R, cap_drop, "cap-drop", 0, "CAP", "Drop a capability, or all"),
	O_KVS(R, cgroup_conf, "cgroup-conf", 0, "Write VALUE into the file KEY of its cgroup (cgroup v2)"),
	O_STR(R, cgroup_parent, "cgroup-parent", 0, "PATH", "Cgroup to be below; where systemd manages them, a slice"),
	O_STR(R, cgroupns, "cgroupns", 0, "MODE", "Cgroup namespace: private or host"),
	O_STR(R, cgroups, "cgroups", 0, "MODE", "enabled (default) or no-conmon, which is the same here"),
	O_CSV(R, chroot_dirs, "chrootdirs", 0, "DIR", "Further roots inside whose /etc gets hosts, hostname and resolv.conf"),
	O_STR(R, cidfile, "cidfile", 0, "FILE", "Write the container's id to this file"),
	O_STR(R, monitor_pidfile, "conmon-pidfile", 0, "FILE", "Write the pid of its pod's monitor to this file at each start"),
	O_CSV(R, devices, "device", 0, "DEV[:PATH][:rwm]", "Give it a device of the host"),
	O_STRS(R, device_rules, "device-cgroup-rule", 0, "TYPE MAJOR:MINOR MODE", "Allow these devices, such as 'c 10:200 rwm'"),
	{ .name = "disable-content-trust", .kind = OPT_FN, .fn = opt_nothing, .help = "Docker's; signatures are a matter of policy.json", .implied = "true" },
	O_CSV(R, dns, "dns|dns-server", 0, "IP", "Name server in /etc/resolv.conf"),
	O_CSV(R, dns_option, "dns-option|dns-opt", 0, "OPT", "Option in /etc/resolv.conf"),
	O_CSV(R, dns_search, "dns-search", 0, "DOMAIN", "Search domain in /etc/resolv.conf"),
	O_STR(R, entrypoint, "entrypoint", 0, "CMD", "Replace the image's entry point; \"\" drops it, a JSON list has several words"),
	O_FN(opt_env, "env", 'e', "NAME[=VALUE]", "Set a variable; without =VALUE it is taken from the environment"),
	O_FN(opt_env_file, "env-file", 0, "FILE", "Read variables from a file, one per line"),
	O_KVS(R, env_merge, "env-merge", 0, "Set a variable to a text with ${NAME} of the image's environment in it"),
	{ .name = "env-host", .kind = OPT_FN, .fn = opt_env_host, .help = "Pass all variables of the environment on", .implied = "true" },
	O_CSV(R, expose, "expose", 0, "PORT[/PROTO]", "Say that a port is served"),
	O_CSV(R, groups, "group-add", 0, "GROUP", "Add a supplementary group"),
	O_STR(R, health_cmd, "health-cmd", 0, "COMMAND", "Command that tells whether it is healthy; none turns the image's off"),
	O_STR(R, health_interval, "health-interval", 0, "TIME", "How often it is run (default 30s); disable: only by podctl healthcheck run"),
	O_STR(R, health_on_failure, "health-on-failure", 0, "ACTION", "When it becomes unhealthy: none, kill, restart or stop"),
	O_INT(R, health_retries, "health-retries", 0, "N", "Failures in a row until it is unhealthy (default 3)", 0, UINT32_MAX),
	O_STR(R, health_start_period, "health-start-period", 0, "TIME", "Failures within this time of its start do not count (default 0s)"),
	O_STR(R, health_timeout, "health-timeout", 0, "TIME", "A run that takes longer has failed (default 30s)"),
	O_CSV(R, host_users, "hostuser", 0, "USER", "Add this user of the host to /etc/passwd"),
	{ .name = "http-proxy", .kind = OPT_FN, .fn = opt_http_proxy, .help = "Pass http_proxy and the like on (default true)", .implied = "true" },
	O_STR(R, hostname, "hostname", 'h', "NAME", "Host name inside"),
	O_STR(R, image_volume, "image-volume", 0, "MODE", "What the image's VOLUMEs become: anonymous (default), tmpfs, ignore"),
	O_BOOL(R, init, "init", 0, "Run a small init as pid 1 that reaps and forwards signals"),
	O_STR(R, init_path, "init-path", 0, "FILE", "With --init: this program of the host as pid 1"),
	O_BOOL(R, interactive, "interactive", 'i', "Keep standard input open"),
	O_STR(R, address.ip, "ip", 0, "IP", "Address on the bridge"),
	O_STR(R, ipc, "ipc", 0, "MODE", "IPC namespace: private, host or container:NAME"),
	O_KVS(R, labels, "label", 'l', "Set a label"),
	O_FN(opt_label_file, "label-file", 0, "FILE", "Read labels from a file, one per line"),
	O_STR(R, log_driver, "log-driver", 0, "NAME", "Where output is logged: k8s-file or none"),
	O_CSV(R, log_opts, "log-opt", 0, "max-size=SIZE", "Rotate the log at this size"),
	O_STR(R, address.mac, "mac-address", 0, "MAC", "Hardware address on the bridge"),
	O_STRS(R, mounts, "mount", 0, "type=TYPE,...", "Mount: type=bind,src=DIR,dst=DIR, type=volume,src=VOLUME,dst=DIR, type=tmpfs,dst=DIR, type=image,src=IMAGE,dst=DIR[,rw=true] or type=devpts,dst=/dev/pts"),
	O_STR(R, name, "name", 0, "NAME", "Name it (else a name is made up)"),
	O_STRS(R, networks, "network|net", 0, "MODE", "bridge[:ip=IP,mac=MAC,alias=NAME], host, none or container:NAME"),
	O_CSV(R, address.aliases, "network-alias", 0, "NAME", "One more name that pods find it by"),
	O_BOOL(R, no_healthcheck, "no-healthcheck", 0, "Do not run the image's health check"),
	O_BOOL(R, no_hosts, "no-hosts", 0, "Leave the image's /etc/hosts alone"),
	O_BOOL(R, oom_kill_disable, "oom-kill-disable", 0, "Stop rather than kill it when its memory is used up (cgroup v1)"),
	O_INT(R, oom_score_adj, "oom-score-adj", 0, "N", "How readily it is killed when memory is short, -1000 to 1000", -1000, 1000),
	O_STR(R, images.os, "os", 0, "OS", "Operating system of the image"),
	{ .name = "passwd", .kind = OPT_FN, .fn = opt_passwd, .help = "Give a user that the image does not know a line in /etc/passwd (default true)", .implied = "true" },
	O_STR(R, passwd_entry, "passwd-entry", 0, "LINE", "That line, with $USERNAME, $UID, $GID, $NAME and $HOME"),
	O_STR(R, personality, "personality", 0, "NAME", "Execution domain: LINUX, or LINUX32 to look like a 32-bit machine"),
	O_STR(R, pid, "pid", 0, "MODE", "PID namespace: private, host or container:NAME"),
	O_STR(R, pidfile, "pidfile", 0, "FILE", "Write the pid of its first process to this file at each start"),
	O_FN(opt_platform, "platform", 0, "OS/ARCH[/VARIANT]", "Platform of the image"),
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
	O_CSV(R, requires, "requires", 0, "CONTAINER", "Start these containers first"),
	O_STR(R, restart, "restart", 0, "POLICY", "no, on-failure[:N], always or unless-stopped"),
	O_BOOL(R, autoremove, "rm", 0, "Remove it when it has ended"),
	O_BOOL(R, rootfs, "rootfs", 0, "The first argument is a directory, not an image"),
	O_STR(R, sdnotify, "sdnotify", 0, "MODE", "Who says to systemd that it is ready: container (default), conmon (podctl, as soon as it runs) or ignore"),
	O_STRS(R, secrets, "secret", 0, "NAME[,OPT=VALUE...]", "Give it a secret: type=mount (default; target=, uid=, gid=, mode=) or type=env (target=)"),
	O_STRS(R, security, "security-opt", 0, "OPT", "no-new-privileges, seccomp=FILE|unconfined, mask=, unmask="),
	O_BYTES(R, shm_size, "shm-size", 0, "Size of /dev/shm"),
	O_STR(R, stop_signal, "stop-signal", 0, "SIGNAL", "Signal that asks it to stop"),
	O_INT(R, stop_timeout, "stop-timeout", 0, "SECONDS", "How long it may take to stop before it is killed", 0, UINT32_MAX),
	O_KVS(R, sysctls, "sysctl", 0, "Set a kernel parameter of its namespaces"),
	O_INT(R, timeout, "timeout", 0, "SECONDS", "Kill it after so long", 0, UINT32_MAX),
	O_STR(R, systemd, "systemd", 0, "MODE", "true (default: when the command is systemd), always or false"),
	O_OBOOL(R, images.at.tls_verify, "tls-verify", 0, "For a pull: insist on HTTPS and check certificates"),
	O_STRS(R, tmpfs, "tmpfs", 0, "DIR[:OPTIONS]", "Mount a tmpfs"),
	O_BOOL(R, tty, "tty", 't', "Give it a terminal"),
	O_CSV(R, ulimits, "ulimit", 0, "NAME=SOFT[:HARD]", "Set a resource limit of its processes"),
	O_STR(R, tz, "tz", 0, "ZONE", "Time zone, such as Europe/Paris, or local for the host's"),
	O_STR(R, umask, "umask", 0, "MODE", "Its umask, octal"),
	O_CSV(R, unsetenv, "unsetenv", 0, "NAME", "Do not set this variable of the image or the engine"),
	O_BOOL(R, unsetenv_all, "unsetenv-all", 0, "Set none of the variables of the image and the engine"),
	O_STR(R, user, "user", 'u', "USER[:GROUP]", "Run as this user of the image, by name or number"),
	O_STR(R, userns.mode, "userns", 0, "MODE",
			"User namespace: host (default), auto[:size=N], container:NAME, ns:PATH, private"),
	O_CSV(R, userns.uidmap, "uidmap", 0, "C:H:N", "Users of its user namespace: container, host, how many"),
	O_CSV(R, userns.gidmap, "gidmap", 0, "C:H:N", "Groups of its user namespace"),
	O_STR(R, userns.subuid, "subuidname", 0, "NAME", "Have the users that /etc/subuid gives to NAME"),
	O_STR(R, userns.subgid, "subgidname", 0, "NAME", "Have the groups that /etc/subgid gives to NAME"),
	O_STR(R, uts, "uts", 0, "MODE", "UTS namespace: private, host or container:NAME"),
	O_STR(R, images.variant, "variant", 0, "VARIANT", "Variant of the image's architecture, such as v7"),
	O_STRS(R, volumes, "volume", 'v', "DIR|VOLUME:DIR[:OPTIONS]", "Mount a directory or file of the host, or a volume (made when missing)"),
	O_CSV(R, volumes_from, "volumes-from", 0, "CONTAINER[:ro]", "Mount what another container has mounted"),
	O_STR(R, workdir, "workdir", 'w', "DIR", "Working directory inside"),

	O_REFUSED("gpus", 0, "GPUS", "nothing is known of GPUs; give their devices with --device"),
	O_REFUSED("link", 0, "NAME", "Docker's old links are not done; containers of a pod share localhost, pods of played files find each other by name"),
	O_REFUSED("ip6", 0, "IP", "IPv6 networks are not done yet"),
	O_REFUSED("preserve-fds", 0, "N", "the process is made by its pod's monitor, which has no descriptors of the caller's but 0, 1 and 2"),
	O_REFUSED("rdt-class", 0, "NAME", "Intel's resource director is not done"),
	O_REFUSED("seccomp-policy", 0, "POLICY", "not done: the profile is the engine's, or --security-opt seccomp=FILE"),
	O_END
};
/* clang-format on */
#undef R
const struct option help_options[] = { O_HELP, O_END };
