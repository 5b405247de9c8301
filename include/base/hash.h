/*
 * hash: SipHash-1-3 (Aumasson and Bernstein) under a secret key, so that nobody outside can choose
 * keys that collide.  Every table that a stranger can fill uses it.
 */
#ifndef EGRESS25_BASE_HASH_H
#define EGRESS25_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t k[2];
};

/* A key from the kernel's random source (getrandom(2)).  0 or a negative errno. */
int hash_key_draw(struct hash_key *ret_);

uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t length);

#endif
