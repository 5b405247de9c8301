#include "pieces.h"

#include <string.h>

_Static_assert(BLOCKS < NONE, "a block's index fits");
_Static_assert(UNITS == 32, "a block's units fit its bit sets");

void pool_init(struct pool *pool)
{
	pool->free = NONE;
	pool->fresh = 0;
	pool->free_count = BLOCKS;
}

/* One that was given back, or the first that was never used: memory is touched as it is needed. */
static uint16_t take_block(struct pool *pool)
{
	uint16_t at = pool->free;

	pool->free_count--;
	if (at == NONE)
		return pool->fresh++;
	pool->free = pool->blocks[at].next;
	return at;
}

void pieces_init(struct pieces *p)
{
	p->length = p->reach = p->units = p->units_again = 0;
	p->length_again = false;
	memset(p->blocks, 0xff, sizeof(p->blocks));
}

void pieces_release(struct pieces *p, struct pool *pool)
{
	for (size_t i = 0; i < SPAN / BLOCK; i++) {
		if (p->blocks[i] == NONE)
			continue;
		pool->blocks[p->blocks[i]].next = pool->free;
		pool->free = p->blocks[i];
		pool->free_count++;
		p->blocks[i] = NONE;
	}
}

static uint32_t end_of(const struct packet *f)
{
	return f->fragment_offset + f->fragment_length;
}

/* Bytes of the fragment in the unit at i: 8, but for the last. */
static size_t unit_length(const struct packet *f, uint32_t i)
{
	return f->fragment_length - i < UNIT ? f->fragment_length - i : UNIT;
}

static uint32_t bit_of(uint32_t offset)
{
	return UINT32_C(1) << offset % BLOCK / UNIT;
}

/* The block that holds the i-th BLOCK bytes, or NULL. */
static const struct block *block_at(const struct pieces *p, const struct pool *pool, uint32_t i)
{
	return p->blocks[i] == NONE ? NULL : &pool->blocks[p->blocks[i]];
}

static struct block *block_get(struct pieces *p, struct pool *pool, uint32_t i)
{
	struct block *b;

	if (p->blocks[i] != NONE)
		return &pool->blocks[p->blocks[i]];
	p->blocks[i] = take_block(pool);
	b = &pool->blocks[p->blocks[i]];
	b->have = b->again = 0;
	return b;
}

static bool misfits(const struct pieces *p, const struct packet *f)
{
	if (p->length == 0)
		return !f->fragment_more && end_of(f) < p->reach;
	return f->fragment_more ? end_of(f) > p->length : end_of(f) != p->length;
}

struct overlap pieces_compare(const struct pieces *p, const struct pool *pool,
			      const struct packet *f, bool provisional)
{
	struct overlap o = {0};

	if (misfits(p, f)) {
		o.outdates = provisional && p->length_again;
		o.misfits = !o.outdates;
	}
	for (uint32_t i = 0; i < f->fragment_length; i += UNIT) {
		uint32_t at = f->fragment_offset + i;
		const struct block *b = block_at(p, pool, at / BLOCK);
		bool differs;

		if (!b || !(b->have & bit_of(at))) {
			o.beyond = true;
			continue;
		}
		differs = memcmp(b->data + at % BLOCK, f->fragment + i, unit_length(f, i)) != 0;
		if (provisional && (b->again & bit_of(at))) {
			o.beyond = true;
			o.outdates |= differs;
		} else {
			o.any = true;
			o.differs |= differs;
		}
	}
	return o;
}

size_t pieces_wanted(const struct pieces *p, const struct packet *f)
{
	size_t wanted = 0;

	for (uint32_t i = f->fragment_offset / BLOCK; i <= (end_of(f) - 1) / BLOCK; i++)
		wanted += p->blocks[i] == NONE;
	return wanted;
}

void pieces_store(struct pieces *p, struct pool *pool, const struct packet *f)
{
	for (uint32_t i = 0; i < f->fragment_length; i += UNIT) {
		uint32_t at = f->fragment_offset + i;
		struct block *b = block_get(p, pool, at / BLOCK);

		if (!(b->have & bit_of(at))) {
			/* A short one may yet be compared with one that claims more. */
			memset(b->data + at % BLOCK, 0, UNIT);
			memcpy(b->data + at % BLOCK, f->fragment + i, unit_length(f, i));
			b->have |= bit_of(at);
			p->units++;
		}
		b->again &= ~bit_of(at);
	}
	if (end_of(f) > p->reach)
		p->reach = end_of(f);
	if (!f->fragment_more) {
		p->length = end_of(f);
		p->length_again = false;
	}
}

bool pieces_begun(const struct pieces *p, const struct pool *pool)
{
	const struct block *b = block_at(p, pool, 0);

	return b && (b->have & ~b->again & 1);
}

bool pieces_whole(const struct pieces *p)
{
	return p->length != 0 && p->units == (p->length + UNIT - 1) / UNIT;
}

void pieces_copy(const struct pieces *p, const struct pool *pool, uint8_t out[SPAN])
{
	for (size_t i = 0; i * BLOCK < p->length; i++) {
		size_t left = p->length - i * BLOCK;

		memcpy(out + i * BLOCK, pool->blocks[p->blocks[i]].data,
		       left < BLOCK ? left : BLOCK);
	}
}

void pieces_note_again(struct pieces *p, struct pool *pool, const struct packet *f)
{
	for (uint32_t i = 0; i < f->fragment_length; i += UNIT) {
		uint32_t at = f->fragment_offset + i;
		struct block *b = block_get(p, pool, at / BLOCK);

		p->units_again += !(b->again & bit_of(at));
		b->again |= bit_of(at);
	}
	if (p->units_again == p->units) /* a whole copy went by */
		pieces_settle(p, pool);
}

/* Counts anew after units were forgotten. */
static void recount(struct pieces *p, const struct pool *pool)
{
	p->units = p->reach = 0;
	for (uint32_t i = 0; i < SPAN / BLOCK; i++) {
		const struct block *b = block_at(p, pool, i);

		if (!b || !b->have)
			continue;
		p->units += (uint32_t)__builtin_popcount(b->have);
		p->reach = i * BLOCK + UNIT * (UNITS - (uint32_t)__builtin_clz(b->have));
	}
}

void pieces_keep_again(struct pieces *p, struct pool *pool)
{
	for (size_t i = 0; i < SPAN / BLOCK; i++) {
		if (p->blocks[i] != NONE)
			pool->blocks[p->blocks[i]].have = pool->blocks[p->blocks[i]].again;
	}
	recount(p, pool);
	/* The end is known where the last unit, which alone may be a short one, is among them. */
	p->length_again = p->reach >= p->length;
	if (p->length_again)
		p->reach = p->length;
	else
		p->length = 0;
}

void pieces_drop_again(struct pieces *p, struct pool *pool)
{
	for (size_t i = 0; i < SPAN / BLOCK; i++) {
		if (p->blocks[i] != NONE)
			pool->blocks[p->blocks[i]].have &= ~pool->blocks[p->blocks[i]].again;
	}
	if (p->length_again)
		p->length = 0;
	recount(p, pool);
	if (p->length != 0 && p->reach > p->length)
		p->reach = p->length;
	pieces_settle(p, pool);
}

void pieces_settle(struct pieces *p, struct pool *pool)
{
	p->units_again = 0;
	p->length_again = false;
	for (size_t i = 0; i < SPAN / BLOCK; i++) {
		if (p->blocks[i] != NONE)
			pool->blocks[p->blocks[i]].again = 0;
	}
}
