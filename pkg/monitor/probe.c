/*
 * Probes, as the kubelet's workers run them.
 *
 * A probe is asked first when its delay is over, then each period (a run that takes longer lets ticks pass).  Until the
 * startup probe has succeeded the others are not asked.  As many equal results as the threshold says make a result count;
 * what could not be asked at all (no such program in the container) counts for nothing.  A failed liveness or startup
 * probe ends the container, and is not asked again until the next one runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"

#define FIRST_US \
	200000  /* a program that was just executed is given so much before its first probe without a delay */
#define TRIES 3 /* of a probe that could not be asked */

static const char *const names[] = { "Startup", "Liveness", "Readiness", "Health" };
static const char *const keys[] = { "startup", "liveness", "readiness", "health" };

static void on_tick(struct timer *t);
static void probe_done(struct check *k, enum verdict v, const char *message);

static void schedule(struct worker *w, uint64_t due)
{
	uint64_t now = loop_now();

	w->due = due < now ? now : due;
	timer_set(&w->check.m->loop, &w->timer, w->due - now, on_tick);
}

static bool is_gated(const struct worker *w)
{
	const struct ctr *c = w->check.c;

	return w->kind != PROBE_STARTUP && c->p->care->startup && !c->startup_ok;
}

static void on_tick(struct timer *t)
{
	struct worker *w = OWNER_OF(t, struct worker, timer);

	if (w->held || is_gated(w) || w->check.c->paused) {
		if (!w->held)
			schedule(w, w->due + w->p->period_us);
		return;
	}
	w->asked_us = time_now_us();
	check_begin(&w->check, w->p->timeout_us);
}

bool worker_counts(struct worker *w, bool ok)
{
	if (w->run && w->last == ok)
		w->run++;
	else
		w->run = 1;
	w->last = ok;
	return w->run >= (ok ? w->p->success : w->p->failure);
}

static void kill_for(struct worker *w)
{
	struct ctr *c = w->check.c;
	bool again = c->p->restart && strcmp(c->p->restart, "no") != 0;

	w->held = true;
	w->run = 0;
	pod_note(c->m, c, false, "Killing", "Container %s failed %s probe%s", c->p->name, keys[w->kind],
		again ? ", will be restarted" : "");
	c->probe_killed = true;
	ctr_stop(c, w->p->grace_us.set ? (uint64_t) w->p->grace_us.v : UINT64_MAX, 0);
}

/* The startup probe has done its part; the others need not wait for their next tick. */
static void started(struct ctr *c)
{
	uint64_t now = loop_now();

	c->startup_ok = true;
	for (size_t i = 0; i < c->n_probes; i++) {
		struct worker *w = &c->probes[i];

		if (w->kind == PROBE_STARTUP) {
			w->held = true;
			timer_stop(&c->m->loop, &w->timer);
		} else {
			uint64_t first = c->released_mono + w->p->delay_us;

			schedule(w, first > now ? first : now);
		}
	}
	pod_advance(c->m);
}

static void effect(struct worker *w, bool ok)
{
	struct ctr *c = w->check.c;

	switch (w->kind) {
	case PROBE_STARTUP:
		if (ok)
			started(c);
		else
			kill_for(w);
		break;
	case PROBE_LIVENESS:
		if (!ok)
			kill_for(w);
		break;
	case PROBE_READINESS:
		if (c->readiness_ok != ok) {
			c->readiness_ok = ok;
			c->m->dirty = true;
			pod_advance(c->m);
		}
		break;
	case PROBE_HEALTH:
		break;
	}
}

static void say(const struct worker *w, enum verdict v, const char *message)
{
	struct ctr *c = w->check.c;

	if (v == VERDICT_FAILED)
		pod_note(c->m, c, true, "Unhealthy", "%s probe failed: %s", names[w->kind], message);
	else if (v == VERDICT_WARNING)
		pod_note(c->m, c, true, "ProbeWarning", "%s probe warning: %s", names[w->kind], message);
	else if (v == VERDICT_ERROR)
		pod_note(c->m, c, true, "Unhealthy", "%s probe errored and resulted in Unknown state: %s",
			names[w->kind], message);
}

/* A health check may be asked for by people alone. */
static void next(struct worker *w)
{
	if (w->p->period_us && !(w->kind == PROBE_HEALTH && w->check.c->p->care->health_manual))
		schedule(w, w->due + w->p->period_us);
}

static void probe_done(struct check *k, enum verdict v, const char *message)
{
	struct worker *w = OWNER_OF(k, struct worker, check);
	bool ok = v == VERDICT_OK || v == VERDICT_WARNING;

	if (w->kind == PROBE_HEALTH) {
		next(w);
		health_done(w, v, message);
		return;
	}
	if (v == VERDICT_ERROR && ++w->tries < TRIES) {
		check_begin(k, w->p->timeout_us);
		return;
	}
	w->tries = 0;
	say(w, v, message);
	schedule(w, w->due + w->p->period_us);
	if (v != VERDICT_ERROR && worker_counts(w, ok))
		effect(w, ok);
	if (w->held)
		timer_stop(&k->m->loop, &w->timer);
}

/* ---- a container's probes ---- */

static void add(struct ctr *c, const struct probe *p, enum probe_kind kind)
{
	struct worker *w = &c->probes[c->n_probes];

	if (!p)
		return;
	*w = (struct worker){ .p = p, .kind = kind };
	check_init(&w->check, c, &p->handler, keys[kind], probe_done);
	c->n_probes++;
}

static bool make(struct ctr *c)
{
	const struct care *care = c->p->care;
	size_t n = 0;

	if (c->probes || !care)
		return c->probes != NULL;
	n = !!care->startup + !!care->liveness + !!care->readiness + !!care->health;
	if (!n || !(c->probes = calloc(n, sizeof *c->probes)))
		return false;
	add(c, care->startup, PROBE_STARTUP);
	add(c, care->liveness, PROBE_LIVENESS);
	add(c, care->readiness, PROBE_READINESS);
	add(c, care->health, PROBE_HEALTH);
	return true;
}

void probes_begin(struct ctr *c)
{
	if (!make(c))
		return;
	for (size_t i = 0; i < c->n_probes; i++) {
		struct worker *w = &c->probes[i];
		uint64_t delay = w->p->delay_us ? w->p->delay_us : FIRST_US;

		w->held = false;
		w->run = w->tries = 0;
		if (w->kind == PROBE_STARTUP && c->startup_ok)
			w->held = true; /* of a container taken over */
		else if (w->kind == PROBE_HEALTH && c->p->care->health_manual)
			continue;
		else if (w->kind == PROBE_HEALTH) /* its delay is a time of grace, not of silence */
			schedule(w, c->released_mono + FIRST_US);
		else if (!is_gated(w))
			schedule(w, c->released_mono + delay);
	}
}

static void quiet(struct worker *w)
{
	timer_stop(&w->check.m->loop, &w->timer);
	check_cancel(&w->check);
}

void probes_stopping(struct ctr *c)
{
	for (size_t i = 0; i < c->n_probes; i++)
		if (c->probes[i].kind != PROBE_READINESS)
			quiet(&c->probes[i]);
}

void probes_end(struct ctr *c)
{
	for (size_t i = 0; i < c->n_probes; i++)
		quiet(&c->probes[i]);
	c->startup_ok = c->readiness_ok = false;
}

void probes_free(struct ctr *c)
{
	probes_end(c);
	free(c->probes);
	c->probes = NULL;
	c->n_probes = 0;
}
