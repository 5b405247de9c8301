/*
 * Segments of a flow that is known.  Their numbers are believed only as far as they fit.
 *
 * An acknowledgement tells of bytes that the mirror lost.  But any number may stand in it, and the
 * other end drops a segment that acknowledges what it never sent (RFC 9293 3.10.7.4, RFC 5961 5).
 * What was sent is seen only as far as the mirror showed it, so one may lead by what it lost: it is
 * believed up to TRACKER_NEAR beyond what the sender's own segments came to, however many of them
 * follow each other.  Where more than that is lost at a time the sender's next segment, of
 * whatever number, and the acknowledgement must agree.
 */
#include <string.h>

#include "tracker_internal.h"

/* Whether ack acknowledges f's SYN, with or without the payload it carried. */
static bool acknowledges_syn(const struct flow *f, uint32_t ack)
{
	int32_t beyond = tracker_distance(ack, f->client_isn + 1);

	return f->syn_seen && beyond >= 0 && beyond <= TRACKER_SYN_DATA &&
	       tracker_distance(f->client_next, ack) >= 0;
}

bool tracker_advance(uint32_t *next, uint64_t *bytes, uint32_t shown, uint32_t seq, uint32_t length,
		     bool alone)
{
	int32_t ahead = tracker_distance(seq + length, *next);
	bool wide = ahead > 0 && (uint32_t)ahead > length + TRACKER_NEAR;

	if (ahead <= 0 || (wide && !alone))
		return false;
	*bytes += wide ? length : (uint32_t)ahead + (*next == shown + 1 ? 1 : 0);
	*next += (uint32_t)ahead;
	return true;
}

/*
 * What a side acknowledges it has been sent, whatever the mirror lost of it.  One more than what
 * was shown may be a FIN: it is no byte, until there is more behind it.
 */
static void take_ack(uint32_t *next, uint64_t *bytes, uint32_t shown, uint32_t ack)
{
	int32_t ahead = tracker_distance(ack, *next);

	if (ahead <= 0 || tracker_distance(ack, shown) > TRACKER_NEAR)
		return;
	*bytes += (uint32_t)ahead + (*next == shown + 1 ? 1 : 0) - (ack == shown + 1 ? 1 : 0);
	*next = ack;
}

/* The frame's own link layer is the client's where no router was passed: hops are highest there. */
void tracker_note_client_frame(struct flow *f, const struct packet *p)
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

/* A side's segment ends here, and moved its edge as far as it was believed.  Older ones, sent
 * again, show nothing, unless a wild number was shown before. */
static void show(uint32_t *shown, uint32_t next, uint32_t end)
{
	if (tracker_distance(end, *shown) > 0 || tracker_distance(*shown, next) > 0)
		*shown = end;
}

/* RFC 5961: a RST that counts stands at the edge; any other is no end.  The edge is where the
 * side's segments came to, as well, where but an acknowledgement told of more. */
static bool rst_fits(bool edge, uint32_t next, uint32_t shown, uint32_t seq)
{
	return !edge || seq == next || seq + 1 == next || seq == shown;
}

/* Nothing comes behind it, whatever was acknowledged. */
static void take_fin(struct flow *f, bool client, uint32_t seq)
{
	uint32_t *next = client ? &f->client_next : &f->server_next;
	uint32_t *shown = client ? &f->client_shown : &f->server_shown;

	if (*next != seq && (*shown != seq || tracker_distance(seq, *next) > 0))
		return;
	*shown = *next = seq + 1;
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
		f->client_shown = p->seq;
		if (!f->syn_seen)
			f->client_isn = p->seq - 1;
	}
	if (tracker_advance(&f->client_next, &f->bytes_sent, f->client_shown, p->seq,
			    p->payload_length, !f->server_edge)) {
		if (f->ended && f->client_fin)
			f->ended = f->client_fin = false; /* it had not ended after all */
	} else if (p->payload_length > 0) {
		t->counters.copies++;
	}
	show(&f->client_shown, f->client_next, p->seq + p->payload_length);
	if (p->flags & TCP_FIN)
		take_fin(f, true, p->seq + p->payload_length);
}

