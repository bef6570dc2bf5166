/*
 * What a Pod has no field for, of a container that was made by hand: podman's annotations where they are read again
 * (pkg/verb/play_annotations.c), else a comment; and what has a field under another name.
 */
#include <stdio.h>
#include <string.h>

#include "pkg/kube/from_specs.h"
#include "pkg/util/text.h"

#define PREFIX "io.podman.annotations."
#define SECOND_US 1000000
#define HEALTH_INTERVAL_S 30
#define HEALTH_TIMEOUT_S 30
#define HEALTH_RETRIES 3

static bool has(const char *s) { return s && *s; }

void kube_lost(struct maker *m, const char *what, const char *value, const char *ctr)
{
	buf_printf(m->comments, "# Kubernetes has no field for %s%s", what, *value ? " " : "");
	text_escape(m->comments, value);
	buf_puts(m->comments, *ctr ? " of container " : "");
	text_escape(m->comments, ctr);
	buf_putc(m->comments, '\n');
}

/* Whether an option was given: what came from the image comes from it again. */
static bool asked(const struct container_spec *c, const char *option)
{
	size_t n = strlen(option);

	for (size_t i = 0; i < c->create_argv.n; i++)
		if (strncmp(c->create_argv.v[i], option, n) == 0)
			return true;
	return false;
}

static void note(struct maker *m, const char *what, const char *ctr, const char *value)
{
	char key[200];

	snprintf(key, sizeof key, PREFIX "%s/%s", what, ctr);
	(void) json_object_set_new(m->notes, key, json_string(value));
}

static void note_limits(struct maker *m, const struct container_spec *c, const char *ctr)
{
	struct buf b = BUF_INIT(MiB);
	char text[32];

	for (size_t i = 0; i < c->ulimits.n; i++) {
		const struct ulimit_spec *u = LIST_AT(c->ulimits, const struct ulimit_spec, i);

		(void) buf_printf(&b, "%s%s=%lld:%lld", i ? "," : "", u->name, (long long) u->soft,
			(long long) u->hard);
	}
	if (b.len)
		note(m, "ulimit", ctr, b.data);
	buf_done(&b);
	if (c->resources.pids.set) {
		snprintf(text, sizeof text, "%lld", (long long) c->resources.pids.v);
		note(m, "pids-limit", ctr, text);
	}
	if (has(c->resources.cpuset_cpus))
		note(m, "cpuset", ctr, c->resources.cpuset_cpus);
	if (has(c->resources.cpuset_mems))
		note(m, "memory-nodes", ctr, c->resources.cpuset_mems);
	if (c->init)
		note(m, "init", ctr, "TRUE");
}

void kube_container_notes(struct maker *m, const struct container_spec *c, const char *ctr)
{
	char text[32] = "";

	note_limits(m, c, ctr);
	for (size_t i = 0; i < c->devices.n; i++)
		kube_lost(m, "the device", LIST_AT(c->devices, const struct device_spec, i)->path, ctr);
	if (c->shm_size)
		kube_lost(m, "the size of /dev/shm", "", ctr);
	if (c->timeout)
		kube_lost(m, "the time after which to kill", "", ctr);
	if (c->umask)
		kube_lost(m, "the umask", "", ctr);
	if (has(c->rootfs))
		kube_lost(m, "the root file system", c->rootfs, ctr);
	if (has(c->tz))
		kube_lost(m, "the time zone", c->tz, ctr);
	if (asked(c, "--oom-score-adj"))
		kube_lost(m, "--oom-score-adj", "", ctr);
	if (asked(c, "--memory-swap"))
		kube_lost(m, "the limit of swap", "", ctr);
	if (c->restart == RESTART_ON_FAILURE && c->restart_max) {
		snprintf(text, sizeof text, "%u", c->restart_max);
		kube_lost(m, "the limit of restarts", text, ctr);
	}
	if (c->systemd)
		kube_lost(m, "a systemd", "", ctr);
}

/* ---- what has another name ------------------------------------------------------------------------------------------------- */

static int64_t seconds(struct opt_i64 us, int64_t otherwise)
{
	return us.set ? (us.v + SECOND_US - 1) / SECOND_US : otherwise;
}

static void put_number(json_t *o, const char *key, int64_t v, int64_t as_it_is)
{
	if (v != as_it_is)
		(void) json_object_set_new(o, key, json_integer(v));
}

json_t *kube_health_probe(const struct container_spec *c)
{
	const struct health_spec *h = c->health;
	const char *first = h && h->test.n ? h->test.v[0] : "";
	bool shell = strcmp(first, "CMD-SHELL") == 0;
	json_t *v, *argv;

	if (!asked(c, "--health") || (!shell && strcmp(first, "CMD") != 0) || h->test.n < 2)
		return NULL;
	argv = shell ? json_pack("[s,s]", "/bin/sh", "-c") : json_array();
	for (size_t i = 1; i < h->test.n; i++)
		(void) json_array_append_new(argv, json_string(h->test.v[i]));
	v = json_pack("{s:{s:o}}", "exec", "command", argv);
	put_number(v, "initialDelaySeconds", seconds(h->start_period, 0), 0);
	put_number(v, "timeoutSeconds", seconds(h->timeout, HEALTH_TIMEOUT_S), 1);
	put_number(v, "periodSeconds", seconds(h->interval, HEALTH_INTERVAL_S), 10);
	put_number(v, "failureThreshold", h->retries.set ? h->retries.v : HEALTH_RETRIES, 3);
	return v;
}

const char *kube_stop_signal(const struct container_spec *c)
{
	return asked(c, "--stop-signal") && has(c->stop_signal) && strcmp(c->stop_signal, "SIGTERM") != 0
		       ? c->stop_signal
		       : NULL;
}

/* --secret: a variable, or a file of a volume of it. */
json_t *kube_secret_env(const struct secret_spec *s)
{
	return json_pack("{s:s, s:{s:{s:s, s:s}}}", "name", s->target, "valueFrom", "secretKeyRef", "key",
		s->name, "name", s->name);
}

json_t *kube_secret_volume(const struct secret_spec *s) { return json_pack("{s:s}", "secretName", s->name); }
