/*
 * Kubernetes' pull secrets: which entry is for an image.
 *
 * A key is HOST[:PORT][/PATH], with or without a scheme; "/v1/" and "/v2/", which docker writes, are no path.  Each part of the host
 * between dots may be a pattern ("*.example.com" has as many parts as the host); the path is a beginning of the repository.
 * Of several keys that fit, the one with the longer path and without patterns goes first.
 */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/image/credentials.h"

#define HOST_MAX_LEN 300

/* Part by part, so that a '*' never covers a dot. */
static bool host_fits(const char *pattern, size_t n, const char *host, size_t host_n)
{
	char p[HOST_MAX_LEN], h[HOST_MAX_LEN];

	for (;;) {
		size_t a = 0, b = 0;

		while (a < n && pattern[a] != '.')
			a++;
		while (b < host_n && host[b] != '.')
			b++;
		if (a >= sizeof p || b >= sizeof h || (a == n) != (b == host_n))
			return false;
		memcpy(p, pattern, a);
		memcpy(h, host, b);
		p[a] = h[b] = '\0';
		if (fnmatch(p, h, 0) != 0)
			return false;
		if (a == n)
			return true;
		pattern += a + 1, n -= a + 1;
		host += b + 1, host_n -= b + 1;
	}
}

/* 0: the key is not for it; else more for a better one. */
static size_t rank(const char *key, const char *host, const char *repository)
{
	const char *scheme = strstr(key, "://"), *path;
	size_t n, host_n = strlen(host), path_n;

	if (scheme)
		key = scheme + 3;
	n = strcspn(key, "/");
	path = key[n] ? key + n + 1 : "";
	if (strncmp(path, "v1/", 3) == 0 || strncmp(path, "v2/", 3) == 0)
		path += 3;
	else if (strcmp(path, "v1") == 0 || strcmp(path, "v2") == 0)
		path += 2;
	key = credentials_host(key, &n);
	host = credentials_host(host, &host_n);
	if (!host_fits(key, n, host, host_n))
		return 0;
	path_n = strlen(path);
	if (strncmp(repository, path, path_n) != 0)
		return 0;
	return 2 * path_n + 1 + (memchr(key, '*', n) == NULL);
}

int pull_secret_find(const struct strs *documents, const char *host, const char *repository, struct arena *a,
	struct credentials *ret, bool *ret_found, struct err *err)
{
	for (size_t i = 0; i < documents->n && !*ret_found; i++) {
		json_t *doc = json_parse(documents->v[i], strlen(documents->v[i]), err), *value;
		const json_t *best = NULL;
		const char *key;
		size_t most = 0;
		int rc = 0;

		if (!doc)
			return err_wrap(err, "imagePullSecrets");
		json_object_foreach(json_object_get(doc, "auths"), key, value)
		{
			size_t one = rank(key, host, repository);

			if (one > most) {
				most = one;
				best = value;
			}
		}
		if (best)
			rc = credentials_take(best, a, ret, ret_found, err);
		json_decref(doc);
		if (rc < 0)
			return err_wrap(err, "imagePullSecrets");
	}
	return 0;
}
