/*
 * upload.h — what goes to a registry: blobs it does not have, then a manifest (INTERFACES a.2).
 *
 * One request after the other over one connection; a blob goes in one PUT, or, where that is refused, in a PATCH and an empty PUT.
 * What failed for a moment is tried again from the beginning of that blob.
 */
#ifndef PODCTL_TRANSFER_UPLOAD_H
#define PODCTL_TRANSFER_UPLOAD_H

#include "pkg/transfer/session.h"

struct uploader {
	struct session *s;
	CURL *easy; /* keeps the connection */
	void (*sent)(void *ctx, uint64_t bytes);
	void *ctx;
};
void uploader_done(struct uploader *u);

/* 1: the repository has the blob (64 hex digits), 0: not. */
int upload_have(struct uploader *u, const char *digest, struct err *err);
/* 1: the blob is here from the registry's repository 'from' without being sent; 0: the registry does not do that, or not this. */
int upload_mount(struct uploader *u, const char *digest, const char *from, struct err *err);
/* fd: a file at any place; its first 'size' bytes. */
int upload_blob(struct uploader *u, const char *digest, int fd, uint64_t size, struct err *err);
/* ret_digest: what the registry calls it, "" when it does not say. */
int upload_manifest(struct uploader *u, const char *reference, const char *type, const void *text, size_t n,
	char ret_digest[200], struct err *err);

#endif
