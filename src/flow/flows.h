/*
 * flows: the tracker's memory: flows by index, two hash indexes, lists by state and the queue of
 * changed flows.  Knows nothing of TCP.
 *
 * Index 0 is no flow.  All memory is mapped at the start and touched only as far as it is used.
 * The tuple index holds the newest flow of a four-tuple; older ones hang behind it by `older`, so
 * that a host which reuses one four-tuple a million times makes no chain longer.  The SYN index
 * holds every flow whose initial sequence number is known.
 */
#ifndef EGRESS25_FLOW_FLOWS_H
#define EGRESS25_FLOW_FLOWS_H

#include "base/hash.h"
#include "flow/flow.h"

/* In the order in which they are given up when the table is full. */
enum flows_list {
	LIST_INBOUND,
	LIST_EMBRYO,
	LIST_UNCLASSIFIED,
	LIST_ENDED, /* and not proven, as all up to LIST_OVER */
	LIST_UNANSWERED,
	LIST_CLAIMED_CLOSING, /* connected, if its client's word can be taken; a FIN was seen */
	LIST_CLAIMED,
	LIST_OVER,    /* proven, and ended */
	LIST_CLOSING, /* proven; one side's FIN was seen */
	LIST_CONNECTED,
	LIST_COUNT
};

/* The changed ones; those proven are asked for first. */
enum flows_queue { QUEUE_PLAIN, QUEUE_PROVEN, QUEUE_COUNT };

struct tuple {
	struct addr client, server;
	uint16_t client_port, server_port;
};
_Static_assert(sizeof(struct tuple) == 36, "a tuple is hashed as bytes, so it has no padding");

struct flows;

struct flows *flows_new(const struct hash_key *key, uint32_t capacity);
void flows_free(struct flows *t);

struct flow *flows_at(const struct flows *t, uint32_t index);	   /* NULL for 0 */
uint32_t flows_index(const struct flows *t, const struct flow *f); /* 0 for NULL */
uint32_t flows_used(const struct flows *t);

struct flow *flows_find(const struct flows *t, const struct tuple *tuple);
struct flow *flows_find_syn(const struct flows *t, const struct tuple *tuple, uint32_t isn);

/* A cleared flow with the tuple set, at the tuple's head and the end of `list`; NULL when full. */
struct flow *flows_insert(struct flows *t, const struct tuple *tuple, enum flows_list list);
/* Enters f, whose client_isn is set, into the SYN index. */
void flows_index_syn(struct flows *t, struct flow *f);
void flows_remove(struct flows *t, struct flow *f);

/* Moves f to the end of a list: it was active last. */
void flows_touch(struct flows *t, struct flow *f, enum flows_list list);
struct flow *flows_oldest(const struct flows *t, enum flows_list list);
uint32_t flows_count(const struct flows *t, enum flows_list list);

/* No change where it is queued there; from the other queue it moves. */
void flows_queue(struct flows *t, struct flow *f, enum flows_queue queue);
bool flows_is_queued(const struct flow *f);
void flows_unqueue(struct flows *t, struct flow *f);
/* The one longest in the queue, or NULL. */
struct flow *flows_queued(const struct flows *t, enum flows_queue queue);

#endif
