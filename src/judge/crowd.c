/*
 * Buckets of eight hosts, found by a keyed hash; in a full one the longest idle of those never
 * proven makes room, else the longest idle of all.  A host that is forgotten may be taken again.
 */
#include "judge/crowd.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/moment.h"

#define WAYS	8
#define KEPT	((uint32_t)(3 * MOMENT_DAY / MOMENT_SECOND))
#define BUCKETS (CROWD_HOSTS / WAYS)

struct member {
	struct addr host;
	uint32_t seen; /* in seconds, 0: free */
	bool proven;
};

struct crowd {
	struct hash_key key;
	struct member *members;
	int64_t filled; /* when the room below was reckoned */
	uint32_t room;	/* hosts that may still be taken */
	bool running;
};

struct crowd *crowd_new(const struct hash_key *key)
{
	struct crowd *c = calloc(1, sizeof(*c));
	void *members;

	if (!c)
		return NULL;
	members = mmap(NULL, CROWD_HOSTS * sizeof(*c->members), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (members == MAP_FAILED) {
		free(c);
		return NULL;
	}
	madvise(members, CROWD_HOSTS * sizeof(*c->members), MADV_NOHUGEPAGE);
	c->members = members;
	c->key = *key;
	c->room = CROWD_AT_ONCE;
	return c;
}

void crowd_free(struct crowd *c)
{
	if (!c)
		return;
	munmap(c->members, CROWD_HOSTS * sizeof(*c->members));
	free(c);
}

/* Time makes room, up to CROWD_AT_ONCE. */
static void make_room(struct crowd *c, int64_t now)
{
	const int64_t each = MOMENT_HOUR / CROWD_AN_HOUR;
	int64_t more;

	if (!c->running) {
		c->running = true;
		c->filled = now;
	}
	more = (now - c->filled) / each;
	if (more <= 0)
		return;
	c->filled += more * each;
	c->room = more < CROWD_AT_ONCE - c->room ? c->room + (uint32_t)more : CROWD_AT_ONCE;
}

/* Whether a goes before b. */
static bool gives_way(const struct member *a, const struct member *b)
{
	if (!a->seen || !b->seen)
		return b->seen != 0;
	return a->proven != b->proven ? b->proven : a->seen < b->seen;
}

/* A place that is not given away: of one that was proven, and seen since. */
static bool is_kept(const struct member *m, uint32_t second)
{
	return m->seen && m->proven && second - m->seen < KEPT;
}

bool crowd_admit(struct crowd *c, const struct addr *host, bool proven, int64_t now)
{
	uint32_t second = (uint32_t)(now / MOMENT_SECOND) + 1;
	uint64_t hash = hash_bytes(&c->key, host, sizeof(*host));
	struct member *bucket = &c->members[hash % BUCKETS * WAYS], *place = bucket;

	for (unsigned int i = 0; i < WAYS; i++) {
		struct member *m = &bucket[i];

		if (m->seen && addr_equal(&m->host, host)) {
			m->seen = second;
			m->proven |= proven;
			return true;
		}
		if (gives_way(m, place))
			place = m;
	}
	if (!proven) {
		make_room(c, now);
		if (c->room == 0 || is_kept(place, second))
			return false;
		c->room--;
	}
	*place = (struct member){.host = *host, .seen = second, .proven = proven};
	return true;
}
