/*
 * pieces: what has come of one fragmented datagram's payload, held in blocks of a common pool.
 *
 * Each block holds BLOCK bytes at their place: the table `blocks` names the pool's block for every
 * BLOCK bytes of the datagram.  Fragments begin at multiples of 8 bytes and all but the last end at
 * one, so a block notes in 32 bits which of its 8-byte units are there; there are no holes to keep
 * a list of, and any number of pieces in any order costs the same.
 *
 * A unit may be provisional: it came again after the datagram was completed (see defrag.c).
 */
#ifndef EGRESS25_SRC_WIRE_PIECES_H
#define EGRESS25_SRC_WIRE_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/defrag.h"

#define UNIT   8
#define BLOCK  256
#define UNITS  (BLOCK / UNIT) /* in a block: as many as its bit sets have bits */
#define BLOCKS (DEFRAG_BYTES / BLOCK)
#define SPAN   65536 /* bytes that a datagram may have, and one more */
#define NONE   UINT16_MAX

struct block {
	uint8_t data[BLOCK];
	uint32_t have;	/* units that are there */
	uint32_t again; /* of these, the ones that came again */
	uint16_t next;	/* free list */
};

struct pool {
	uint16_t free;	/* list of those given back */
	uint16_t fresh; /* from here on never used */
	uint16_t free_count;
	struct block blocks[BLOCKS];
};

struct pieces {
	uint32_t length; /* 0: the last fragment was not seen */
	uint32_t reach;	 /* end of the furthest byte seen */
	uint32_t units;	 /* that are there */
	uint32_t units_again;
	bool length_again; /* the length is provisional */
	uint16_t blocks[SPAN / BLOCK];
};

/* How a fragment lies on what is there. */
struct overlap {
	bool any;      /* some unit is there already */
	bool beyond;   /* some unit is not, or only provisionally */
	bool differs;  /* some unit is there with other bytes */
	bool misfits;  /* a second end, or bytes past the end */
	bool outdates; /* either, but of what is provisional */
};

void pool_init(struct pool *pool);

void pieces_init(struct pieces *p);
void pieces_release(struct pieces *p, struct pool *pool);

/* With provisional, units that came again count as such; else like any other. */
struct overlap pieces_compare(const struct pieces *p, const struct pool *pool,
			      const struct packet *fragment, bool provisional);

/* How many free blocks pieces_store() will want. */
size_t pieces_wanted(const struct pieces *p, const struct packet *fragment);

/* Writes the units that are not there yet, settles those that are, and notes the end. */
void pieces_store(struct pieces *p, struct pool *pool, const struct packet *fragment);

/* Whether the unit at offset 0 is there, and not only provisionally. */
bool pieces_begun(const struct pieces *p, const struct pool *pool);
bool pieces_whole(const struct pieces *p);

/* The whole payload, in SPAN bytes. */
void pieces_copy(const struct pieces *p, const struct pool *pool, uint8_t out[SPAN]);

/* Notes a fragment whose units are all there as having come again. */
void pieces_note_again(struct pieces *p, struct pool *pool, const struct packet *fragment);

/* Forgets all units but those that came again, or all that did. */
void pieces_keep_again(struct pieces *p, struct pool *pool);
void pieces_drop_again(struct pieces *p, struct pool *pool);

/* Nothing is provisional any more, and nothing came again yet. */
void pieces_settle(struct pieces *p, struct pool *pool);

#endif
