/*
 * Health checks of containers: podman's, run by the worker of probe.c.
 *
 * A check that succeeds makes the container healthy; as many failures in a row as its retries make it unhealthy, but those
 * of the start period count only once it was healthy.  `healthcheck run` asks at once and is answered with what came of it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"

#define OUTPUT_KEPT 500 /* bytes of a check's words, as podman keeps them */

static struct worker *worker_of(struct ctr *c)
{
	for (size_t i = 0; i < c->n_probes; i++)
		if (c->probes[i].kind == PROBE_HEALTH)
			return &c->probes[i];
	return NULL;
}

void health_begin(struct ctr *c)
{
	c->health.status = (char *) (uintptr_t) "starting";
	c->health.failing = 0;
	c->health.log.v = c->looks;
	c->s.health = &c->health;
	c->was_healthy = false;
	c->m->dirty = true;
}

void health_free(struct ctr *c)
{
	for (size_t i = 0; i < c->health.log.n; i++)
		free(c->looks[i].output);
	c->health.log.n = 0;
}

static void note(struct ctr *c, uint64_t started_us, int64_t code, const char *output)
{
	struct list *l = &c->health.log;

	if (l->n == LOOKS_KEPT) {
		free(c->looks[0].output);
		memmove(c->looks, c->looks + 1, --l->n * sizeof c->looks[0]);
	}
	c->looks[l->n++] = (struct status_look){ .started_us = started_us,
		.finished_us = time_now_us(),
		.exit_code = code,
		.output = strndup(output, OUTPUT_KEPT) };
}

static void act(struct ctr *c)
{
	switch (c->p->care->health_action) {
	case HEALTH_KILL:
		ctr_signal(c, SIGKILL);
		break;
	case HEALTH_STOP:
		c->s.stopped_by_user = true;
		ctr_stop(c, UINT64_MAX, 0);
		break;
	case HEALTH_RESTART:
		c->restart_wanted = true;
		ctr_stop(c, UINT64_MAX, 0);
		break;
	default:
		break;
	}
}

void health_done(struct worker *w, enum verdict v, const char *output)
{
	struct ctr *c = w->check.c;
	struct status_health *h = &c->health;
	bool ok = v == VERDICT_OK;
	bool early = !c->was_healthy && loop_now() - c->released_mono < w->p->delay_us;
	int64_t code = ok ? 0 : v == VERDICT_ERROR ? 125 : w->check.code;
	const char *before = h->status;

	note(c, w->asked_us, code, output);
	if (ok) {
		c->was_healthy = true;
		h->failing = 0;
		h->status = (char *) (uintptr_t) "healthy";
	} else if (!early && ++h->failing >= w->p->failure) {
		h->status = (char *) (uintptr_t) "unhealthy";
	}
	c->m->dirty = true;
	event_health(c, h->status);
	pends_answer(c->m, PEND_HEALTH, c, NULL, "{s:b, s:s, s:b, s:I}", "ok", 1, "status", h->status,
		"healthy", (int) ok, "code", (json_int_t) code);
	if (strcmp(h->status, "unhealthy") == 0 && strcmp(before, "unhealthy") != 0)
		act(c);
}

int health_ask(struct ctr *c, struct err *err)
{
	struct worker *w = worker_of(c);

	if (!c->p->care || !c->p->care->health)
		return err_set(err, ERR_STATE, "container '%s' has no defined healthcheck", c->p->name);
	if (!w || c->s.state != CTR_RUNNING)
		return err_set(err, ERR_STATE, "container '%s' is not running", c->p->name);
	if (w->check.on)
		return 0; /* what is under way answers */
	w->asked_us = time_now_us();
	check_begin(&w->check, w->p->timeout_us);
	return 0;
}

void health_adopt(struct ctr *c, const struct status_health *from)
{
	static const char *const words[] = { "starting", "healthy", "unhealthy" };

	health_begin(c);
	for (size_t i = 0; i < LEN(words); i++)
		if (from->status && strcmp(from->status, words[i]) == 0)
			c->health.status = (char *) (uintptr_t) words[i];
	c->was_healthy = strcmp(c->health.status, "starting") != 0;
	c->health.failing = from->failing;
	for (size_t i = 0; i < from->log.n && i < LOOKS_KEPT; i++) {
		c->looks[i] = *LIST_AT(from->log, const struct status_look, i);
		c->looks[i].output = strdup(c->looks[i].output ? c->looks[i].output : "");
		c->health.log.n++;
	}
}
