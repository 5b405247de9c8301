/*
 * way: the one way from a frame to the batch: decode, defrag, track, judge.  `read` and `watch`
 * both walk it, and so does a fuzzer.  No I/O, no clock: time is the frames' stamps.
 */
#ifndef EGRESS25_MONITOR_WAY_H
#define EGRESS25_MONITOR_WAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "judge/batch.h"
#include "judge/policy.h"
#include "judge/resets.h"
#include "wire/frame.h"

struct way;

struct way_options {
	struct hash_key key;
	uint32_t sample;    /* of the frames that are not ours, one in so many, and one a
			     * second where there are fewer, tells whose MAC it is and which way it
			     * goes; 0: each, as behind a kernel filter that has sampled already */
	uint32_t flows;	    /* connections at once; 0: TRACKER_FLOWS */
	int64_t judge_each; /* frames' time between looks at which hosts' evidence has changed; 0:
			     * a fifth of a second, so that a new offender is told with what is
			     * thought of it */
	bool pauses;	    /* what is open at the end stays so: another run resumes it */
	uint64_t id_base;   /* added to a connection's serial number: store_next_id() - 1 */
};

struct way *way_new(const struct way_options *options); /* NULL without memory */
void way_free(struct way *w);

/* The policy and the batch in force, borrowed.  The policy judges attempts that begin from now on;
 * connections on a port that it no longer watches are not followed further. */
void way_set_policy(struct way *w, const struct policy *policy);
void way_set_batch(struct way *w, struct batch *batch);

/* Public addresses of ours, as configured; copied. */
void way_set_public(struct way *w, const struct addr *addresses, size_t count);
/* Evidence against a host of an earlier run; before the first frame, and after way_tick(). */
void way_restore(struct way *w, const struct addr *host, const void *blob, size_t size);

/*
 * A connection of an earlier run, with its id: goes on under that id, and is counted no second
 * time. Where it ended, its late frames start nothing.  age: microseconds since its last frame.
 * After way_set_policy() and way_tick(), before the first frame, the longest silent first.  False:
 * it is not followed.
 */
bool way_resume(struct way *w, uint64_t id, const struct flow *like, int64_t age);

/*
 * Resets, off at the start.  `send` is called for each segment, to the client first; 0 or a
 * negative errno.  Without it nothing is ever sent.
 */
struct way_resets {
	int (*send)(void *context, const struct reset *segment);
	void *context;
	bool via; /* it does not go out where it came in: remote mirrors may be answered */
};
void way_set_resets(struct way *w, const struct way_resets *resets);
/* What is never reset (borrowed until the next call), and how many segments may go out a second. */
void way_set_protected(struct way *w, const struct prefix *never, size_t count, uint32_t limit);
void way_set_reset_mode(struct way *w, enum reset_mode mode);

/* A mail server's attempt that begins within that time is an offence; INT64_MAX twice: none is. */
void way_set_frozen(struct way *w, int64_t since, int64_t until);

/*
 * How far the frames' clock is ahead of one that nobody sets: what lasts a while is measured by the
 * difference, so that nothing ends, and nothing is forgotten, where the clock is set.  0 at first.
 * `steady`: that one's time now, which no frame is later than.
 */
void way_set_clock(struct way *w, int64_t ahead, int64_t steady);

/* One frame through all rooms: at most a handful of changes to the batch. */
void way_frame(struct way *w, const struct frame *frame);

/*
 * Sends the resets that the frames since the last call asked for: to be called as soon as no
 * further frame is at hand.  Where some still wait afterwards, a millisecond later all are due:
 * INT64_MAX.
 */
void way_answer(struct way *w, int64_t now);
unsigned int way_waiting(const struct way *w);

/*
 * Time passes without a frame: `now` on the frames' clock.  Does a bounded share of what is due (at
 * most BATCH_SLACK / 2 changes) and returns whether more is.
 */
bool way_tick(struct way *w, int64_t now);

/* Moves up to `most` changed connections into the batch, until it is full.  Returns how many. */
uint32_t way_collect(struct way *w, uint32_t most);

/* The capture has ended: everything goes into the batch; `room` is called whenever that is full. */
void way_finish(struct way *w, void (*room)(void *context), void *context);

/* Fills the counters that the way knows; interfaces' names and drops are the caller's. */
void way_health(const struct way *w, struct health *ret_);

#endif
