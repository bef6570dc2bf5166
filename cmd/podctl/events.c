/*
 * events.c — podctl events: what happened, and what happens.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/io.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/events.h"

struct events_command {
	struct strs filters;
	const char *format, *since, *until;
	bool no_stream, trunc;
};

struct printing {
	const struct events_command *r;
	struct err err;
};

static volatile int stopped;

static void on_signal(int sig) { stopped = sig; }

static const char *text_of(const json_t *e, const char *key)
{
	const char *s = json_string_value(json_object_get(e, key));

	return s ? s : "";
}

/* "2026-01-02T15:04:05.120000000Z" as Go prints a time: "2026-01-02 16:04:05.12 +0100 CET". */
static void go_time(const char *text, char *to, size_t size)
{
	const char *dot = strchr(text, '.');
	int digits = dot ? (int) strspn(dot + 1, "0123456789") : 0;
	char day[32], zone[32];
	uint64_t us = 0;
	time_t s;
	struct tm tm;

	(void) time_parse(text, &us);
	s = (time_t) (us / 1000000);
	while (digits && dot[digits] == '0')
		digits--;
	if (!localtime_r(&s, &tm) || !strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", &tm) ||
		!strftime(zone, sizeof zone, "%z %Z", &tm))
		day[0] = zone[0] = '\0';
	(void) snprintf(to, size, "%s%.*s %s", day, digits ? digits + 1 : 0, dot ? dot : "", zone);
}

static void put_labels(struct buf *b, const json_t *e)
{
	const char *key;
	json_t *v;

	json_object_foreach(json_object_get(e, "Attributes"), key, v)(void)
		buf_printf(b, ", %s=%s", key, json_string_value(v) ? json_string_value(v) : "");
}

static void print_words(const json_t *e, const char *time, bool trunc)
{
	auto_buf struct buf b = BUF_INIT(1024UL * 1024);
	const char *type = text_of(e, "Type"), *health = text_of(e, "HealthStatus"), *id = text_of(e, "ID");

	(void) buf_printf(&b, "%s %s %s ", time, type, text_of(e, "Status"));
	if (!strcmp(type, "volume")) {
		(void) buf_puts(&b, text_of(e, "Name"));
	} else if (strcmp(type, "system") != 0) {
		(void) buf_printf(&b, "%.*s ", trunc ? 12 : 128, id);
		if (!strcmp(type, "network"))
			(void) buf_printf(&b, "(container=%s, name=%s)", id, text_of(e, "Network"));
		else if (strcmp(type, "container") != 0 && strcmp(type, "pod") != 0)
			(void) buf_puts(&b, text_of(e, "Name"));
		else
			(void) buf_printf(&b, "(image=%s, name=%s", text_of(e, "Image"), text_of(e, "Name"));
	}
	if (!strcmp(type, "container") || !strcmp(type, "pod")) {
		if (*health)
			(void) buf_printf(&b, ", health_status=%s", health);
		put_labels(&b, e);
		(void) buf_putc(&b, ')');
	}
	print_line(b.data ? b.data : "");
}

/* All a template may name is there. */
static json_t *row_of(const json_t *e, const char *time)
{
	static const char *const keys[] = { "ID", "Image", "Name", "Network", "HealthStatus", "Status",
		"Type" };
	json_t *row = json_object(), *v;

	for (size_t i = 0; i < LEN(keys); i++)
		(void) json_object_set_new(row, keys[i], json_string(text_of(e, keys[i])));
	(void) json_object_set_new(row, "Time", json_string(time));
	(void) json_object_set_new(row, "ContainerExitCode",
		json_integer(json_integer_value(json_object_get(e, "ContainerExitCode"))));
	v = json_object_get(e, "Attributes");
	if (v)
		(void) json_object_set(row, "Attributes", v);
	else
		(void) json_object_set_new(row, "Attributes", json_object());
	(void) json_object_set_new(row, "Details",
		json_pack("{s:s, s:O}", "ID", text_of(e, "ID"), "Attributes",
			json_object_get(row, "Attributes")));
	return row;
}

static int print_event(void *ctx, const json_t *e)
{
	struct printing *p = ctx;
	const char *format = p->r->format;
	char time[96];
	int rc = 0;

	go_time(text_of(e, "Time"), time, sizeof time);
	if (!format) {
		print_words(e, time, p->r->trunc);
	} else if (format_is_json(format)) {
		auto_free char *line = json_dumps(e, JSON_COMPACT);

		print_line(line ? line : "null");
	} else {
		json_t *row = row_of(e, time);

		rc = print_document(row, format, &p->err);
		json_decref(row);
	}
	if (fflush(stdout) != 0)
		return 1;
	return rc < 0 ? 1 : 0;
}

static int run_events(struct cli *c, void *request, struct err *err)
{
	const struct events_command *r = request;
	struct printing p = { .r = r };
	struct events_request q = { .filters = r->filters,
		.follow = !r->no_stream,
		.past = r->no_stream || r->since || r->until,
		.stop = &stopped,
		.event = print_event,
		.ctx = &p };
	struct sigaction sa = { .sa_handler = on_signal };
	uint64_t now = time_now_us();
	int rc;

	if ((r->since && (rc = log_time_parse(r->since, now, &q.since_us, err)) < 0))
		return err_wrap(err, "--since");
	if (r->until && (rc = log_time_parse(r->until, now, &q.until_us, err)) < 0)
		return err_wrap(err, "--until");
	if (q.until_us && q.until_us <= now)
		q.follow = false;
	(void) sigaction(SIGINT, &sa, NULL);
	(void) sigaction(SIGTERM, &sa, NULL);
	if ((rc = verb_events(&c->engine, &q, err)) < 0)
		return rc;
	if (p.err.kind != ERR_NONE) {
		*err = p.err;
		return -EINVAL;
	}
	return 0;
}

static int opt_stream(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c, (void) err;
	((struct events_command *) request)->no_stream = !strcmp(value, "false");
	return 0;
}

static int opt_no_trunc(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c, (void) err;
	((struct events_command *) request)->trunc = !strcmp(value, "false");
	return 0;
}

#define E struct events_command
/* clang-format off */
static const struct option events_options[] = {
	O_STRS(E, filters, "filter", 'f', "KEY=VALUE", "container, event, image, label, name, network, pod, type or volume"),
	O_STR(E, format, "format", 0, "TEMPLATE", "json (a line each), or a Go template"),
	{ .name = "no-trunc", .kind = OPT_FN, .fn = opt_no_trunc, .help = "Print whole ids (default true)", .implied = "true" },
	O_STR(E, since, "since", 0, "TIME", "From then on: 2026-01-02T15:04:05Z, a Unix time, or 10m"),
	{ .name = "stream", .kind = OPT_FN, .fn = opt_stream, .help = "Go on with what comes (default true)", .implied = "true" },
	O_STR(E, until, "until", 0, "TIME", "Up to then"),
	O_END,
};

static const struct option *const o_events[] = { events_options, help_options, NULL };

const struct command events_commands[] = {
	{ "events|system events", "", "Show what happens to containers, pods, images and volumes",
		"New events are printed as they come; those of the past, since the last boot, with --since, --until or --stream=false.",
		"  podctl events --filter event=died\n  podctl events --since 10m --stream=false --format '{{.Time}} {{.Status}} {{.Name}}'\n",
		o_events, sizeof(struct events_command), 0, 0, 0, run_events },
	{ .paths = NULL },
};
/* clang-format on */
