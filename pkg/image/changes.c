#include "pkg/image/changes.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pkg/util/buf.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "change image config"); }

/* Takes the next word of *p into b: quotes and backslashes as in a Dockerfile.  false: nothing left. */
static bool word_next(const char **p, struct buf *b)
{
	const char *s = *p;
	char quote = 0;

	while (isspace((unsigned char) *s))
		s++;
	buf_clear(b);
	if (!*s)
		return false;
	(void) buf_puts(b, "");
	for (; *s && (quote || !isspace((unsigned char) *s)); s++) {
		if (quote ? *s == quote : *s == '"' || *s == '\'')
			quote = quote ? 0 : *s;
		else if (*s == '\\' && quote != '\'' && s[1])
			(void) buf_putc(b, *++s);
		else
			(void) buf_putc(b, *s);
	}
	*p = s;
	return true;
}

/* ["a","b"], or with 'shell' a command line for /bin/sh -c. */
static int list_set(json_t *config, const char *key, const char *rest, bool shell, struct err *err)
{
	json_t *v = *rest == '[' ? json_loads(rest, 0, NULL) : NULL;
	const json_t *item;
	size_t i;

	if (v) {
		json_array_foreach(v, i, item) if (!json_is_string(item))
		{
			json_decref(v);
			return err_set(err, ERR_INVALID, "expected a list of strings");
		}
	} else if (shell) {
		v = json_pack("[s,s,s]", "/bin/sh", "-c", rest);
	} else {
		v = json_pack("[s]", rest);
	}
	return v && json_object_set_new(config, key, v) == 0 ? 0 : no_memory(err);
}

static int cmd_set(json_t *config, const char *rest, struct err *err)
{
	return list_set(config, "Cmd", rest, true, err);
}

static int entrypoint_set(json_t *config, const char *rest, struct err *err)
{
	return list_set(config, "Entrypoint", rest, true, err);
}

static int string_set(json_t *config, const char *key, const char *rest, struct err *err)
{
	struct buf b = BUF_INIT(64 * KiB);
	int rc = 0;

	if (!word_next(&rest, &b) || strspn(rest, " \t") != strlen(rest))
		rc = err_set(err, ERR_INVALID, "expected one value");
	else if (json_object_set_new(config, key, json_string(b.data)) < 0)
		rc = err_set(err, ERR_INVALID, "expected UTF-8 text");
	buf_done(&b);
	return rc;
}

static int user_set(json_t *config, const char *rest, struct err *err)
{
	return string_set(config, "User", rest, err);
}

static int workdir_set(json_t *config, const char *rest, struct err *err)
{
	return string_set(config, "WorkingDir", rest, err);
}

static int stopsignal_set(json_t *config, const char *rest, struct err *err)
{
	return signal_parse(rest) < 0 ? err_set(err, ERR_INVALID, "unknown signal '%s'", rest)
				      : string_set(config, "StopSignal", rest, err);
}

static json_t *member(json_t *config, const char *key, json_t *(*make)(void) )
{
	json_t *v = json_object_get(config, key);

	if (!v && json_object_set_new(config, key, make()) == 0)
		v = json_object_get(config, key);
	return v;
}

static int env_put(json_t *config, const char *key, const char *value, struct err *err)
{
	json_t *list = member(config, "Env", json_array), *v = json_sprintf("%s=%s", key, value);
	size_t n = strlen(key);

	if (!list || !v) {
		json_decref(v);
		return no_memory(err);
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *old = json_string_value(json_array_get(list, i));

		if (old && strncmp(old, key, n) == 0 && old[n] == '=')
			return json_array_set_new(list, i, v) == 0 ? 0 : no_memory(err);
	}
	return json_array_append_new(list, v) == 0 ? 0 : no_memory(err);
}

static int label_put(json_t *config, const char *key, const char *value, struct err *err)
{
	json_t *map = member(config, "Labels", json_object);

	return map && json_object_set_new(map, key, json_string(value)) == 0 ? 0 : no_memory(err);
}

