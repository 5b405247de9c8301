/*
 * table: the tracker's memory: flows by index, two hash indexes, lists by state and the queue of
 * changed flows.  Knows nothing of TCP.
 *
 * Index 0 is no flow.  All memory is mapped at the start and touched only as far as it is used.
 * The tuple index holds the newest flow of a four-tuple; older ones hang behind it by `older`, so
 * that a host which reuses one four-tuple a million times makes no chain longer.  The SYN index
 * holds every flow whose initial sequence number is known.
 */
#ifndef EGRESS25_FLOW_TABLE_H
#define EGRESS25_FLOW_TABLE_H

#include "base/hash.h"
#include "flow/flow.h"

/* In the order in which they are given up when the table is full. */
enum table_list {
	LIST_EMBRYO,
	LIST_UNCLASSIFIED,
	LIST_ENDED,
	LIST_UNANSWERED,
	LIST_CLOSING, /* one side's FIN was seen */
	LIST_CONNECTED,
	LIST_COUNT
};

struct tuple {
	struct addr client, server;
	uint16_t client_port, server_port;
};
_Static_assert(sizeof(struct tuple) == 36, "a tuple is hashed as bytes, so it has no padding");

struct table;

struct table *table_new(const struct hash_key *key, uint32_t capacity);
void table_free(struct table *t);

struct flow *table_at(const struct table *t, uint32_t index); /* NULL for 0 */
uint32_t table_index(const struct table *t, const struct flow *f); /* 0 for NULL */
uint32_t table_used(const struct table *t);

struct flow *table_find(const struct table *t, const struct tuple *tuple);
struct flow *table_find_syn(const struct table *t, const struct tuple *tuple, uint32_t isn);

/* A cleared flow with the tuple set, at the tuple's head and the end of `list`; NULL when full. */
struct flow *table_insert(struct table *t, const struct tuple *tuple, enum table_list list);
/* Enters f, whose client_isn is set, into the SYN index. */
void table_index_syn(struct table *t, struct flow *f);
void table_remove(struct table *t, struct flow *f);

/* Moves f to the end of a list: it was active last. */
void table_touch(struct table *t, struct flow *f, enum table_list list);
struct flow *table_oldest(const struct table *t, enum table_list list);

void table_queue(struct table *t, struct flow *f); /* no change where it is queued */
void table_unqueue(struct table *t, struct flow *f);
struct flow *table_queued(const struct table *t); /* the one longest in the queue, or NULL */

#endif
