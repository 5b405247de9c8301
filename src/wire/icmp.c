/*
 * ICMP and ICMPv6 errors that quote a TCP segment.
 *
 * The quote is the head of a packet as somebody else saw it: its total length is that of the whole,
 * so only what the error itself carries counts, and what it carries too little of is no fault.
 */
#include "walk.h"

#include <string.h>

struct quote {
	struct addr source, destination;
	uint8_t protocol;
};

static bool is_error_v4(uint8_t type, uint8_t code)
{
	/* Unreachable (but not "fragmentation needed"), time exceeded, parameter problem. */
	return (type == 3 && code != 4) || type == 11 || type == 12;
}

static bool is_error_v6(uint8_t type)
{
	/* The same three; "packet too big", type 2, is a type of its own. */
	return type == 1 || type == 3 || type == 4;
}

static bool quote_ipv4(struct walk *w, struct quote *q)
{
	const uint8_t *h = walk_take(w, 20, DECODE_OTHER_IP);
	size_t header;

	if (!h)
		return false;
	header = (size_t)(h[0] & 0x0f) * 4;
	if (h[0] >> 4 != 4 || header < 20 || (bytes_be16(h + 6) & 0x1fff) != 0)
		return walk_stop(w, DECODE_OTHER_IP);
	q->protocol = h[9];
	q->source = addr_from_v4(h + 12);
	q->destination = addr_from_v4(h + 16);
	return walk_take(w, header - 20, DECODE_OTHER_IP) != NULL;
}

/* A later fragment has no TCP header to quote. */
static bool quote_fragment(struct walk *w, struct quote *q)
{
	const uint8_t *h = walk_take(w, 8, DECODE_OTHER_IP);

	if (!h)
		return false;
	if ((bytes_be16(h + 2) & 0xfff8) != 0)
		return walk_stop(w, DECODE_OTHER_IP);
	q->protocol = h[0];
	return true;
}

static bool quote_extensions(struct walk *w, struct quote *q)
{
	for (int i = 0; i < WALK_EXTENSIONS; i++) {
		bool taken;

		if (q->protocol == IP_PROTO_FRAGMENT)
			taken = quote_fragment(w, q);
		else if (ip_is_extension(q->protocol))
			taken = ip_pass_extension(w, &q->protocol, DECODE_OTHER_IP);
		else
			return true;
		if (!taken)
			return false;
	}
	return true;
}

static bool quote_ipv6(struct walk *w, struct quote *q)
{
	const uint8_t *h = walk_take(w, 40, DECODE_OTHER_IP);

	if (!h)
		return false;
	if (h[0] >> 4 != 6)
		return walk_stop(w, DECODE_OTHER_IP);
	q->protocol = h[6];
	q->source = addr_from_v6(h + 8);
	q->destination = addr_from_v6(h + 24);
	if (addr_is_v4(&q->source) || addr_is_v4(&q->destination))
		return walk_stop(w, DECODE_BAD_ADDRESS);
	return quote_extensions(w, q);
}

/* RFC 792 promises 8 bytes of the segment: ports and sequence number. */
static bool quote_tcp(struct walk *w, const struct quote *q)
{
	struct packet *p = w->packet;
	const uint8_t *h;

	if (q->protocol != IP_PROTO_TCP)
		return walk_stop(w, DECODE_OTHER_IP);
	h = walk_take(w, 8, DECODE_OTHER_IP);
	if (!h)
		return false;
	p->reporter = p->source;
	p->source = q->source;
	p->destination = q->destination;
	p->source_port = bytes_be16(h);
	p->destination_port = bytes_be16(h + 2);
	p->seq = bytes_be32(h + 4);
	return walk_stop(w, DECODE_ICMP_ERROR);
}

bool layer_icmp(struct walk *w)
{
	struct packet *p = w->packet;
	const uint8_t *h = walk_take(w, 8, DECODE_OTHER_IP);
	struct quote q;

	if (!h)
		return false;
	if (w->v6 ? !is_error_v6(h[0]) : !is_error_v4(h[0], h[1]))
		return walk_stop(w, DECODE_OTHER_IP);
	p->icmp_type = h[0];
	p->icmp_code = h[1];
	if (w->v6 ? !quote_ipv6(w, &q) : !quote_ipv4(w, &q))
		return false;
	return quote_tcp(w, &q);
}
