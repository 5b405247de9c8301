/*
 * What is an attempt, and what is the same attempt.
 *
 * A SYN from an internal client to an external server on a watched port begins one.  The same SYN
 * again (four-tuple and initial sequence number, less than REMEMBER after the connection's last
 * frame) is a retransmission or a mirror's second copy.  Another number is a new attempt, whatever
 * the old connection is doing; the old one stays known, so that its late frames start nothing.
 *
 * Frames that no flow explains are kept as an embryo: one per four-tuple, counted as stray at once.
 * It becomes an attempt, and its strays are taken back, when
 *   - a SYN that its numbers fit comes within SWAPPED: the two directions were just swapped;
 *   - payload comes from the client, or segments of both directions whose numbers match: the
 * capture began in mid-stream.  A RST never matches: internal hosts answer the SYN+ACK that a
 * stranger's forged SYN brought them with a RST of the right number;
 *   - it holds payload of the server, and the mirror has shown no frame from inside to outside for
 *     ONE_SIDED: then this is all we will ever see of it.
 * Otherwise it is dropped after EMBRYO_HOLD, and its frames stay counted as stray.
 *
 * Numbers of a segment are believed only as far as they fit: a SYN+ACK or RST answers a SYN only by
 * acknowledging it, and an edge moves over a gap of at most GAP.
 *
 * Time is a clock of the tracker's own that never runs back: it follows the stamps, stands still
 * while they are up to STEP_BACK behind, and goes on from there where they stay behind.
 */
#include "flow/tracker.h"

#include <stdlib.h>
#include <string.h>

#include "flows.h"

#define SECOND	    INT64_C(1000000)
#define TICK	    INT64_C(10000) /* microseconds; 32 bits of it last for 497 days */
#define TICKS(s)    ((uint32_t)((s) * (SECOND / TICK)))
#define REMEMBER    TICKS(240)
#define SWAPPED	    (TICKS(1) / 10)
#define ONE_SIDED   (600 * SECOND)
#define STEP_BACK   (60 * SECOND)
#define STEP_MOST   (100 * 86400 * SECOND)
#define GAP	    (16u << 20)
#define NEAR	    (1 << 20)
#define SYN_DATA    65535 /* most payload of a SYN, Fast Open (RFC 7413) */
#define OLDER_MOST  4	  /* flows of one four-tuple among which a late frame is placed */
#define EXPIRE_EACH 4	  /* flows ended on the way of one packet */

static const uint32_t hold[LIST_COUNT] = {
	[LIST_EMBRYO] = TICKS(2),     [LIST_UNCLASSIFIED] = TICKS(2 * 3600),
	[LIST_ENDED] = REMEMBER,      [LIST_UNANSWERED] = REMEMBER,
	[LIST_CLOSING] = TICKS(3600), [LIST_CONNECTED] = TICKS(5 * 86400),
};

