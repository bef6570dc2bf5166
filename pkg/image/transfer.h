/* transfer.h — podctl's side of podctl-transfer: one process, one session with one registry.  Private to pkg/image. */
#ifndef PODCTL_IMAGE_TRANSFER_H
#define PODCTL_IMAGE_TRANSFER_H

#include "pkg/image/credentials.h"
#include "pkg/image/layers.h"
#include "pkg/image/registries.h"

#define TRANSFER_LINE_MAX (24 * MiB) /* an answer's body of at most 4 MiB, escaped */

struct transfer {
	pid_t pid;
	int pidfd, in, out;
	struct buf lines;
	const volatile int *stop; /* of registry_options */
	size_t parsed;            /* bytes of lines that were handed out */
};
#define TRANSFER_INIT                                                    \
	{                                                                \
		.pid = -1, .pidfd = -EBADF, .in = -EBADF, .out = -EBADF, \
		.lines = BUF_INIT(TRANSFER_LINE_MAX)                     \
	}
/* Starts it, with the credentials and certificates that the machine's files have for the place; what it fetches goes into
 * tmp, which is made (the same tmp may serve only one).  scopes: of a token, such as "repository:NAME:pull,push" and, to
 * mount, "repository:OTHER:pull"; NULL: pulling from the place's repository; empty: for nothing in particular (login). */
int transfer_open(struct engine *e, const struct place *p, const struct registry_options *o,
	const struct strs *scopes, struct image_tmp *tmp, struct arena *a, struct transfer *t,
	struct err *err);
void transfer_done(struct transfer *t); /* ends it */
#define auto_transfer AUTO(transfer_done)

/* request: a new reference, taken. */
int transfer_ask(struct transfer *t, json_t *request, struct err *err);
/* The next line (new reference).  1: *ret is one; 0: none whole yet, and wait was false.  What the helper reports as its
 * failure, and its death, are errors here. */
int transfer_next(struct transfer *t, bool wait, json_t **ret, struct err *err);

/* A small request whose answer the caller judges: {"status":,"type":,"digest":,"link":,"body":} (new reference).  path with a
 * '/' first is from the registry's root ("/v2/"), otherwise below the repository ("tags/list"). */
int transfer_request(
	struct transfer *t, const char *method, const char *path, size_t max, json_t **ret, struct err *err);
/* The path of the next page, when an answer's Link header names one at the same registry; NULL. */
const char *transfer_next_page(const json_t *answer, struct arena *a);

#endif
