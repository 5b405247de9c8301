/*
 * arena: the way from frames to batches as the monitor drives it, with a writer that takes its time
 * on the frames' clock, and a real bot whose frames are mixed into those of an attack.
 */
#ifndef EGRESS25_TESTS_ARENA_H
#define EGRESS25_TESTS_ARENA_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/health.h"
#include "judge/offence.h"

#define ARENA_BOT "10.66.0.77"

struct arena;
struct store;

struct arena_options {
	uint32_t flows;	     /* 0: as many as the monitor has */
	uint32_t sum_cost;   /* microseconds that the writer takes for one sum */
	uint32_t rate;	     /* frames a second */
	struct store *store; /* what is written; NULL: nothing is, but the bot's numbers are kept */
};

struct arena *arena_new(const struct arena_options *options);
void arena_free(struct arena *a);

/* --- frames ----------------------------------------------------------------------------------- */

struct arena_segment {
	uint32_t from, to; /* IPv4 */
	uint16_t from_port, to_port;
	uint32_t seq, ack;
	uint8_t flags;
	const char *payload;
	uint32_t length;   /* of the payload; more than is captured may be claimed */
	uint32_t captured; /* of it */
};
void arena_segment(struct arena *a, const struct arena_segment *s);
/* A UDP datagram, or one fragment of any protocol: `offset` in units, and whether more follow. */
void arena_fragment(struct arena *a, uint32_t from, uint32_t to, uint16_t id, uint16_t offset,
		    bool more, uint32_t length);
uint32_t arena_random(struct arena *a);

/* The bot's next frame, of one connection after the other: each sends one message, and each to
 * another server. */
void arena_bot(struct arena *a);
/* Its connection goes on to its end. */
void arena_bot_finish(struct arena *a);

/* --- what came of it -------------------------------------------------------------------------- */

/* The capture ends, and all is written. */
void arena_finish(struct arena *a);

uint64_t arena_frames(const struct arena *a);
/* Nanoseconds of the thread's time on the way alone, without the writer. */
uint64_t arena_cost(const struct arena *a);
uint64_t arena_bot_connections(const struct arena *a);
/* What was handed over of the bot's numbers; and of everybody's. */
struct tally arena_bot_tally(const struct arena *a);
struct tally arena_tally(const struct arena *a);
/* Hosts in batches, each counted once a batch. */
uint64_t arena_hosts(const struct arena *a);
const struct health *arena_health(struct arena *a);
uint64_t arena_lost(struct arena *a, const char *reason);

#endif
