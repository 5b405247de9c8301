/*
 * rng: chance that is the same on every machine: xoshiro256** seeded by SplitMix64, and
 * distributions in integers only, so that no mathematical library decides what a capture holds.
 * Nor may a compiler: never two draws in one expression whose order the language leaves open.
 */
#ifndef SIMULATE_RNG_H
#define SIMULATE_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state[4];
};

/* One 64-bit word from two: for what must be the same whenever it is asked for. */
uint64_t rng_mix(uint64_t a, uint64_t b);

void rng_seed(struct rng *r, uint64_t a, uint64_t b);
uint64_t rng_next(struct rng *r);

/* 0 to n-1; 0 where n is 0. */
uint32_t rng_below(struct rng *r, uint32_t n);

/* lo to hi, both included. */
uint64_t rng_between(struct rng *r, uint64_t lo, uint64_t hi);

/* True in `permille` of a thousand cases. */
bool rng_chance(struct rng *r, uint32_t permille);

/* lo to hi, each octave as likely as the other. */
uint64_t rng_log(struct rng *r, uint64_t lo, uint64_t hi);

/* A waiting time of this mean (exponential, by a logarithm that is linear within an octave). */
uint64_t rng_wait(struct rng *r, uint64_t mean);

/* A value within `percent` of `v` on either side. */
uint64_t rng_jitter(struct rng *r, uint64_t v, uint32_t percent);

/* Which of the weights was hit. */
size_t rng_pick(struct rng *r, const uint32_t *weights, size_t count);

#endif
