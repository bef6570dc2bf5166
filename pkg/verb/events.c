#include "pkg/verb/events.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/util/eventlog.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define LINE_MAX_BYTES (512 * KiB)

static const char *const keys[] = { "container", "event", "health", "image", "label", "name", "network",
	"pod", "type", "volume", NULL };

struct reading {
	const struct events_request *r;
	struct filter *f;
	size_t n;
	json_t *names; /* id -> what a rename made of its name: monitors go on with the old one */
	struct buf line;
	int fd; /* the file that is read now; -EBADF */
	bool ended;
};

/* ---- filters ------------------------------------------------------------------------------------------------------- */

static int parse_filters(const struct strs *texts, struct arena *a, struct filter **ret, struct err *err)
{
	struct filter *v = arena_array(a, texts->n + 1, sizeof *v);

	if (!v)
		return err_sys(err, ENOMEM, "read the filters");
	for (size_t i = 0; i < texts->n; i++) {
		const char *text = texts->v[i], *eq = strchr(text, '=');
		bool known = false;

		if (!eq || !eq[1])
			return err_set(err, ERR_INVALID, "invalid filter \"%s\": expected KEY=VALUE", text);
		if (!(v[i].key = arena_strndup(a, text, (size_t) (eq - text))))
			return err_sys(err, ENOMEM, "read the filters");
		v[i].value = eq + 1;
		for (size_t k = 0; keys[k]; k++)
			known = known || !strcasecmp(keys[k], v[i].key);
		if (!known)
			return err_set(err, ERR_INVALID,
				"%s is an invalid filter; there are container, event, image, label, name, "
				"network, pod, type and volume",
				v[i].key);
	}
	*ret = v;
	return 0;
}

static const char *text_of(const json_t *e, const char *key)
{
	const char *s = json_string_value(json_object_get(e, key));

	return s ? s : "";
}

static bool named(const json_t *e, const char *type, const char *value)
{
	const char *id = text_of(e, "ID");

	return !strcmp(text_of(e, "Type"), type) &&
	       (!strcmp(text_of(e, "Name"), value) || (*id && !strncmp(id, value, strlen(value))));
}

static bool has_label(const json_t *e, const char *value)
{
	const char *eq = strchr(value, '='), *key;
	json_t *v;

	json_object_foreach(json_object_get(e, "Attributes"), key, v)
	{
		size_t n = eq ? (size_t) (eq - value) : strlen(value);

		if (strlen(key) == n && !strncmp(key, value, n) &&
			(!eq || !strcmp(eq + 1, json_string_value(v) ? json_string_value(v) : "")))
			return true;
	}
	return false;
}

static bool fits(const json_t *e, const struct filter *f)
{
	const char *image = text_of(e, "Image");

	if (!strcasecmp(f->key, "event"))
		return !strcmp(text_of(e, "Status"), f->value);
	if (!strcasecmp(f->key, "type"))
		return !strcmp(text_of(e, "Type"), f->value);
	if (!strcasecmp(f->key, "health"))
		return !strcmp(text_of(e, "HealthStatus"), f->value);
	if (!strcasecmp(f->key, "name"))
		return !strcmp(text_of(e, "Name"), f->value);
	if (!strcasecmp(f->key, "label"))
		return has_label(e, f->value);
	if (!strcasecmp(f->key, "network"))
		return !strcmp(text_of(e, "Network"), f->value);
	if (!strcasecmp(f->key, "image"))
		return !strncmp(image, f->value, strlen(f->value)) || strstr(image, f->value) != NULL ||
		       named(e, "image", f->value);
	if (!strcasecmp(f->key, "pod"))
		return named(e, "pod", f->value) ||
		       (*text_of(e, "Pod") && !strncmp(text_of(e, "Pod"), f->value, strlen(f->value)));
	return named(e, strcasecmp(f->key, "volume") ? "container" : "volume", f->value);
}

/* One of those with the same key must fit, for every key; of labels all. */
static bool wanted(const struct reading *g, const json_t *e)
{
	for (size_t i = 0; i < g->n; i++) {
		bool hit = fits(e, &g->f[i]);

		for (size_t k = 0; !hit && strcasecmp(g->f[i].key, "label") != 0 && k < g->n; k++)
			hit = !strcasecmp(g->f[k].key, g->f[i].key) && fits(e, &g->f[k]);
		if (!hit)
			return false;
	}
	return true;
}

/* ---- lines --------------------------------------------------------------------------------------------------------- */

