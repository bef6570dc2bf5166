/*
 * stats.c — stats and pod stats: once, or again every few seconds.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/verb/pods.h"
#include "pkg/verb/stats.h"

struct stats_command {
	bool all, latest, no_reset, no_stream, no_trunc, pods;
	const char *format;
	struct opt_i64 interval;
};

static volatile int stopped;

static void on_signal(int sig) { stopped = sig; }

/* ---- which ----------------------------------------------------------------------------------------------------------- */

/* New containers appear, those that are gone disappear: chosen anew at each look. */
static int choose_containers(
	struct cli *c, const struct stats_command *r, struct target **ret, size_t *ret_n, struct err *err)
{
	struct selection s = { .kind = STORE_CONTAINER,
		.names = c->args,
		.latest = r->latest,
		.all = !c->args.n && !r->latest,
		.running = !r->all && !c->args.n && !r->latest,
		.infra = true };
	size_t missing = 0;
	int rc = verb_select(&c->engine, &s, &c->arena, ret, ret_n, cli_error, &missing, err);

	return rc < 0 ? rc : missing ? EXIT_ENGINE : 0;
}

static int choose_pods(
	struct cli *c, const struct stats_command *r, struct target **ret, size_t *ret_n, struct err *err)
{
	AUTO(pod_set_done) struct pod_set set = { 0 };
	struct selection s = { .kind = STORE_POD,
		.names = c->args,
		.latest = r->latest,
		.all = !c->args.n && !r->latest,
		.running = !c->args.n && !r->latest };
	struct target *pods = NULL, *v;
	size_t n = 0, missing = 0, total = 0, at = 0;
	int rc = verb_select(&c->engine, &s, &c->arena, &pods, &n, cli_error, &missing, err);

	if (rc < 0 || missing)
		return rc < 0 ? rc : EXIT_ENGINE;
	if ((rc = pod_set_load(&c->engine, &set, err)) < 0)
		return rc;
	for (size_t i = 0; i < set.n; i++)
		total += set.v[i].n;
	if (!(v = arena_array(&c->arena, total + 1, sizeof *v)))
		return err_sys(err, ENOMEM, "stats");
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < set.n; k++)
			for (size_t m = 0; !strcmp(set.v[k].row.id, pods[i].id) && m < set.v[k].n; m++)
				if (ctr_is_running(&set.v[k], m))
					v[at++] = (struct target){ .asked = pods[i].asked,
						.id = arena_strdup(&c->arena, set.v[k].ctr_row[m].id),
						.pod = pods[i].id };
	*ret = v;
	*ret_n = at;
	return 0;
}

/* ---- how it looks ------------------------------------------------------------------------------------------------------ */

static const char *pair(struct arena *a, uint64_t x, uint64_t y, bool binary)
{
	return arena_printf(a, "%s / %s", words_bytes(a, x, binary), words_bytes(a, y, binary));
}

/* podman pod stats writes dashes where there is nothing. */
static const char *pod_pair(struct arena *a, uint64_t x, uint64_t y)
{
	return x || y ? pair(a, x, y, false) : "-- / --";
}

static double share(const struct stats *s)
{
	return s->memory_limit ? (double) s->memory * 100.0 / (double) s->memory_limit : 0;
}

static json_t *container_row(struct arena *a, const struct stats *s, bool whole)
{
	const char *time = words_go_duration(a, s->cpu_ns), *cpu = arena_printf(a, "%.2f%%", s->cpu),
		   *avg = arena_printf(a, "%.2f%%", s->cpu_avg), *mem = arena_printf(a, "%.2f%%", share(s)),
		   *usage = pair(a, s->memory, s->memory_limit, false),
		   *net = pair(a, s->net_in, s->net_out, false),
		   *block = pair(a, s->block_in, s->block_out, false),
		   *pids = arena_printf(a, "%llu", (unsigned long long) s->pids);

	json_t *row, *all;

	row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, "
			"s:I, s:I, s:I, s:I, "
			"s:I, s:I, s:I, s:I, s:f, s:s, s:I}",
		"ID", short_id(a, s->id, whole), "Name", s->name, "CPUPerc", cpu, "MemUsage", usage,
		"MemUsageBytes", pair(a, s->memory, s->memory_limit, true), "MemPerc", mem, "NetIO", net,
		"BlockIO", block, "PIDS", pids, "CPUTime", time, "UpTime", time, "AVGCPU", avg, "ContainerID",
		s->id, "MemLimit", (json_int_t) s->memory_limit, "MemUsed", (json_int_t) s->memory,
		"NetInput", (json_int_t) s->net_in, "NetOutput", (json_int_t) s->net_out, "BlockInput",
		(json_int_t) s->block_in, "BlockOutput", (json_int_t) s->block_out, "PIDs",
		(json_int_t) s->pids, "CPUNano", (json_int_t) s->cpu_ns, "CPUSystemNano",
		(json_int_t) s->cpu_system_ns, "SystemNano", (json_int_t) s->time_us * 1000, "Duration",
		(json_int_t) s->cpu_ns, "CPU", s->cpu, "AvgCPU", avg, "Up", (json_int_t) s->up_us);
	/* cgroup v2 does not count by processor */
	if (row && json_object_set_new(row, "PerCPU", json_array()) == 0 && (all = json_copy(row)))
		(void) json_object_set_new(row, "ContainerStats", all);
	return row;
}

