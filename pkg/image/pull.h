/*
 * pull.h — an image from a registry.
 *
 * The name is resolved by registries.conf to places (mirrors, then the registry); at the first that answers, manifest,
 * config and those layers that are not here are fetched by podctl-transfer into a tmp- directory, while podctl-unpack works
 * on what is whole already; then layers and row appear in one step, as for podctl load.  Short names mean docker.io.
 * Not done: signatures (policy.json), short-name aliases and search registries, foreign layers, Docker schema 1.
 */
#ifndef PODCTL_IMAGE_PULL_H
#define PODCTL_IMAGE_PULL_H

#include "pkg/codec/decode.h"
#include "pkg/image/image.h"

/* What the one who waits may see; each may be NULL. */
struct pull_watch {
	image_progress *line;
	/* Layer i of those fetched: got == size: whole; started with got 0. */
	void (*layer)(void *ctx, size_t i, const char *digest, uint64_t got, uint64_t size);
	void (*end)(void *ctx); /* no more of layer() */
	void *ctx;
};

struct pull_options {
	const char
		*authfile; /* --authfile or $REGISTRY_AUTH_FILE: then only this one; NULL: the usual places */
	const char *creds; /* "USER:PASSWORD", instead of any file */
	const char *cert_dir;            /* --cert-dir, before the usual places */
	struct opt_bool tls_verify;      /* absent: as registries.conf has it */
	const char *os, *arch, *variant; /* NULL: of this machine */
	const char *registries_conf;     /* $CONTAINERS_REGISTRIES_CONF */
	const char *docker_config;       /* $DOCKER_CONFIG */
	struct strs proxies;             /* "https_proxy=..." as in an environment */
	struct pull_watch watch;
	const volatile int *stop; /* becomes true, by a signal's handler: the pull ends as an error; NULL */
	bool push;                /* tokens are asked for that allow writing */
	bool hurry; /* there is an image to fall back on: an unreachable registry is given up soon */
};

/* "OS/ARCH[/VARIANT]" into o. */
int pull_platform(const char *text, struct arena *a, struct pull_options *o, struct err *err);

/* Pulls and names it; *ret_id: the image's id.  Nothing is fetched that is here already.  ERR_NOT_FOUND, ERR_DENIED,
 * ERR_REMOTE and ERR_CORRUPT speak of the registry. */
int image_pull(struct engine *e, const char *ref, const struct pull_options *o, struct arena *a,
	const char **ret_id, struct err *err);

#endif
