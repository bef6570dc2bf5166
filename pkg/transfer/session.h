/*
 * session.h — talking with one registry about one repository (INTERFACES a), over libcurl.
 *
 * A session knows where the registry is, who we are there and the token of the moment.  Fetches run side by side; each
 * checks size and digest while it streams, continues by Range where a connection was dropped, and follows redirects by
 * hand: credentials go to the registry itself and to nobody else.
 * Not done: HTTP proxies that want a password, mirrors (the caller opens a session for each).
 */
#ifndef PODCTL_TRANSFER_SESSION_H
#define PODCTL_TRANSFER_SESSION_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

/* libcrypto and pkg/util/err.h both have an ERR_STATE */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/evp.h>
#include <openssl/ssl.h>
#undef ERR_STATE

#include "pkg/transfer/challenge.h"
#include "pkg/util/arena.h"
#include "pkg/util/buf.h"
#include "pkg/util/err.h"

#define TOKEN_MAX (1 * MiB) /* a token server's answer */
#define TRIES_MAX 5         /* in a row that brought nothing */
#define DROPS_MAX 100       /* of one blob's connections, however much each brought */
#define REDIRECTS_MAX 10

struct session {
	/* given; borrowed */
	const char *host, *repository; /* "registry-1.docker.io", "library/alpine" */
	bool insecure;                 /* certificates are not looked at, http is tried when https fails */
	const char *user, *password;   /* NULL: nobody */
	const char *identity;          /* identity token, instead of a password */
	struct strs ca;                /* files with further authorities */
	const char *cert, *key;        /* of the client; NULL */
	long connect_timeout_s;
	bool push;              /* tokens are for writing too */
	const char *mount_from; /* and for reading this repository; NULL */
	/* found */
	bool plain;          /* http */
	bool answered;       /* the scheme is right */
	char *authorization; /* the header's line; NULL: none yet */
	unsigned generation; /* counts authorizations, so that one 401 of many asks once */
};
void session_done(struct session *s);
/* A 401 came: gets what the challenge wants.  scheme: see session.c.  ERR_DENIED when there is nothing more to offer. */
int session_authorize(struct session *s, const struct challenge *c, struct err *err);
/* Options every transfer has. */
int session_prepare(struct session *s, CURL *easy, struct err *err);

struct fetch {
	/* asked */
	const char *path; /* "manifests/latest", "blobs/sha256:..." */
	bool manifest;
	int fd;             /* file that gets it, at its start; borrowed */
	uint64_t size;      /* of a blob: exactly; of a manifest: at most */
	const char *digest; /* 64 hex digits, NULL: any */
	/* answer */
	uint64_t got;
	char type[200], named_digest[200]; /* Content-Type, Docker-Content-Digest */
	bool done;
	/* on the way */
	struct session *s;
	char *url; /* after a redirect, else NULL */
	CURL *easy;
	struct curl_slist *headers;
	EVP_MD_CTX *md;
	struct buf text; /* body of an error */
	struct challenge challenge;
	struct err stopped; /* why a callback stopped it */
	long status;
	uint64_t not_before_us, retry_after_s, got_before, range_from;
	bool ranged, active;
	unsigned tries, drops, redirects, generation, refusals;
};
typedef void fetch_news(void *ctx, size_t i); /* fetch i has moved on or is done */
/* Runs all to their end, at most at_once together.  The first failure ends the others. */
int fetches_run(struct session *s, struct fetch *f, size_t n, size_t at_once, fetch_news *news, void *ctx,
	struct err *err);

#endif
