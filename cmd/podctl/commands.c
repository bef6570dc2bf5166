/*
 * commands.c — the list of all commands, how a word finds one, and the options every command knows.
 */
#include "cmd/podctl/tables.h"

#include <string.h>

#include "pkg/util/text.h"

static int opt_events_backend(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c, (void) request;
	return !strcmp(value, "file")
		       ? 0
		       : err_set(err, ERR_UNSUPPORTED,
				 "--events-backend %s: events are kept in a file, always", value);
}

/* clang-format off */
const struct option global_options[] = {
	O_STR(struct globals, root, "root", 0, "DIR", "Where images, containers and the database are kept"),
	O_STR(struct globals, runroot, "runroot", 0, "DIR", "Where volatile state is kept"),
	O_STR(struct globals, runtime, "runtime", 0, "NAME", "OCI runtime: a name or a path (default podctl-runtime)"),
	O_STR(struct globals, cgroup_manager, "cgroup-manager", 0, "NAME", "\"systemd\" or \"cgroupfs\" (default: what the machine has)"),
	O_STR(struct globals, log_level, "log-level", 0, "LEVEL", "error, warn, info or debug, on stderr (default warn)"),
	{ .name = "help", .kind = OPT_HELP, .help = "Print this help and exit", .implied = "true" },
	{ .name = "version", .letter = 'v', .kind = OPT_BOOL, .offset = offsetof(struct globals, version), .help = "Print the version and exit", .implied = "true" },
	O_STR(struct globals, storage_driver, "storage-driver", 0, "NAME", "overlay, or vfs where that cannot be (default: as storage.conf has it, and what works)"),
	O_STRS(struct globals, storage_opts, "storage-opt", 0, "NAME=VALUE", "additionalimagestore=DIR: images there are found too, only to be read"),
	O_REFUSED("remote|connection|url", 0, NULL, "podctl works on this machine only; use ssh"),
	{ .name = "noout", .kind = OPT_BOOL, .offset = offsetof(struct globals, no_output), .help = "Print no results", .implied = "true" },
	{ .name = "events-backend", .kind = OPT_FN, .fn = opt_events_backend, .value = "file", .help = "Where events are kept; file is the only one" },
	O_REFUSED("tmpdir", 0, "DIR", "volatile state is below --runroot"),
	O_REFUSED("network-cmd-path|volumepath|imagestore|module|syslog|trace|namespace|max-workers|identity|ssh", 0, NULL, "podctl has nothing that it could change"),
	O_REFUSED("hooks-dir", 0, "DIR", "OCI hook directories are not read yet"),
	O_REFUSED("network-config-dir", 0, "DIR", "networks are kept in the database below --root"),
	O_REFUSED("runtime-flag", 0, "FLAG", "name a script as --runtime instead"),
	O_REFUSED("conmon", 0, "PATH", "podctl has its own monitor"),
	O_END
};

const struct command_group command_groups[] = {
	{ "container", "Manage containers" },
	{ "image", "Manage images" },
	{ "manifest", "Lists of images for several platforms" },
	{ "volume", "Manage volumes" },
	{ "secret", "Manage secrets" },
	{ "pod", "Manage pods" },
	{ "network", "Manage networks" },
	{ "kube", "Run pods from Kubernetes YAML, and write it" },
	{ "healthcheck", "Run the health checks of containers" },
	{ "play", "Run pods from Kubernetes YAML" },
	{ "generate", "Write Kubernetes YAML from pods and containers" },
	{ "system", "What the engine is and needs" },
	{ "docs", "Man pages and shell completion" },
	{ NULL, NULL }
};
const struct command *const command_tables[] = {
	container_commands,
	container_io_commands,
	change_commands,
	copy_commands,
	mount_commands,
	systemd_commands,
	prune_commands,
	image_commands,
	images_commands,
	image_show_commands,
	image_make_commands,
	image_out_commands,
	trust_commands,
	image_scp_commands,
	login_commands,
	search_commands,
	manifest_commands,
	volume_commands,
	secret_commands,
	pod_commands,
	kube_commands,
	kube_view_commands,
	kube_resize_commands,
	system_commands,
	df_commands,
	check_commands,
	events_commands,
	health_commands,
	stats_commands,
	top_commands,
	update_commands,
	network_commands,
	clone_commands,
	refused_commands,
	NULL
};
/* clang-format on */

const struct command *command_at(size_t i)
{
	for (const struct command *const *t = command_tables; *t; t++)
		for (const struct command *c = *t; c->paths; c++)
			if (i-- == 0)
				return c;
	return NULL;
}

const char *command_path(const struct command *cmd, size_t i, struct arena *a)
{
	const char *p = cmd->paths;

	while (i--) {
		p += strcspn(p, "|");
		if (!*p)
			return NULL;
		p++;
	}
	return arena_strndup(a, p, strcspn(p, "|"));
}

/* Words of 'path' (up to '|') that argv starts with; 0: not all of them. */
static size_t match(const char *path, char *const *argv)
{
	size_t words = 0;

	for (;;) {
		size_t n = strcspn(path, " |");

		if (!argv[words] || strlen(argv[words]) != n || strncmp(argv[words], path, n) != 0)
			return 0;
		words++;
		if (path[n] != ' ')
			return words;
		path += n + 1;
	}
}

static const char *group_find(const char *word)
{
	for (const struct command_group *g = command_groups; word && g->path; g++)
		if (!strcmp(g->path, word))
			return g->path;
	return NULL;
}

const struct command *command_find(
	char *const *argv, size_t *ret_n, const char **ret_path, const char **ret_group)
{
	const struct command *best = NULL, *c;

	*ret_n = 0;
	*ret_group = NULL;
	for (size_t i = 0; (c = command_at(i)); i++) {
		for (const char *p = c->paths;; p++) {
			size_t n = match(p, argv);

			if (n > *ret_n) {
				*ret_n = n;
				*ret_path = p;
				best = c;
			}
			p += strcspn(p, "|");
			if (!*p)
				break;
		}
	}
	if (!best && (*ret_group = group_find(argv[0])))
		*ret_n = 1;
	return best;
}

const char *command_nearest(struct arena *a, const char *group, const char *word)
{
	struct strs names = { 0 };
	size_t len = group ? strlen(group) : 0;
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++) {
		const char *path;

		if (c->flags & CMD_HIDDEN)
			continue;
		for (size_t k = 0; (path = command_path(c, k, a)); k++) {
			const char *space = strchr(path, ' ');

			if (!group && !space)
				(void) strs_add(&names, a, path);
			else if (group && space && (size_t) (space - path) == len &&
				 !strncmp(path, group, len))
				(void) strs_add(&names, a, space + 1);
		}
	}
	for (const struct command_group *g = command_groups; !group && g->path; g++)
		(void) strs_add(&names, a, g->path);
	return names.n ? text_nearest(word, (const char *const *) names.v) : NULL;
}
