/*
 * Hosts stand in slots of one array, found by a chained hash; index 0 is no host.  Each is in the
 * list of its rank, longest idle first, and in the queue of changed ones where it is due.
 *
 * Lookups come before the first SYN and are made by hosts that never try port 25 too, so they wait
 * in a table of their own: buckets of eight, in which the one idle for longest makes room.
 */
#include "judge/suspects.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ASKER_WAYS    8
#define ASKER_BUCKETS (SUSPECTS_ASKERS / ASKER_WAYS)

#define STEPS 10 /* of observations: up to 2, 4, ... 512, and more */
#define RANKS (2 * STEPS)

/* And one for each rank. */
enum suspects_list { LIST_CHANGED = RANKS, LIST_CHANGED_ANSWERED, LIST_COUNT };

struct links {
	uint32_t before, after;
};

struct suspect {
	struct addr client;
	uint32_t next; /* in its hash chain, or of the free */
	uint8_t rank;
	uint8_t changed; /* which list of changed ones it is in; 0: none */
	bool handed;	 /* at `handed_at` */
	int64_t handed_at;
	struct links idle, queue;
	struct evidence evidence;
};

struct question {
	int64_t time;
	uint64_t name_hash;
	struct addr listed;
	uint8_t lookup;
};

struct asker {
	struct addr client;
	uint8_t count, at; /* the ring's fill, and where the next goes */
	int64_t last;
	struct question questions[SUSPECTS_QUESTIONS];
};

struct suspects {
	struct hash_key key;
	struct suspect *slots; /* [capacity + 1] */
	uint32_t *heads;
	uint32_t mask, capacity;
	uint32_t fresh, freed;
	struct {
		uint32_t first, last;
	} lists[LIST_COUNT];
	struct asker *askers;
	struct suspects_counters counters;
};

/* --- memory ------------------------------------------------------------------------------------
 */

static void *reserve(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, bytes, MADV_NOHUGEPAGE);
	return p;
}

static void release(void *p, size_t bytes)
{
	if (p)
		munmap(p, bytes);
}

static size_t slots_bytes(const struct suspects *s)
{
	return ((size_t)s->capacity + 1) * sizeof(struct suspect);
}

struct suspects *suspects_new(const struct hash_key *key, uint32_t capacity)
{
	struct suspects *s = calloc(1, sizeof(*s));
	uint32_t heads = 16;

	if (!s)
		return NULL;
	while (heads < capacity && heads < UINT32_C(1) << 30)
		heads <<= 1;
	s->key = *key;
	s->capacity = capacity ? capacity : 1;
	s->mask = heads - 1;
	s->fresh = 1;
	s->slots = reserve(slots_bytes(s));
	s->heads = reserve(heads * sizeof(*s->heads));
	s->askers = reserve(SUSPECTS_ASKERS * sizeof(*s->askers));
	if (s->slots && s->heads && s->askers)
		return s;
	suspects_free(s);
	return NULL;
}

void suspects_free(struct suspects *s)
{
	if (!s)
		return;
	release(s->slots, slots_bytes(s));
	release(s->heads, ((size_t)s->mask + 1) * sizeof(*s->heads));
	release(s->askers, SUSPECTS_ASKERS * sizeof(*s->askers));
	free(s);
}

/* --- lists -------------------------------------------------------------------------------------
 */

static struct links *links_of(struct suspects *s, uint32_t i, unsigned int list)
{
	return list >= LIST_CHANGED ? &s->slots[i].queue : &s->slots[i].idle;
}

static void list_remove(struct suspects *s, uint32_t i, unsigned int list)
{
	struct links *l = links_of(s, i, list);

	if (l->before)
		links_of(s, l->before, list)->after = l->after;
	else
		s->lists[list].first = l->after;
	if (l->after)
		links_of(s, l->after, list)->before = l->before;
	else
		s->lists[list].last = l->before;
}

static void list_append(struct suspects *s, uint32_t i, unsigned int list)
{
	struct links *l = links_of(s, i, list);

	l->after = 0;
	l->before = s->lists[list].last;
	if (l->before)
		links_of(s, l->before, list)->after = i;
	else
		s->lists[list].first = i;
	s->lists[list].last = i;
}

static uint8_t rank_of(const struct evidence *e)
{
	uint8_t step = 0;

	while (step < STEPS - 1 && e->observations >> (step + 1) > 0)
		step++;
	return e->answered ? (uint8_t)(STEPS + step) : step;
}