/* "k=v k2='v 2'", or the old form "k the rest". */
static int pairs(json_t *config, const char *rest,
	int (*put)(json_t *, const char *, const char *, struct err *), struct err *err)
{
	size_t first = strcspn(rest, " \t");
	struct buf b = BUF_INIT(1 * MiB);
	const char *eq = strchr(rest, '=');
	int rc = 0;

	if (!eq || (size_t) (eq - rest) > first) {
		const char *value = rest + first + strspn(rest + first, " \t");

		(void) buf_add(&b, rest, first);
		if (!first || !*value || buf_failed(&b))
			rc = err_set(err, ERR_INVALID, "expected NAME=VALUE");
		else
			rc = put(config, b.data, value, err);
		buf_done(&b);
		return rc;
	}
	while (rc == 0 && word_next(&rest, &b)) {
		char *value = b.data ? strchr(b.data, '=') : NULL;

		if (!value || value == b.data) {
			rc = err_set(err, ERR_INVALID, "expected NAME=VALUE");
			break;
		}
		*value = '\0';
		rc = put(config, b.data, value + 1, err);
	}
	buf_done(&b);
	return rc;
}

static int env_set(json_t *config, const char *rest, struct err *err)
{
	return pairs(config, rest, env_put, err);
}
static int label_set(json_t *config, const char *rest, struct err *err)
{
	return pairs(config, rest, label_put, err);
}

static int set_put(json_t *config, const char *key, const char *value, struct err *err)
{
	json_t *map = member(config, key, json_object);

	return map && json_object_set_new(map, value, json_object()) == 0 ? 0 : no_memory(err);
}

static int expose_set(json_t *config, const char *rest, struct err *err)
{
	struct buf b = BUF_INIT(64 * KiB);
	int rc = 0;

	while (rc == 0 && word_next(&rest, &b)) {
		char port[32], *slash = strchr(b.data, '/');
		const char *proto = slash ? slash + 1 : "tcp";
		uint64_t n;

		if (slash)
			*slash = '\0';
		if (parse_u64(b.data, 1, 65535, &n) < 0 ||
			(strcmp(proto, "tcp") != 0 && strcmp(proto, "udp") != 0 &&
				strcmp(proto, "sctp") != 0)) {
			rc = err_set(err, ERR_INVALID, "expected PORT or PORT/tcp, udp, sctp");
			break;
		}
		snprintf(port, sizeof port, "%u/%s", (unsigned) n, proto);
		rc = set_put(config, "ExposedPorts", port, err);
	}
	buf_done(&b);
	return rc;
}

static int volume_set(json_t *config, const char *rest, struct err *err)
{
	json_t *list = *rest == '[' ? json_loads(rest, 0, NULL) : NULL;
	struct buf b = BUF_INIT(64 * KiB);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
		const char *path = json_string_value(json_array_get(list, i));

		rc = path ? set_put(config, "Volumes", path, err)
			  : err_set(err, ERR_INVALID, "expected a list of strings");
	}
	while (rc == 0 && !list && word_next(&rest, &b))
		rc = set_put(config, "Volumes", b.data, err);
	json_decref(list);
	buf_done(&b);
	return rc;
}

static int onbuild_add(json_t *config, const char *rest, struct err *err)
{
	json_t *list = member(config, "OnBuild", json_array);

	return list && json_array_append_new(list, json_string(rest)) == 0 ? 0 : no_memory(err);
}

static int refused(json_t *config, const char *rest, struct err *err)
{
	(void) config;
	(void) rest;
	return err_set(err, ERR_UNSUPPORTED, "not possible here; build the image instead");
}

