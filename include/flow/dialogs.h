/*
 * dialogs: the SMTP dialogues of connections that have payload: puts the bytes of both sides in
 * order and hands them to smtp.c in the order in which the two ends knew of them.
 *
 * Limits: DIALOGS at once (when they run out, the one longest without a segment goes, told first;
 * of those that are proven, flow_is_proven(), only where there is no other),
 * STREAM_HELD pieces held for a side and STREAM_POOL in all, a missing byte awaited for
 * DIALOGS_WAIT. Each is counted.  Work per segment is bounded by what is held.
 */
#ifndef EGRESS25_FLOW_DIALOGS_H
#define EGRESS25_FLOW_DIALOGS_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/flow.h"
#include "flow/smtp.h"
#include "flow/smtp_since.h"
#include "wire/packet.h"

#define DIALOGS 4096
/* Microseconds on the tracker's clock. */
#define DIALOGS_WAIT   INT64_C(1000000)
#define DIALOGS_LINGER INT64_C(2000000)

struct dialogs_sink {
	void *context;
	/* The server refused something. */
	void (*refusal)(void *context, struct flow *f, const struct smtp_reply *reply);
	/* What was held back has been understood, without a frame of f's own. */
	void (*late)(void *context, struct flow *f);
	/* f's dialogue is given up for want of room: tell what is known of it. */
	void (*evict)(void *context, struct flow *f);
};

struct dialogs_counters {
	uint64_t begun;
	uint64_t evicted; /* dialogues given up for want of room, before they were over */
	uint64_t holes;	  /* places where bytes of a side were never seen */
	uint64_t hole_bytes;
	uint64_t conflicts; /* segments that repeat bytes as other ones */
	uint64_t overflows; /* segments that found no room to wait in */
};

/* One dialogue; the members below smtp are the caller's. */
struct dialogue {
	struct smtp smtp; /* read its facts */
	uint32_t told_messages, told_recipients,
		told_words; /* the part of them that was told: see offence.h */
	bool listed;	    /* a refusal said that we are on a blacklist */
	int64_t weighed_at; /* of a weighed flow: when, and how far it had come */
	struct smtp_mark weighed;
};

struct dialogs;

/* flows: the greatest index of a flow.  All memory at once; NULL without it. */
struct dialogs *dialogs_new(uint32_t flows, const struct dialogs_sink *sink);
void dialogs_free(struct dialogs *d);

/*
 * A TCP segment of an attempt, which the tracker has taken in: index is the flow's number, now the
 * tracker's clock.  Begins a dialogue with the first payload.  Sets f's dialogue, sent, rejected
 * and encrypted.
 */
void dialogs_segment(struct dialogs *d, uint32_t index, struct flow *f, const struct packet *p,
		     int64_t now);

/* Gives up waiting where it is time, for at most `most` dialogues. */
void dialogs_tick(struct dialogs *d, int64_t now, uint32_t most);

/* A flow's dialogue, or NULL where it has none (any more). */
struct dialogue *dialogs_find(const struct dialogs *d, uint32_t index);
/*
 * The flow has ended, as far as is known: what still comes within DIALOGS_LINGER, such as the reply
 * that crossed a RST, is read; then the sink's `late` is called, and dialogs_is_over() holds.
 */
void dialogs_end(struct dialogs *d, uint32_t index, int64_t now);
bool dialogs_is_over(const struct dialogs *d, uint32_t index); /* also where there is none */
/* Nothing more will come: what is held is read as it is. */
void dialogs_flush(struct dialogs *d, uint32_t index);
/* Frees the dialogue's memory.  No other is begun for this flow. */
void dialogs_forget(struct dialogs *d, uint32_t index);

const struct dialogs_counters *dialogs_counters(const struct dialogs *d);

#endif
