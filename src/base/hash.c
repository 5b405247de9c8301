#include "base/hash.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

int hash_key_draw(struct hash_key *ret_)
{
	struct hash_key key;

	/* Never a part of so few bytes: getrandom(2). */
	if (getrandom(&key, sizeof(key), 0) < 0)
		return -errno;
	*ret_ = key;
	return 0;
}

static inline uint64_t rotate(uint64_t x, unsigned int n)
{
	return (x << n) | (x >> (64 - n));
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

/* The last bytes, fewer than 8. */
static inline uint64_t word(const uint8_t *p, size_t n)
{
	uint64_t w = 0;

	for (size_t i = 0; i < n; i++)
		w |= (uint64_t)p[i] << (8 * i);
	return w;
}

uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t length)
{
	uint64_t v[4] = {
		key->k[0] ^ UINT64_C(0x736f6d6570736575),
		key->k[1] ^ UINT64_C(0x646f72616e646f6d),
		key->k[0] ^ UINT64_C(0x6c7967656e657261),
		key->k[1] ^ UINT64_C(0x7465646279746573),
	};
	const uint8_t *p = data;
	size_t left = length;
	uint64_t m;

	for (; left >= 8; p += 8, left -= 8) {
		memcpy(&m, p, sizeof(m));
		m = le64toh(m);
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	m = word(p, left) | (uint64_t)(length & 0xff) << 56;
	v[3] ^= m;
	sip_round(v);
	v[0] ^= m;
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
