#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/oci/mount_opts.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"
#include "runtime/command.h"
#include "runtime/seccomp.h"

static json_t *strings(const char *const *v)
{
	json_t *a = json_array();

	for (; *v; v++)
		(void) json_array_append_new(a, json_string(*v));
	return a;
}

static json_t *enabled(bool on) { return json_pack("{sb}", "enabled", on); }

static json_t *linux_features(void)
{
	json_t *ns = json_array(), *caps = json_array(), *o;

	for (int i = 0; i < OCI_NS_COUNT; i++)
		(void) json_array_append_new(ns, json_string(oci_ns_table[i].name));
	for (int i = 0; i < CAP_COUNT; i++)
		(void) json_array_append_new(caps, json_string(cap_name(i)));
	o = json_pack("{soso}", "namespaces", ns, "capabilities", caps);
	(void) json_object_set_new(o, "cgroup",
		json_pack("{sbsbsbsbsb}", "v1", 1, "v2", 1, "systemd", 1, "systemdUser", 1, "rdma", 1));
	(void) json_object_set_new(o, "seccomp",
		json_pack("{sbsosososo so}", "enabled", 1, "actions", strings(seccomp_action_names),
			"operators", strings(seccomp_operator_names), "archs", strings(seccomp_arch_names),
			"knownFlags", strings(seccomp_flag_names), "supportedFlags",
			strings(seccomp_flag_names)));
	(void) json_object_set_new(o, "apparmor", enabled(true));
	(void) json_object_set_new(o, "selinux", enabled(true));
	(void) json_object_set_new(o, "intelRdt", enabled(false));
	(void) json_object_set_new(o, "memoryPolicy",
		json_pack("{s[sssssss]s[sss]}", "modes", "MPOL_DEFAULT", "MPOL_BIND", "MPOL_INTERLEAVE",
			"MPOL_WEIGHTED_INTERLEAVE", "MPOL_PREFERRED", "MPOL_PREFERRED_MANY", "MPOL_LOCAL",
			"flags", "MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"));
	(void) json_object_set_new(o, "mountExtensions", json_pack("{so}", "idmap", enabled(true)));
	(void) json_object_set_new(o, "netDevices", enabled(true));
	return o;
}

static int print_json(json_t *o, struct err *err)
{
	char *text = o ? json_text(o, JSON_INDENT(2)) : NULL;

	if (text)
		printf("%s\n", text);
	json_decref(o);
	if (!text)
		return err_sys(err, ENOMEM, "print");
	free(text);
	return 0;
}

/* Those that open something of the host for who may write the configuration's annotations and nothing else. */
static const char *const unsafe_annotations[] = { "run.oci.delegate-cgroup", "run.oci.hooks.stderr",
	"run.oci.hooks.stdout", "run.oci.keep_original_groups", "run.oci.mount_context_type",
	"run.oci.pidfd_receiver", "run.oci.seccomp.receiver", "run.oci.seccomp_bpf_data",
	"run.oci.seccomp_fail_unknown_syscall", "run.oci.systemd.force_cgroup_v1", "run.oci.systemd.subgroup",
	"run.oci.timens_offset", "org.criu.config", NULL };

int cmd_features(const struct globals *g, int argc, char **argv, struct err *err)
{
	json_t *hooks = json_array(), *opts = json_array(), *o;
	const char *w;

	(void) g;
	if (argc)
		return err_set(err, ERR_INVALID, "features: takes no arguments, got '%s'", argv[0]);
	for (int i = 0; i < HOOK_KIND_COUNT; i++)
		(void) json_array_append_new(hooks, json_string(cfg_hook_names[i]));
	for (size_t i = 0; (w = oci_mount_opt_word(i)); i++)
		(void) json_array_append_new(opts, json_string(w));
	o = json_pack("{sssssososos{ss}so}", "ociVersionMin", OCI_VERSION_MIN, "ociVersionMax", OCI_VERSION,
		"hooks", hooks, "mountOptions", opts, "linux", linux_features(), "annotations",
		"org.podctl.runtime.version", PODCTL_VERSION, "potentiallyUnsafeConfigAnnotations",
		strings(unsafe_annotations));
	if (!o) { /* the format above is long: said loudly rather than printed empty */
		return err_set(err, ERR_SYSTEM, "features: cannot be encoded");
	}
	return print_json(o, err);
}

static json_t *spec_mount(const char *dest, const char *type, const char *source, const char *options)
{
	json_t *list = json_array(), *o;
	auto_free char *copy = strdup(options);
	char *at = copy, *w;

	while (at && (w = strsep(&at, ",")))
		(void) json_array_append_new(list, json_string(w));
	o = json_pack("{sssssssO}", "destination", dest, "type", type, "source", source, "options", list);
	json_decref(list);
	return o;
}

static json_t *spec_caps(void)
{
	static const char *const kept[] = { "CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE", NULL };

	return json_pack("{sososo}", "bounding", strings(kept), "effective", strings(kept), "permitted",
		strings(kept));
}

