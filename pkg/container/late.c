#include "pkg/container/late.h"

#include <errno.h>
#include <string.h>

#include "pkg/util/buf.h"
#include "pkg/util/limits.h"

bool late_in(const char *text) { return text && strchr(text, LATE_OPEN[0]); }

static const char *value_of(const struct late *l, const char *field, size_t n)
{
	const struct {
		const char *field, *value;
	} table[] = {
		{ "status.podIP", l->pod_ip },
		{ "status.podIPs", l->pod_ip },
		{ "status.hostIP", l->host_ip },
		{ "status.hostIPs", l->host_ip },
		{ "metadata.uid", l->uid },
	};

	for (size_t i = 0; i < LEN(table); i++)
		if (strlen(table[i].field) == n && memcmp(table[i].field, field, n) == 0)
			return table[i].value;
	return NULL;
}

int late_text(char **text, const struct late *l, struct arena *a)
{
	auto_buf struct buf b = BUF_INIT(YAML_MAX);
	const char *p = *text, *end, *value;
	char *filled;

	if (!late_in(p))
		return 0;
	while (*p) {
		end = *p == LATE_OPEN[0] ? strchr(p, LATE_CLOSE[0]) : NULL;
		value = end ? value_of(l, p + 1, (size_t) (end - p - 1)) : NULL;
		if (value) {
			(void) buf_puts(&b, value);
			p = end + 1;
		} else {
			(void) buf_putc(&b, *p++);
		}
	}
	if (buf_failed(&b) || !(filled = arena_strdup(a, b.data ? b.data : "")))
		return -ENOMEM;
	*text = filled;
	return 0;
}

static bool in_strs(const struct strs *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (late_in(l->v[i]))
			return true;
	return false;
}

bool late_in_container(const struct container_spec *c)
{
	if (in_strs(&c->env) || in_strs(&c->argv))
		return true;
	for (size_t i = 0; i < c->mounts.n; i++)
		if (late_in(LIST_AT(c->mounts, struct mount_spec, i)->sub_path))
			return true;
	return false;
}

static int strs_fill(struct strs *l, const struct late *late, struct arena *a)
{
	for (size_t i = 0; i < l->n; i++)
		if (late_text(&l->v[i], late, a) < 0)
			return -ENOMEM;
	return 0;
}

int late_container(struct container_spec *c, const struct late *l, struct arena *a)
{
	if (!late_in_container(c))
		return 0;
	if (strs_fill(&c->env, l, a) < 0 || strs_fill(&c->argv, l, a) < 0 ||
		strs_fill(&c->entrypoint, l, a) < 0 || strs_fill(&c->command, l, a) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < c->env_asked.n; i++)
		if (late_text(&c->env_asked.v[i].value, l, a) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < c->mounts.n; i++) {
		struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);

		if (m->sub_path && late_text(&m->sub_path, l, a) < 0)
			return -ENOMEM;
	}
	return 0;
}
