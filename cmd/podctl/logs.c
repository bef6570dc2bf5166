#include "cmd/podctl/logs.h"

#include <stdio.h>
#include <string.h>

#include "pkg/util/io.h"
#include "pkg/util/text.h"

struct printing {
	const struct logs_command *r;
	const struct target *t;
	size_t n;
	bool prefix;
	bool open[2];
};

/* The place of a container among those asked for decides. */
static int color_of(const struct printing *p, const char *ctr)
{
	static const int colors[] = { 31, 32, 33, 34, 35, 36, 37 };
	size_t i = 0;

	while (i < p->n && strncmp(p->t[i].id, ctr, 12) != 0)
		i++;
	return colors[i % (sizeof colors / sizeof *colors)];
}

/* Lines that were split come back as one: only the first part gets prefix and time. */
static int print_log(void *ctx, const struct log_line *l)
{
	struct printing *p = ctx;
	FILE *out = l->errs ? stderr : stdout;
	bool *open = &p->open[l->errs];

	if (!*open) {
		if (p->r->prefix)
			(void) fprintf(out, "[pod/%s] ", l->place);
		else if (p->prefix && p->r->color)
			(void) fprintf(out, "\x1b[%dm%s\x1b[0m ", color_of(p, l->ctr),
				p->r->names ? l->name : l->ctr);
		else if (p->prefix)
			(void) fprintf(out, "%s ", p->r->names ? l->name : l->ctr);
		if (p->r->timestamps)
			(void) fprintf(out, "%s ", l->time);
	}
	(void) fwrite(l->text, 1, l->n, out);
	if (!l->partial)
		(void) fputc('\n', out);
	*open = l->partial;
	if (p->r->follow)
		(void) fflush(out);
	return ferror(out) ? 1 : 0;
}

static int print_short(void *ctx, const struct log_line *l)
{
	struct log_line shown = *l;
	char id[13];

	(void) snprintf(id, sizeof id, "%.12s", l->ctr);
	shown.ctr = id;
	return print_log(ctx, &shown);
}

int logs_print(struct cli *c, const struct logs_command *r, const struct target *t, size_t n, struct err *err)
{
	struct printing p = { .r = r, .prefix = (n > 1 && !r->attempt) || r->names };
	struct logs_request q = { .target = t,
		.n = n,
		.follow = r->follow,
		.pod_end = r->pod_end,
		.attempt = r->attempt,
		.tail = r->tail,
		.line = print_short,
		.ctx = &p };
	uint64_t now = time_now_us();
	int rc;

	if (r->since && (rc = log_time_parse(r->since, now, &q.since_us, err)) < 0)
		return err_wrap(err, "--since");
	if (r->until && (rc = log_time_parse(r->until, now, &q.until_us, err)) < 0)
		return err_wrap(err, "--until");
	return verb_logs(&c->engine, &q, err);
}

static int logs_targets(
	struct cli *c, const char *container, struct target **ret, size_t *ret_n, size_t *missing)
{
	struct target *t = arena_array(&c->arena, c->args.n + 1, sizeof *t);
	size_t n = 0, k;

	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < c->args.n; i++) {
		struct err one = { 0 };

		if (verb_container_of(&c->engine, c->args.v[i], container, &c->arena, &t[n], &one) < 0) {
			++*missing;
			cli_error(&one);
			continue;
		}
		for (k = 0; k < n && strcmp(t[k].id, t[n].id) != 0;)
			k++;
		n += k == n;
	}
	*ret = t;
	*ret_n = n;
	return 0;
}

int run_logs(struct cli *c, void *request, struct err *err)
{
	struct logs_command *r = request;
	struct selection s = { .kind = STORE_CONTAINER, .names = c->args, .latest = r->latest };
	struct target *t = NULL;
	size_t n = 0, missing = 0;
	int rc;

	if (r->latest && r->container)
		return err_set(err, ERR_INVALID, "--latest and --container exclude each other");
	if (r->latest || !c->args.n)
		rc = verb_select(&c->engine, &s, &c->arena, &t, &n, cli_error, &missing, err);
	else if ((rc = logs_targets(c, r->container, &t, &n, &missing)) < 0)
		return err_sys(err, -rc, "logs");
	if (rc < 0 || missing)
		return rc < 0 ? rc : EXIT_ENGINE;
	return logs_print(c, r, t, n, err);
}

int logs_opt_tail(struct cli *c, void *request, const char *value, struct err *err)
{
	struct logs_command *r = request;

	(void) c;
	if (!strcmp(value, "all")) {
		r->tail = (struct opt_i64){ .set = true, .v = -1 };
		return 0;
	}
	if (parse_i64(value, -1, INT64_MAX, &r->tail.v) < 0)
		return err_set(err, ERR_INVALID, "--tail %s: expected a number of lines", value);
	r->tail.set = true;
	return 0;
}

#define L struct logs_command
const struct option logs_options[] = {
	O_BOOL(L, follow, "follow", 'f', "Go on printing until the container ends"),
	O_BOOL(L, pod_end, "until-pod-ends", 0,
		"With --follow: go on through restarts until the whole pod has ended"),
	O_BOOL(L, latest, "latest", 'l', "The one made last"),
	O_BOOL(L, names, "names", 'n', "Print the container's name before each line"),
	O_STR(L, since, "since", 0, "TIME",
		"Only what was written since: 2026-01-02T15:04:05Z, a Unix time, or 10m"),
	O_FN(logs_opt_tail, "tail", 0, "N", "Only the last N lines"),
	O_BOOL(L, timestamps, "timestamps", 't', "Print the time before each line"),
	O_STR(L, until, "until", 0, "TIME", "Only what was written until then"),
	O_BOOL(L, color, "color", 0, "A color for each container's prefix"),
	O_END,
};
#undef L
