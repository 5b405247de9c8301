/*
 * dialogs_internal: what the two parts of dialogs share.  dialogs.c: the dialogues' lives, and
 * segments; dialogs_read.c: in which order they are read, and what is given up.
 */
#ifndef EGRESS25_SRC_FLOW_DIALOGS_INTERNAL_H
#define EGRESS25_SRC_FLOW_DIALOGS_INTERNAL_H

#include "flow/dialogs.h"
#include "stream.h"

#define SERVER 0
#define CLIENT 1

struct link {
	uint32_t before, after;
};

struct entry {
	struct dialogue dialogue; /* first: found by its address */
	struct flow *flow;
	uint32_t index; /* of the flow; 0: free */
	struct link use, wait, end;
	bool waits;
	bool ends, over; /* its flow has ended; long enough ago */
	bool proven;	 /* in which list of `used` it is */
	bool heedless;	 /* acknowledgements contradict each other: read as it comes */
	int64_t since;	 /* it waits */
	int64_t ended;
	struct stream sides[2];
};

/* A list of entries: oldest first, by number, 0 none. */
struct list {
	uint32_t first, last;
};

struct dialogs {
	struct dialogs_sink sink;
	struct dialogs_counters counters;
	uint32_t flows;
	uint32_t free, fresh;
	struct list used[2]; /* [1]: of proven flows */
	struct list waiting, ending;
	struct stream_pool pool;
	struct entry entries[DIALOGS + 1];
	uint16_t of_flow[]; /* entry of each flow */
};
_Static_assert(DIALOGS < UINT16_MAX, "an entry's number fits");

/* dialogs_read.c */

/* Reads a segment where it lies, if nothing stands in its way.  False: it must be held, or what is
 * left of it. */
bool dialogs_read_directly(struct dialogs *d, struct entry *e, int side, struct stream_segment *g);
/* Reads what is held, as far as it goes. */
void dialogs_read_on(struct dialogs *d, struct entry *e);
/* n bytes of a side are given up: a hole. */
void dialogs_give_up_bytes(struct dialogs *d, struct entry *e, int side, uint32_t n);
/* Whether a side's first piece waits for bytes, rather than for a reply. */
bool dialogs_lacks_bytes(const struct dialogs *d, const struct entry *e, int side);
/* Gives up the first thing that is waited for, replies too if need be.  False: nothing is. */
bool dialogs_give_up_one(struct dialogs *d, struct entry *e, bool replies);

#endif
