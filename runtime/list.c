#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/limits.h"
#include "pkg/util/proc.h"
#include "runtime/command.h"

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_container(const struct dirent *e) { return e->d_type == DT_DIR && statedir_id_ok(e->d_name); }

static int check_format(const char *format, bool *ret_json, struct err *err)
{
	*ret_json = format && strcmp(format, "json") == 0;
	if (format && !*ret_json && strcmp(format, "table") != 0)
		return err_set(err, ERR_INVALID, "--format: expected table or json, got '%s'", format);
	return 0;
}

static void print_row(const struct oci_state *s, enum oci_status st, bool quiet, json_t *all)
{
	if (all) {
		json_t *o = oci_state_public(s, st);

		if (o)
			(void) json_array_append_new(all, o);
	} else if (quiet) {
		printf("%s\n", s->id);
	} else {
		printf("%-11s %-11d %-11s %-23s %-36s %s\n", s->id, st == OCI_STOPPED ? 0 : (int) s->pid,
			oci_status_name(st), s->bundle, s->created, s->owner[0] ? s->owner : "-");
	}
}

int cmd_list(const struct globals *g, int argc, char **argv, struct err *err)
{
	const char *format = NULL;
	bool quiet = false, json, help;
	const struct opt table[] = { { "format", 'f', OPT_STR, &format, "table or json" },
		{ "quiet", 'q', OPT_FLAG, &quiet, "ids only" }, { NULL, 0, OPT_FLAG, NULL, NULL } };
	struct dirent **names = NULL;
	json_t *all = NULL;
	char **pos;
	int n, rc;

	if ((rc = options_parse(argc, argv, table, 0, &pos, &n, &help, err)) < 0 ||
		(rc = check_format(format, &json, err)) < 0)
		return rc;
	if (help) {
		printf("Usage: podctl-runtime list [--format table|json] [--quiet]\n");
		return 0;
	}
	if (n)
		return err_set(err, ERR_INVALID, "list: takes no arguments");
	n = scandir(g->root, &names, is_container, by_name);
	if (n < 0 && errno != ENOENT)
		return err_sys(err, errno, "read '%s'", g->root);
	if (json && !quiet)
		all = json_array();
	else if (!quiet)
		printf("%-11s %-11s %-11s %-23s %-36s %s\n", "ID", "PID", "STATUS", "BUNDLE", "CREATED",
			"OWNER");
	for (int i = 0; i < n; i++) {
		auto_close int dir = -EBADF;
		auto_oci_state struct oci_state s = { 0 };
		struct err ignored;

		if (statedir_open(g->root, names[i]->d_name, &dir, &s, &ignored) ==
			0) /* else: deleted meanwhile */
			print_row(&s, container_status(dir, &s), quiet, all);
		free(names[i]);
	}
	free(names);
	if (all) {
		char *text = json_print(all);

		if (text)
			printf("%s\n", text);
		free(text);
		json_decref(all);
	}
	return 0;
}

/* The rows of ps(1) that belong to the container, by its PID column. */
static int print_ps(const pid_t *pids, size_t n_pids, char **args, int n_args, struct err *err)
{
	static char *standard[] = { "ps", "-ef", NULL };
	auto_buf struct buf out = BUF_INIT(16 * MiB);
	char **argv = n_args ? calloc((size_t) n_args + 2, sizeof *argv) : standard, *at, *line;
	int status, rc, column = -1;

	if (!argv)
		return err_sys(err, ENOMEM, "ps");
	if (n_args) {
		argv[0] = standard[0];
		memcpy(argv + 1, args, (size_t) n_args * sizeof *argv);
	}
	const char *path = access("/usr/bin/ps", X_OK) == 0 ? "/usr/bin/ps" : "/bin/ps";

	if ((rc = proc_run(&(struct proc_opts) PROC_OPTS(.path = path, .argv = argv), NULL, 0, &out, NULL, 0,
		     &status, err)) < 0)
		return rc;
	if (proc_exit_code(status) != 0)
		return err_set(err, ERR_SYSTEM, "ps failed with status %d", proc_exit_code(status));
	at = out.data;
	while (at && (line = strsep(&at, "\n"))) {
		char *copy, *words, *w;
		int i = 0;
		long pid = -1;

		if (!*line || !(copy = strdup(line)))
			continue;
		for (words = copy; (w = strsep(&words, " "));) {
			if (!*w)
				continue;
			if (column < 0 && strcmp(w, "PID") == 0) {
				column = i;
				printf("%s\n", line);
				break;
			}
			if (i++ == column) {
				pid = strtol(w, NULL, 10);
				break;
			}
		}
		free(copy);
		if (column < 0)
			return err_set(err, ERR_INVALID, "ps: its output has no PID column");
		for (size_t k = 0; pid > 0 && k < n_pids; k++)
			if (pids[k] == pid)
				printf("%s\n", line);
	}
	return 0;
}

int cmd_ps(const struct globals *g, int argc, char **argv, struct err *err)
{
	const char *format = NULL;
	const struct opt table[] = { { "format", 'f', OPT_STR, &format, "table or json" },
		{ NULL, 0, OPT_FLAG, NULL, NULL } };
	auto_close int dir = -EBADF;
	auto_oci_state struct oci_state s = { 0 };
	auto_free pid_t *pids = NULL;
	struct cgroup_fs cg = { 0 };
	size_t n_pids = 0;
	bool json, help;
	char **pos;
	int n, rc;

	if ((rc = options_parse(argc, argv, table, 1, &pos, &n, &help, err)) < 0)
		return rc;
	if (help) {
		printf("Usage: podctl-runtime ps [--format table|json] ID [ps options]\n");
		return 0;
	}
	/* the format may stand behind the id; what else is there is for ps(1) */
	if (n >= 3 && (strcmp(pos[1], "-f") == 0 || strcmp(pos[1], "--format") == 0) &&
		(strcmp(pos[2], "json") == 0 || strcmp(pos[2], "table") == 0)) {
		format = pos[2];
		memmove(pos + 1, pos + 3, (size_t) (n - 3) * sizeof *pos);
		n -= 2;
	} else if (n >= 2 && strncmp(pos[1], "--format=", 9) == 0) {
		format = pos[1] + 9;
		memmove(pos + 1, pos + 2, (size_t) (n - 2) * sizeof *pos);
		n--;
	}
	if ((rc = check_format(format, &json, err)) < 0)
		return rc;
	if (n < 1)
		return err_set(err, ERR_INVALID, "ps: expected a container id");
	if ((rc = statedir_open(g->root, pos[0], &dir, &s, err)) < 0)
		return rc;
	if (!s.cgroup_path[0])
		return err_set(
			err, ERR_UNSUPPORTED, "container '%s': has no cgroup of its own to list", pos[0]);
	if ((rc = cgroup_open(&cg, err)) == 0)
		rc = cgroup_pids(&cg, s.cgroup_path, &pids, &n_pids, err);
	cgroup_close(&cg);
	if (rc < 0)
		return err_wrap(err, "container '%s'", pos[0]);
	if (!json)
		return print_ps(pids, n_pids, pos + 1, n - 1, err);
	printf("[");
	for (size_t i = 0; i < n_pids; i++)
		printf("%s%d", i ? "," : "", (int) pids[i]);
	printf("]\n");
	return 0;
}
