#include "flows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define INDEX_FIRST 1024 /* buckets to begin with */

struct ends {
	uint32_t first, last;
	uint32_t count; /* of a list */
};

/*
 * A hash index that grows by linear hashing (Litwin): with each insertion one bucket is split, so
 * it is never rebuilt at one go, and a quiet site touches but a few pages.  The memory for all
 * buckets is reserved.
 */
struct index {
	uint32_t *heads;
	uint32_t most;	/* buckets reserved, a power of two */
	uint32_t mask;	/* buckets at the last doubling, less one */
	uint32_t split; /* of these, so many have been split since */
};

struct flows {
	struct hash_key key;
	struct flow *slots; /* [capacity + 1], [0] is unused */
	struct index tuples, syns;
	uint32_t capacity;
	uint32_t fresh; /* flows from here on were never used */
	uint32_t freed; /* list of those free again, by own.after */
	uint32_t used;
	struct ends lists[LIST_COUNT], dirty[QUEUE_COUNT];
};

static void *reserve(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	/* A huge page behind each bucket touched would make a quiet site's few flows cost
	 * megabytes. */
	madvise(p, bytes, MADV_NOHUGEPAGE);
	return p;
}

static size_t flows_bytes(uint32_t capacity)
{
	return ((size_t)capacity + 1) * sizeof(struct flow);
}

static bool index_init(struct index *x, uint32_t most)
{
	x->most = most;
	x->mask = most < INDEX_FIRST ? most - 1 : INDEX_FIRST - 1;
	x->heads = reserve(most * sizeof(*x->heads));
	return x->heads != NULL;
}

static void index_done(struct index *x)
{
	if (x->heads)
		munmap(x->heads, x->most * sizeof(*x->heads));
}

static uint32_t *index_head(const struct index *x, uint64_t hash)
{
	uint32_t at = (uint32_t)hash & x->mask;

	if (at < x->split)
		at = (uint32_t)hash & (2 * x->mask + 1);
	return &x->heads[at];
}

struct flows *flows_new(const struct hash_key *key, uint32_t capacity)
{
	struct flows *t = calloc(1, sizeof(*t));
	uint32_t heads = 16;

	if (!t)
		return NULL;
	while (heads < capacity && heads < UINT32_C(1) << 30)
		heads <<= 1;
	t->key = *key;
	t->capacity = capacity;
	t->fresh = 1;
	t->slots = reserve(flows_bytes(capacity));
	if (!t->slots || !index_init(&t->tuples, heads) || !index_init(&t->syns, heads)) {
		flows_free(t);
		return NULL;
	}
	return t;
}

void flows_free(struct flows *t)
{
	if (!t)
		return;
	if (t->slots)
		munmap(t->slots, flows_bytes(t->capacity));
	index_done(&t->tuples);
	index_done(&t->syns);
	free(t);
}

struct flow *flows_at(const struct flows *t, uint32_t index)
{
	return index ? &t->slots[index] : NULL;
}

uint32_t flows_index(const struct flows *t, const struct flow *f)
{
	return f ? (uint32_t)(f - t->slots) : 0;
}

uint32_t flows_used(const struct flows *t)
{
	return t->used;
}

static uint64_t tuple_hash(const struct flows *t, const struct tuple *tuple)
{
	return hash_bytes(&t->key, tuple, sizeof(*tuple));
}

static uint64_t syn_hash(const struct flows *t, const struct tuple *tuple, uint32_t isn)
{
	struct {
		struct tuple tuple;
		uint32_t isn;
	} whole = {*tuple, isn};

	_Static_assert(sizeof(whole) == 40, "hashed as bytes");
	return hash_bytes(&t->key, &whole, sizeof(whole));
}

static uint32_t *tuple_head(const struct flows *t, const struct tuple *tuple)
{
	return index_head(&t->tuples, tuple_hash(t, tuple));
}

static uint32_t *syn_head(const struct flows *t, const struct tuple *tuple, uint32_t isn)
{
	return index_head(&t->syns, syn_hash(t, tuple, isn));
}

