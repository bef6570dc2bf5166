#include "pkg/monitor/env_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define MARK_OPEN \
	"\x01"    \
	"file:" /* pkg/container/late.h */
#define MARK_CLOSE "\x02"
#define CONFIG_MARKS "config.marks" /* the bundle's config.json before the values are known */

/* ---- the file -------------------------------------------------------------------------------------------------------- */

static const char *blanks(const char *p) { return p + strspn(p, " \t\r"); }

static int fault(struct err *err, unsigned line, const char *what)
{
	return err_set(err, ERR_INVALID, "line %u: %s", line, what);
}

static int quoted(const char **at, unsigned *line, struct buf *b, struct err *err)
{
	const char *p = *at + 1, *end = strchr(p, '\'');

	if (!end)
		return fault(err, *line, "there is no closing quote");
	for (const char *q = p; q < end; q++)
		*line += *q == '\n';
	(void) buf_add(b, p, (size_t) (end - p));
	p = blanks(end + 1);
	if (*p && *p != '\n' && *p != '#')
		return fault(err, *line, "something follows the value");
	*at = p + strcspn(p, "\n");
	return 0;
}

static int plain(const char **at, unsigned *line, struct buf *b, struct err *err)
{
	for (;;) {
		const char *p = blanks(*at);
		size_t n = strcspn(p, "\n"), len = n;

		while (len && strchr(" \t\r", p[len - 1]))
			len--;
		*at = p + n;
		if (!len || p[len - 1] != '\\') {
			(void) buf_add(b, p, len);
			return 0;
		}
		for (len--; len && strchr(" \t\r", p[len - 1]);)
			len--;
		(void) buf_add(b, p, len);
		(void) buf_putc(b, ' ');
		if (!**at || !*blanks(*at + 1) || *blanks(*at + 1) == '\n' || *blanks(*at + 1) == '#')
			return fault(err, *line, "nothing follows the backslash at its end");
		(*at)++;
		(*line)++;
	}
}

int env_file_find(const char *text, const char *key, struct buf *b, struct err *err)
{
	auto_buf struct buf value = BUF_INIT(FILE_KEY_MAX);
	unsigned line = 1;
	int found = 0, rc;

	for (const char *p = text; *p; p += *p == '\n', line++) {
		size_t n, len;

		p = blanks(p);
		if (*p == '\n' || !*p)
			continue;
		if (*p == '#') {
			p += strcspn(p, "\n");
			continue;
		}
		for (n = len = strcspn(p, "=\n"); len && strchr(" \t\r", p[len - 1]);)
			len--;
		if (p[n] != '=' || !len)
			return fault(err, line, "expected NAME='VALUE'");
		bool is_it = strlen(key) == len && memcmp(p, key, len) == 0;

		p = blanks(p + n + 1);
		buf_clear(&value);
		if ((rc = *p == '\'' ? quoted(&p, &line, &value, err) : plain(&p, &line, &value, err)) < 0)
			return rc;
		if (!is_it)
			continue;
		found = 1;
		buf_clear(b);
		if (buf_failed(&value) || buf_add(b, value.data ? value.data : "", value.len) < 0)
			return err_sys(err, ENOMEM, "read a variable");
	}
	return found;
}

/* ---- values ---------------------------------------------------------------------------------------------------------- */

static int read_one(const struct plan_env *e, json_t *values, struct err *err)
{
	auto_close int volume = open(e->volume, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -EBADF;
	auto_buf struct buf text = BUF_INIT(FILE_KEY_MAX), value = BUF_INIT(FILE_KEY_MAX);
	struct stat st;
	json_t *v;
	int rc;

	if (volume < 0)
		return err_sys(err, errno, "open the volume");
	fd = path_open(volume, e->path, PATH_IN_ROOTFS, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0 && (fd != -ENOENT || !e->optional))
		return err_sys(err, -fd, "file '%s'", e->path);
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_INVALID, "'%s' is not a file", e->path);
	if ((rc = io_read_all(fd, &text)) < 0)
		return rc == -EFBIG ? err_set(err, ERR_INVALID, "file '%s': larger than %lu bytes", e->path,
					      FILE_KEY_MAX)
				    : err_sys(err, -rc, "read file '%s'", e->path);
	if (text.data && strlen(text.data) != text.len)
		return err_set(err, ERR_INVALID, "file '%s': a variable cannot hold a zero byte", e->path);
	if ((rc = env_file_find(text.data ? text.data : "", e->key, &value, err)) < 0)
		return err_wrap(err, "file '%s'", e->path);
	if (!rc)
		return e->optional
			       ? 0
			       : err_set(err, ERR_NOT_FOUND, "file '%s' has no key '%s'", e->path, e->key);
	if (!(v = json_stringn(value.data ? value.data : "", value.len)))
		return err_set(
			err, ERR_INVALID, "file '%s': the value of '%s' is not UTF-8 text", e->path, e->key);
	return json_object_set_new(values, e->name, v) < 0 ? err_sys(err, ENOMEM, "read a variable") : 0;
}

