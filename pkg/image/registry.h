/*
 * registry.h — how registries are reached: what options, environment and terminal say of it.
 *
 * The same for everything that speaks with a registry (pull, push, search, login).  The files that also count are read below:
 * registries.conf and certs.d (registries.h), auth.json and docker's config.json (credentials.h), policy.json (policy.h).
 */
#ifndef PODCTL_IMAGE_REGISTRY_H
#define PODCTL_IMAGE_REGISTRY_H

#include "pkg/codec/decode.h"
#include "pkg/engine/engine.h"

struct registry_options {
	const char
		*authfile; /* --authfile or $REGISTRY_AUTH_FILE: then only this one; NULL: the usual places */
	const char *compat_authfile; /* --compat-auth-file: the same as docker's config.json; NULL */
	bool may_be_new;             /* authfile need not be there: login makes it */
	const char *creds;           /* "USER[:PASSWORD]", instead of any file */
	struct strs documents; /* texts like docker's config.json, asked before the files: pull_secret.c */
	const char *cert_dir;  /* --cert-dir, instead of the usual places */
	struct opt_bool tls_verify;   /* absent: as registries.conf has it */
	const char *signature_policy; /* --signature-policy; NULL: the usual places */
	const char *registries_conf;  /* $CONTAINERS_REGISTRIES_CONF */
	const char *docker_config;    /* $DOCKER_CONFIG */
	const char *docker_host;      /* $DOCKER_HOST: where docker-daemon: is */
	struct strs proxies;          /* "https_proxy=..." as in an environment */
	char *const *environment;     /* of credential helpers (they want HOME, DBUS, GPG ...); NULL: none */
	struct opt_i64 retry;         /* how often more after a failure; absent: 4 */
	struct opt_i64 retry_delay_s; /* absent: grows from two seconds to a minute */
	/* Asks the person at the terminal which of the full names is meant by a short one.  NULL: nobody is there. */
	int (*choose)(
		void *ctx, const char *name, const struct strs *candidates, size_t *ret, struct err *err);
	void (*warn)(void *ctx, const char *line); /* of a file's old form, say; may be NULL */
	void *ctx;
	const volatile int *stop; /* becomes true, by a signal's handler: the work ends as an error; NULL */
	bool anonymous;           /* no credentials: it is no registry */
	bool push;                /* tokens are asked for that allow writing */
	bool hurry; /* there is something to fall back on: an unreachable registry is given up soon */
};

/* Where unqualified names are looked for, as registries.conf has it. */
int registries_search(struct engine *e, const struct registry_options *o, struct arena *a, struct strs *ret,
	struct err *err);

#endif
