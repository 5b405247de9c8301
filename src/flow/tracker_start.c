/*
 * What starts an attempt: a SYN, or frames of a capture that began in mid-stream; and what may yet
 * be explained by one: see tracker.c.
 */
#include "tracker_internal.h"

#define SWAPPED (TRACKER_TICKS(1) / 10)

static struct flow *stray(struct tracker *t, const struct segment *s, struct flow *embryo)
{
	struct flow *f = embryo ? embryo : tracker_insert(t, s);

	t->counters.stray++;
	if (f->own.strays < UINT8_MAX)
		f->own.strays++;
	return f;
}

struct flow *tracker_client_orphan(struct tracker *t, const struct segment *s, struct flow *embryo)
{
	const struct packet *p = s->p;
	bool matches = embryo && embryo->server_edge && (p->flags & TCP_ACK) &&
		       tracker_is_near(p->ack, embryo->server_next) &&
		       tracker_is_near(p->seq, embryo->client_next);
	struct flow *f;

	if (p->flags & TCP_RST) {
		t->counters.stray++;
		return NULL;
	}
	if (p->payload_length > 0 || matches) {
		f = embryo ? embryo : tracker_insert(t, s);
		f->client_edge = f->client_edge && tracker_is_near(p->seq, f->client_next);
		f->client_isn = p->seq - 1;
		tracker_begin(t, f, s->kind);
		tracker_client_segment(t, f, p);
		return f;
	}
	f = stray(t, s, embryo);
	tracker_note_client_frame(f, p);
	f->client_edge = true;
	f->client_next = p->seq + ((p->flags & TCP_FIN) ? 1 : 0);
	f->client_shown = f->client_next;
	if (!f->server_edge)
		f->server_next = p->ack;
	tracker_settle(t, f, p->time);
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
		tracker_take_server_data(t, f, p);
	f->server_fin = f->ended = false;
	tracker_settle(t, f, p->time);
}

struct flow *tracker_server_orphan(struct tracker *t, const struct segment *s, struct flow *embryo)
{
	const struct packet *p = s->p;
	bool rst = p->flags & TCP_RST;
	bool matches = embryo && embryo->client_edge && !rst && (p->flags & TCP_ACK) &&
		       tracker_is_near(p->seq, embryo->server_next) &&
		       tracker_is_near(p->ack, embryo->client_next);
	struct flow *f;

	if (!(p->flags & TCP_ACK)) {
		t->counters.stray++;
		return NULL;
	}
	if (!matches) {
		f = stray(t, s, embryo);
		note_server_side(t, f, p);
		if (f->bytes_received == 0 || !tracker_is_one_sided(t) ||
		    p->time - f->started < TRACKER_SECOND)
			return NULL;
	} else {
		f = embryo;
	}
	tracker_begin(t, f, s->kind);
	f->connected = true;
	if (matches)
		tracker_server_segment(t, f, p);
	else
		tracker_settle(t, f, p->time);
	return f;
}

/* An embryo's time is up: of a one-sided mirror it may be all there is. */
bool tracker_resolve_embryo(struct tracker *t, struct flow *f)
{
	if (f->bytes_received == 0 || !tracker_is_one_sided(t))
		return false;
	tracker_begin(t, f, (enum flow_kind)f->own.prospect);
	f->connected = true;
	tracker_settle(t, f, f->last);
	return true;
}

/* Whether an embryo's frames answer a SYN of this number that was merely seen after them. */
static bool embryo_explained(const struct tracker *t, const struct flow *f, uint32_t isn)
{
	int32_t beyond = tracker_distance(f->client_next, isn + 1);

	return tracker_ticks_since(t, f) <= SWAPPED && !f->client_edge && beyond >= 0 &&
	       beyond <= TRACKER_SYN_DATA;
}

static void begin_with_syn(struct tracker *t, struct flow *f, const struct segment *s)
{
	const struct packet *p = s->p;
	bool answered = f->server_edge;

	if (p->time < f->started)
		f->started = p->time;
	f->client_isn = p->seq;
	f->client_edge = true;
	f->client_next = f->client_shown = p->seq + 1;
	flows_index_syn(t->flows, f);
	tracker_note_client_frame(f, p);
	tracker_begin(t, f, s->kind);
	tracker_advance(&f->client_next, &f->bytes_sent, f->client_shown, p->seq + 1,
			p->payload_length, true);
	f->client_shown = f->client_next;
	if (answered)
		f->connected = true;
	f->ended = f->server_fin = f->refused;
	tracker_settle(t, f, p->time);
}

/* A connection taken up in mid-stream whose SYN comes after all: frames were swapped. */
static bool adopts_syn(const struct tracker *t, const struct flow *f, uint32_t isn)
{
	return f->kind != FLOW_EMBRYO && !f->syn_seen && f->client_edge && f->client_isn == isn &&
	       tracker_ticks_since(t, f) <= SWAPPED;
}

struct flow *tracker_client_syn(struct tracker *t, const struct segment *s)
{
	const struct packet *p = s->p;
	struct flow *f = flows_find_syn(t->flows, &s->tuple, p->seq), *embryo, *older = NULL;

	if (f && tracker_ticks_since(t, f) < TRACKER_REMEMBER) {
		t->counters.copies++;
		tracker_note_client_frame(f, p);
		if (f->ended && !f->connected)
			f->ended = f->server_fin = false;
		tracker_settle(t, f, p->time);
		return f;
	}
	if (f)
		tracker_forget(t, f);
	embryo = flows_find(t->flows, &s->tuple);
	if (embryo && embryo->kind == FLOW_INBOUND) {
		tracker_forget(t, embryo);
		embryo = flows_find(t->flows, &s->tuple);
	}
	if (embryo && embryo->kind != FLOW_EMBRYO) {
		older = embryo;
		embryo = NULL;
	} else if (embryo) {
		older = flows_at(t->flows, embryo->own.older);
	}
	if (older && adopts_syn(t, older, p->seq)) {
		flows_index_syn(t->flows, older);
		tracker_note_client_frame(older, p);
		tracker_settle(t, older, p->time);
		return older;
	}
	if (older)
		tracker_supersede(t, older);
	if (embryo && !embryo_explained(t, embryo, p->seq)) {
		tracker_forget(t, embryo);
		embryo = NULL;
	}
	f = embryo ? embryo : tracker_insert(t, s);
	begin_with_syn(t, f, s);
	return f;
}

/* An ICMP error answered a SYN, or came just before it on a mirror that swaps. */
struct flow *tracker_icmp_error(struct tracker *t, const struct segment *s)
{
	struct flow *f = flows_find_syn(t->flows, &s->tuple, s->p->seq);

	if (f) {
		if (!f->connected) {
			f->unreachable = true;
			tracker_settle(t, f, s->p->time);
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
	tracker_settle(t, f, s->p->time);
	return NULL;
}

void tracker_inbound(struct tracker *t, const struct segment *s, struct flow *newest)
{
	struct flow *f = newest;

	if (f && f->kind != FLOW_INBOUND && f->kind != FLOW_EMBRYO) {
		t->counters.stray++; /* of a connection that we opened it can be no opening */
		return;
	}
	t->counters.inbound++;
	if (!f)
		f = tracker_insert(t, s);
	f->kind = FLOW_INBOUND;
	tracker_settle(t, f, s->p->time);
}