static json_t *container_doc(struct arena *a, const struct stats *s, bool whole)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id",
		short_id(a, s->id, whole), "name", s->name, "cpu_time", words_go_duration(a, s->cpu_ns),
		"cpu_percent", arena_printf(a, "%.2f%%", s->cpu), "avg_cpu",
		arena_printf(a, "%.2f%%", s->cpu_avg), "mem_usage",
		pair(a, s->memory, s->memory_limit, false), "mem_percent",
		arena_printf(a, "%.2f%%", share(s)), "net_io", pair(a, s->net_in, s->net_out, false),
		"block_io", pair(a, s->block_in, s->block_out, false), "pids",
		arena_printf(a, "%llu", (unsigned long long) s->pids));
}

static json_t *pod_doc(struct arena *a, const struct stats *s)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "CPU",
		arena_printf(a, "%.2f%%", s->cpu), "MemUsage", pair(a, s->memory, s->memory_limit, false),
		"MemUsageBytes", pair(a, s->memory, s->memory_limit, true), "Mem",
		arena_printf(a, "%.2f%%", share(s)), "NetIO", pod_pair(a, s->net_in, s->net_out), "BlockIO",
		pod_pair(a, s->block_in, s->block_out), "PIDS",
		arena_printf(a, "%llu", (unsigned long long) s->pids), "Pod", short_id(a, s->pod, false),
		"CID", short_id(a, s->id, false), "Name", s->name);
}

static int print_stats(
	struct cli *c, const struct stats_command *r, const struct stats *v, size_t n, struct err *err)
{
	static const struct header ctr_headers[] = { { "CPUPerc", "CPU %" },
		{ "MemUsage", "MEM USAGE / LIMIT" }, { "MemUsageBytes", "MEM USAGE / LIMIT" },
		{ "MemPerc", "MEM %" }, { "NetIO", "NET IO" }, { "BlockIO", "BLOCK IO" },
		{ "CPUTime", "CPU TIME" }, { "UpTime", "CPU TIME" }, { "AVGCPU", "AVG CPU %" },
		{ NULL, NULL } };
	static const struct header pod_headers[] = { { "CPU", "CPU %" }, { "MemUsage", "MEM USAGE/ LIMIT" },
		{ "MemUsageBytes", "MEM USAGE/ LIMIT" }, { "Mem", "MEM %" }, { "NetIO", "NET IO" },
		{ "BlockIO", "BLOCK IO" }, { NULL, NULL } };
	struct listing l = { .format = r->format,
		.headers = r->pods ? pod_headers : ctr_headers,
		.fields = r->pods ? "Pod CID Name CPU MemUsage MemUsageBytes Mem NetIO BlockIO PIDS"
				  : "ID Name CPUPerc MemUsage MemUsageBytes MemPerc NetIO BlockIO PIDS "
				    "CPUTime UpTime AVGCPU ContainerID "
				    "MemLimit MemUsed NetInput NetOutput BlockInput BlockOutput PIDs CPUNano "
				    "CPUSystemNano SystemNano "
				    "Duration CPU AvgCPU Up PerCPU ContainerStats",
		.columns = r->pods ? "{{.Pod}}\t{{.CID}}\t{{.Name}}\t{{.CPU}}\t{{.MemUsage}}\t{{.Mem}}\t{{."
				     "NetIO}}\t{{.BlockIO}}\t{{.PIDS}}"
				   : "{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{."
				     "NetIO}}\t{{.BlockIO}}\t{{.PIDS}}\t{{."
				     "CPUTime}}\t{{.AVGCPU}}",
		.json_indent = r->pods ? 5 : 1,
		.rows = json_array(),
		.json_doc = json_array() };
	int rc;

