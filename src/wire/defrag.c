/*
 * Theory of operation.
 *
 * A table of datagrams, each with the pieces that came of it (pieces.h), found through a keyed
 * hash. A datagram is whole when it knows its length and has that many units; it is then put
 * together in one buffer and handed out.
 *
 * What came first stands: a unit is written once.  A unit that comes again is compared.  For IPv6
 * every overlap but an exact repetition spoils the datagram (RFC 5722), and it stays in the table,
 * empty, so that its other fragments meet it there and not a fresh beginning.
 *
 * A completed datagram keeps its blocks for a while.  Fragments that repeat it are a mirror's
 * second copies: nothing happens, but their units are noted in `again`.  The first that differs
 * belongs to a new datagram under a used identification: it begins with that fragment and,
 * provisionally, with what was repeated since, for a copy of the old one and an equal part of the
 * new one cannot be told apart.  What is provisional gives way to the first fragment that
 * contradicts it.  So nobody hides a datagram by using an identification twice.
 *
 * Limits: all memory is taken at the start.  Where a datagram or a block is wanted and none is
 * free, a completed datagram goes, else the oldest of the others, which is then lost and counted.
 * Every datagram is found through a keyed hash.
 */
#include "wire/defrag.h"
#include "pieces.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 2048

_Static_assert(DEFRAG_DATAGRAMS < NONE, "a datagram's index fits");

enum state {
	STATE_OPEN,
	STATE_DONE,   /* completed: waits for copies */
	STATE_SPOILT, /* IPv6 fragments overlapped: swallows the rest */
};

/* What makes fragments one datagram's.  No padding: it is hashed and compared as it stands. */
struct key {
	struct addr source, destination;
	uint32_t id;
	uint32_t protocol; /* 0 for IPv6 */
};

struct datagram {
	struct key key;
	enum state state;
	int64_t began;
	int64_t jumped; /* lowest stamp before `began` that was seen since: the clock went back */
	bool v6;
	struct packet first; /* fragment at offset 0, once unit 0 is there */
	uint16_t chain;	     /* next in its bucket, or in the free list */
	uint16_t older, newer;
	struct pieces pieces;
};

/* Datagrams in the order in which they began. */
struct queue {
	uint16_t oldest, newest;
};

struct defrag {
	struct hash_key hash;
	uint64_t lost[DEFRAG_LOSS_COUNT];
	struct queue waiting, done; /* open and spoilt ones; completed ones */
	uint16_t free_datagram;	    /* that was in use before */
	uint16_t fresh;		    /* from here on none was yet */
	uint16_t buckets[BUCKETS];
	struct datagram datagrams[DEFRAG_DATAGRAMS];
	struct pool pool;
	uint8_t whole[SPAN];
};

const char *defrag_loss_name(enum defrag_loss loss)
{
	static const char *const names[] = {
		[DEFRAG_EVICTED] = "fragments evicted",
		[DEFRAG_EXPIRED] = "fragments expired",
		[DEFRAG_OVERLAP] = "fragments overlapped",
		[DEFRAG_TRUNCATED] = "fragments truncated",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == DEFRAG_LOSS_COUNT,
		       "a name for each loss");
	return loss < DEFRAG_LOSS_COUNT ? names[loss] : "unknown";
}

uint64_t defrag_lost(const struct defrag *d, enum defrag_loss loss)
{
	return d->lost[loss];
}

struct defrag *defrag_new(const struct hash_key *key)
{
	struct defrag *d = malloc(sizeof(*d));

	if (!d)
		return NULL;
	d->hash = *key;
	memset(d->lost, 0, sizeof(d->lost));
	d->waiting = d->done = (struct queue){NONE, NONE};
	memset(d->buckets, 0xff, sizeof(d->buckets));
	d->free_datagram = NONE;
	d->fresh = 0;
	pool_init(&d->pool);
	return d;
}

void defrag_free(struct defrag *d)
{
	free(d);
}

static struct queue *queue_of(struct defrag *d, const struct datagram *g)
{
	return g->state == STATE_DONE ? &d->done : &d->waiting;
}