/* [--interval=T] [--timeout=T] [--start-period=T] [--retries=N] CMD COMMAND, or NONE; times are nanoseconds in an image. */
static int health_set(json_t *config, const char *rest, struct err *err)
{
	static const struct {
		const char *flag, *key;
	} times[] = { { "--interval=", "Interval" }, { "--timeout=", "Timeout" },
		{ "--start-period=", "StartPeriod" }, { "--retries=", "Retries" } };
	json_t *h = json_object(), *test;
	char word[64];

	if (!h || json_object_set_new(config, "Healthcheck", h) < 0)
		return no_memory(err);
	for (; strncmp(rest, "--", 2) == 0; rest += strspn(rest, " \t")) {
		size_t n = strcspn(rest, " \t"), i = 0, len;
		uint64_t v = 0;

		while (i < LEN(times) && strncmp(rest, times[i].flag, strlen(times[i].flag)) != 0)
			i++;
		len = i < LEN(times) ? strlen(times[i].flag) : 0;
		if (!len || n - len >= sizeof word)
			return err_set(err, ERR_INVALID, "unknown option '%.*s'", (int) n, rest);
		snprintf(word, sizeof word, "%.*s", (int) (n - len), rest + len);
		rest += n;
		if (i == 3 ? parse_u64(word, 0, INT32_MAX, &v) < 0 : duration_parse(word, &v) < 0)
			return err_set(err, ERR_INVALID, "%s%s: expected a %s", times[i].flag, word,
				i == 3 ? "number" : "time such as 30s");
		if (json_object_set_new(h, times[i].key, json_integer((json_int_t) (i == 3 ? v : v * 1000))) <
			0)
			return no_memory(err);
	}
	if (strcasecmp(rest, "NONE") == 0)
		return json_object_set_new(h, "Test", json_pack("[s]", "NONE")) < 0 ? no_memory(err) : 0;
	if (strncasecmp(rest, "CMD", 3) != 0 || (rest[3] != ' ' && rest[3] != '\t' && rest[3] != '['))
		return err_set(err, ERR_INVALID, "expected CMD and a command, or NONE");
	rest += 3 + strspn(rest + 3, " \t");
	if (*rest != '[')
		return json_object_set_new(h, "Test", json_pack("[s,s]", "CMD-SHELL", rest)) < 0
			       ? no_memory(err)
			       : 0;
	if (list_set(h, "Test", rest, false, err) < 0)
		return -EINVAL;
	test = json_object_get(h, "Test");
	return json_array_insert_new(test, 0, json_string("CMD")) < 0 ? no_memory(err) : 0;
}

/* clang-format off */
static const struct {
	const char *word;
	int (*set)(json_t *config, const char *rest, struct err *err);
} keywords[] = {
	{ "CMD", cmd_set },           { "ENTRYPOINT", entrypoint_set }, { "ENV", env_set },
	{ "EXPOSE", expose_set },     { "LABEL", label_set },           { "STOPSIGNAL", stopsignal_set },
	{ "USER", user_set },         { "VOLUME", volume_set },         { "WORKDIR", workdir_set },
	{ "HEALTHCHECK", health_set },   { "ONBUILD", onbuild_add },       { "SHELL", refused },
};
/* clang-format on */

int image_change(json_t *config, const char *line, struct err *err)
{
	size_t n = strcspn(line, " \t=");
	const char *rest = line + n;
	int rc;

	rest += strspn(rest, " \t");
	rest += *rest == '=' && n == (size_t) (rest - line);
	rest += strspn(rest, " \t");
	for (size_t i = 0; i < LEN(keywords); i++) {
		if (strlen(keywords[i].word) != n || strncasecmp(line, keywords[i].word, n) != 0)
			continue;
		if (!*rest)
			return err_set(err, ERR_INVALID, "change '%s': a value is missing", line);
		rc = keywords[i].set(config, rest, err);
		return rc < 0 ? err_wrap(err, "change '%s'", line) : 0;
	}
	return err_set(err, ERR_INVALID, "change '%s': unknown instruction", line);
}
