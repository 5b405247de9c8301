#include "stream.h"

#include <string.h>

void stream_pool_init(struct stream_pool *pool)
{
	pool->free = 0;
	pool->fresh = 1;
	pool->free_count = STREAM_POOL;
}

static uint32_t take_piece(struct stream_pool *pool)
{
	uint32_t at = pool->free;

	if (pool->free_count == 0)
		return 0;
	pool->free_count--;
	if (!at)
		return pool->fresh++;
	pool->free = pool->pieces[at].next;
	return at;
}

static void give_piece(struct stream_pool *pool, uint32_t at)
{
	pool->pieces[at].next = pool->free;
	pool->free = at;
	pool->free_count++;
}

/* The first sequence number behind a piece, bytes cut off included. */
static uint32_t end_of(const struct stream_piece *p)
{
	return p->seq + (uint32_t)(p->length - p->from) + p->lost;
}

void stream_begin(struct stream *s, uint32_t first)
{
	s->known = true;
	s->next = first;
}

/* Whether bytes of a segment that were handed on before differ from what is left of those. */
static bool differs_from_tail(const struct stream *s, const struct stream_segment *segment,
			      uint32_t old)
{
	uint32_t skip = old > s->tail_length ? old - s->tail_length : 0;
	uint32_t end = old < segment->captured ? old : segment->captured;

	if (end <= skip)
		return false;
	/* The byte at `old` would be the one behind the tail. */
	return memcmp(segment->data + skip, s->tail + s->tail_length - (old - skip), end - skip) !=
	       0;
}

/* Drops the first n bytes of a segment. */
static void cut(struct stream_segment *segment, uint32_t n)
{
	uint32_t of_data = n < segment->captured ? n : segment->captured;

	segment->seq += n;
	segment->data += of_data;
	segment->captured -= of_data;
	segment->length -= n;
}

bool stream_trim(const struct stream *s, struct stream_segment *segment)
{
	int32_t old = stream_distance(s->next, segment->seq);
	bool differs;

	if (old <= 0)
		return false;
	differs = differs_from_tail(s, segment, (uint32_t)old);
	cut(segment, (uint32_t)old < segment->length ? (uint32_t)old : segment->length);
	return differs;
}

/* --- holding ---------------------------------------------------------------------------------- */

/* One piece of at most STREAM_PIECE bytes behind `before` (0: at the head).  Returns it, or 0. */
static uint32_t insert(struct stream *s, struct stream_pool *pool, uint32_t before,
		       const struct stream_segment *part)
{
	uint32_t at = s->held < STREAM_HELD ? take_piece(pool) : 0;
	struct stream_piece *p = &pool->pieces[at];
	uint32_t *link = before ? &pool->pieces[before].next : &s->head;

	if (!at)
		return 0;
	p->seq = part->seq;
	p->ack = part->ack;
	p->has_ack = part->has_ack;
	p->from = 0;
	p->length = (uint16_t)part->captured;
	p->lost = part->length - part->captured;
	memcpy(p->data, part->data, part->captured);
	p->next = *link;
	*link = at;
	if (!p->next)
		s->last = at;
	s->held++;
	return at;
}

/* The first n bytes of a segment, in as many pieces as it takes.  *before moves along. */
static bool insert_part(struct stream *s, struct stream_pool *pool, uint32_t *before,
			const struct stream_segment *segment, uint32_t n)
{
	struct stream_segment rest = *segment;

	if (rest.captured > n)
		rest.captured = n;
	rest.length = n;
	while (rest.length > 0) {
		struct stream_segment part = rest;
		uint32_t at;

		if (part.captured > STREAM_PIECE)
			part.length = part.captured = STREAM_PIECE;
		at = insert(s, pool, *before, &part);
		if (!at)
			return false;
		*before = at;
		cut(&rest, part.length);
	}
	return true;
}

/* Whether the bytes that a segment and a piece have in common differ. */
static bool differs_from_piece(const struct stream_piece *p, const struct stream_segment *segment)
{
	int32_t ahead = stream_distance(p->seq, segment->seq); /* of the piece's start */
	uint32_t in_segment = ahead > 0 ? (uint32_t)ahead : 0;
	uint32_t in_piece = ahead < 0 ? (uint32_t)-ahead : 0;
	uint32_t have = (uint32_t)(p->length - p->from), n;

	if (in_segment >= segment->captured || in_piece >= have)
		return false;
	n = segment->captured - in_segment;
	if (n > have - in_piece)
		n = have - in_piece;
	return memcmp(segment->data + in_segment, p->data + p->from + in_piece, n) != 0;
}