/* Before the handshake is proven, a segment must be of this SYN's numbers to prove it. */
bool tracker_client_fits(const struct flow *f, const struct packet *p)
{
	return f->connected || (tracker_is_near(p->seq, f->client_next) &&
				(!f->server_edge || !(p->flags & TCP_ACK) ||
				 tracker_is_near(p->ack, f->server_next)));
}

void tracker_client_segment(struct tracker *t, struct flow *f, const struct packet *p)
{
	tracker_note_client_frame(f, p);
	if (p->flags & TCP_RST) {
		if (rst_fits(f->client_edge, f->client_next, f->client_shown, p->seq))
			f->ended = f->client_fin = true;
	} else {
		if ((p->flags & TCP_ACK) || p->payload_length > 0)
			f->connected = true;
		f->shaken |= (p->flags & TCP_ACK) && f->server_edge &&
			     (uint32_t)tracker_distance(f->server_shown, p->ack) <= TRACKER_BEHIND;
		take_client_data(t, f, p);
		if ((p->flags & TCP_ACK) && f->server_edge &&
		    tracker_is_near(p->seq, f->client_next))
			take_ack(&f->server_next, &f->bytes_received, f->server_shown, p->ack);
	}
	tracker_settle(t, f, p->time);
}

void tracker_take_server_data(struct tracker *t, struct flow *f, const struct packet *p)
{
	uint32_t seq = p->seq + ((p->flags & TCP_SYN) ? 1 : 0);

	if (!f->server_edge) {
		f->server_edge = true;
		f->server_next = f->server_shown = seq;
	}
	if (tracker_advance(&f->server_next, &f->bytes_received, f->server_shown, seq,
			    p->payload_length, !f->client_edge)) {
		if (f->ended && f->server_fin)
			f->ended = f->server_fin = false;
	} else if (p->payload_length > 0) {
		t->counters.copies++;
	}
	show(&f->server_shown, f->server_next, seq + p->payload_length);
	if (p->flags & TCP_FIN)
		take_fin(f, false, seq + p->payload_length);
}

static void server_rst(struct flow *f)
{
	f->refused |= !f->connected;
	f->ended = f->server_fin = true;
}

/*
 * A SYN+ACK or a RST must be of this connection's numbers: it may be of one that reuses the ports,
 * whose SYN is merely seen later.
 */
bool tracker_server_fits(const struct flow *f, const struct packet *p)
{
	if (p->flags & TCP_RST)
		return f->connected
			       ? rst_fits(f->server_edge, f->server_next, f->server_shown, p->seq)
			       : (p->flags & TCP_ACK) && acknowledges_syn(f, p->ack);
	if (p->flags & TCP_SYN)
		return f->syn_seen ? acknowledges_syn(f, p->ack)
				   : !f->client_edge || tracker_is_near(p->ack, f->client_isn + 1);
	return true;
}

/* Payload whose acknowledgement is of this client's numbers proves the handshake, as a SYN+ACK
 * does. */
static bool answers_syn(const struct flow *f, const struct packet *p)
{
	if (p->flags & TCP_SYN)
		return true;
	return p->payload_length > 0 && tracker_distance(p->ack, f->client_isn + 1) >= 0 &&
	       tracker_distance(p->ack, f->client_next) <= TRACKER_NEAR;
}

void tracker_server_segment(struct tracker *t, struct flow *f, const struct packet *p)
{
	if (p->flags & TCP_RST) {
		server_rst(f);
		tracker_settle(t, f, p->time);
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
	tracker_take_server_data(t, f, p);
	if (f->client_edge && tracker_is_near(p->seq, f->server_next))
		take_ack(&f->client_next, &f->bytes_sent, f->client_shown, p->ack);
	tracker_settle(t, f, p->time);
}