static void take_line(struct reading *g)
{
	json_t *e = json_loads(g->line.data ? g->line.data : "", 0, NULL), *name;
	const char *id = text_of(e, "ID");
	uint64_t at = 0;

	if (!json_is_object(e) || time_parse(text_of(e, "Time"), &at) < 0) {
		json_decref(e);
		return;
	}
	if (!strcmp(text_of(e, "Status"), "rename"))
		(void) json_object_set(g->names, id, json_object_get(e, "Name"));
	else if (*id && !strcmp(text_of(e, "Type"), "container") && (name = json_object_get(g->names, id)))
		(void) json_object_set(e, "Name", name);
	if (g->r->until_us && at > g->r->until_us)
		g->ended = true;
	else if (at >= g->r->since_us && wanted(g, e) && g->r->event(g->r->ctx, e) != 0)
		g->ended = true;
	json_decref(e);
}

/* Whole lines only: the rest waits for its end. */
static int drain(struct reading *g, struct err *err)
{
	char chunk[16384];

	while (g->fd >= 0 && !g->ended) {
		ssize_t n = read(g->fd, chunk, sizeof chunk);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "read the events");
		if (n == 0)
			return 0;
		for (ssize_t i = 0; i < n && !g->ended; i++) {
			if (chunk[i] != '\n') {
				(void) buf_putc(&g->line, chunk[i]);
				continue;
			}
			if (!buf_failed(&g->line))
				take_line(g);
			buf_clear(&g->line);
		}
	}
	return 0;
}

static int open_log(struct engine *e, struct reading *g, const char *name, struct err *err)
{
	fd_close_p(&g->fd);
	buf_clear(&g->line);
	g->fd = path_open(e->runroot_fd, name, PATH_IN_STATE, O_RDONLY, 0);
	if (g->fd < 0 && g->fd != -ENOENT)
		return err_sys(err, -g->fd, "open '%s/%s'", e->runroot, name);
	return 0;
}

static bool was_renamed(struct engine *e, const struct reading *g)
{
	struct stat ours, named_now;

	if (fstatat(e->runroot_fd, EVENTLOG, &named_now, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return g->fd < 0 || (fstat(g->fd, &ours) == 0 &&
				    (ours.st_ino != named_now.st_ino || ours.st_dev != named_now.st_dev));
}

static int wait_for_more(struct engine *e, const struct reading *g, int inotify)
{
	uint64_t now = time_now_us();
	struct pollfd p = { .fd = inotify, .events = POLLIN };
	char events[4096];
	int ms = -1;

	(void) e;
	if (g->r->until_us)
		ms = now >= g->r->until_us ? 0
					   : (int) ((g->r->until_us - now) / 1000 > 3600000
							     ? 3600000
							     : (g->r->until_us - now) / 1000 + 1);
	if (poll(&p, 1, ms) > 0)
		while (read(inotify, events, sizeof events) > 0)
			;
	return g->r->until_us && time_now_us() >= g->r->until_us;
}

static int follow(struct engine *e, struct reading *g, int inotify, struct err *err)
{
	int rc = 0;

	while (rc == 0 && !g->ended && !(g->r->stop && *g->r->stop)) {
		if (wait_for_more(e, g, inotify)) {
			rc = drain(g, err);
			break;
		}
		if ((rc = drain(g, err)) == 0 && was_renamed(e, g) &&
			(rc = open_log(e, g, EVENTLOG, err)) == 0)
			rc = drain(g, err);
	}
	return rc;
}

static int watch(struct engine *e, int *ret, struct err *err)
{
	auto_close int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[40];

	(void) snprintf(path, sizeof path, "/proc/self/fd/%d", e->runroot_fd);
	if (fd < 0 || inotify_add_watch(fd, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		return err_sys(err, errno, "watch '%s'", e->runroot);
	*ret = fd_steal(&fd);
	return 0;
}

static int read_all(struct engine *e, struct reading *g, struct err *err)
{
	auto_close int inotify = -EBADF;
	int rc;

	/* the watch comes first, so that nothing falls between the reading and the waiting */
	if (g->r->follow && (rc = watch(e, &inotify, err)) < 0)
		return rc;
	if (g->r->past && ((rc = open_log(e, g, EVENTLOG ".1", err)) < 0 || (rc = drain(g, err)) < 0))
		return rc;
	if ((rc = open_log(e, g, EVENTLOG, err)) < 0)
		return rc;
	if (!g->r->past && g->fd >= 0)
		(void) lseek(g->fd, 0, SEEK_END);
	else if ((rc = drain(g, err)) < 0)
		return rc;
	return g->r->follow ? follow(e, g, inotify, err) : 0;
}

int verb_events(struct engine *e, const struct events_request *r, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct reading g = { .r = r,
		.n = r->filters.n,
		.names = json_object(),
		.fd = -EBADF,
		.line = BUF_INIT(LINE_MAX_BYTES) };
	int rc = parse_filters(&r->filters, &a, &g.f, err);

	if (rc == 0)
		rc = read_all(e, &g, err);
	fd_close_p(&g.fd);
	buf_done(&g.line);
	json_decref(g.names);
	return rc;
}