/* struct flow begins with the members of struct tuple, in its order. */
static bool same_tuple(const struct flow *f, const struct tuple *tuple)
{
	_Static_assert(offsetof(struct flow, server) == offsetof(struct tuple, server) &&
			       offsetof(struct flow, client_port) ==
				       offsetof(struct tuple, client_port) &&
			       offsetof(struct flow, server_port) ==
				       offsetof(struct tuple, server_port),
		       "a flow begins with its tuple");
	return memcmp(f, tuple, sizeof(*tuple)) == 0;
}

static struct tuple tuple_of(const struct flow *f)
{
	struct tuple tuple;

	memcpy(&tuple, f, sizeof(tuple));
	return tuple;
}

static uint64_t hash_in(const struct flows *t, const struct index *x, const struct flow *f)
{
	struct tuple tuple = tuple_of(f);

	return x == &t->tuples ? tuple_hash(t, &tuple) : syn_hash(t, &tuple, f->client_isn);
}

static uint32_t *link_in(const struct flows *t, const struct index *x, struct flow *f)
{
	return x == &t->tuples ? &f->own.tuple_link : &f->own.syn_link;
}

/* Into the cache, by the time its bucket is split: at random places, it is in none by now. */
static void fetch(const struct flows *t, uint32_t index)
{
	__builtin_prefetch(&t->slots[index]);
	__builtin_prefetch(&t->slots[index].own);
}

/* Splits the next bucket where there are more flows than buckets. */
static void index_grow(struct flows *t, struct index *x)
{
	uint32_t bit = x->mask + 1, *link, *to;

	if (t->used <= bit + x->split || bit == x->most)
		return;
	link = &x->heads[x->split];
	to = link + bit;
	while (*link) {
		struct flow *f = &t->slots[*link];
		uint32_t *next = link_in(t, x, f);

		if (hash_in(t, x, f) & bit) {
			uint32_t rest = *next;

			*next = *to;
			*to = *link;
			*link = rest;
		} else {
			link = next;
		}
	}
	if (++x->split == bit) {
		x->mask = 2 * x->mask + 1;
		x->split = 0;
	}
	fetch(t, x->heads[x->split]);
}

struct flow *flows_find(const struct flows *t, const struct tuple *tuple)
{
	for (uint32_t i = *tuple_head(t, tuple); i; i = t->slots[i].own.tuple_link)
		if (same_tuple(&t->slots[i], tuple))
			return &t->slots[i];
	return NULL;
}

struct flow *flows_find_syn(const struct flows *t, const struct tuple *tuple, uint32_t isn)
{
	for (uint32_t i = *syn_head(t, tuple, isn); i; i = t->slots[i].own.syn_link)
		if (t->slots[i].client_isn == isn && same_tuple(&t->slots[i], tuple))
			return &t->slots[i];
	return NULL;
}

static void list_append(struct flows *t, struct flow *f, enum flows_list list)
{
	struct ends *ends = &t->lists[list];
	uint32_t index = flows_index(t, f);

	f->own.list = (uint8_t)list;
	f->own.after = 0;
	f->own.before = ends->last;
	if (ends->last)
		t->slots[ends->last].own.after = index;
	else
		ends->first = index;
	ends->last = index;
	ends->count++;
}

static void list_unlink(struct flows *t, struct flow *f)
{
	struct ends *ends = &t->lists[f->own.list];

	if (f->own.before)
		t->slots[f->own.before].own.after = f->own.after;
	else
		ends->first = f->own.after;
	if (f->own.after)
		t->slots[f->own.after].own.before = f->own.before;
	else
		ends->last = f->own.before;
	ends->count--;
}

void flows_touch(struct flows *t, struct flow *f, enum flows_list list)
{
	if (f->own.list == list && f->own.after == 0)
		return;
	list_unlink(t, f);
	list_append(t, f, list);
}

struct flow *flows_oldest(const struct flows *t, enum flows_list list)
{
	return flows_at(t, t->lists[list].first);
}

uint32_t flows_count(const struct flows *t, enum flows_list list)
{
	return t->lists[list].count;
}

