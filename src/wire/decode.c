/*
 * The loop from layer to layer, TCP, and the names of the outcomes.  How the walk works is told in
 * walk.h; the layers below IP are in link.c, IP in ip.c, ICMP in icmp.c, what wraps frames or
 * packets in tunnel.c and erspan.c.
 */
#include "walk.h"

const char *decode_name(enum decode outcome)
{
	static const char *const names[] = {
		[DECODE_TCP] = "TCP",
		[DECODE_UDP] = "DNS over UDP",
		[DECODE_ICMP_ERROR] = "ICMP error",
		[DECODE_FRAGMENT] = "fragment",
		[DECODE_OTHER_IP] = "other IP",
		[DECODE_NOT_IP] = "not IP",
		[DECODE_BAD_LINK] = "unknown link type",
		[DECODE_TRUNCATED] = "truncated frame",
		[DECODE_BAD_LINK_LAYER] = "bad link layer",
		[DECODE_BAD_IP] = "bad IP header",
		[DECODE_BAD_ADDRESS] = "bad IPv6 address",
		[DECODE_BAD_EXTENSION] = "bad IPv6 extension header",
		[DECODE_BAD_FRAGMENT] = "bad fragment",
		[DECODE_BAD_TCP] = "bad TCP header",
		[DECODE_TOO_DEEP] = "too many encapsulations",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == DECODE_COUNT, "a name for each outcome");
	return outcome < DECODE_COUNT ? names[outcome] : "unknown";
}

bool walk_enter(struct walk *w, enum tunnel tunnel, enum layer next)
{
	struct packet *p = w->packet;

	if (p->depth >= DECODE_DEPTH)
		return walk_stop(w, DECODE_TOO_DEEP);
	p->depth++;
	if (tunnel != TUNNEL_NONE)
		p->carriers[p->carrier_count++] = p->source;
	p->tunnel = tunnel;
	p->tag_count = 0;
	p->has_mac = false;
	p->pppoe = false;
	w->mirror_tci = 0;
	return walk_go(w, next);
}

/* Options may be missing from the capture, the header's fixed part may not. */
static bool layer_tcp(struct walk *w)
{
	struct packet *p = w->packet;
	const uint8_t *h = walk_take(w, 20, DECODE_BAD_TCP);
	size_t options;

	if (!h)
		return false;
	if (h[12] >> 4 < 5)
		return walk_stop(w, DECODE_BAD_TCP);
	options = (size_t)(h[12] >> 4) * 4 - 20;
	if (options > w->wire)
		return walk_stop(w, DECODE_BAD_TCP);
	p->source_port = bytes_be16(h);
	p->destination_port = bytes_be16(h + 2);
	p->seq = bytes_be32(h + 4);
	p->ack = bytes_be32(h + 8);
	p->flags = h[13];
	p->window = bytes_be16(h + 14);
	bytes_skip(&w->rest, options);
	p->payload = w->rest.at;
	p->payload_captured = (uint32_t)w->rest.left;
	p->payload_length = (uint32_t)(w->wire - options);
	return walk_stop(w, DECODE_TCP);
}

static bool layer_walk(struct walk *w)
{
	switch (w->layer) {
	case LAYER_ETHERNET:
		return layer_ethernet(w);
	case LAYER_NULL:
		return layer_null(w);
	case LAYER_SLL:
		return layer_sll(w);
	case LAYER_SLL2:
		return layer_sll2(w);
	case LAYER_PPP:
		return layer_ppp(w);
	case LAYER_MPLS:
		return layer_mpls(w);
	case LAYER_IP:
		return layer_ip(w);
	case LAYER_IPV4:
		return layer_ipv4(w);
	case LAYER_IPV6:
		return layer_ipv6(w);
	case LAYER_PAYLOAD:
		return layer_payload(w);
	case LAYER_TCP:
		return layer_tcp(w);
	case LAYER_UDP:
		return layer_udp(w);
	case LAYER_GRE:
		return layer_gre(w);
	case LAYER_ICMP:
		return layer_icmp(w);
	case LAYER_COUNT:
		break;
	}
	return walk_stop(w, DECODE_BAD_LINK);
}

static enum decode walk(struct walk *w)
{
	while (layer_walk(w))
		;
	return w->outcome;
}

enum decode decode_frame(const struct frame *frame, struct packet *ret_)
{
	static const enum layer first[LINK_COUNT] = {
		[LINK_ETHERNET] = LAYER_ETHERNET, [LINK_RAW] = LAYER_IP,  [LINK_NULL] = LAYER_NULL,
		[LINK_PPP] = LAYER_PPP,		  [LINK_SLL] = LAYER_SLL, [LINK_SLL2] = LAYER_SLL2,
	};
	struct walk w = {
		.rest = bytes_of(frame->data, frame->captured),
		.wire = frame->length > frame->captured ? frame->length : frame->captured,
		.packet = ret_,
	};

	if (frame->link >= LINK_COUNT)
		return DECODE_BAD_LINK;
	/* The rest of the packet is left as it is: clearing it would cost as much as decoding. */
	ret_->time = frame->time;
	ret_->interface = frame->interface;
	ret_->tag_count = 0;
	ret_->has_mac = false;
	ret_->pppoe = false;
	ret_->tunnel = TUNNEL_NONE;
	ret_->depth = 0;
	ret_->carrier_count = 0;
	w.layer = first[frame->link];
	return walk(&w);
}

enum decode decode_datagram(const struct packet *outer, const uint8_t *data, size_t length,
			    struct packet *ret_)
{
	struct walk w = {
		.rest = bytes_of(data, length),
		.wire = length,
		.packet = ret_,
		.layer = LAYER_PAYLOAD,
		.v6 = !addr_is_v4(&outer->source),
		.reassembled = true,
	};

	if (ret_ != outer)
		*ret_ = *outer;
	return walk(&w);
}
