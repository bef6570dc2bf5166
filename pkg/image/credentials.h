/*
 * credentials.h — who we are at a registry: auth.json, docker's config.json and credential helpers (INTERFACES b).
 * Private to pkg/image.
 */
#ifndef PODCTL_IMAGE_CREDENTIALS_H
#define PODCTL_IMAGE_CREDENTIALS_H

#include <jansson.h>

#include "pkg/image/registry.h"

struct credentials {
	const char *user, *password; /* NULL: nobody */
	const char *identity;        /* identity token; NULL */
};
/* For host/repository (repository may be ""), from --creds, the files and the helpers they name.  Nothing found is success
 * with all NULL. */
int credentials_find(struct engine *e, const struct registry_options *o, const char *host,
	const char *repository, struct arena *a, struct credentials *ret, struct err *err);

/* What one document says (pure; tested): an entry, or which helper to ask.  legacy: .dockercfg, whose top is the map of
 * hosts. */
struct found {
	bool entry;
	struct credentials who;
	const char *helper;   /* of this host (credHelpers): goes before the entry */
	const char *fallback; /* of every host (credsStore): when there is no entry */
};
int credentials_in(const json_t *doc, bool legacy, const char *host, const char *repository, struct arena *a,
	struct found *ret, struct err *err);

/* One entry of a file: "auth", or "username" and "password", or "identitytoken"; false in *ret_found: it says nothing. */
int credentials_take(
	const json_t *entry, struct arena *a, struct credentials *ret, bool *ret_found, struct err *err);
/* pull_secret.c (pure; tested): the entry of Kubernetes' pull secrets that fits best, in the first document that has one. */
int pull_secret_find(const struct strs *documents, const char *host, const char *repository, struct arena *a,
	struct credentials *ret, bool *ret_found, struct err *err);

/* The one file that login writes; docker: it has docker's keys. */
int credentials_file(struct engine *e, const struct registry_options *o, struct arena *a,
	const char **ret_path, bool *ret_docker, struct err *err);
/* Docker Hub's host has several spellings: "docker.io" for each of them, others as they are. */
const char *credentials_host(const char *host, size_t *n);
/* Is 'key' of a file the entry for want[0..n)? */
bool credentials_key_is(const char *key, const char *want, size_t n);

#endif
