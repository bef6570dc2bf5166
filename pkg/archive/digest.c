#include "pkg/archive/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/archive/ring.h"
#include "pkg/util/sha256.h"

struct digest {
	EVP_MD_CTX *ctx;
	struct ring *ring; /* NULL: hashed by the caller */
	unsigned reader;
	bool tap; /* the ring is another's */
	pthread_t thread;
	bool running;
};

static EVP_MD *md_sha256;

int digest_prepare(void)
{
	if (!md_sha256)
		md_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	return md_sha256 ? 0 : -EOPNOTSUPP;
}

static void *digest_run(void *arg)
{
	struct digest *d = arg;
	const void *p;
	size_t n;

	while ((p = ring_next(d->ring, d->reader, &n)))
		(void) EVP_DigestUpdate(d->ctx, p, n);
	return NULL;
}

struct digest *digest_new(bool thread)
{
	struct digest *d;

	if (digest_prepare() < 0 || !(d = calloc(1, sizeof *d)))
		return NULL;
	if (!(d->ctx = EVP_MD_CTX_new()) || !EVP_DigestInit_ex(d->ctx, md_sha256, NULL) ||
		(thread && !(d->ring = ring_new(1)))) {
		digest_free(d);
		return NULL;
	}
	d->running = d->ring && pthread_create(&d->thread, NULL, digest_run, d) == 0;
	return d;
}

struct digest *digest_of_ring(struct ring *ring, unsigned reader)
{
	struct digest *d = digest_new(false);

	if (!d)
		return NULL;
	d->ring = ring;
	d->reader = reader;
	d->tap = true;
	d->running = pthread_create(&d->thread, NULL, digest_run, d) == 0;
	if (d->running)
		return d;
	digest_free(d);
	return NULL;
}

void digest_add(struct digest *d, const void *p, size_t n)
{
	if (!d->running) {
		(void) EVP_DigestUpdate(d->ctx, p, n);
		return;
	}
	for (const unsigned char *at = p; n;) {
		size_t part = n < RING_BLOCK ? n : RING_BLOCK;

		memcpy(ring_slot(d->ring), at, part); /* the thread never stops early, so there is a slot */
		ring_commit(d->ring, part);
		at += part;
		n -= part;
	}
}

static void digest_join(struct digest *d)
{
	if (!d->running)
		return;
	if (!d->tap)
		ring_end(d->ring);
	pthread_join(d->thread, NULL);
	d->running = false;
}

void digest_hex_end(struct digest *d, char hex[65])
{
	unsigned char out[EVP_MAX_MD_SIZE] = { 0 };

	digest_join(d);
	(void) EVP_DigestFinal_ex(d->ctx, out, NULL);
	digest_hex(out, hex);
}

#define PADDING_MAX 64 /* blocks; tar's records have 20 */

unsigned digest_hex_end_padded(struct digest *d, const char *want, char hex[65])
{
	static const unsigned char zeros[512];
	unsigned char out[EVP_MAX_MD_SIZE] = { 0 };
	EVP_MD_CTX *longer;
	unsigned found = 0;
	char is[65];

	digest_join(d);
	longer = EVP_MD_CTX_new();
	if (!longer || !EVP_MD_CTX_copy_ex(longer, d->ctx)) {
		EVP_MD_CTX_free(longer);
		digest_hex_end(d, hex);
		return 0;
	}
	digest_hex_end(d, hex);
	for (unsigned n = 1; !found && strcmp(hex, want) != 0 && n <= PADDING_MAX; n++) {
		EVP_MD_CTX *now = EVP_MD_CTX_new();

		if (now && EVP_DigestUpdate(longer, zeros, sizeof zeros) && EVP_MD_CTX_copy_ex(now, longer) &&
			EVP_DigestFinal_ex(now, out, NULL)) {
			digest_hex(out, is);
			found = strcmp(is, want) == 0 ? n : 0;
		}
		EVP_MD_CTX_free(now);
	}
	EVP_MD_CTX_free(longer);
	if (found)
		memcpy(hex, is, sizeof is);
	return found;
}

void digest_free(struct digest *d)
{
	if (!d)
		return;
	digest_join(d);
	if (!d->tap)
		ring_free(d->ring);
	EVP_MD_CTX_free(d->ctx);
	free(d);
}
