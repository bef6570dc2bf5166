#include "cmd/podctl/environment.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "pkg/util/io.h"
#include "pkg/util/limits.h"

extern char **environ;

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "read the environment"); }

static int set(struct cli *c, struct kvs *env, const char *key, size_t n, const char *value, struct err *err)
{
	char *k = arena_strndup(&c->arena, key, n);

	return k && kvs_set(env, &c->arena, k, value) == 0 ? 0 : no_memory(err);
}

static int add_prefix(struct cli *c, struct kvs *env, const char *prefix, size_t n, struct err *err)
{
	int rc = 0;

	for (char **v = environ; *v && rc == 0; v++) {
		const char *eq = strchr(*v, '=');

		if (eq && !strncmp(*v, prefix, n))
			rc = set(c, env, *v, (size_t) (eq - *v), eq + 1, err);
	}
	return rc;
}

int env_add(struct cli *c, struct kvs *env, const char *text, struct err *err)
{
	const char *eq = strchr(text, '='), *value;
	size_t n = strlen(text);

	if (eq == text || !n)
		return err_set(err, ERR_INVALID, "variable '%s': a name is missing", text);
	if (eq)
		return set(c, env, text, (size_t) (eq - text), eq + 1, err);
	if (text[n - 1] == '*')
		return add_prefix(c, env, text, n - 1, err);
	value = getenv(text);
	return value ? set(c, env, text, n, value, err) : 0;
}

int env_add_host(struct cli *c, struct kvs *env, struct err *err) { return add_prefix(c, env, "", 0, err); }

static int each_line(const char *file, struct err *err,
	int (*fn)(struct cli *, struct kvs *, const char *, struct err *), struct cli *c, struct kvs *to)
{
	auto_buf struct buf b = BUF_INIT(ENV_FILE_MAX);
	auto_close int fd = open(file, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -errno : io_read_all(fd, &b), number = 0;
	char *line, *rest = b.data;

	if (rc < 0)
		return err_sys(err, -rc, "read '%s'", file);
	while (rest && *rest) {
		line = rest;
		rest += strcspn(rest, "\n");
		if (*rest)
			*rest++ = 0;
		number++;
		line[strcspn(line, "\r")] = 0;
		line += strspn(line, " \t");
		if (!*line || *line == '#')
			continue;
		if ((rc = fn(c, to, line, err)) < 0)
			return err_wrap(err, "%s:%d", file, number);
	}
	return 0;
}

int env_add_file(struct cli *c, struct kvs *env, const char *file, struct err *err)
{
	return each_line(file, err, env_add, c, env);
}

static int label_add(struct cli *c, struct kvs *labels, const char *line, struct err *err)
{
	const char *eq = strchr(line, '=');

	if (eq == line)
		return err_set(err, ERR_INVALID, "label '%s': a key is missing", line);
	return set(c, labels, line, eq ? (size_t) (eq - line) : strlen(line), eq ? eq + 1 : "", err);
}

int annotation_add(struct cli *c, struct kvs *annotations, const char *text, struct err *err)
{
	const char *eq = strchr(text, '=');

	if (!eq || eq == text)
		return err_set(
			err, ERR_INVALID, "--annotation %s: annotations must be formatted KEY=VALUE", text);
	return set(c, annotations, text, (size_t) (eq - text), eq + 1, err);
}

int labels_add_file(struct cli *c, struct kvs *labels, const char *file, struct err *err)
{
	return each_line(file, err, label_add, c, labels);
}

int cwd_get(struct cli *c, const char **ret, struct err *err)
{
	char path[PATH_MAX];

	if (!getcwd(path, sizeof path))
		return err_sys(err, errno, "find the working directory");
	return (*ret = arena_strdup(&c->arena, path)) ? 0 : no_memory(err);
}

int argv_keep(struct cli *c, struct strs *ret, struct err *err)
{
	for (char *const *v = c->argv; *v; v++)
		if (strs_add(ret, &c->arena, *v) < 0)
			return no_memory(err);
	return 0;
}