static json_t *spec_linux(bool rootless)
{
	json_t *ns = json_array();
	json_t *o = json_object();
	static const enum oci_ns both[] = { OCI_NS_PID, OCI_NS_IPC, OCI_NS_UTS, OCI_NS_MOUNT, OCI_NS_CGROUP };

	for (size_t i = 0; i < LEN(both); i++)
		(void) json_array_append_new(ns, json_pack("{ss}", "type", oci_ns_table[both[i]].name));
	(void) json_array_append_new(ns, json_pack("{ss}", "type", rootless ? "user" : "network"));
	(void) json_object_set_new(o, "namespaces", ns);
	if (rootless) {
		(void) json_object_set_new(o, "uidMappings",
			json_pack("[{sIsIsI}]", "containerID", (json_int_t) 0, "hostID",
				(json_int_t) geteuid(), "size", (json_int_t) 1));
		(void) json_object_set_new(o, "gidMappings",
			json_pack("[{sIsIsI}]", "containerID", (json_int_t) 0, "hostID",
				(json_int_t) getegid(), "size", (json_int_t) 1));
	} else {
		(void) json_object_set_new(
			o, "resources", json_pack("{s[{sbss}]}", "devices", "allow", 0, "access", "rwm"));
	}
	(void) json_object_set_new(o, "maskedPaths", strings(oci_default_masked));
	(void) json_object_set_new(o, "readonlyPaths", strings(oci_default_readonly));
	return o;
}

static json_t *spec_document(bool rootless)
{
	json_t *mounts = json_array();

	(void) json_array_append_new(mounts, spec_mount("/proc", "proc", "proc", "nosuid,noexec,nodev"));
	(void) json_array_append_new(
		mounts, spec_mount("/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k"));
	(void) json_array_append_new(
		mounts, spec_mount("/dev/pts", "devpts", "devpts",
				rootless ? "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620"
					 : "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"));
	(void) json_array_append_new(
		mounts, spec_mount("/dev/shm", "tmpfs", "shm", "nosuid,noexec,nodev,mode=1777,size=65536k"));
	(void) json_array_append_new(
		mounts, spec_mount("/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev"));
	if (rootless)
		(void) json_array_append_new(
			mounts, spec_mount("/sys", "none", "/sys", "rbind,nosuid,noexec,nodev,ro"));
	else
		(void) json_array_append_new(
			mounts, spec_mount("/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro"));
	(void) json_array_append_new(
		mounts, spec_mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid,noexec,nodev,relatime,ro"));
	return json_pack("{sss{sbs{sIsI}s[s]s[ss]sssos[{sssIsI}]sb}s{sssb}sssoso}", "ociVersion", "1.0.2",
		"process", "terminal", 1, "user", "uid", (json_int_t) 0, "gid", (json_int_t) 0, "args", "sh",
		"env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm",
		"cwd", "/", "capabilities", spec_caps(), "rlimits", "type", "RLIMIT_NOFILE", "soft",
		(json_int_t) 1024, "hard", (json_int_t) 1024, "noNewPrivileges", 1, "root", "path", "rootfs",
		"readonly", 1, "hostname", "podctl", "mounts", mounts, "linux", spec_linux(rootless));
}

int cmd_spec(const struct globals *g, int argc, char **argv, struct err *err)
{
	const char *bundle = ".";
	bool rootless = false, help;
	const struct opt table[] = { { "bundle", 'b', OPT_STR, &bundle, "directory to write it to" },
		{ "rootless", 0, OPT_FLAG, &rootless, "for an ordinary user" },
		{ NULL, 0, OPT_FLAG, NULL, NULL } };
	auto_close int dir = -EBADF;
	auto_close int fd = -EBADF;
	auto_free char *text = NULL;
	char **pos;
	json_t *o;
	int n, rc;

	(void) g;
	if ((rc = options_parse(argc, argv, table, 0, &pos, &n, &help, err)) < 0)
		return rc;
	if (help) {
		printf("Usage: podctl-runtime spec [--bundle DIR] [--rootless]\n");
		return 0;
	}
	if (n)
		return err_set(err, ERR_INVALID, "spec: takes no arguments");
	o = spec_document(rootless);
	text = o ? json_text(o, JSON_INDENT(8)) : NULL;
	json_decref(o);
	if (!text)
		return err_set(err, ERR_SYSTEM, "spec: cannot be encoded");
	if ((dir = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open bundle '%s'", bundle);
	if ((fd = openat(dir, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) < 0)
		return err_sys(err, errno, "write '%s/config.json'", bundle);
	rc = io_write_all(fd, text, strlen(text));
	if (rc == 0)
		rc = io_write_all(fd, "\n", 1);
	return rc < 0 ? err_sys(err, -rc, "write '%s/config.json'", bundle) : 0;
}