struct tracker {
	struct tracker_sink sink;
	struct flows *flows;
	struct tracker_counters counters;
	int64_t clock;	 /* microseconds; see above */
	int64_t offset;	 /* clock - stamp, since the last step back */
	bool running;	 /* a stamp was seen */
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

struct tracker *tracker_new(const struct hash_key *key, uint32_t capacity,
			    const struct tracker_sink *sink)
{
	struct tracker *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->sink = *sink;
	t->outward = -1;
	t->flows = flows_new(key, capacity < 16 ? 16 : capacity);
	if (!t->flows) {
		free(t);
		return NULL;
	}
	return t;
}

void tracker_free(struct tracker *t)
{
	if (!t)
		return;
	flows_free(t->flows);
	free(t);
}

const struct tracker_counters *tracker_counters(const struct tracker *t)
{
	return &t->counters;
}

/* --- time ------------------------------------------------------------------------------------- */

static void clock_advance(struct tracker *t, int64_t stamp)
{
	int64_t at;

	if (!t->running) {
		t->running = true;
		t->offset = -stamp;
	}
	at = stamp + t->offset;
	if (at < t->clock - SECOND)
		t->counters.back_jumps++;
	if (at < t->clock - STEP_BACK || at > t->clock + STEP_MOST) {
		int64_t step = at < t->clock ? 0 : STEP_MOST;

		t->offset = t->clock + step - stamp;
		at = t->clock + step;
	}
	if (at > t->clock)
		t->clock = at;
}

static uint32_t ticks_now(const struct tracker *t)
{
	return (uint32_t)(t->clock / TICK);
}

static uint32_t ticks_since(const struct tracker *t, const struct flow *f)
{
	return ticks_now(t) - f->own.active;
}

static bool is_one_sided(const struct tracker *t)
{
	return t->outward < 0 || t->clock - t->outward > ONE_SIDED;
}

void tracker_direction(struct tracker *t, bool from_internal)
{
	if (from_internal)
		t->outward = t->clock;
}

/* --- a flow's life ---------------------------------------------------------------------------- */

static enum flows_list list_of(const struct flow *f)
{
	if (f->kind == FLOW_EMBRYO)
		return LIST_EMBRYO;
	if (f->kind == FLOW_UNCLASSIFIED)
		return LIST_UNCLASSIFIED;
	if (f->ended)
		return LIST_ENDED;
	if (!f->connected)
		return LIST_UNANSWERED;
	return f->client_fin || f->server_fin ? LIST_CLOSING : LIST_CONNECTED;
}

/* A frame of f was taken in: it is the youngest of its list now, and may have changed. */
static void settle(struct tracker *t, struct flow *f, int64_t stamp)
{
	if (stamp > f->last)
		f->last = stamp;
	f->own.active = ticks_now(t);
	flows_touch(t->flows, f, list_of(f));
	if (f->kind == FLOW_ATTEMPT)
		flows_queue(t->flows, f);
}

static void forget(struct tracker *t, struct flow *f)
{
	if (f->kind == FLOW_ATTEMPT)
		t->sink.change(t->sink.context, f, flows_is_queued(t->flows, f), true);
	flows_remove(t->flows, f);
	t->counters.tracked = flows_used(t->flows);
}

static void evict(struct tracker *t)
{
	for (unsigned int i = 0; i < LIST_COUNT; i++) {
		struct flow *f = flows_oldest(t->flows, (enum flows_list)i);

		if (!f)
			continue;
		if (f->kind == FLOW_EMBRYO)
			t->counters.evicted_embryos++;
		else if (!f->ended)
			t->counters.evicted[f->connected]++;
		forget(t, f);
		return;
	}
}

static struct flow *insert(struct tracker *t, const struct segment *s)
{
	struct flow *f = flows_insert(t->flows, &s->tuple, LIST_EMBRYO);