/* Something new is held on a host: it is the least idle one, and due. */
static void touch(struct suspects *s, uint32_t i)
{
	struct suspect *x = &s->slots[i];
	uint8_t changed;

	list_remove(s, i, x->rank);
	x->rank = rank_of(&x->evidence);
	list_append(s, i, x->rank);
	changed = x->rank < STEPS ? LIST_CHANGED : LIST_CHANGED_ANSWERED;
	if (x->changed == changed)
		return;
	if (x->changed)
		list_remove(s, i, x->changed);
	x->changed = changed;
	list_append(s, i, changed);
}

static bool is_older(int64_t time, int64_t now, int64_t than)
{
	return now > time && (uint64_t)now - (uint64_t)time >= (uint64_t)than;
}

static bool is_recent(int64_t time, int64_t now)
{
	return !is_older(time, now, MOMENT_HOUR);
}

/* --- hosts -------------------------------------------------------------------------------------
 */

static uint32_t *head_of(const struct suspects *s, const struct addr *client)
{
	return &s->heads[hash_bytes(&s->key, client, sizeof(*client)) & s->mask];
}

static uint32_t find(const struct suspects *s, const struct addr *client)
{
	uint32_t i = *head_of(s, client);

	while (i && !addr_equal(&s->slots[i].client, client))
		i = s->slots[i].next;
	return i;
}

static void remove_host(struct suspects *s, uint32_t i)
{
	struct suspect *x = &s->slots[i];
	uint32_t *link = head_of(s, &x->client);

	while (*link != i)
		link = &s->slots[*link].next;
	*link = x->next;
	list_remove(s, i, x->rank);
	if (x->changed)
		list_remove(s, i, x->changed);
	x->next = s->freed;
	s->freed = i;
	s->counters.hosts--;
}

/* Whom to give up; there is one. */
static uint32_t find_victim(const struct suspects *s, int64_t now)
{
	uint32_t stalest = 0, lowest = 0;

	for (unsigned int rank = 0; rank < RANKS; rank++) {
		uint32_t i = s->lists[rank].first;

		if (!i)
			continue;
		if (!lowest)
			lowest = i;
		if (!stalest || s->slots[i].evidence.last < s->slots[stalest].evidence.last)
			stalest = i;
	}
	return is_older(s->slots[stalest].evidence.last, now, SUSPECTS_STALE) ? stalest : lowest;
}

static uint32_t take_slot(struct suspects *s, int64_t now)
{
	uint32_t i;

	if (!s->freed && s->fresh > s->capacity) {
		remove_host(s, find_victim(s, now));
		s->counters.evicted++;
	}
	i = s->freed;
	if (!i)
		return s->fresh++;
	s->freed = s->slots[i].next;
	return i;
}

static uint32_t insert(struct suspects *s, const struct addr *client, int64_t now)
{
	uint32_t i = take_slot(s, now);
	uint32_t *head = head_of(s, client);
	struct suspect *x = &s->slots[i];

	memset(x, 0, sizeof(*x));
	x->client = *client;
	x->next = *head;
	*head = i;
	evidence_init(&x->evidence);
	list_append(s, i, x->rank);
	s->counters.hosts++;
	return i;
}

/* --- lookups of hosts that have not tried port 25 ----------------------------------------------
 */

static struct asker *asker_bucket(const struct suspects *s, const struct addr *client)
{
	uint64_t hash = hash_bytes(&s->key, client, sizeof(*client)) >> 32;

	return &s->askers[hash % ASKER_BUCKETS * ASKER_WAYS];
}

static struct asker *asker_find(const struct suspects *s, const struct addr *client)
{
	struct asker *bucket = asker_bucket(s, client);

	for (unsigned int i = 0; i < ASKER_WAYS; i++)
		if (bucket[i].count && addr_equal(&bucket[i].client, client))
			return &bucket[i];
	return NULL;
}

static struct asker *asker_get(struct suspects *s, const struct addr *client, int64_t now)
{
	struct asker *x = asker_find(s, client), *bucket = asker_bucket(s, client);

	if (x)
		return x;
	x = bucket;
	for (unsigned int i = 0; i < ASKER_WAYS && x->count; i++)
		if (!bucket[i].count || bucket[i].last < x->last)
			x = &bucket[i];
	s->counters.evicted_askers += x->count && is_recent(x->last, now);
	memset(x, 0, sizeof(*x));
	x->client = *client;
	return x;
}

