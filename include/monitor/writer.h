/*
 * writer: the thread that stores, and the two batches between it and the capture thread.
 *
 * The capture thread fills writer_batch() and offers it now and then; where the writer is idle the
 * batches change places, else nothing happens and the batch grows fuller.  Neither waits for the
 * other unless asked to.
 */
#ifndef EGRESS25_MONITOR_WRITER_H
#define EGRESS25_MONITOR_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/store.h"
#include "judge/batch.h"
#include "judge/incident.h"

#define WRITER_PATIENCE INT64_C(10000000)

struct writer;

struct writer_options {
	struct store *store;  /* borrowed; the writer's alone until writer_stop() */
	struct store *also;   /* the same once more, into another; may be NULL */
	int64_t last_written; /* store_last_written(): whether the clock has leapt; 0: unknown */
	store_news_fn *news;  /* called on the writer's thread; may be NULL */
	void *context;
	bool totals_only; /* the stores are: rows need not be handed over */
	bool incidents;	  /* the record is asked for them, with each write */
	bool yields;	  /* run behind all else where cores are few: beside a live capture */
	int64_t patience; /* microseconds that one who waits bears failure; 0: WRITER_PATIENCE */
};

/* Starts the thread.  0 or a negative errno. */
int writer_start(const struct writer_options *options, struct writer **ret_);

/* Hands other limits of the record over, for the next write: the capture thread's. */
void writer_set_limits(struct writer *w, const struct store_limits *limits);

/*
 * Hands over what is done for incidents, and takes what the record last said is to be done: read
 * before writer_start() returned, and within a second ever since, as long as it can be read.
 */
void writer_incident(struct writer *w, const struct incident_answer *answer,
		     struct incident_order *ret_);

/* An incident to be opened as soon as the record can be written; a later wish takes an earlier
 * one's place. */
void writer_wish(struct writer *w, const struct incident_wish *wish);

/* The batch to fill now: the capture thread's until the next writer_offer(). */
struct batch *writer_batch(struct writer *w);

/* Whether the writer would take a batch now: worth filling its health for. */
bool writer_is_idle(struct writer *w);

/*
 * Hands the batch over where the writer is idle, and returns whether it did.  With wait, waits
 * until it is idle (`read`: a file does not run away); but where the record could not be written
 * for so long that patience ends, it returns false, and writer_stop() will say why.
 */
bool writer_offer(struct writer *w, bool wait);

/*
 * Stores what is left, waits for it, ends the thread.  0, or the error that the last write met,
 * after trying until patience ended.
 */
int writer_stop(struct writer *w, char error[STORE_ERROR]);

#endif
