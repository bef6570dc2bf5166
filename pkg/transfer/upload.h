/*
 * upload.h — what goes to a registry: blobs it does not have, then a manifest (INTERFACES a.2).
 *
 * One request after the other over one connection; a blob goes in one PUT, or, where that is refused, in a PATCH and an empty PUT.
 * What is compressed on the way goes in a PATCH of chunks.  What failed for a moment is tried again from the beginning of that blob.
 */
#ifndef PODCTL_TRANSFER_UPLOAD_H
#define PODCTL_TRANSFER_UPLOAD_H

#include "pkg/transfer/session.h"

struct uploader {
	struct session *s;
	CURL *easy; /* keeps the connection */
	void (*sent)(void *ctx, uint64_t bytes);
	void *ctx;
	char stream[4096]; /* where the upload of a stream goes on; "": none */
};
void uploader_done(struct uploader *u);

/* Does the repository have this manifest, and does 'reference' name it already?  Both are asked at once. */
int upload_same(struct uploader *u, const char *reference, const char *type, const char *digest,
	bool *ret_there, bool *ret_named, struct err *err);
/* Which of the blobs (64 hex digits each) the repository has; several are asked for at once. */
int upload_have(struct uploader *u, const char *const *digests, size_t n, bool *ret, struct err *err);
/* 1: the blob is here from the registry's repository 'from' without being sent; 0: the registry does not do that, or not this. */
int upload_mount(struct uploader *u, const char *digest, const char *from, struct err *err);
/* fd: a file at any place; its first 'size' bytes. */
int upload_blob(struct uploader *u, const char *digest, int fd, uint64_t size, struct err *err);
/* A blob whose size and digest are known only when all of it has come: what 'fd' (a pipe) brings goes as it comes, in one PATCH;
 * upload_stream_end() names it.  ERR_UNSUPPORTED: the registry does not take it so, and nothing was lost but the pipe's contents.
 * Nothing is tried again here: what has gone through the pipe is gone. */
int upload_stream(struct uploader *u, int fd, uint64_t *ret_size, struct err *err);
int upload_stream_end(struct uploader *u, const char *digest, struct err *err);
void upload_stream_cancel(struct uploader *u);
/* POSTs what 'fd' (a pipe) brings to 'path' of the server; 2xx is success, an "error" in the answer's JSON is none. */
int upload_post(struct uploader *u, const char *path, const char *type, int fd, struct err *err);
/* ret_digest: what the registry calls it, "" when it does not say. */
int upload_manifest(struct uploader *u, const char *reference, const char *type, const void *text, size_t n,
	char ret_digest[200], struct err *err);

#endif