static void note_question(struct suspects *s, const struct names_event *event)
{
	struct asker *x = asker_get(s, &event->client, event->time);

	x->questions[x->at] = (struct question){.time = event->time,
						.name_hash = event->name_hash,
						.listed = event->listed,
						.lookup = (uint8_t)event->lookup};
	x->at = (uint8_t)((x->at + 1) % SUSPECTS_QUESTIONS);
	x->count = x->count < SUSPECTS_QUESTIONS ? (uint8_t)(x->count + 1) : SUSPECTS_QUESTIONS;
	x->last = event->time;
}

static void enter_questions(struct suspects *s, const struct addr *client, int64_t now,
			    struct evidence *e)
{
	struct asker *x = asker_find(s, client);

	if (!x)
		return;
	for (unsigned int i = 0; i < x->count; i++) {
		unsigned int at = (x->at + i + SUSPECTS_QUESTIONS - x->count) % SUSPECTS_QUESTIONS;
		const struct question *q = &x->questions[at];
		struct names_event event = {.time = q->time,
					    .lookup = (enum names_lookup)q->lookup,
					    .client = *client,
					    .name = "",
					    .name_hash = q->name_hash,
					    .listed = q->listed};

		if (is_recent(q->time, now))
			evidence_lookup(e, &event);
	}
	x->count = 0;
}

/* --- what is told ------------------------------------------------------------------------------
 */

void suspects_attempt(struct suspects *s, const struct addr *client,
		      const struct evidence_attempt *a)
{
	uint32_t i = find(s, client);

	if (!i) {
		i = insert(s, client, a->time);
		enter_questions(s, client, a->time, &s->slots[i].evidence);
	}
	evidence_attempt(&s->slots[i].evidence, a);
	touch(s, i);
}

void suspects_answer(struct suspects *s, const struct addr *client,
		     const struct evidence_attempt *a, int64_t time)
{
	uint32_t i = find(s, client);

	if (!i) {
		suspects_attempt(s, client, a);
		i = find(s, client);
	}
	evidence_answer(&s->slots[i].evidence, time);
	touch(s, i);
}

void suspects_session(struct suspects *s, const struct addr *client,
		      const struct evidence_session *session)
{
	uint32_t i = find(s, client);

	if (!i)
		return;
	evidence_session(&s->slots[i].evidence, session);
	touch(s, i);
}

void suspects_lookup(struct suspects *s, const struct names_event *event)
{
	uint32_t i = find(s, &event->client);

	if (!i) {
		note_question(s, event);
		return;
	}
	evidence_lookup(&s->slots[i].evidence, event);
	touch(s, i);
}

const struct evidence *suspects_find(const struct suspects *s, const struct addr *client)
{
	uint32_t i = find(s, client);

	return i ? &s->slots[i].evidence : NULL;
}

bool suspects_restore(struct suspects *s, const struct addr *client, const void *blob, size_t size)
{
	struct suspect *x;
	uint32_t i;

	if (!evidence_is_valid(blob, size)) {
		s->counters.discarded++;
		return false;
	}
	if (find(s, client))
		return false;
	i = insert(s, client, 0);
	x = &s->slots[i];
	memcpy(&x->evidence, blob, sizeof(x->evidence));
	list_remove(s, i, x->rank);
	x->rank = rank_of(&x->evidence);
	list_append(s, i, x->rank);
	return true;
}

/* Whether a second has passed since it was handed out; a clock that went back does not hold it. */
static bool is_due(const struct suspect *x, int64_t now)
{
	return !x->handed || now < x->handed_at ||
	       (uint64_t)now - (uint64_t)x->handed_at >= (uint64_t)MOMENT_SECOND;
}

static uint32_t collect(struct suspects *s, unsigned int list, int64_t now, bool all, uint32_t most,
			suspects_sink *sink, void *context)
{
	uint32_t done = 0, next;

	for (uint32_t i = s->lists[list].first; i && done < most; i = next) {
		struct suspect *x = &s->slots[i];

		next = x->queue.after;
		if (!all && !is_due(x, now))
			continue;
		list_remove(s, i, list);
		x->changed = 0;
		x->handed = true;
		x->handed_at = now;
		sink(context, &x->client, &x->evidence);
		done++;
	}
	return done;
}

uint32_t suspects_collect(struct suspects *s, int64_t now, bool all, uint32_t most,
			  suspects_sink *sink, void *context)
{
	uint32_t done = collect(s, LIST_CHANGED_ANSWERED, now, all, most, sink, context);

	return done + collect(s, LIST_CHANGED, now, all, most - done, sink, context);
}

const struct suspects_counters *suspects_counters(const struct suspects *s)
{
	return &s->counters;
}
