/* transfer.h — podctl's side of podctl-transfer: one process, one session with one registry.  Private to pkg/image. */
#ifndef PODCTL_IMAGE_TRANSFER_H
#define PODCTL_IMAGE_TRANSFER_H

#include "pkg/image/credentials.h"
#include "pkg/image/layers.h"
#include "pkg/image/registries.h"

struct transfer {
	pid_t pid;
	int pidfd, in, out;
	struct buf lines;
	const volatile int *stop; /* of pull_options */
	size_t parsed;            /* bytes of lines that were handed out */
};
#define TRANSFER_INIT                                                                                \
	{                                                                                            \
		.pid = -1, .pidfd = -EBADF, .in = -EBADF, .out = -EBADF, .lines = BUF_INIT(64 * KiB) \
	}
/* Starts it; what it fetches goes into tmp. */
int transfer_open(struct engine *e, const struct place *p, const struct credentials *c,
	const struct certificates *certs, const struct pull_options *o, struct image_tmp *tmp,
	struct transfer *t, struct err *err);
void transfer_done(struct transfer *t); /* ends it */
#define auto_transfer AUTO(transfer_done)

/* request: a new reference, taken. */
int transfer_ask(struct transfer *t, json_t *request, struct err *err);
/* The next line (new reference).  1: *ret is one; 0: none whole yet, and wait was false.  What the helper reports as its
 * failure, and its death, are errors here. */
int transfer_next(struct transfer *t, bool wait, json_t **ret, struct err *err);

#endif