static void queue_append(struct defrag *d, uint16_t at)
{
	struct datagram *g = &d->datagrams[at];
	struct queue *q = queue_of(d, g);

	g->older = q->newest;
	g->newer = NONE;
	if (q->newest == NONE)
		q->oldest = at;
	else
		d->datagrams[q->newest].newer = at;
	q->newest = at;
}

static void queue_remove(struct defrag *d, uint16_t at)
{
	struct datagram *g = &d->datagrams[at];
	struct queue *q = queue_of(d, g);

	if (g->older == NONE)
		q->oldest = g->newer;
	else
		d->datagrams[g->older].newer = g->newer;
	if (g->newer == NONE)
		q->newest = g->older;
	else
		d->datagrams[g->newer].older = g->older;
}

static void set_state(struct defrag *d, struct datagram *g, enum state state)
{
	uint16_t at = (uint16_t)(g - d->datagrams);

	queue_remove(d, at);
	g->state = state;
	queue_append(d, at);
}

static uint16_t *bucket_of(struct defrag *d, const struct key *key)
{
	return &d->buckets[hash_bytes(&d->hash, key, sizeof(*key)) % BUCKETS];
}

static void drop(struct defrag *d, uint16_t at)
{
	struct datagram *g = &d->datagrams[at];
	uint16_t *link = bucket_of(d, &g->key);

	while (*link != at)
		link = &d->datagrams[*link].chain;
	*link = g->chain;
	queue_remove(d, at);
	pieces_release(&g->pieces, &d->pool);
	g->chain = d->free_datagram;
	d->free_datagram = at;
}

static void lose(struct defrag *d, uint16_t at, enum defrag_loss loss)
{
	/* A spoilt one was counted when it was. */
	if (d->datagrams[at].state == STATE_OPEN)
		d->lost[loss]++;
	drop(d, at);
}

/*
 * Drops what began too long ago.  Where the clock stands before that beginning it went back, and
 * how long ago is told by how far it came since; unless it returns, as it does where interfaces
 * with different clocks take turns.
 */
static void expire(struct defrag *d, const struct queue *q, int64_t now)
{
	while (q->oldest != NONE) {
		struct datagram *g = &d->datagrams[q->oldest];
		int64_t since = g->began;

		if (now < since) {
			if (now < g->jumped)
				g->jumped = now;
			since = g->jumped;
		}
		if (now - since <= DEFRAG_HOLD)
			return;
		lose(d, q->oldest, DEFRAG_EXPIRED);
	}
}

/* Makes room at the cost of another datagram than `keep`, which is an open one.  There is always
 * one to go: `keep` alone fills neither the table nor the pool. */
static void evict(struct defrag *d, uint16_t keep)
{
	uint16_t at = d->done.oldest;

	if (at == NONE)
		at = d->waiting.oldest;
	if (at != NONE && at == keep)
		at = d->datagrams[at].newer;
	lose(d, at, DEFRAG_EVICTED);
}

static struct datagram *find(struct defrag *d, const struct key *key)
{
	for (uint16_t at = *bucket_of(d, key); at != NONE; at = d->datagrams[at].chain) {
		if (memcmp(&d->datagrams[at].key, key, sizeof(*key)) == 0)
			return &d->datagrams[at];
	}
	return NULL;
}

/* One that was given back, or the first that was never used: memory is touched as it is needed. */
static uint16_t take_free(struct defrag *d)
{
	uint16_t at;

	if (d->free_datagram == NONE && d->fresh < DEFRAG_DATAGRAMS)
		return d->fresh++;
	if (d->free_datagram == NONE)
		evict(d, NONE);
	at = d->free_datagram;
	d->free_datagram = d->datagrams[at].chain;
	return at;
}

static struct datagram *create(struct defrag *d, const struct key *key, int64_t now)
{
	uint16_t at = take_free(d), *bucket;
	struct datagram *g = &d->datagrams[at];

