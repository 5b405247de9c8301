/*
 * tracker_internal: what the parts of the tracker share.  tracker.c: time, the flows' lives, and
 * the way in; tracker_segment.c: segments of a flow that is known; tracker_start.c: what starts
 * one.
 */
#ifndef EGRESS25_FLOW_TRACKER_INTERNAL_H
#define EGRESS25_FLOW_TRACKER_INTERNAL_H

#include "flow/tracker.h"
#include "flows.h"

#define TRACKER_SECOND	 INT64_C(1000000)
#define TRACKER_TICK	 INT64_C(10000) /* microseconds; 32 bits of it last for 497 days */
#define TRACKER_TICKS(s) ((uint32_t)((s) * (TRACKER_SECOND / TRACKER_TICK)))
/* The clock leaps by no more at one go: 32 bits of ticks must tell ages apart. */
#define TRACKER_STEP_MOST (TRACKER_SECOND * 86400 * 100)
#define TRACKER_REMEMBER  TRACKER_TICKS(240)
#define TRACKER_NEAR	  (1 << 20) /* sequence numbers that belong to one window */
#define TRACKER_BEHIND	  65535 /* what a client acknowledges may lie so far back, to prove it */
#define TRACKER_SYN_DATA  65535 /* most payload of a SYN, Fast Open (RFC 7413) */

struct tracker {
	struct tracker_sink sink;
	struct flows *flows;
	struct tracker_counters counters;
	int64_t clock;	/* microseconds; see tracker_clock.c */
	int64_t offset; /* clock - stamp, since the last step back */
	bool running;	/* a stamp was seen */
	int64_t stamp;	/* the one before */
	bool behind;	/* the stamps are, since one that came to behind_from */
	int64_t behind_from;
	bool ahead; /* the stamp before was far ahead, at ahead_from, and is not believed yet */
	int64_t ahead_from;
	unsigned int
		inward;	 /* signs since the last frame outward that there is but one direction */
	int64_t outward; /* clock at the last frame from inside to outside; -1: none */
	uint64_t serial;
};

/* A TCP segment as its connection sees it. */
struct segment {
	const struct packet *p;
	struct tuple tuple;
	bool from_client;
	enum flow_kind kind; /* what it could begin */
	uint8_t port_class;
};

static inline int32_t tracker_distance(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline bool tracker_is_near(uint32_t a, uint32_t b)
{
	return tracker_distance(a, b) <= TRACKER_NEAR && tracker_distance(a, b) >= -TRACKER_NEAR;
}

/* tracker.c */
enum flows_list tracker_list_of(const struct flow *f);
uint32_t tracker_ticks_since(const struct tracker *t, const struct flow *f);
/* A frame of f was taken in: it is the youngest of its list now, and may have changed. */
void tracker_settle(struct tracker *t, struct flow *f, int64_t stamp);
void tracker_forget(struct tracker *t, struct flow *f);
/* A new connection with this four-tuple came up: f is over, but stays known. */
void tracker_supersede(struct tracker *t, struct flow *f);
/* A new flow, an embryo as yet; another is evicted where the table is full. */
struct flow *tracker_insert(struct tracker *t, const struct segment *s);
/* From embryo to what it is. */
void tracker_begin(struct tracker *t, struct flow *f, enum flow_kind kind);

/* tracker_segment.c */
bool tracker_client_fits(const struct flow *f, const struct packet *p);
bool tracker_server_fits(const struct flow *f, const struct packet *p);
void tracker_note_client_frame(struct flow *f, const struct packet *p);
void tracker_take_server_data(struct tracker *t, struct flow *f, const struct packet *p);
/*
 * Moves the edge of a side over a segment, and counts the bytes that are new.  shown: as far as its
 * segments came before.  A gap is bytes that the mirror did not show.  Over a wider one than a
 * window it moves only where `alone`: where the other side is not seen, whose acknowledgement would
 * tell.  Returns whether any were new.
 */
bool tracker_advance(uint32_t *next, uint64_t *bytes, uint32_t shown, uint32_t seq, uint32_t length,
		     bool alone);
void tracker_client_segment(struct tracker *t, struct flow *f, const struct packet *p);
void tracker_server_segment(struct tracker *t, struct flow *f, const struct packet *p);

/* tracker_start.c: each returns the flow that the frame belongs to, or NULL. */
struct flow *tracker_client_syn(struct tracker *t, const struct segment *s);
/* Frames of a four-tuple that has no flow, or but an embryo. */
struct flow *tracker_client_orphan(struct tracker *t, const struct segment *s, struct flow *embryo);
struct flow *tracker_server_orphan(struct tracker *t, const struct segment *s, struct flow *embryo);
struct flow *tracker_icmp_error(struct tracker *t, const struct segment *s);
/* Opened from the watched port: frames of it begin nothing. */
void tracker_inbound(struct tracker *t, const struct segment *s, struct flow *newest);
/* An embryo's time is up: of a one-sided mirror it may be all there is.  Whether it began. */
bool tracker_resolve_embryo(struct tracker *t, struct flow *f);

#endif
