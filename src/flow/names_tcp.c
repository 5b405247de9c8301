/*
 * DNS over TCP (RFC 1035, 4.2.2; RFC 7766): messages one after another, each behind its length in
 * two bytes.  Of a few connections' directions the bytes are followed in order; what comes twice is
 * passed over, and where bytes are missing the direction is given up until a segment begins with
 * what looks like a message.  A message longer than the buffer is read as far as that goes.
 *
 * Only internal hosts' own connections have a place here: their first segment makes one, and what
 * comes back to them is taken where that is there.
 */
#include "names_internal.h"

#include <string.h>

#include "base/bytes.h"

#define STREAM_LIFE (120 * NAMES_SECOND)
#define LEAST	    17 /* bytes of a message with a question */

/* No padding, for it is hashed as bytes. */
struct stream_key {
	struct addr source, destination;
	uint16_t source_port, destination_port;
};
_Static_assert(sizeof(struct stream_key) == 36, "struct stream_key has padding");

static uint64_t key_of(const struct names *n, const struct packet *p, bool reverse)
{
	struct stream_key k = {p->source, p->destination, p->source_port, p->destination_port};

	if (reverse)
		k = (struct stream_key){p->destination, p->source, p->destination_port,
					p->source_port};
	return hash_bytes(&n->key, &k, sizeof(k));
}

/* The message's length, or 0 where its field is not there yet. */
static uint32_t wanted(const struct dns_stream *s)
{
	return s->held < 2 ? 0 : bytes_be16(s->buffer);
}

/* Hands on what there is of the message, and passes over the rest of it. */
static void end_message(const struct names_call *c, struct dns_stream *s)
{
	uint32_t length = wanted(s), captured = s->held - 2;

	s->skip = length - captured;
	s->held = 0;
	if (length)
		names_message(c, s->buffer + 2, captured, length);
}

static void take_bytes(const struct names_call *c, struct dns_stream *s, const uint8_t *data,
		       uint32_t length)
{
	while (length > 0) {
		uint32_t room = (s->held < 2 ? 2 : (uint32_t)sizeof(s->buffer)) - s->held;
		uint32_t n = length;

		if (s->skip) {
			n = s->skip < n ? s->skip : n;
			s->skip -= n;
		} else {
			if (s->held >= 2 && room > wanted(s) + 2 - s->held)
				room = wanted(s) + 2 - s->held;
			n = room < n ? room : n;
			memcpy(s->buffer + s->held, data, n);
			s->held += n;
			if (s->held >= 2 &&
			    (s->held == wanted(s) + 2 || s->held == sizeof(s->buffer)))
				end_message(c, s);
		}
		data += n;
		length -= n;
	}
}

static void lose(const struct names_call *c, struct dns_stream *s)
{
	s->synced = false;
	c->n->counters.holes++;
}

/* Bytes that were on the wire and are not at hand: harmless within a message that has begun. */
static void miss_bytes(const struct names_call *c, struct dns_stream *s, uint32_t length)
{
	if (length == 0)
		return;
	if (s->held >= 2)
		end_message(c, s);
	if (s->held == 0 && s->skip >= length)
		s->skip -= length;
	else
		lose(c, s);
}

static bool begins_message(const struct packet *p)
{
	const uint8_t *d = p->payload;

	/* The length; a query or an answer of opcode 0; one question. */
	return p->payload_captured >= 2 + 12 && bytes_be16(d) >= LEAST && (d[4] & 0x78) == 0 &&
	       bytes_be16(d + 6) == 1;
}

static void begin(struct dns_stream *s, uint32_t seq)
{
	s->synced = true;
	s->next = seq;
	s->skip = s->held = 0;
}

static void take_payload(const struct names_call *c, struct dns_stream *s, uint32_t seq)
{
	const struct packet *p = c->packet;
	uint32_t old = 0;

	if (s->synced && (int32_t)(seq - s->next) > 0)
		lose(c, s);
	if (!s->synced) {
		if (!begins_message(p))
			return;
		begin(s, seq);
	}
	old = s->next - seq; /* bytes that came before */
	if (old >= p->payload_length)
		return;
	s->next = seq + p->payload_length;
	if (old < p->payload_captured) {
		take_bytes(c, s, p->payload + old, p->payload_captured - old);
		old = p->payload_captured;
	}
	miss_bytes(c, s, p->payload_length - old);
}

/* The direction's place, a new one where it may have one; else NULL. */
static struct dns_stream *get_stream(const struct names_call *c)
{
	const struct packet *p = c->packet;
	struct table t = NAMES_TABLE(c->n, streams);
	uint64_t key = key_of(c->n, p, false);
	bool asks = p->destination_port == DNS_PORT;
	struct dns_stream *s = table_find(t, key, p->time);

	if (s)
		return s;
	if (!(p->flags & TCP_SYN) && !(p->payload_length && begins_message(p)))
		return NULL;
	if (site_side(c->site, asks ? &p->source : &p->destination) != SIDE_INTERNAL)
		return NULL;
	if (!asks && !c->one_sided && !table_find(t, key_of(c->n, p, true), p->time))
		return NULL;
	return table_get(t, key, p->time, &c->n->counters.evicted);
}

void names_segment(const struct names_call *c)
{
	const struct packet *p = c->packet;
	struct dns_stream *s = get_stream(c);
	uint32_t seq = p->seq;

	if (!s)
		return;
	s->mark.time = p->time;
	s->mark.life = STREAM_LIFE;
	if (p->flags & TCP_SYN)
		begin(s, ++seq);
	if (p->payload_length)
		take_payload(c, s, seq);
	if (p->flags & (TCP_FIN | TCP_RST))
		s->mark.life = 0;
}
