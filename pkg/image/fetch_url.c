#include "pkg/image/fetch_url.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "pkg/image/transfer.h"
#include "pkg/util/limits.h"

#define FILE_GOT "got"

static const char *after_scheme(const char *text)
{
	return strncasecmp(text, "https://", 8) == 0  ? text + 8
	       : strncasecmp(text, "http://", 7) == 0 ? text + 7
						      : NULL;
}

bool image_is_url(const char *text) { return after_scheme(text) != NULL; }

static int url_split(
	const char *url, struct arena *a, struct place *ret, const char **ret_path, struct err *err)
{
	const char *host = after_scheme(url);
	size_t n = strcspn(host, "/?#");
	size_t end = strcspn(host, "#");

	if (!n)
		return err_set(err, ERR_INVALID, "'%s': the URL names no host", url);
	if (memchr(host, '@', n))
		return err_set(
			err, ERR_UNSUPPORTED, "credentials in a URL are not used: fetch the file yourself");
	*ret = (struct place){ .host = arena_strndup(a, host, n),
		.repository = "-",
		.plain = strncasecmp(url, "http:", 5) == 0 };
	*ret_path = arena_printf(a, "%s%.*s", host[n] == '/' ? "" : "/", (int) (end - n), host + n);
	return ret->host && *ret_path ? 0 : err_sys(err, ENOMEM, "fetch");
}

static int get(struct transfer *t, const char *path, uint64_t max, struct err *err)
{
	json_t *answer = NULL;
	int rc;

	if ((rc = transfer_ask(t,
		     json_pack("{s:{s:s,s:I,s:s}}", "get", "path", path, "max", (json_int_t) max, "file",
			     FILE_GOT),
		     err)) < 0 ||
		(rc = transfer_next(t, true, &answer, err)) < 0)
		return rc;
	json_decref(answer);
	return 0;
}

int image_fetch_url(struct engine *e, const char *url, const struct registry_options *o, uint64_t max,
	struct image_tmp *tmp, struct arena *a, int *ret_fd, struct err *err)
{
	auto_transfer struct transfer t = TRANSFER_INIT;
	struct registry_options at = *o;
	struct place place;
	const char *path = "/";
	int rc, fd;

	at.anonymous = true;
	if ((rc = url_split(url, a, &place, &path, err)) < 0 ||
		(rc = transfer_open(e, &place, &at, NULL, tmp, a, &t, err)) < 0 ||
		(rc = get(&t, path, max, err)) < 0)
		return err_wrap(err, "get '%s'", url);
	if ((fd = openat(tmp->dir, FILE_GOT, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open what was fetched");
	*ret_fd = fd;
	return 0;
}