/* The text with its marks replaced, malloc'd; what has no value is $(NAME) again.  *whole: all of the value is one such. */
static char *fill(const char *text, const json_t *values, bool *missing)
{
	auto_buf struct buf b = BUF_INIT(JSON_MAX);
	const char *p = text, *end, *value;

	*missing = false;
	while (*p) {
		size_t n = strlen(MARK_OPEN);
		char name[256];

		if (strncmp(p, MARK_OPEN, n) != 0 || !(end = strstr(p, MARK_CLOSE)) ||
			(size_t) (end - p) - n >= sizeof name) {
			(void) buf_putc(&b, *p++);
			continue;
		}
		memcpy(name, p + n, (size_t) (end - p) - n);
		name[(size_t) (end - p) - n] = '\0';
		if ((value = json_string_value(json_object_get(values, name)))) {
			(void) buf_puts(&b, value);
		} else {
			*missing =
				p > text && p[-1] == '=' && !end[1] && strncmp(text, name, strlen(name)) == 0;
			(void) buf_printf(&b, "$(%s)", name);
		}
		p = end + 1;
	}
	return buf_steal(&b);
}

static int fill_list(json_t *list, const json_t *values)
{
	size_t i = 0;

	while (i < json_array_size(list)) {
		const char *text = json_string_value(json_array_get(list, i));
		bool missing;

		if (!text || !strstr(text, MARK_OPEN)) {
			i++;
			continue;
		}
		auto_free char *filled = fill(text, values, &missing);

		if (!filled)
			return -ENOMEM;
		if (missing ? json_array_remove(list, i) < 0
			    : json_array_set_new(list, i, json_string(filled)) < 0)
			return -ENOMEM;
		i += !missing;
	}
	return 0;
}

int env_files_into(const struct ctr *c, json_t *process)
{
	if (!c->file_env)
		return 0;
	return fill_list(json_object_get(process, "env"), c->file_env) < 0 ||
			       fill_list(json_object_get(process, "args"), c->file_env) < 0
		       ? -ENOMEM
		       : 0;
}

int env_files_apply(struct ctr *c, struct err *err)
{
	const struct list *files = &c->p->env_files;
	auto_close int dir = -EBADF;
	auto_buf struct buf text = BUF_INIT(JSON_MAX);
	auto_free char *config = NULL;
	json_t *v;
	int rc = 0;

	if (!files->n)
		return 0;
	json_decref(c->file_env);
	if (!(c->file_env = json_object()))
		return err_sys(err, ENOMEM, "read variables");
	for (size_t i = 0; i < files->n; i++) {
		const struct plan_env *e = LIST_AT(*files, const struct plan_env, i);

		if ((rc = read_one(e, c->file_env, err)) < 0)
			return err_wrap(err, "variable '%s'", e->name);
	}
	if ((dir = open(c->p->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ||
		(rc = file_read(dir, CONFIG_MARKS, PATH_IN_STATE, &text)) < 0)
		return err_sys(err, dir < 0 ? errno : -rc, "read the bundle");
	if (!(v = json_parse(text.data, text.len, err)))
		return err_wrap(err, CONFIG_MARKS);
	if (env_files_into(c, json_object_get(v, "process")) == 0)
		config = json_print(v);
	json_decref(v);
	if (!config)
		return err_sys(err, ENOMEM, "fill in variables");
	rc = file_replace(dir, "config.json", config, strlen(config), 0600, false);
	return rc < 0 ? err_sys(err, -rc, "write config.json") : 0;
}
