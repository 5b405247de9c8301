/*
 * Tables of what is remembered for a while.  A key, which is a hash under a secret key, leads to
 * WAYS entries side by side; which of them is taken is decided by age alone.  So a flood can only
 * push out what is older than itself, and nobody outside can aim it.
 */
#include "names_internal.h"

#include <string.h>

#define WAYS	      8
#define SKETCH_HASHES 4
#define SKETCH_MOST   (SKETCH_BITS / 10) /* keys of a generation: at most one in a hundred wrong */

/* Stamps may be any number. */
static uint64_t distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

/* A stamp of the future, left by a clock that jumped, lives no longer than one of the past. */
bool mark_is_alive(const struct mark *m, int64_t now)
{
	return distance(m->time, now) < (uint64_t)m->life;
}

static struct mark *place(struct table t, uint64_t key, uint32_t way)
{
	uint32_t first = (uint32_t)key & (t.count - 1) & ~(uint32_t)(WAYS - 1);

	return (struct mark *)(void *)((char *)t.entries + (first + way) * t.size);
}

void *table_find(struct table t, uint64_t key, int64_t now)
{
	for (uint32_t way = 0; way < WAYS; way++) {
		struct mark *m = place(t, key, way);

		if (m->key == key && mark_is_alive(m, now))
			return m;
	}
	return NULL;
}

void *table_get(struct table t, uint64_t key, int64_t now, uint64_t *ret_evicted)
{
	struct mark *oldest = NULL;

	for (uint32_t way = 0; way < WAYS; way++) {
		struct mark *m = place(t, key, way);

		if (m->key == key && mark_is_alive(m, now))
			return m;
		if (!oldest || (mark_is_alive(oldest, now) &&
				(!mark_is_alive(m, now) || m->time < oldest->time)))
			oldest = m;
	}
	if (mark_is_alive(oldest, now))
		++*ret_evicted;
	memset(oldest, 0, t.size);
	oldest->key = key;
	return oldest;
}

/* --- the sketch ------------------------------------------------------------------------------- */

static uint32_t sketch_bit(uint64_t key, uint32_t i)
{
	uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32) | 1;

	return (low + i * high) & (SKETCH_BITS - 1);
}

static bool generation_holds(const struct sketch *s, unsigned int generation, uint64_t key)
{
	for (uint32_t i = 0; i < SKETCH_HASHES; i++) {
		uint32_t bit = sketch_bit(key, i);

		if (!(s->bits[generation][bit / 64] >> bit % 64 & 1))
			return false;
	}
	return true;
}

/* The older generation goes; what was the younger takes its place. */
static void turn(struct sketch *s, int64_t now)
{
	unsigned int older = s->current ^ 1u;

	if (s->held[older]) {
		s->forgot = true;
		s->forgotten = s->begun; /* nothing in the older one is younger */
		memset(s->bits[older], 0, sizeof(s->bits[older]));
	}
	s->held[older] = 0;
	s->current ^= 1u;
	s->begun = now;
}

void sketch_put(struct sketch *s, uint64_t key, int64_t now)
{
	if (!s->started) {
		s->started = true;
		s->begun = now;
	}
	if (s->held[s->current] >= SKETCH_MOST || distance(now, s->begun) >= (uint64_t)NAMES_DAY)
		turn(s, now);
	if (generation_holds(s, s->current, key))
		return;
	s->held[s->current]++;
	for (uint32_t i = 0; i < SKETCH_HASHES; i++) {
		uint32_t bit = sketch_bit(key, i);

		s->bits[s->current][bit / 64] |= UINT64_C(1) << bit % 64;
	}
}

bool sketch_may_hold(const struct sketch *s, uint64_t key, int64_t now)
{
	if (s->forgot && distance(now, s->forgotten) < (uint64_t)NAMES_DAY)
		return true;
	return generation_holds(s, 0, key) || generation_holds(s, 1, key);
}