bool stream_hold(struct stream *s, struct stream_pool *pool, const struct stream_segment *segment,
		 bool *differs)
{
	struct stream_segment rest = *segment;
	uint32_t before = 0, at = s->head;

	if (s->last && stream_distance(rest.seq, end_of(&pool->pieces[s->last])) >= 0) {
		before = s->last;
		at = 0;
	}
	for (; at && rest.length > 0; before = at, at = pool->pieces[at].next) {
		const struct stream_piece *p = &pool->pieces[at];
		int32_t ahead = stream_distance(p->seq, rest.seq);
		int32_t beyond;

		if (ahead >= (int32_t)rest.length)
			break;
		if (ahead > 0 && !insert_part(s, pool, &before, &rest, (uint32_t)ahead))
			return false;
		*differs |= differs_from_piece(p, &rest);
		beyond = stream_distance(end_of(p), rest.seq);
		if (beyond > 0)
			cut(&rest, (uint32_t)beyond < rest.length ? (uint32_t)beyond : rest.length);
	}
	return insert_part(s, pool, &before, &rest, rest.length);
}

void stream_acknowledge(struct stream *s, uint32_t ack)
{
	if (s->has_acked && stream_distance(ack, s->acked) <= 0)
		return;
	s->has_acked = true;
	s->acked = ack;
}

bool stream_may_keep_alive(const struct stream *s, const struct stream_segment *segment)
{
	return segment->length == 1 &&
	       (!s->has_acked || stream_distance(s->acked, segment->seq) > 0);
}

struct stream_piece *stream_ready(const struct stream *s, struct stream_pool *pool)
{
	struct stream_piece *p = &pool->pieces[s->head];

	return s->head && p->seq == s->next ? p : NULL;
}

uint32_t stream_hole(const struct stream *s, const struct stream_pool *pool)
{
	return s->head ? pool->pieces[s->head].seq - s->next : 0;
}

/* --- handing on ------------------------------------------------------------------------------- */

static void note_tail(struct stream *s, const uint8_t *data, size_t n)
{
	size_t keep;

	if (n >= STREAM_TAIL) {
		memcpy(s->tail, data + n - STREAM_TAIL, STREAM_TAIL);
		s->tail_length = STREAM_TAIL;
		return;
	}
	keep = s->tail_length + n > STREAM_TAIL ? STREAM_TAIL - n : s->tail_length;
	memmove(s->tail, s->tail + s->tail_length - keep, keep);
	memcpy(s->tail + keep, data, n);
	s->tail_length = (uint8_t)(keep + n);
}

void stream_advance(struct stream *s, const uint8_t *data, size_t n)
{
	if (n == 0)
		return;
	note_tail(s, data, n);
	s->next += (uint32_t)n;
	s->taken += n;
	s->hearsay = 0;
}

uint32_t stream_advance_piece(struct stream *s, struct stream_pool *pool, size_t n)
{
	uint32_t at = s->head;
	struct stream_piece *p = &pool->pieces[at];
	uint32_t lost;

	stream_advance(s, p->data + p->from, n);
	p->from = (uint16_t)(p->from + n);
	p->seq += (uint32_t)n;
	if (p->from < p->length)
		return 0;
	lost = p->lost;
	s->head = p->next;
	if (!s->head)
		s->last = 0;
	s->held--;
	give_piece(pool, at);
	return lost;
}

void stream_skip(struct stream *s, uint32_t n)
{
	s->next += n;
	s->taken += n;
	s->tail_length = 0;
	s->hearsay = 0;
}

void stream_skip_hearsay(struct stream *s, uint32_t n)
{
	uint32_t before = s->hearsay;

	stream_skip(s, n);
	s->hearsay = before + n;
}

void stream_take_back(struct stream *s, const struct stream_segment *segment)
{
	uint32_t first = s->next - s->hearsay;
	int32_t beyond = stream_distance(segment->seq, first);

	if (s->hearsay == 0 || stream_distance(segment->seq, s->next) >= 0 ||
	    stream_distance(segment->seq + segment->length, first) <= 0)
		return;
	s->next = beyond > 0 ? segment->seq : first;
	s->hearsay = 0;
}

void stream_release(struct stream *s, struct stream_pool *pool)
{
	while (s->head) {
		uint32_t at = s->head;

		s->head = pool->pieces[at].next;
		give_piece(pool, at);
	}
	s->last = s->held = 0;
}