	if (!f) {
		evict(t);
		f = flows_insert(t->flows, &s->tuple, LIST_EMBRYO);
	}
	f->kind = FLOW_EMBRYO;
	f->own.prospect = (uint8_t)s->kind;
	f->port_class = s->port_class;
	f->interface = s->p->interface;
	f->started = f->last = s->p->time;
	f->own.active = ticks_now(t);
	t->counters.tracked = flows_used(t->flows);
	return f;
}

/* From embryo to what it is. */
static void begin(struct tracker *t, struct flow *f, enum flow_kind kind)
{
	t->counters.stray -= f->own.strays;
	f->own.strays = 0;
	f->kind = (uint8_t)kind;
	if (kind == FLOW_ATTEMPT) {
		f->serial = ++t->serial;
		t->counters.attempts++;
	} else {
		t->counters.unclassified++;
	}
	t->sink.begin(t->sink.context, f);
}

/* --- numbers ---------------------------------------------------------------------------------- */

static int32_t distance(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static bool is_near(uint32_t a, uint32_t b)
{
	return distance(a, b) <= NEAR && distance(a, b) >= -NEAR;
}

/* Whether ack acknowledges f's SYN, with or without the payload it carried. */
static bool acknowledges_syn(const struct flow *f, uint32_t ack)
{
	int32_t beyond = distance(ack, f->client_isn + 1);

	return f->syn_seen && beyond >= 0 && beyond <= SYN_DATA &&
	       distance(f->client_next, ack) >= 0;
}

/*
 * Moves the edge of a side over a segment, and counts the bytes that are new.  A gap is bytes that
 * the mirror did not show; one over GAP is no part of this window: the edge starts anew behind it.
 * Returns whether anything was new.
 */
static bool advance(uint32_t *next, uint64_t *bytes, uint32_t seq, uint32_t length)
{
	int32_t ahead = distance(seq + length, *next);

	if (ahead <= 0)
		return false;
	*bytes += (uint32_t)ahead > length + GAP ? length : (uint32_t)ahead;
	*next += (uint32_t)ahead;
	return true;
}

/* --- segments of a known flow ----------------------------------------------------------------- */

/* The frame's own link layer is the client's where no router was passed: hops are highest there. */
static void note_client_frame(struct flow *f, const struct packet *p)
{
	if (p->hops < f->hops || (p->hops == f->hops && f->tag_count >= p->tag_count && f->has_mac))
		return;
	f->hops = p->hops;
	f->has_mac = p->has_mac;
	if (p->has_mac)
		memcpy(f->mac, p->mac_source, sizeof(f->mac));
	f->tag_count = p->tag_count & 3u;
	for (unsigned int i = 0; i < PACKET_TAGS; i++)
		f->vlans[i] = i < p->tag_count ? p->tags[i].tci & 0x0fff : 0;
}

static bool looks_like_tls(const struct packet *p)
{
	return p->payload_captured >= 2 && p->payload[0] >= 0x14 && p->payload[0] <= 0x17 &&
	       p->payload[1] == 3;
}

/* RFC 5961: a RST that counts stands at the edge; frames that the mirror lost may lie between. */
static bool rst_fits(bool edge, uint32_t next, uint32_t seq)
{
	return !edge || (distance(seq, next) >= -1 && distance(seq, next) <= 65535);
}

static void take_fin(struct flow *f, bool client, uint32_t seq)
{
	uint32_t *next = client ? &f->client_next : &f->server_next;

	if (*next != seq)
		return;
	(*next)++;
	if (client)
		f->client_fin = true;
	else
		f->server_fin = true;
	f->ended = f->client_fin && f->server_fin;
}

static void take_client_data(struct tracker *t, struct flow *f, const struct packet *p)
{
	if (p->payload_length > 0 && f->bytes_sent == 0 && f->port_class == PORT_ALSO &&
	    looks_like_tls(p))
		f->encrypted = true;
	if (!f->client_edge) {
		f->client_edge = true;
		f->client_next = p->seq;
		if (!f->syn_seen)
			f->client_isn = p->seq - 1;
	}
	if (advance(&f->client_next, &f->bytes_sent, p->seq, p->payload_length)) {
		if (f->ended && f->client_fin)
			f->ended = f->client_fin = false; /* it had not ended after all */
	} else if (p->payload_length > 0) {
		t->counters.copies++;
	}
	if (p->flags & TCP_FIN)
		take_fin(f, true, p->seq + p->payload_length);
}

static void client_segment(struct tracker *t, struct flow *f, const struct packet *p)
{
	note_client_frame(f, p);
	if (p->flags & TCP_RST) {
		if (rst_fits(f->client_edge, f->client_next, p->seq))
			f->ended = f->client_fin = true;
	} else {
		if ((p->flags & TCP_ACK) || p->payload_length > 0)
			f->connected = true;
		take_client_data(t, f, p);
	}
	settle(t, f, p->time);
}

static void take_server_data(struct tracker *t, struct flow *f, const struct packet *p)
{
	uint32_t seq = p->seq + ((p->flags & TCP_SYN) ? 1 : 0);

	if (!f->server_edge) {
		f->server_edge = true;
		f->server_next = seq;
	}
	if (advance(&f->server_next, &f->bytes_received, seq, p->payload_length)) {
		if (f->ended && f->server_fin)
			f->ended = f->server_fin = false;
	} else if (p->payload_length > 0) {
		t->counters.copies++;
	}
	if (p->flags & TCP_FIN)
		take_fin(f, false, seq + p->payload_length);
}

static void server_rst(struct tracker *t, struct flow *f, const struct packet *p)
{
	if (f->connected) {
		if (rst_fits(f->server_edge, f->server_next, p->seq))
			f->ended = f->server_fin = true;
	} else if ((p->flags & TCP_ACK) && acknowledges_syn(f, p->ack)) {
		f->refused = f->ended = f->server_fin = true;
	} else {
		t->counters.stray++;
		return;
	}
	settle(t, f, p->time);
}

/* A SYN+ACK, or payload, whose acknowledgement is of this client's numbers. */
static bool answers_syn(const struct flow *f, const struct packet *p)
{
	if (p->flags & TCP_SYN)
		return acknowledges_syn(f, p->ack);
	return p->payload_length > 0 && distance(p->ack, f->client_isn + 1) >= 0 &&
	       distance(p->ack, f->client_next) <= NEAR;
}

static void server_segment(struct tracker *t, struct flow *f, const struct packet *p)
{
	if (p->flags & TCP_RST) {
		server_rst(t, f, p);
		return;
	}
	if (!(p->flags & TCP_ACK) || !(f->connected || answers_syn(f, p))) {
		t->counters.stray++;
		return;
	}
	if (!f->connected) {
		f->ended = f->server_fin = f->server_edge = false;
		f->connected = true;
	}
	take_server_data(t, f, p);
	settle(t, f, p->time);
}

/* --- frames that no flow explains ------------------------------------------------------------- */

static struct flow *stray(struct tracker *t, const struct segment *s, struct flow *embryo)
{
	struct flow *f = embryo ? embryo : insert(t, s);

	t->counters.stray++;
	if (f->own.strays < UINT8_MAX)
		f->own.strays++;
	return f;
}

static struct flow *client_orphan(struct tracker *t, const struct segment *s, struct flow *embryo)
{
	const struct packet *p = s->p;
	bool matches = embryo && embryo->server_edge && (p->flags & TCP_ACK) &&
		       is_near(p->ack, embryo->server_next) && is_near(p->seq, embryo->client_next);
	struct flow *f;

	if (p->flags & TCP_RST) {
		t->counters.stray++;
		return NULL;
	}
	if (p->payload_length > 0 || matches) {
		f = embryo ? embryo : insert(t, s);
		f->client_edge = f->client_edge && is_near(p->seq, f->client_next);
		f->client_isn = p->seq - 1;
		begin(t, f, s->kind);
		client_segment(t, f, p);
		return f;
	}
	f = stray(t, s, embryo);
	note_client_frame(f, p);
	f->client_edge = true;
	f->client_next = p->seq + ((p->flags & TCP_FIN) ? 1 : 0);
	if (!f->server_edge)
		f->server_next = p->ack;
	settle(t, f, p->time);
	return NULL;
}

/* The server's side of an embryo: what it said, and what it expects of the client. */
static void note_server_side(struct tracker *t, struct flow *f, const struct packet *p)
{
	if (!f->client_edge && !f->server_edge && !f->refused)
		f->client_next = p->ack;
	if (p->flags & TCP_RST)
		f->refused = true;
	else
		take_server_data(t, f, p);
	f->server_fin = f->ended = false;
	settle(t, f, p->time);
}

static struct flow *server_orphan(struct tracker *t, const struct segment *s, struct flow *embryo)
{
	const struct packet *p = s->p;
	bool rst = p->flags & TCP_RST;
	bool matches = embryo && embryo->client_edge && !rst && (p->flags & TCP_ACK) &&
		       is_near(p->seq, embryo->server_next) && is_near(p->ack, embryo->client_next);
	struct flow *f;

	if (!(p->flags & TCP_ACK)) {
		t->counters.stray++;
		return NULL;
	}
	if (!matches) {
		f = stray(t, s, embryo);
		note_server_side(t, f, p);
		if (f->bytes_received == 0 || !is_one_sided(t) || p->time - f->started < SECOND)
			return NULL;
	} else {
		f = embryo;
	}
	begin(t, f, s->kind);
	f->connected = true;
	if (matches)
		server_segment(t, f, p);
	else
		settle(t, f, p->time);
	return f;
}

/* An embryo's time is up: of a one-sided mirror it may be all there is. */
static bool resolve_embryo(struct tracker *t, struct flow *f, enum flow_kind kind)
{
	if (f->bytes_received == 0 || !is_one_sided(t))
		return false;
	begin(t, f, kind);
	f->connected = true;
	settle(t, f, f->last);
	return true;
}

/* A flow's time is up.  Returns whether it is gone. */
static bool end_of_time(struct tracker *t, struct flow *f)
{
	if (f->kind == FLOW_EMBRYO && resolve_embryo(t, f, (enum flow_kind)f->own.prospect))
		return false;
	forget(t, f);
	return true;
}

/* --- SYN -------------------------------------------------------------------------------------- */

/* Whether an embryo's frames answer a SYN of this number that was merely seen after them. */
static bool embryo_explained(const struct tracker *t, const struct flow *f, uint32_t isn)
{
	int32_t beyond = distance(f->client_next, isn + 1);

	return ticks_since(t, f) <= SWAPPED && !f->client_edge && beyond >= 0 && beyond <= SYN_DATA;
}

static void begin_with_syn(struct tracker *t, struct flow *f, const struct segment *s)
{
	const struct packet *p = s->p;
	bool answered = f->server_edge;

	if (p->time < f->started)
		f->started = p->time;
	f->client_isn = p->seq;
	f->client_edge = true;
	f->client_next = p->seq + 1;
	flows_index_syn(t->flows, f);
	note_client_frame(f, p);
	begin(t, f, s->kind);
	advance(&f->client_next, &f->bytes_sent, p->seq + 1, p->payload_length);
	if (answered)
		f->connected = true;
	f->ended = f->server_fin = f->refused;
	settle(t, f, p->time);
}

/* A connection taken up in mid-stream whose SYN comes after all: frames were swapped. */
static bool adopts_syn(const struct tracker *t, const struct flow *f, uint32_t isn)
{
	return f->kind != FLOW_EMBRYO && !f->syn_seen && f->client_edge && f->client_isn == isn &&
	       ticks_since(t, f) <= SWAPPED;
}

static struct flow *client_syn(struct tracker *t, const struct segment *s)
{
	const struct packet *p = s->p;
	struct flow *f = flows_find_syn(t->flows, &s->tuple, p->seq);

	if (f && ticks_since(t, f) < REMEMBER) {
		t->counters.copies++;
		note_client_frame(f, p);
		if (f->ended && !f->connected)
			f->ended = f->server_fin = false;
		settle(t, f, p->time);
		return f;
	}
	if (f)
		forget(t, f);
	f = flows_find(t->flows, &s->tuple);
	if (f && adopts_syn(t, f, p->seq)) {
		flows_index_syn(t->flows, f);
		note_client_frame(f, p);
		settle(t, f, p->time);
		return f;
	}
	if (f && f->kind == FLOW_EMBRYO && !embryo_explained(t, f, p->seq)) {
		forget(t, f);
		f = NULL;
	} else if (f && f->kind != FLOW_EMBRYO) {
		f->ended = true;
		flows_touch(t->flows, f, list_of(f));
		if (f->kind == FLOW_ATTEMPT)
			flows_queue(t->flows, f);
		f = NULL;
	}
	if (!f)
		f = insert(t, s);
	begin_with_syn(t, f, s);
	return f;
}

/* --- which flow, which direction -------------------------------------------------------------- */

/* How far a segment lies from what f expects of its side. */
static uint32_t misfit(const struct flow *f, const struct segment *s)
{
	int32_t d = 0;

	if (s->from_client ? f->client_edge : f->server_edge)
		d = distance(s->p->seq, s->from_client ? f->client_next : f->server_next);
	else if (s->p->flags & TCP_ACK)
		d = distance(s->p->ack, s->from_client ? f->server_next : f->client_next);
	return d < 0 ? 0u - (uint32_t)d : (uint32_t)d;
}

/* The newest flow of a four-tuple whose time is not up. */
static struct flow *find_live(struct tracker *t, const struct tuple *tuple)
{
	for (int i = 0; i < OLDER_MOST; i++) {
		struct flow *f = flows_find(t->flows, tuple);

		if (!f || ticks_since(t, f) < hold[f->own.list] || !end_of_time(t, f))
			return f;
	}
	return NULL;
}

/* The flow of a segment that is no SYN: where a four-tuple was reused, the one whose numbers it
 * fits best. */
static struct flow *flow_of(struct tracker *t, const struct segment *s)
{
	struct flow *best = find_live(t, &s->tuple), *f = best;
	bool answer = !s->from_client && (s->p->flags & (TCP_SYN | TCP_RST));

	if (!f || !f->own.older)
		return f;
	if (answer) {
		struct flow *exact = flows_find_syn(t->flows, &s->tuple, s->p->ack - 1);

		if (exact)
			return exact;
	}
	for (int i = 1; i < OLDER_MOST; i++) {
		f = flows_at(t->flows, f->own.older);
		if (!f)
			break;
		if (misfit(f, s) < misfit(best, s))
			best = f;
	}
	return best;
}

static struct segment segment_of(const struct packet *p, bool from_client, uint8_t port_class)
{
	return (struct segment){
		.p = p,
		.tuple =
			{
				.client = from_client ? p->source : p->destination,
				.server = from_client ? p->destination : p->source,
				.client_port = from_client ? p->source_port : p->destination_port,
				.server_port = from_client ? p->destination_port : p->source_port,
			},
		.from_client = from_client,
		.port_class = port_class,
	};
}

/* Where both ports are watched: a known flow tells, else the SYN.  False where nothing does. */
static bool is_from_client(const struct tracker *t, const struct packet *p, bool *ret_)
{
	struct segment forth = segment_of(p, true, PORT_WATCHED);
	struct segment back = segment_of(p, false, PORT_WATCHED);
	bool syn = (p->flags & TCP_SYN) && !(p->flags & TCP_ACK);

	if (!syn && flows_find(t->flows, &back.tuple))
		*ret_ = false;
	else if (syn || flows_find(t->flows, &forth.tuple))
		*ret_ = true;
	else
		return false;
	return true;
}

/* Places a segment: who is the client, and what could it be.  False where it is none of ours. */
static bool place(struct tracker *t, const struct site *site, const struct packet *p,
		  struct segment *ret_)
{
	enum port_class to = site_port(site, p->destination_port);
	enum port_class from = site_port(site, p->source_port);
	bool from_client = to != PORT_OTHER;
	enum side client, server;

	if (to == PORT_OTHER && from == PORT_OTHER)
		return false;
	if (to != PORT_OTHER && from != PORT_OTHER && !is_from_client(t, p, &from_client)) {
		t->counters.stray++;
		return false;
	}
	*ret_ = segment_of(p, from_client, (uint8_t)(from_client ? to : from));
	client = site_side(site, &ret_->tuple.client);
	server = site_side(site, &ret_->tuple.server);
	if (client == SIDE_NEITHER || server == SIDE_NEITHER)
		return false;
	if (server == SIDE_INTERNAL) {
		if (client == SIDE_INTERNAL)
			t->counters.internal++;
		else
			t->counters.inbound++;
		return false;
	}
	ret_->kind = client == SIDE_INTERNAL ? FLOW_ATTEMPT : FLOW_UNCLASSIFIED;
	return ret_->kind == FLOW_ATTEMPT || ret_->port_class == PORT_WATCHED;
}

/* --- the way in ------------------------------------------------------------------------------- */

static bool expire_one(struct tracker *t)
{
	for (unsigned int i = 0; i < LIST_COUNT; i++) {
		struct flow *f = flows_oldest(t->flows, (enum flows_list)i);

		if (!f || ticks_since(t, f) < hold[i])
			continue;
		end_of_time(t, f);
		return true;
	}
	return false;
}

static bool expire(struct tracker *t, uint32_t most)
{
	while (most > 0 && expire_one(t))
		most--;
	return most == 0;
}

/* An ICMP error answered a SYN, or came just before it on a mirror that swaps. */
static struct flow *icmp_error(struct tracker *t, const struct segment *s)
{
	struct flow *f = flows_find_syn(t->flows, &s->tuple, s->p->seq);

	if (f) {
		if (!f->connected) {
			f->unreachable = true;
			settle(t, f, s->p->time);
		}
		return f;
	}
	f = flows_find(t->flows, &s->tuple);
	if (f && f->kind != FLOW_EMBRYO)
		return f;
	f = stray(t, s, f);
	f->unreachable = true;
	if (!f->client_edge && !f->server_edge)
		f->client_next = s->p->seq + 1;
	settle(t, f, s->p->time);
	return NULL;
}

struct flow *tracker_packet(struct tracker *t, const struct site *site, const struct packet *p,
			    bool icmp)
{
	struct segment s;
	struct flow *f;

	clock_advance(t, p->time);
	expire(t, EXPIRE_EACH);
	if (!place(t, site, p, &s))
		return NULL;
	if (icmp)
		return s.from_client ? icmp_error(t, &s) : NULL;
	if (s.from_client && (p->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN)
		return client_syn(t, &s);
	f = flow_of(t, &s);
	if (!f || f->kind == FLOW_EMBRYO)
		return s.from_client ? client_orphan(t, &s, f) : server_orphan(t, &s, f);
	if (s.from_client)
		client_segment(t, f, p);
	else
		server_segment(t, f, p);
	return f;
}

bool tracker_tick(struct tracker *t, int64_t now, uint32_t most)
{
	clock_advance(t, now);
	return expire(t, most);
}

uint32_t tracker_collect(struct tracker *t, uint32_t most)
{
	uint32_t done = 0;
	struct flow *f;

	while (done < most && (f = flows_queued(t->flows))) {
		flows_unqueue(t->flows, f);
		t->sink.change(t->sink.context, f, true, false);
		done++;
	}
	return done;
}

bool tracker_finish(struct tracker *t, uint32_t most)
{
	for (unsigned int i = 0; i < LIST_COUNT; i++) {
		struct flow *f;

		while ((f = flows_oldest(t->flows, (enum flows_list)i))) {
			if (most-- == 0)
				return true;
			end_of_time(t, f);
		}
	}
	return false;
}