	for (size_t i = 0; i < n; i++) {
		json_t *row =
			r->pods ? pod_doc(&c->arena, &v[i]) : container_row(&c->arena, &v[i], r->no_trunc);

		(void) json_array_append_new(l.json_doc,
			r->pods ? json_incref(row) : container_doc(&c->arena, &v[i], r->no_trunc));
		(void) json_array_append_new(l.rows, row);
	}
	rc = print_listing(&l, err);
	json_decref(l.rows);
	json_decref(l.json_doc);
	return rc;
}

/* ---- again and again --------------------------------------------------------------------------------------------------- */

static int run_stats(struct cli *c, void *request, struct err *err)
{
	struct stats_command *r = request;
	struct sigaction sa = { .sa_handler = on_signal };
	struct stats *before = NULL, *v = NULL;
	struct arena looks[2] = { { 0 } }, kept = c->arena;
	size_t n_before = 0, n = 0;
	int rc = 0;

	r->pods = !strcmp(c->command->paths, "pod stats");
	if ((r->all || r->latest) && c->args.n)
		return err_set(err, ERR_INVALID, "--all, --latest and containers cannot be used together");
	(void) sigaction(SIGINT, &sa, NULL);
	(void) sigaction(SIGTERM, &sa, NULL);
	for (int round = 0; !stopped; round ^= 1) {
		struct timespec pause = { .tv_sec = r->interval.set ? r->interval.v : 5 };
		struct target *t = NULL;

		/* the look before is in the other arena, so that a long watch does not grow */
		arena_done(&looks[round]);
		c->arena = looks[round];
		rc = r->pods ? choose_pods(c, r, &t, &n, err) : choose_containers(c, r, &t, &n, err);
		if (rc != 0 || (rc = verb_stats(&c->engine, t, n, before, n_before, &c->arena, &v, err)) < 0)
			break;
		if (!r->no_stream && !r->no_reset && isatty(STDOUT_FILENO))
			(void) fputs("\x1b[H\x1b[2J", stdout);
		if ((rc = print_stats(c, r, v, n, err)) < 0 || r->no_stream || fflush(stdout) != 0)
			break;
		looks[round] = c->arena;
		c->arena = kept;
		before = v;
		n_before = n;
		(void) nanosleep(&pause, NULL);
	}
	if (c->arena.head != kept.head)
		arena_done(&c->arena);
	arena_done(&looks[0]);
	arena_done(&looks[1]);
	c->arena = kept;
	return rc;
}

#define S struct stats_command
/* clang-format off */
static const struct option stats_options[] = {
	O_BOOL(S, all, "all", 'a', "Those that do not run as well"),
	O_STR(S, format, "format", 0, "TEMPLATE", "json, table, or a Go template"),
	O_INT(S, interval, "interval", 'i', "SECONDS", "Time between two looks (default 5)", 1, 86400),
	O_BOOL(S, latest, "latest", 'l', "The one made last"),
	O_BOOL(S, no_reset, "no-reset", 0, "Do not clear the screen between two looks"),
	O_BOOL(S, no_stream, "no-stream", 0, "One look only"),
	O_BOOL(S, no_trunc, "no-trunc", 0, "Do not shorten ids"),
	O_END,
};
static const struct option pod_stats_options[] = {
	O_BOOL(S, all, "all", 'a', "All pods (default: those that run)"),
	O_STR(S, format, "format", 0, "TEMPLATE", "json, table, or a Go template"),
	O_BOOL(S, latest, "latest", 'l', "The one made last"),
	O_BOOL(S, no_reset, "no-reset", 0, "Do not clear the screen between two looks"),
	O_BOOL(S, no_stream, "no-stream", 0, "One look only"),
	O_END,
};

static const struct option *const o_stats[] = { stats_options, help_options, NULL };
static const struct option *const o_pod_stats[] = { pod_stats_options, help_options, NULL };

const struct command stats_commands[] = {
	{ "stats|container stats", "[CONTAINER...]", "Show what containers use",
		"Processor time, memory, network and block input and output, processes; of all running containers, or of those named, every "
		"few seconds until Ctrl-C.",
		"  podctl stats\n  podctl stats --no-stream --format '{{.Name}} {{.MemUsage}}' web\n",
		o_stats, sizeof(S), 0, -1, 0, run_stats },
	{ "pod stats", "[POD...]", "Show what the containers of pods use", NULL, "  podctl pod stats --no-stream\n",
		o_pod_stats, sizeof(S), 0, -1, 0, run_stats },
	{ .paths = NULL },
};
/* clang-format on */
