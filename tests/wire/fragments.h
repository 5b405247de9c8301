/*
 * fragments: a reassembly table and a way to put fragments of made-up datagrams in.  Include behind
 * cmocka.h.
 */
#ifndef EGRESS25_TESTS_WIRE_FRAGMENTS_H
#define EGRESS25_TESTS_WIRE_FRAGMENTS_H

#include "frames.h"
#include "wire/decode.h"
#include "wire/defrag.h"

#define SECOND INT64_C(1000000)

static const struct hash_key key = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};

struct fixture {
	struct defrag *defrag;
	int64_t now;
	const char *source;
	uint32_t id;
	bool v6;
	struct packet outer; /* of what was completed last */
	const uint8_t *data;
	size_t length;
};

static inline int set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	x->defrag = defrag_new(&key);
	x->now = 1700000000 * SECOND;
	x->source = "10.1.2.3";
	x->id = 7;
	*state = x;
	return x->defrag ? 0 : -1;
}

static inline int set_up_v6(void **state)
{
	struct fixture *x;
	int error = set_up(state);

	x = *state;
	x->v6 = true;
	x->source = "2001:db8:1::3";
	return error;
}

static inline int tear_down(void **state)
{
	struct fixture *x = *state;

	defrag_free(x->defrag);
	free(x);
	return 0;
}

static inline struct packet piece_of(const struct fixture *x, const uint8_t *data, uint32_t offset,
				     uint32_t length, bool more)
{
	struct packet p;

	memset(&p, 0, sizeof(p));
	p.time = x->now;
	p.source = made_addr(x->source);
	p.destination = made_addr(x->v6 ? "2001:db8:25::25" : "198.51.100.25");
	p.protocol = 6;
	p.fragment_id = x->id;
	p.fragment_offset = offset;
	p.fragment_more = more;
	p.fragment = data;
	p.fragment_captured = p.fragment_length = length;
	return p;
}

/* From a heap copy of exactly that length. */
static inline bool add_packet(struct fixture *x, const struct packet *piece)
{
	uint8_t *copy = malloc(piece->fragment_captured + 1);
	struct packet p = *piece;
	bool whole;

	memcpy(copy, piece->fragment, p.fragment_captured);
	p.fragment = copy;
	whole = defrag_add(x->defrag, &p, &x->outer, &x->data, &x->length);
	free(copy);
	return whole;
}

/* data: the whole datagram. */
static inline bool add(struct fixture *x, const uint8_t *data, uint32_t offset, uint32_t length,
		       bool more)
{
	struct packet p = piece_of(x, data + offset, offset, length, more);

	return add_packet(x, &p);
}

static inline uint64_t lost(const struct fixture *x)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < DEFRAG_LOSS_COUNT; i++)
		sum += defrag_lost(x->defrag, i);
	return sum;
}

static inline void assert_whole(const struct fixture *x, const uint8_t *data, size_t length)
{
	assert_int_equal(x->length, length);
	assert_memory_equal(x->data, data, length);
}

static const uint8_t *text(size_t length, unsigned int seed)
{
	static uint8_t bytes[4][65536];
	uint8_t *b = bytes[seed % 4];

	for (size_t i = 0; i < length; i++)
		b[i] = (uint8_t)(i * 7 + i / 251 + seed * 13);
	return b;
}

#define V4(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define V6(test)                                                                                   \
	{                                                                                          \
#test " (IPv6)", test, set_up_v6, tear_down, NULL                                  \
	}

#endif