static uint32_t take_free(struct flows *t)
{
	uint32_t index = t->freed;

	if (index)
		t->freed = t->slots[index].own.after;
	else if (t->fresh <= t->capacity)
		index = t->fresh++;
	return index;
}

/* Takes the chain's link to `from` to `to`. */
static void tuple_relink(struct flows *t, struct flow *from, uint32_t to)
{
	struct tuple tuple = tuple_of(from);
	uint32_t *link = tuple_head(t, &tuple), index = flows_index(t, from);

	while (*link != index)
		link = &t->slots[*link].own.tuple_link;
	*link = to;
}

struct flow *flows_insert(struct flows *t, const struct tuple *tuple, enum flows_list list)
{
	struct flow *newest = flows_find(t, tuple);
	uint32_t index = take_free(t);
	struct flow *f;

	if (!index)
		return NULL;
	f = &t->slots[index];
	memset(f, 0, sizeof(*f));
	memcpy(f, tuple, sizeof(*tuple));
	if (newest) {
		tuple_relink(t, newest, index);
		f->own.tuple_link = newest->own.tuple_link;
		f->own.older = flows_index(t, newest);
		newest->own.newer = index;
	} else {
		uint32_t *head = tuple_head(t, tuple);

		f->own.tuple_link = *head;
		*head = index;
	}
	list_append(t, f, list);
	t->used++;
	index_grow(t, &t->tuples);
	index_grow(t, &t->syns);
	return f;
}

void flows_index_syn(struct flows *t, struct flow *f)
{
	struct tuple tuple = tuple_of(f);
	uint32_t *head = syn_head(t, &tuple, f->client_isn);

	f->syn_seen = true;
	f->own.syn_link = *head;
	*head = flows_index(t, f);
}

static void syn_unlink(struct flows *t, struct flow *f)
{
	struct tuple tuple = tuple_of(f);
	uint32_t *link = syn_head(t, &tuple, f->client_isn), index = flows_index(t, f);

	while (*link != index)
		link = &t->slots[*link].own.syn_link;
	*link = f->own.syn_link;
}

static void tuple_unlink(struct flows *t, struct flow *f)
{
	uint32_t older = f->own.older, newer = f->own.newer;

	if (newer)
		t->slots[newer].own.older = older;
	else
		tuple_relink(t, f, older ? older : f->own.tuple_link);
	if (!older)
		return;
	t->slots[older].own.newer = newer;
	if (!newer) /* it becomes the newest */
		t->slots[older].own.tuple_link = f->own.tuple_link;
}

void flows_remove(struct flows *t, struct flow *f)
{
	flows_unqueue(t, f);
	list_unlink(t, f);
	if (f->syn_seen)
		syn_unlink(t, f);
	tuple_unlink(t, f);
	f->own.after = t->freed;
	t->freed = flows_index(t, f);
	t->used--;
}

bool flows_is_queued(const struct flow *f)
{
	return f->own.queue != 0;
}

void flows_queue(struct flows *t, struct flow *f, enum flows_queue queue)
{
	uint32_t index = flows_index(t, f);
	struct ends *ends = &t->dirty[queue];

	if (f->own.queue == 1 + queue)
		return;
	flows_unqueue(t, f);
	f->own.queue = (uint8_t)(1 + queue);
	f->own.dirty_before = ends->last;
	if (ends->last)
		t->slots[ends->last].own.dirty_after = index;
	else
		ends->first = index;
	ends->last = index;
}

void flows_unqueue(struct flows *t, struct flow *f)
{
	struct ends *ends;

	if (!f->own.queue)
		return;
	ends = &t->dirty[f->own.queue - 1];
	if (f->own.dirty_before)
		t->slots[f->own.dirty_before].own.dirty_after = f->own.dirty_after;
	else
		ends->first = f->own.dirty_after;
	if (f->own.dirty_after)
		t->slots[f->own.dirty_after].own.dirty_before = f->own.dirty_before;
	else
		ends->last = f->own.dirty_before;
	f->own.dirty_before = f->own.dirty_after = 0;
	f->own.queue = 0;
}

struct flow *flows_queued(const struct flows *t, enum flows_queue queue)
{
	return flows_at(t, t->dirty[queue].first);
}
