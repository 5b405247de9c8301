/*
 * Encapsulations over IP: GRE and what it carries, VXLAN, GENEVE, TZSP; and DNS's datagrams.
 *
 * A UDP port number proves nothing: where the bytes behind it are not the tunnel that the port
 * promises, the datagram is somebody's ordinary one, and no failure.  GRE of a kind that is not
 * understood is none either.
 */
#include "walk.h"

#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING  0x4000 /* RFC 1701's, which nobody speaks any more */
#define GRE_KEY	     0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_ACK	     0x0080 /* version 1 alone */

#define TZSP_PADDING  0
#define TZSP_END      1
#define TZSP_ETHERNET 1

static bool vxlan(struct walk *w)
{
	const uint8_t *h = walk_take(w, 8, DECODE_OTHER_IP);

	if (!h)
		return false;
	/* RFC 7348: the I flag must be set, the others are ignored. */
	if (!(h[0] & 0x08))
		return walk_stop(w, DECODE_OTHER_IP);
	return walk_enter(w, TUNNEL_VXLAN, LAYER_ETHERNET);
}

/* What GENEVE and plain GRE may carry: an EtherType, with Ethernet itself among them. */
static bool typed_payload(struct walk *w, enum tunnel tunnel, uint16_t type)
{
	switch (type) {
	case ETHERTYPE_IPV4:
		return walk_enter(w, tunnel, LAYER_IPV4);
	case ETHERTYPE_IPV6:
		return walk_enter(w, tunnel, LAYER_IPV6);
	case ETHERTYPE_BRIDGED:
		return walk_enter(w, tunnel, LAYER_ETHERNET);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_UPSTREAM:
		return walk_enter(w, tunnel, LAYER_MPLS);
	default:
		return walk_stop(w, DECODE_OTHER_IP);
	}
}

static bool geneve(struct walk *w)
{
	const uint8_t *h = walk_take(w, 8, DECODE_OTHER_IP);

	if (!h)
		return false;
	if (h[0] >> 6 != 0) /* version */
		return walk_stop(w, DECODE_OTHER_IP);
	if (!walk_take(w, (size_t)(h[0] & 0x3f) * 4, DECODE_OTHER_IP))
		return false;
	return typed_payload(w, TUNNEL_GENEVE, bytes_be16(h + 2));
}

/* Tagged fields, each of a length of its own, until END. */
static bool tzsp_tags(struct walk *w)
{
	const uint8_t *h;

	for (;;) {
		h = walk_take(w, 1, DECODE_OTHER_IP);
		if (!h)
			return false;
		if (h[0] == TZSP_END)
			return true;
		if (h[0] == TZSP_PADDING)
			continue;
		h = walk_take(w, 1, DECODE_OTHER_IP);
		if (!h || !walk_take(w, h[0], DECODE_OTHER_IP))
			return false;
	}
}

static bool tzsp(struct walk *w)
{
	const uint8_t *h = walk_take(w, 4, DECODE_OTHER_IP);

	if (!h)
		return false;
	/* Version 1; a frame received, or one to be sent. */
	if (h[0] != 1 || h[1] > 1 || bytes_be16(h + 2) != TZSP_ETHERNET)
		return walk_stop(w, DECODE_OTHER_IP);
	return tzsp_tags(w) && walk_enter(w, TUNNEL_TZSP, LAYER_ETHERNET);
}

/* Told where it may be DNS; any other datagram is nothing to us. */
static bool datagram(struct walk *w, uint16_t source, uint16_t destination)
{
	struct packet *p = w->packet;

	if (source != UDP_DNS && destination != UDP_DNS)
		return walk_stop(w, DECODE_OTHER_IP);
	p->source_port = source;
	p->destination_port = destination;
	p->payload = w->rest.at;
	p->payload_captured = (uint32_t)w->rest.left;
	p->payload_length = (uint32_t)w->wire;
	return walk_stop(w, DECODE_UDP);
}

bool layer_udp(struct walk *w)
{
	const uint8_t *h = walk_take(w, 8, DECODE_OTHER_IP);
	size_t length;

	if (!h)
		return false;
	/* 0 is a datagram beyond 64 KiB, made by segmentation offload. */
	length = bytes_be16(h + 4);
	if (length != 0 && length < 8)
		return walk_stop(w, DECODE_OTHER_IP);
	if (length != 0 && length - 8 < w->wire)
		walk_limit(w, length - 8);
	switch (bytes_be16(h + 2)) {
	case UDP_VXLAN:
	case UDP_VXLAN_LINUX:
		return vxlan(w);
	case UDP_GENEVE:
		return geneve(w);
	case UDP_TZSP:
		return tzsp(w);
	default:
		return datagram(w, bytes_be16(h), bytes_be16(h + 2));
	}
}

/* Version 0: RFC 2784 and 2890. */
static bool gre(struct walk *w, uint16_t flags, uint16_t type)
{
	bool numbered = flags & GRE_SEQUENCE;
	size_t fields = 0;

	if (flags & GRE_ROUTING)
		return walk_stop(w, DECODE_OTHER_IP);
	fields += flags & GRE_CHECKSUM ? 4 : 0;
	fields += flags & GRE_KEY ? 4 : 0;
	fields += numbered ? 4 : 0;
	if (!walk_take(w, fields, DECODE_OTHER_IP))
		return false;
	if (type == ETHERTYPE_ERSPAN || type == ETHERTYPE_ERSPAN_III)
		return tunnel_erspan(w, type == ETHERTYPE_ERSPAN && !numbered);
	return typed_payload(w, TUNNEL_GRE, type);
}

/* Version 1: PPTP (RFC 2637).  Without a sequence number it acknowledges, and carries nothing. */
static bool gre_pptp(struct walk *w, uint16_t flags, uint16_t type)
{
	const uint8_t *key;

	if (type != ETHERTYPE_PPP || !(flags & GRE_KEY) || !(flags & GRE_SEQUENCE))
		return walk_stop(w, DECODE_OTHER_IP);
	key = walk_take(w, flags & GRE_ACK ? 12 : 8, DECODE_OTHER_IP);
	if (!key)
		return false;
	if (bytes_be16(key) < w->wire)
		walk_limit(w, bytes_be16(key));
	return walk_enter(w, TUNNEL_GRE, LAYER_PPP);
}

bool layer_gre(struct walk *w)
{
	const uint8_t *h = walk_take(w, 4, DECODE_OTHER_IP);
	uint16_t flags;

	if (!h)
		return false;
	flags = bytes_be16(h);
	switch (flags & 0x0007) { /* version */
	case 0:
		return gre(w, flags, bytes_be16(h + 2));
	case 1:
		return gre_pptp(w, flags, bytes_be16(h + 2));
	default:
		return walk_stop(w, DECODE_OTHER_IP);
	}
}
