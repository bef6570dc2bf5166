/*
 * secret.h — secrets: the same objects as the Secrets of manifests, seen as podman shows them.
 *
 * What is created here is a Secret with one key, which has the secret's own name; a file that holds a Kubernetes Secret is taken
 * for what it says.  Ids are made of the name and the time of the first creation, 25 hex digits as podman's.
 */
#ifndef PODCTL_VERB_SECRET_H
#define PODCTL_VERB_SECRET_H

#include <jansson.h>

#include "pkg/verb/verb.h"

#define SECRET_MAX 512000 /* podman's; etcd's is larger */

struct secret {
	const char *id, *name;
	uint64_t created_us, updated_us;
	json_t *doc; /* owned by the list */
};
struct secrets {
	struct secret *v;
	size_t n;
};
void secrets_done(struct secrets *s);

struct secret_create_request {
	const char *name;
	const void *data;
	size_t n;
	struct kvs labels;
	bool replace, ignore; /* ignore: one that is there already is no error */
};
int verb_secret_create(struct engine *e, const struct secret_create_request *r, struct arena *a,
	const char **ret_id, struct err *err);
/* filters: "name=REGEX", "id=PREFIX". */
int verb_secrets(
	struct engine *e, const struct strs *filters, struct arena *a, struct secrets *ret, struct err *err);
/* By name, id or unique beginning of an id, one item.  ERR_NOT_FOUND. */
int verb_secret_find(
	struct engine *e, const char *name, struct arena *a, struct secrets *ret, struct err *err);
int verb_secret_remove(struct engine *e, const struct secret *s, struct err *err);
/* The bytes of a secret with one key, in a (n bytes, NUL after); of one with several its document. */
int verb_secret_data(struct engine *e, const struct secret *s, struct arena *a, const char **ret,
	size_t *ret_n, struct err *err);
/* podman's inspect document; data: with what is in it. */
json_t *verb_secret_document(struct engine *e, const struct secret *s, bool data, struct arena *a);

#endif
