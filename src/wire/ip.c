/* IPv4, IPv6 and its extension headers, and what IP may carry for us. */
#include "walk.h"

/* The versions behind a link type that does not tell them apart. */
bool layer_ip(struct walk *w)
{
	const uint8_t *h = walk_peek(w, DECODE_BAD_IP);

	if (!h)
		return false;
	if (h[0] >> 4 == 4)
		return walk_go(w, LAYER_IPV4);
	if (h[0] >> 4 == 6)
		return walk_go(w, LAYER_IPV6);
	return walk_stop(w, DECODE_BAD_IP);
}

static bool fragment(struct walk *w, uint32_t id, uint32_t offset, bool more)
{
	struct packet *p = w->packet;

	if (w->wire == 0 || (more && w->wire % 8 != 0) || offset + w->wire > UINT16_MAX)
		return walk_stop(w, DECODE_BAD_FRAGMENT);
	p->fragment_id = id;
	p->fragment_offset = offset;
	p->fragment_more = more;
	p->fragment = w->rest.at;
	p->fragment_captured = (uint32_t)w->rest.left;
	p->fragment_length = (uint32_t)w->wire;
	return walk_stop(w, DECODE_FRAGMENT);
}

/* ICMP errors are far shorter than any link's MTU, so a fragmented one is none of ours. */
static bool worth_reassembly(uint8_t protocol)
{
	return protocol == IP_PROTO_TCP || protocol == IP_PROTO_UDP || protocol == IP_PROTO_GRE ||
	       protocol == IP_PROTO_IPV4 || protocol == IP_PROTO_IPV6;
}

static bool fragment_v4(struct walk *w, uint32_t id, uint16_t field)
{
	if (!worth_reassembly(w->packet->protocol))
		return walk_stop(w, DECODE_OTHER_IP);
	return fragment(w, id, (field & 0x1fffu) * 8, field & 0x2000);
}

bool layer_ipv4(struct walk *w)
{
	struct packet *p = w->packet;
	const uint8_t *h = walk_take(w, 20, DECODE_BAD_IP);
	size_t header, total;
	uint16_t field;

	if (!h)
		return false;
	header = (size_t)(h[0] & 0x0f) * 4;
	total = bytes_be16(h + 2);
	if (h[0] >> 4 != 4 || header < 20 || (total != 0 && total < header))
		return walk_stop(w, DECODE_BAD_IP);
	if (total != 0) /* else segmentation offload's: the frame is the measure */
		walk_limit(w, total - 20);
	if (!walk_take(w, header - 20, DECODE_BAD_IP))
		return false;
	p->hops = h[8];
	p->protocol = h[9];
	p->source = addr_from_v4(h + 12);
	p->destination = addr_from_v4(h + 16);
	w->v6 = false;
	w->reassembled = false;
	field = bytes_be16(h + 6);
	if (field & 0x3fff) /* an offset, or more to come */
		return fragment_v4(w, bytes_be16(h + 4), field);
	return walk_go(w, p->protocol == IP_PROTO_TCP ? LAYER_TCP : LAYER_PAYLOAD);
}

bool layer_ipv6(struct walk *w)
{
	struct packet *p = w->packet;
	const uint8_t *h = walk_take(w, 40, DECODE_BAD_IP);

	if (!h)
		return false;
	if (h[0] >> 4 != 6)
		return walk_stop(w, DECODE_BAD_IP);
	/* 0 is a jumbogram's (RFC 2675) or segmentation offload's: the frame is the measure. */
	if (bytes_be16(h + 4) != 0)
		walk_limit(w, bytes_be16(h + 4));
	p->protocol = h[6];
	p->hops = h[7];
	p->source = addr_from_v6(h + 8);
	p->destination = addr_from_v6(h + 24);
	if (addr_is_v4(&p->source) || addr_is_v4(&p->destination))
		return walk_stop(w, DECODE_BAD_ADDRESS);
	w->v6 = true;
	w->reassembled = false;
	w->extensions = 0;
	return walk_go(w, p->protocol == IP_PROTO_TCP ? LAYER_TCP : LAYER_PAYLOAD);
}

bool ip_is_extension(uint8_t protocol)
{
	switch (protocol) {
	case IP_PROTO_HOP_BY_HOP:
	case IP_PROTO_ROUTING:
	case IP_PROTO_DESTINATION:
	case IP_PROTO_AH:
	case IP_PROTO_MOBILITY:
	case IP_PROTO_HIP:
	case IP_PROTO_SHIM6:
		return true;
	default:
		return false;
	}
}

bool ip_pass_extension(struct walk *w, uint8_t *protocol, enum decode reason)
{
	const uint8_t *h = walk_take(w, 2, reason);
	size_t length;

	if (!h)
		return false;
	/* RFC 8200: units of 8 bytes beyond the first; AH (RFC 4302): of 4 bytes, less 2. */
	if (*protocol == IP_PROTO_AH)
		length = ((size_t)h[1] + 2) * 4;
	else
		length = ((size_t)h[1] + 1) * 8;
	if (!walk_take(w, length - 2, reason))
		return false;
	*protocol = h[0];
	return true;
}

/* An atomic fragment (RFC 6946: offset 0, none to come) is passed over like any other header. */
static bool fragment_v6(struct walk *w)
{
	const uint8_t *h = walk_take(w, 8, DECODE_BAD_EXTENSION);
	uint16_t field;

	if (!h)
		return false;
	w->packet->protocol = h[0];
	field = bytes_be16(h + 2);
	if ((field & 0xfff9) == 0)
		return walk_go(w, LAYER_PAYLOAD);
	/* A fragment in a reassembled one, without end: nobody sends that in earnest. */
	if (w->reassembled)
		return walk_stop(w, DECODE_BAD_EXTENSION);
	return fragment(w, bytes_be32(h + 4), field & 0xfff8, field & 1);
}

static bool extension(struct walk *w)
{
	uint8_t protocol = w->packet->protocol;
	bool skipped = ip_is_extension(protocol);

	if (!skipped && protocol != IP_PROTO_FRAGMENT)
		return walk_stop(w, DECODE_OTHER_IP);
	if (++w->extensions > WALK_EXTENSIONS)
		return walk_stop(w, DECODE_BAD_EXTENSION);
	if (!skipped)
		return fragment_v6(w);
	return ip_pass_extension(w, &w->packet->protocol, DECODE_BAD_EXTENSION);
}

bool layer_payload(struct walk *w)
{
	switch (w->packet->protocol) {
	case IP_PROTO_TCP:
		return walk_go(w, LAYER_TCP);
	case IP_PROTO_UDP:
		return walk_go(w, LAYER_UDP);
	case IP_PROTO_GRE:
		return walk_go(w, LAYER_GRE);
	case IP_PROTO_IPV4:
		return walk_enter(w, TUNNEL_GRE, LAYER_IPV4);
	case IP_PROTO_IPV6:
		return walk_enter(w, TUNNEL_GRE, LAYER_IPV6);
	case IP_PROTO_ICMP:
		return w->v6 ? walk_stop(w, DECODE_OTHER_IP) : walk_go(w, LAYER_ICMP);
	case IP_PROTO_ICMPV6:
		return w->v6 ? walk_go(w, LAYER_ICMP) : walk_stop(w, DECODE_OTHER_IP);
	default:
		return w->v6 ? extension(w) : walk_stop(w, DECODE_OTHER_IP);
	}
}
