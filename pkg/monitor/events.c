/* Events of containers for `podctl events`: runroot is two levels above the pod's run directory. */
#include <fcntl.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/eventlog.h"

static struct event of(const struct ctr *c, const char *status)
{
	return (struct event){ .type = "container",
		.status = status,
		.id = c->p->id,
		.name = c->p->shown && *c->p->shown ? c->p->shown : c->p->name,
		.image = c->p->image,
		.pod = c->m->plan.solo ? NULL : c->m->plan.pod,
		.attributes = &c->p->labels };
}

static void append(struct ctr *c, const struct event *e, size_t n)
{
	auto_close int dir = openat(c->m->run_fd, "../..", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir >= 0)
		(void) events_append(dir, e, n);
}

void event_started(struct ctr *c)
{
	const struct event e[] = { of(c, "init"), of(c, "start") };

	append(c, e, LEN(e));
}

void event_died(struct ctr *c)
{
	struct event e = of(c, "died");

	e.ended = true;
	e.exit_code = c->s.exit_code;
	append(c, &e, 1);
}

void event_exec(struct ctr *c, bool died, int code)
{
	struct event e = of(c, died ? "exec_died" : "exec");

	e.ended = died;
	e.exit_code = code;
	append(c, &e, 1);
}

void event_health(struct ctr *c, const char *health)
{
	struct event e = of(c, "health_status");

	e.health = health;
	append(c, &e, 1);
}
