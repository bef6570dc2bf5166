/*
 * top.c — top and pod top: columns of our own, or the container's own ps.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/stream.h"
#include "cmd/podctl/tables.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/top.h"

struct top_command {
	bool latest;
};

static int print_table(struct cli *c, const struct target *t, bool whole_pod, const int *columns,
	size_t n_columns, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(16UL * 1024 * 1024), out = BUF_INIT(16UL * 1024 * 1024);
	struct top_row *rows = NULL;
	size_t n = 0;
	int rc = verb_top(&c->engine, t, whole_pod, columns, n_columns, &c->arena, &rows, &n, err);

	if (rc < 0)
		return rc;
	for (size_t k = 0; k < n_columns; k++)
		(void) buf_printf(&b, "%s%c", top_heading(columns[k]), k + 1 < n_columns ? '\t' : '\n');
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n_columns; k++)
			(void) buf_printf(&b, "%s%c", rows[i].field[k] ? rows[i].field[k] : "",
				k + 1 < n_columns ? '\t' : '\n');
	print_aligned(b.data, &out);
	if (out.len && out.data[out.len - 1] == '\n')
		out.data[--out.len] = 0;
	print_line(out.data ? out.data : "");
	return 0;
}

/* What are no columns of ours are arguments for the container's ps, as with docker. */
static int run_ps_inside(
	struct cli *c, const struct target *t, const struct strs *words, size_t first, struct err *err)
{
	auto_close int none = open("/dev/null", O_RDONLY | O_CLOEXEC), sock = -EBADF;
	int fds[3] = { none, STDOUT_FILENO, STDERR_FILENO };
	struct exec_request r = { .fds = fds };
	enum stream_end end = STREAM_LOST;
	const char *session = NULL;
	struct stream s = { .ctr = t->id, .detach_keys = "" };
	bool refused = false;
	int64_t code = 0;
	int rc = strs_add(&r.command, &c->arena, "ps");

	for (size_t i = first; rc == 0 && i < words->n; i++)
		rc = strs_add(&r.command, &c->arena, words->v[i]);
	if (rc < 0 || none < 0)
		return err_sys(err, rc < 0 ? -rc : errno, "top");
	(void) fflush(stdout);
	if ((rc = verb_exec(&c->engine, t, &r, &c->arena, &sock, &session, &refused, err)) < 0)
		return err_wrap(
			err, "top: '%s' is none of its columns, and ps in the container", words->v[first]);
	s.sock = sock;
	s.session = session;
	if ((rc = stream_run(&s, &end, &code, err)) < 0)
		return rc;
	return end == STREAM_EXITED ? (int) (code & 255)
				    : err_set(err, ERR_REMOTE, "top: the pod's monitor went away");
}

/* true: all words are columns. */
static int parse_columns(struct cli *c, size_t first, int *columns, size_t *ret_n, struct err *err)
{
	*ret_n = 0;
	for (size_t i = first; i < c->args.n; i++) {
		const char *p = c->args.v[i];

		for (;;) {
			size_t n = strcspn(p, ",");
			char *word = arena_strndup(&c->arena, p, n);

			if (!word)
				return err_sys(err, ENOMEM, "top");
			if (*ret_n == TOP_COLUMNS_MAX)
				return err_set(err, ERR_INVALID, "top: at most %d columns", TOP_COLUMNS_MAX);
			if ((columns[*ret_n] = top_column(word)) < 0)
				return 0;
			++*ret_n;
			if (!p[n])
				break;
			p += n + 1;
		}
	}
	return 1;
}

static int run_top(struct cli *c, void *request, struct err *err)
{
	static const char *const usual[] = { "user", "pid", "ppid", "pcpu", "etime", "tty", "time", "args" };
	const struct top_command *r = request;
	bool pod = !strncmp(c->command->paths, "pod ", 4);
	struct selection s = { .kind = pod ? STORE_POD : STORE_CONTAINER, .latest = r->latest };
	size_t first = r->latest ? 0 : 1, n_columns = 0, n = 0, missing = 0;
	int columns[TOP_COLUMNS_MAX], rc;
	struct target *t = NULL;

	if (c->args.n < first)
		return err_set(err, ERR_INVALID, "you must provide the name or id of a running %s",
			pod ? "pod" : "container");
	if (first && strs_add(&s.names, &c->arena, c->args.v[0]) < 0)
		return err_sys(err, ENOMEM, "top");
	if ((rc = verb_select(&c->engine, &s, &c->arena, &t, &n, cli_error, &missing, err)) < 0 || missing)
		return rc < 0 ? rc : EXIT_ENGINE;
	if (c->args.n == first) {
		for (size_t i = 0; i < LEN(usual); i++)
			columns[n_columns++] = top_column(usual[i]);
	} else if ((rc = parse_columns(c, first, columns, &n_columns, err)) <= 0) {
		if (rc < 0)
			return rc;
		if (pod)
			return err_set(err, ERR_INVALID, "pod top: no column is called as in '%s'",
				c->args.v[first]);
		return run_ps_inside(c, t, &c->args, first, err);
	}
	return print_table(c, t, pod, columns, n_columns, err);
}

static const struct option top_options[] = {
	O_BOOL(struct top_command, latest, "latest", 'l', "The one made last"),
	O_END,
};

/* clang-format off */
static const struct option *const o_top[] = { top_options, help_options, NULL };

#define COLUMNS "Columns are args, capbnd, capeff, capinh, capprm, comm, etime, group, groups, hgroup, hpid, huser, label, nice, pcpu, " \
	"pgid, pid, ppid, rgroup, rss, ruser, seccomp, state, stime, time, tty, user and vsz, divided by spaces or commas."

const struct command top_commands[] = {
	{ "top|container top", "CONTAINER [COLUMN...]", "List the processes of a container",
		COLUMNS " Anything else is given to the container's own ps.",
		"  podctl top web\n  podctl top web pid huser args\n  podctl top web -ef\n",
		o_top, sizeof(struct top_command), 0, -1, CMD_OPTS_FIRST, run_top },
	{ "pod top", "POD [COLUMN...]", "List the processes of a pod", COLUMNS, "  podctl pod top web pid args\n",
		o_top, sizeof(struct top_command), 0, -1, CMD_OPTS_FIRST, run_top },
	{ .paths = NULL },
};
/* clang-format on */
