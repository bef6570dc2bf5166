/* certs.d: authorities and client certificates of a registry. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/image/registries.h"

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), t = strlen(tail);

	return n > t && s[0] != '.' && strcmp(s + n - t, tail) == 0;
}

static int is_certificate(const struct dirent *d)
{
	return ends_with(d->d_name, ".crt") || ends_with(d->d_name, ".cert") || ends_with(d->d_name, ".key");
}

static int pair_take(
	const char *dir, const char *name, struct arena *a, struct certificates *ret, struct err *err)
{
	bool is_key = ends_with(name, ".key");
	size_t stem = strlen(name) - (is_key ? 4 : 5);
	const char *cert = arena_printf(a, "%s/%.*s.cert", dir, (int) stem, name);
	const char *key = arena_printf(a, "%s/%.*s.key", dir, (int) stem, name);

	if (!cert || !key)
		return err_sys(err, ENOMEM, "certificates");
	if (access(is_key ? cert : key, R_OK) < 0)
		return err_sys(err, errno, "'%s/%s' needs '%s' beside it", dir, name, is_key ? cert : key);
	ret->cert = cert;
	ret->key = key;
	return 0;
}

static int certificates_in(const char *dir, struct arena *a, struct certificates *ret, struct err *err)
{
	struct dirent **list = NULL;
	int n = access(dir, R_OK | X_OK) < 0 ? 0 : scandir(dir, &list, is_certificate, by_name), rc = 0;

	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;

		if (rc == 0 && ends_with(name, ".crt"))
			rc = strs_addf(&ret->ca, a, "%s/%s", dir, name) < 0
				     ? err_sys(err, ENOMEM, "certificates")
				     : 0;
		else if (rc == 0 && !ret->cert)
			rc = pair_take(dir, name, a, ret, err);
		free(list[i]);
	}
	free(list);
	return rc;
}

int registries_certificates(struct engine *e, const char *host, const char *cert_dir, struct arena *a,
	struct certificates *ret, struct err *err)
{
	char own[4200], path[4600];
	int rc;

	*ret = (struct certificates){ 0 };
	if (cert_dir)
		return certificates_in(cert_dir, a, ret, err);
	containers_config_dir(e, own);
	if (own[0]) {
		(void) snprintf(path, sizeof path, "%s/certs.d/%s", own, host);
		if ((rc = certificates_in(path, a, ret, err)) < 0)
			return rc;
	}
	(void) snprintf(path, sizeof path, "/etc/containers/certs.d/%s", host);
	if ((rc = certificates_in(path, a, ret, err)) < 0)
		return rc;
	(void) snprintf(path, sizeof path, "/etc/docker/certs.d/%s", host);
	return certificates_in(path, a, ret, err);
}
