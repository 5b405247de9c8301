/*
 * resets: which segments of which connections are answered with a reset, how often, and whether it
 * worked.  Pure, of fixed size, in constant time and without allocation for each packet.
 *
 * Only offences on a watched port are reset; never what stands in never_reset, nor a host that
 * speaks from a mail server's MAC address (its unlisted IPv6 address, say), a router's aside.
 *
 * Each answer is one segment to either end.  A connection's first goes out at once.  A later one
 * waits until all frames at hand have been looked at, for a newer one takes its place: what answers
 * an older frame comes too late, and the sending of it delays the others.  The first RESETS_AT_ONCE
 * of a connection go out at once, later ones a millisecond apart: trains of segments make the
 * sensor lag behind what it resets.  The last one is sent all the same when its millisecond has
 * passed, lest an end be left hanging.
 *
 * In a second at most `limit` segments go out, a quarter of them for one host, and of either the
 * last quarter is kept for proven handshakes, so that forged SYNs neither make this a reflector nor
 * shield a bot.
 */
#ifndef EGRESS25_JUDGE_RESETS_H
#define EGRESS25_JUDGE_RESETS_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/flow.h"
#include "flow/neighbours.h"
#include "judge/offence.h"
#include "judge/policy.h"
#include "judge/reset_mode.h"
#include "wire/reset.h"

enum reset_refusal {
	RESET_REFUSED_PROTECTED,   /* an end stands in never_reset */
	RESET_REFUSED_MAIL_SERVER, /* its MAC address is a mail server's */
	RESET_REFUSED_TUNNEL,	   /* came through a remote mirror, which takes nothing back */
	RESET_REFUSED_LINK,	   /* the frame told no MAC addresses */
	RESET_REFUSED_SENDING,	   /* the interface did not take it */
	RESET_REFUSAL_COUNT
};
const char *reset_refusal_name(enum reset_refusal refusal);

struct resets_counters {
	uint64_t sent;			       /* segments */
	uint64_t planned;		       /* segments that would have been, in a dry run */
	uint64_t limited;		       /* segments over the limit */
	uint64_t refused[RESET_REFUSAL_COUNT]; /* segments */
	uint64_t own;			       /* of ours, seen again on the mirror */
	/* Connections that were reset though a handshake was proven, and those of them in which no
	 * new payload of the client's was acknowledged afterwards. */
	uint64_t could, killed;
};

/* What became of a connection. */
enum reset_fate { RESET_FATE_NONE, RESET_FATE_SURVIVED, RESET_FATE_KILLED };

#define RESETS_LIMIT   10000 /* segments a second, unless configured */
#define RESETS_AT_ONCE 8

struct resets;

/* flows: the greatest index of a flow.  The neighbours are borrowed.  NULL without memory. */
struct resets *resets_new(const struct hash_key *key, uint32_t flows, const struct neighbours *n);
void resets_free(struct resets *r);

void resets_set_mode(struct resets *r, enum reset_mode mode);
enum reset_mode resets_mode(const struct resets *r);
void resets_set_limit(struct resets *r, uint32_t segments_a_second);
/* Whether remote mirrors may be answered: another interface reaches the hosts. */
void resets_set_via(struct resets *r, bool via);
/* The policy, and what is never reset, borrowed until the next call. */
void resets_set_policy(struct resets *r, const struct policy *policy, const struct prefix *never,
		       size_t never_count);

/* Any frame with MAC addresses: the destination's may be a mail server's.  (A source is soon
 * forged, and would shield whoever forges it.) */
void resets_note(struct resets *r, const struct packet *p);

/* Whether a packet is one of our own segments, which is counted, and to be passed over. */
bool resets_is_own(struct resets *r, const struct packet *p);

/* The flow's number is given to a connection that begins. */
void resets_begin(struct resets *r, uint32_t index);

/* A TCP packet of an attempt, which the tracker has taken in; f is kept as long as its answer
 * waits.  True where that is the flow's first: it should not wait. */
bool resets_packet(struct resets *r, uint32_t index, const struct flow *f, const struct packet *p);

/* How many answers wait; and whether they are so many that there is room for no other. */
unsigned int resets_waiting(const struct resets *r);
bool resets_are_many(const struct resets *r);

/* Sends both, to the client first; returns how many of the two went out. */
typedef unsigned int resets_send_fn(void *context, const struct reset_pair *pair);

/* Sends all that wait and are due at `now`, by the frames' stamps; INT64_MAX: all. */
void resets_flush(struct resets *r, int64_t now, resets_send_fn *send, void *context);
/* Sends the one of a flow. */
void resets_flush_one(struct resets *r, uint32_t index, resets_send_fn *send, void *context);

enum reset_fate resets_fate(const struct resets *r, uint32_t index, const struct flow *f);

/* Fills in what was done to the connection, and what of it is new since it was told last; marks it
 * as told. */
void resets_tell(const struct resets *r, uint32_t index, const struct flow *f,
		 struct connection *connection, struct tally *change);
void resets_told(struct resets *r, uint32_t index, const struct flow *f);

const struct resets_counters *resets_counters(const struct resets *r);

#endif