	g->key = *key;
	g->state = STATE_OPEN;
	g->began = now;
	g->jumped = INT64_MAX;
	g->v6 = !addr_is_v4(&key->source);
	pieces_init(&g->pieces);
	bucket = bucket_of(d, key);
	g->chain = *bucket;
	*bucket = at;
	queue_append(d, at);
	return g;
}

static void store(struct defrag *d, struct datagram *g, const struct packet *f)
{
	size_t wanted = pieces_wanted(&g->pieces, f);

	/* One that goes may have no blocks to give: then another goes too. */
	while (d->pool.free_count < wanted)
		evict(d, (uint16_t)(g - d->datagrams));
	if (f->fragment_offset == 0 && !pieces_begun(&g->pieces, &d->pool))
		g->first = *f;
	pieces_store(&g->pieces, &d->pool, f);
}

static void spoil(struct defrag *d, struct datagram *g)
{
	pieces_release(&g->pieces, &d->pool);
	set_state(d, g, STATE_SPOILT);
}

/* An open datagram takes the fragment in.  False where it changes nothing. */
static bool take(struct defrag *d, struct datagram *g, const struct packet *f)
{
	struct overlap o = pieces_compare(&g->pieces, &d->pool, f, true);
	bool news, wrong;

	if (o.outdates) {
		pieces_drop_again(&g->pieces, &d->pool);
		o = pieces_compare(&g->pieces, &d->pool, f, true);
	}
	news = o.beyond || (!f->fragment_more && g->pieces.length == 0);
	wrong = o.differs || o.misfits || (g->v6 && o.any && news);
	if (wrong)
		d->lost[DEFRAG_OVERLAP]++;
	if (wrong && g->v6)
		spoil(d, g);
	if (o.misfits || !news || (wrong && g->v6))
		return false;
	store(d, g, f);
	return true;
}

/* A completed one looks whether the fragment is a copy, or the beginning of something new. */
static bool take_again(struct defrag *d, struct datagram *g, const struct packet *f)
{
	struct overlap o = pieces_compare(&g->pieces, &d->pool, f, false);

	if (!o.beyond && !o.differs && !o.misfits) {
		pieces_note_again(&g->pieces, &d->pool, f);
		return false;
	}
	pieces_keep_again(&g->pieces, &d->pool);
	g->began = f->time;
	g->jumped = INT64_MAX;
	set_state(d, g, STATE_OPEN);
	return take(d, g, f);
}

/* What the decoder promises of a fragment; checked here for what would overrun. */
static bool is_sound(const struct packet *f)
{
	return f->fragment_offset % UNIT == 0 && f->fragment_length > 0 &&
	       f->fragment_length < SPAN && f->fragment_offset + f->fragment_length < SPAN &&
	       (!f->fragment_more || f->fragment_length % UNIT == 0);
}

bool defrag_add(struct defrag *d, const struct packet *fragment, struct packet *ret_outer,
		const uint8_t **ret_data, size_t *ret_length)
{
	struct key key = {
		.source = fragment->source,
		.destination = fragment->destination,
		.id = fragment->fragment_id,
		.protocol = addr_is_v4(&fragment->source) ? fragment->protocol : 0,
	};
	int64_t now = fragment->time;
	struct datagram *g;

	if (!is_sound(fragment))
		return false;
	expire(d, &d->waiting, now);
	expire(d, &d->done, now);
	if (fragment->fragment_captured < fragment->fragment_length) {
		d->lost[DEFRAG_TRUNCATED]++;
		return false;
	}
	g = find(d, &key);
	if (!g)
		g = create(d, &key, now);
	if (g->state == STATE_SPOILT)
		return false;
	if (g->state == STATE_DONE ? !take_again(d, g, fragment) : !take(d, g, fragment))
		return false;
	if (!pieces_whole(&g->pieces))
		return false;
	pieces_settle(&g->pieces, &d->pool);
	set_state(d, g, STATE_DONE);
	pieces_copy(&g->pieces, &d->pool, d->whole);
	*ret_data = d->whole;
	*ret_length = g->pieces.length;
	*ret_outer = g->first;
	ret_outer->time = now;
	ret_outer->fragment = NULL;
	ret_outer->fragment_captured = 0;
	return true;
}
