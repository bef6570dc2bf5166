/*
 * login.h — credentials tried at a registry and kept, or taken away again.
 *
 * A key is a host, or host/namespace[/repository], as auth.json has it.
 */
#ifndef PODCTL_IMAGE_LOGIN_H
#define PODCTL_IMAGE_LOGIN_H

#include "pkg/image/registry.h"

/* What people write: scheme and slashes at the end go.  ERR_INVALID when it is no key. */
int login_key(const char *text, struct arena *a, const char **ret, struct err *err);
/* The registry meant when none is named: the first unqualified-search registry, or docker.io. */
int login_default(struct engine *e, const struct registry_options *o, struct arena *a, const char **ret,
	struct err *err);
/* Who we are there by now; *ret_user NULL: nobody.  *ret_password NULL: an identity token. */
int login_known(struct engine *e, const struct registry_options *o, const char *key, struct arena *a,
	const char **ret_user, const char **ret_password, struct err *err);
/* Asks the registry.  ERR_DENIED: it does not take them. */
int login_check(struct engine *e, const struct registry_options *o, const char *key, const char *user,
	const char *password, struct arena *a, struct err *err);
/* Into the auth file, or the helper it names; *ret_where says which. */
int login_store(struct engine *e, const struct registry_options *o, const char *key, const char *user,
	const char *password, struct arena *a, const char **ret_where, struct err *err);
int login_remove(struct engine *e, const struct registry_options *o, const char *key, struct arena *a,
	bool *ret_found, struct err *err);
int login_remove_all(struct engine *e, const struct registry_options *o, struct arena *a, struct err *err);

#endif
