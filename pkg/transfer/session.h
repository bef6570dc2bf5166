/*
 * session.h — talking with one registry about one repository (INTERFACES a), over libcurl.
 *
 * A session knows where the registry is, who we are there and the token of the moment.  Fetches run side by side; each
 * checks size and digest while it streams, continues by Range where a connection was dropped, and follows redirects by
 * hand: credentials go to the registry itself and to nobody else.
 * Not done: mirrors (the caller opens a session for each).
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
	const char *name;              /* what people log in to: "docker.io"; NULL: host */
	const char *socket;            /* of a daemon on this machine, instead of the network; NULL */
	bool insecure;                 /* certificates are not looked at, http is tried when https fails */
	const char *user, *password;   /* NULL: nobody */
	const char *identity;          /* identity token, instead of a password */
	struct strs ca;                /* files with further authorities */
	const char *cert, *key;        /* of the client; NULL */
	long connect_timeout_s;
	bool push;              /* tokens are for writing too */
	const char *mount_from; /* and for reading this repository; NULL */
	struct strs scopes;     /* of a token; empty: "repository:REPOSITORY:pull" */
	bool no_scope;          /* a token for nothing in particular: login */
	unsigned tries_max;     /* of one request, in a row that brought nothing; 0: TRIES_MAX */
	long delay_s;           /* between them; 0: grows */
	/* found */
	CURLM *multi;  /* of everything: its connections are used again */
	bool plain;    /* http: found, or what was asked for */
	bool answered; /* the scheme is right */
	bool guessed; /* plain, before anything was said: a registry on this machine that need not have TLS */
	char *authorization; /* the header's line; NULL: none yet */
	unsigned generation; /* counts authorizations, so that one 401 of many asks once */
};
void session_done(struct session *s);
/* Begins to speak: a registry on this machine that need not have TLS is tried without it first. */
void session_begin(struct session *s);
/* An answer came (status), or none did (0).  true: the guess was wrong, the request is to be made again with TLS. */
bool session_guess_wrong(struct session *s, long status);
const char *session_name(const struct session *s);
/* A 401 came: gets what the challenge wants.  again: our own scope was not enough, the challenge's is tried.  ERR_DENIED
 * when there is nothing more to offer. */
int session_authorize(struct session *s, const struct challenge *c, bool again, struct err *err);
/* Options every transfer has. */
int session_prepare(struct session *s, CURL *easy, struct err *err);

/* Why nobody could be spoken with, and what to do: fault.c. */
int session_broken(const struct session *s, CURL *easy, CURLcode code, struct err *err);

/* One request and what came of it.  Most get a blob or a manifest; with any_status the caller judges the answer. */
struct fetch {
	/* asked */
	const char *
		path; /* "manifests/latest", "blobs/sha256:..."; with a '/' first: from the registry's root */
	const char *method; /* NULL: GET */
	const void *body;   /* sent with it, or NULL; borrowed */
	size_t body_len;
	const char *body_type;
	const char *accept; /* NULL: any; a manifest's are known */
	bool manifest;
	bool at_most;            /* what has no declared size: size is a limit */
	bool no_redirect;        /* with any_status: a redirect is an answer */
	bool any_status;         /* 2xx and 4xx are answers; into gets their bodies */
	int fd;                  /* file that gets it, at its start, or a pipe; borrowed; -1 with into */
	int keep;                /* a file that gets it too; -EBADF: none */
	struct buf *into;        /* instead of fd */
	uint64_t size;           /* of a blob: exactly; of others: at most */
	const char *digest;      /* 64 hex digits, NULL: any */
	const char *const *urls; /* of a foreign layer: where else it is; NULL-terminated, or NULL */
	/* answer */
	uint64_t got;
	long status;
	char type[200], named_digest[200]; /* Content-Type, Docker-Content-Digest */
	char location[2048], link[2048];   /* Location, Link */
	bool done;
	bool lost; /* nobody reads the pipe any more; why is the reader's story */
	/* on the way */
	struct session *s;
	char *url; /* after a redirect, else NULL */
	CURL *easy;
	struct curl_slist *headers;
	EVP_MD_CTX *md;
	struct buf text; /* body of an error */
	struct challenge challenge;
	struct err stopped; /* why a callback stopped it */
	uint64_t not_before_us, retry_after_s, range_from;
	uint64_t best;  /* the most bytes that were ever there: to have more is progress */
	uint64_t again; /* of a blob that comes from its beginning again: bytes its pipe has had already */
	bool ranged, active, pipe, paused, whole, foreign;
	unsigned char *carry; /* what the pipe had no room for */
	size_t carry_len;
	unsigned tries, drops, redirects, generation, refusals, next_url;
};
typedef void fetch_news(void *ctx, size_t i); /* fetch i has moved on or is done */
/* Runs all to their end, at most at_once together.  The first failure ends the others. */
int fetches_run(struct session *s, struct fetch *f, size_t n, size_t at_once, fetch_news *news, void *ctx,
	struct err *err);
/* Runs one with any_status: 0 and f->status, whatever it is, or a failure to speak with the registry at all (no credentials
 * that are good enough is one).  into must be given. */
int fetch_one(struct session *s, struct fetch *f, struct err *err);
/* The value of a header line, in out, when it has that name and fits; else NULL. */
const char *session_header(const char *line, size_t n, const char *name, char *out, size_t size);
/* The registry's own words in an answer's body, for an error: ": CODE: message", or its beginning. */
const char *fetch_words(const struct buf *body, char out[300]);

#endif
