#include "pkg/engine/paths.h"

#include <stdarg.h>
#include <stdio.h>

static char *path_join(char buf[PATH_TEXT], const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Ids have 64 digits and names at most NAME_MAX_LEN; what would not fit becomes a name that cannot exist, so that no
 * operation hits another place. */
static char *path_join(char buf[PATH_TEXT], const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, PATH_TEXT, fmt, ap);
	va_end(ap);
	if (n < 0 || n >= PATH_TEXT)
		(void) snprintf(buf, PATH_TEXT, "name-too-long/");
	return buf;
}

char *path_pod(char buf[PATH_TEXT], const char *pod) { return path_join(buf, "pods/%s", pod); }

char *path_pod_file(char buf[PATH_TEXT], const char *pod, const char *f)
{
	return path_join(buf, "pods/%s/%s", pod, f);
}

char *path_ctr(char buf[PATH_TEXT], const char *pod, const char *ctr)
{
	return path_join(buf, "pods/%s/%s", pod, ctr);
}

char *path_ctr_file(char buf[PATH_TEXT], const char *pod, const char *ctr, const char *f)
{
	return path_join(buf, "pods/%s/%s/%s", pod, ctr, f);
}

char *path_ctr_data(char buf[PATH_TEXT], const char *pod, const char *ctr)
{
	return path_join(buf, "pods/%s/containers/%s", pod, ctr);
}

char *path_pod_log(char buf[PATH_TEXT], const char *pod, const char *name, unsigned attempt)
{
	return path_join(buf, "pods/%s/logs/%s/%u.log", pod, name, attempt);
}

char *path_layer(char buf[PATH_TEXT], const char *diff_id) { return path_join(buf, "layers/%s", diff_id); }

char *path_image(char buf[PATH_TEXT], const char *image) { return path_join(buf, "images/%s", image); }

char *path_volume(char buf[PATH_TEXT], const char *pod, const char *type, const char *name)
{
	return path_join(buf, "pods/%s/volumes/%s/%s", pod, type, name);
}

const char *path_abs_root(struct engine *e, const char *rel)
{
	return arena_printf(&e->arena, "%s/%s", e->root, rel);
}

const char *path_abs_run(struct engine *e, const char *rel)
{
	return arena_printf(&e->arena, "%s/%s", e->runroot, rel);
}
