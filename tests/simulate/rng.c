#include "rng.h"

static uint64_t splitmix(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t rng_mix(uint64_t a, uint64_t b)
{
	uint64_t x = a;

	x = splitmix(&x) ^ (b * 0xff51afd7ed558ccdu);
	return splitmix(&x);
}

void rng_seed(struct rng *r, uint64_t a, uint64_t b)
{
	uint64_t x = rng_mix(a, b);

	for (int i = 0; i < 4; i++)
		r->state[i] = splitmix(&x);
}

static uint64_t rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t rng_next(struct rng *r)
{
	uint64_t *s = r->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)(((rng_next(r) >> 32) * n) >> 32);
}

uint64_t rng_between(struct rng *r, uint64_t lo, uint64_t hi)
{
	return hi <= lo ? lo : lo + rng_next(r) % (hi - lo + 1);
}

bool rng_chance(struct rng *r, uint32_t permille)
{
	return rng_below(r, 1000) < permille;
}

uint64_t rng_log(struct rng *r, uint64_t lo, uint64_t hi)
{
	uint32_t octaves = 0;
	uint64_t v, top;

	if (lo == 0)
		lo = 1;
	while ((lo << (octaves + 1)) <= hi && octaves < 40)
		octaves++;
	v = lo << rng_below(r, octaves + 1);
	top = v * 2 - 1;
	return rng_between(r, v, top > hi ? hi : top);
}

uint64_t rng_wait(struct rng *r, uint64_t mean)
{
	uint64_t x = rng_next(r) | 1, whole = 0, part;

	while (!(x >> 63)) {
		x <<= 1;
		whole++;
	}
	part = 256 - ((x >> 55) & 0xff);		       /* -log2 of the fraction, in 1/256 */
	return mean / 369 * (whole * 256 + part) + mean / 369; /* ln 2 / 256 = 1/369 */
}

uint64_t rng_jitter(struct rng *r, uint64_t v, uint32_t percent)
{
	uint64_t d = v / 100 * percent;

	return rng_between(r, v - d, v + d);
}

size_t rng_pick(struct rng *r, const uint32_t *weights, size_t count)
{
	uint32_t sum = 0, at;
	size_t i;

	for (i = 0; i < count; i++)
		sum += weights[i];
	at = rng_below(r, sum);
	for (i = 0; i + 1 < count && at >= weights[i]; i++)
		at -= weights[i];
	return i;
}
