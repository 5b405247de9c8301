/*
 * stream: the bytes of one side of a connection, put in order.  What comes in order is handed on
 * where it lies and never copied; what must wait is held in pieces of a common pool.
 *
 * Where segments overlap, the bytes that came first are kept.  What differs from them is counted:
 * among bytes held, and as far back as STREAM_TAIL bytes among those handed on already.
 */
#ifndef EGRESS25_SRC_FLOW_STREAM_H
#define EGRESS25_SRC_FLOW_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_TAIL  128
#define STREAM_HELD  256   /* pieces held for one side */
#define STREAM_POOL  16384 /* and in all */
#define STREAM_PIECE 488

struct stream_piece {
	uint32_t next; /* of its stream, by sequence, or of the free list */
	uint32_t seq, ack;
	uint32_t lost;	       /* bytes behind data that the capture cut off */
	uint16_t from, length; /* data[from] to data[length - 1] are still to be handed on */
	bool has_ack;
	uint8_t data[STREAM_PIECE];
};

/* Piece 0 is none.  Mapped at the start, touched as far as it is used. */
struct stream_pool {
	uint32_t free, fresh, free_count;
	struct stream_piece pieces[STREAM_POOL + 1];
};

void stream_pool_init(struct stream_pool *pool);

/* Where a side stands.  All zero: nothing of it was seen. */
struct stream {
	bool known;
	bool fin;	     /* its FIN was seen: the other side may acknowledge one more */
	uint32_t next;	     /* sequence number of the next byte to be handed on */
	uint64_t taken;	     /* bytes handed on or given up so far */
	uint32_t hearsay;    /* the last of them given up: they were acknowledged, not seen */
	uint32_t head, last; /* pieces held, by sequence */
	uint32_t held;
	uint32_t acked; /* what the other side has acknowledged, where has_acked */
	bool has_acked;
	uint8_t tail_length;
	uint8_t tail[STREAM_TAIL];
};

struct stream_segment {
	uint32_t seq, ack;
	bool has_ack;
	const uint8_t *data;
	uint32_t captured; /* bytes at data */
	uint32_t length;   /* on the wire, >= captured */
};

static inline int32_t stream_distance(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

void stream_begin(struct stream *s, uint32_t first);

/* Cuts off what was handed on before.  Returns whether bytes differed; *segment may become empty.
 */
bool stream_trim(const struct stream *s, struct stream_segment *segment);

/*
 * Holds what is not held yet of a segment at or behind `next`.  Returns false where no room was
 * left for some of it; sets *differs where bytes differed from what is held.
 */
bool stream_hold(struct stream *s, struct stream_pool *pool, const struct stream_segment *segment,
		 bool *differs);

/* The other side acknowledges what comes before ack. */
void stream_acknowledge(struct stream *s, uint32_t ack);
/*
 * Whether a segment may be a keep-alive: one byte, often garbage, before what the other side has
 * acknowledged (RFC 1122 4.2.3.6), so that it is never read there.  Where the other side is not
 * seen any one byte may be.
 */
bool stream_may_keep_alive(const struct stream *s, const struct stream_segment *segment);

/* The piece that is next in order, or NULL: nothing is held, or something is missing before it. */
struct stream_piece *stream_ready(const struct stream *s, struct stream_pool *pool);

/* How many bytes are missing before the first piece held; 0 where none. */
uint32_t stream_hole(const struct stream *s, const struct stream_pool *pool);

/* n bytes at data were handed on, in order. */
void stream_advance(struct stream *s, const uint8_t *data, size_t n);
/* n bytes of the piece that is ready were; it goes once it is empty.  Returns the bytes that the
 * capture cut off behind it, which are then to be given up. */
uint32_t stream_advance_piece(struct stream *s, struct stream_pool *pool, size_t n);
/* n bytes are given up. */
void stream_skip(struct stream *s, uint32_t n);
/* Likewise, and nothing tells of them but that they were acknowledged. */
void stream_skip_hearsay(struct stream *s, uint32_t n);
/*
 * A segment with bytes that were given up on hearsay shows that it was wrong, or early: they are
 * expected again, at further places in the count of bytes taken.
 */
void stream_take_back(struct stream *s, const struct stream_segment *segment);

void stream_release(struct stream *s, struct stream_pool *pool);

#endif
