/*
 * sha256.h — SHA-256 (FIPS 180-4) for small documents.
 *
 * podctl itself hashes configs and manifests of a few kilobytes; linking libcrypto for that would cost more at start-up
 * than the hashing.  Layers are hashed by podctl-unpack with libcrypto, which uses the CPU's instructions.
 */
#ifndef PODCTL_UTIL_SHA256_H
#define PODCTL_UTIL_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
	uint32_t h[8];
	uint64_t bytes;
	unsigned char block[64]; /* bytes % 64 of it are filled */
};

void sha256_init(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *p, size_t n);
void sha256_final(struct sha256 *s, unsigned char digest[32]);
/* 64 lower-case hex digits of the digest of p. */
void sha256_hex(const void *p, size_t n, char hex[65]);
/* The same for a digest that is there already. */
void digest_hex(const unsigned char digest[32], char hex[65]);

#endif
