/*
 * tracker: from TCP segments and ICMP errors to connections, each attempt counted once.
 *
 * Limits: TRACKER_FLOWS connections at once, in memory that is reserved at the start and touched
 * only as far as it is used.  When the table is full one goes, by this rule: the one longest
 * without a frame among the first of these groups that has any: inbound; embryos; unclassified;
 * ended before an answer; never answered; of those connected the ones in which but one side was
 * heard, which any host can forge; ended; open.  From those ended before an answer on each group
 * has a sixteenth of the table for itself.  An evicted connection has been handed to the sink
 * first: its host keeps its counts.  Work per packet is constant, whatever a stranger sends.
 *
 * What starts an attempt, what is the same attempt, and what is only stray: tracker.c opens with
 * it.
 */
#ifndef EGRESS25_FLOW_TRACKER_H
#define EGRESS25_FLOW_TRACKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "flow/flow.h"
#include "flow/site.h"
#include "wire/packet.h"

#define TRACKER_FLOWS (1u << 20)

struct tracker;

/* Called while the tracker works; must not call it back. */
struct tracker_sink {
	void *context;
	/* An attempt or an unclassified connection begins: judge it.  f may be marked. */
	void (*begin)(void *context, struct flow *f);
	/*
	 * f has had frames since the last call for it (`news`), or is about to be forgotten
	 * (`final`), or both.
	 */
	void (*change)(void *context, struct flow *f, bool news, bool final);
};

struct tracker_counters {
	uint64_t attempts;     /* begun, permitted ones and those on also-watched ports included */
	uint64_t unclassified; /* connections begun between two external addresses */
	uint64_t stray;	       /* frames on a watched port that belong to no connection */
	uint64_t inbound; /* frames of connections that external clients make to internal servers */
	uint64_t internal;   /* frames between two internal addresses on a watched port */
	uint64_t copies;     /* frames seen a second time: retransmissions and mirror copies */
	uint64_t evicted[2]; /* flows evicted before their time: [0] not connected, [1] connected */
	uint64_t evicted_embryos;
	uint64_t back_jumps; /* stamps over a second older than the one before */
	uint64_t tracked;    /* flows in the table now, embryos included */
};

/* Takes all memory at once.  capacity is at least 16.  NULL without memory. */
struct tracker *tracker_new(const struct hash_key *key, uint32_t capacity,
			    const struct tracker_sink *sink);
void tracker_free(struct tracker *t);

/* The stamp of a frame that is to be told of: once, before the two below. */
void tracker_clock(struct tracker *t, int64_t stamp);

/*
 * A frame that crossed the border: tells which directions the mirror shows.  weight is how much an
 * inward one counts as a sign that no other direction is shown: TRACKER_SURE of it is enough; 0 for
 * frames that a stranger could send just to make it seem so.
 */
#define TRACKER_SURE 8
void tracker_direction(struct tracker *t, bool from_internal, unsigned int weight);

/* Whether the mirror has shown no frame from inside to outside for long, and others. */
bool tracker_is_one_sided(const struct tracker *t);

/*
 * One packet of outcome DECODE_TCP or DECODE_ICMP_ERROR; any other is the caller's mistake.
 * Whatever has no watched port is passed over.  Returns the flow it belongs to, good until the next
 * call, or NULL.
 */
struct flow *tracker_packet(struct tracker *t, const struct site *site, const struct packet *p,
			    bool icmp_error);

/* Time passes without a packet: ends what has been quiet for long, at most `most` flows.  Returns
 * whether more are due. */
bool tracker_tick(struct tracker *t, int64_t now, uint32_t most);

/*
 * A connection of an earlier run is known again, with all that `like` tells: its ends, its
 * initial sequence number if syn_seen, and how far it came; its last frame is `age` old.  It begins
 * nothing and changes no counter.  Only after tracker_clock() with the present time, and before any
 * frame; the longest silent first.  NULL where its port is no longer watched, or without room.
 */
struct flow *tracker_resume(struct tracker *t, const struct site *site, const struct flow *like,
			    int64_t age);

/* Hands up to `most` changed flows to the sink, those that are proven (flow_is_proven()) or the
 * others, longest waiting first.  Returns how many. */
uint32_t tracker_collect(struct tracker *t, bool proven, uint32_t most);

/* The capture ends: resolves the embryos and hands flows to the sink as final, at most `most`.
 * Returns whether more are left. */
bool tracker_finish(struct tracker *t, uint32_t most);

/* The number of a flow, 1 to the capacity, its own as long as it is in the table. */
uint32_t tracker_index(const struct tracker *t, const struct flow *f);
/* Microseconds on a clock that follows the stamps and never runs back. */
int64_t tracker_now(const struct tracker *t);
/* The stamp that a frame would have had when that clock stood there, as frames are stamped now. */
int64_t tracker_stamp(const struct tracker *t, int64_t clock);
/* f has changed without a frame: it is to be handed to the sink. */
void tracker_touch(struct tracker *t, struct flow *f);

const struct tracker_counters *tracker_counters(const struct tracker *t);

#endif
