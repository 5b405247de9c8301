/* The layers below IP: Ethernet and what stands in for it, VLAN tags, LLC, PPPoE, PPP, MPLS. */
#include "walk.h"

#include <string.h>

#define MPLS_LABELS    8
#define ARPHRD_ETHER   1
#define ARPHRD_NETLINK 824
#define SLL_LLC	       4 /* LINUX_SLL_P_802_2 */

static bool is_tag(uint16_t type)
{
	return type == ETHERTYPE_TAG || type == ETHERTYPE_TAG_SERVICE ||
	       type == ETHERTYPE_TAG_QINQ || type == ETHERTYPE_TAG_QINQ_2;
}

/* RFC 2516.  Discovery has another EtherType, so any code but 0 is a contradiction. */
static bool pppoe(struct walk *w)
{
	const uint8_t *h = walk_take(w, 6, DECODE_BAD_LINK_LAYER);

	if (!h)
		return false;
	if (h[0] != 0x11 || h[1] != 0)
		return walk_stop(w, DECODE_BAD_LINK_LAYER);
	w->packet->pppoe = true;
	w->packet->pppoe_session = bytes_be16(h + 2);
	walk_limit(w, bytes_be16(h + 4));
	return walk_go(w, LAYER_PPP);
}

/* Behind the last tag. */
static bool ethertype(struct walk *w, uint16_t type)
{
	switch (type) {
	case ETHERTYPE_IPV4:
		return walk_go(w, LAYER_IPV4);
	case ETHERTYPE_IPV6:
		return walk_go(w, LAYER_IPV6);
	case ETHERTYPE_PPPOE:
		return pppoe(w);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_UPSTREAM:
		return walk_go(w, LAYER_MPLS);
	default:
		return walk_stop(w, DECODE_NOT_IP);
	}
}

/* Takes the tags off and makes *type what stands behind them. */
static bool tags(struct walk *w, uint16_t *type)
{
	struct packet *p = w->packet;
	const uint8_t *h;

	while (is_tag(*type)) {
		if (p->tag_count == PACKET_TAGS)
			return walk_stop(w, DECODE_TOO_DEEP);
		h = walk_take(w, 4, DECODE_BAD_LINK_LAYER);
		if (!h)
			return false;
		p->tags[p->tag_count++] = (struct vlan_tag){.tpid = *type, .tci = bytes_be16(h)};
		*type = bytes_be16(h + 2);
	}
	return true;
}

/* IEEE 802.2 with SNAP (RFC 1042; 802.1H's OUI 00-00-f8 too); other LLC carries no IP for us. */
static bool llc(struct walk *w)
{
	static const uint8_t snap[3] = {0xaa, 0xaa, 0x03};
	const uint8_t *h = walk_take(w, sizeof(snap), DECODE_BAD_LINK_LAYER);
	uint16_t type;

	if (!h)
		return false;
	if (memcmp(h, snap, sizeof(snap)) != 0)
		return walk_stop(w, DECODE_NOT_IP);
	h = walk_take(w, 5, DECODE_BAD_LINK_LAYER);
	if (!h)
		return false;
	if (h[0] != 0 || h[1] != 0 || (h[2] != 0 && h[2] != 0xf8))
		return walk_stop(w, DECODE_NOT_IP);
	type = bytes_be16(h + 3);
	if (!tags(w, &type))
		return false;
	return ethertype(w, type);
}

/* A type or length as Ethernet has it. */
static bool type_or_length(struct walk *w, uint16_t type)
{
	if (!tags(w, &type))
		return false;
	if (type >= ETHERTYPE_LEAST)
		return ethertype(w, type);
	if (type < w->wire)
		walk_limit(w, type);
	return llc(w);
}

bool layer_ethernet(struct walk *w)
{
	struct packet *p = w->packet;
	const uint8_t *h = walk_take(w, 14, DECODE_BAD_LINK_LAYER);
	uint16_t type;

	if (!h)
		return false;
	memcpy(p->mac_destination, h, 6);
	memcpy(p->mac_source, h + 6, 6);
	p->has_mac = true;
	type = bytes_be16(h + 12);
	if (w->mirror_tci && !is_tag(type))
		p->tags[p->tag_count++] = (struct vlan_tag){.tpid = 0, .tci = w->mirror_tci};
	return type_or_length(w, type);
}

/* The address family of whatever system captured: BSDs, macOS, Linux and Windows differ on IPv6. */
bool layer_null(struct walk *w)
{
	const uint8_t *h = walk_take(w, 4, DECODE_BAD_LINK_LAYER);
	uint32_t family;

	if (!h)
		return false;
	family = bytes_be32(h);
	if (family > UINT16_MAX)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:
		return walk_go(w, LAYER_IPV4);
	case 10:
	case 23:
	case 24:
	case 28:
	case 30:
		return walk_go(w, LAYER_IPV6);
	default:
		return walk_stop(w, DECODE_NOT_IP);
	}
}

/* The sender's address in a cooked header: 8 bytes, of which length are meant. */
static bool cooked(struct walk *w, uint16_t hardware, size_t length, const uint8_t *address,
		   uint16_t type)
{
	struct packet *p = w->packet;

	if (hardware == ARPHRD_NETLINK)
		return walk_stop(w, DECODE_NOT_IP);
	if (hardware == ARPHRD_ETHER && length == sizeof(p->mac_source)) {
		p->has_mac = true;
		memcpy(p->mac_source, address, sizeof(p->mac_source));
		memset(p->mac_destination, 0, sizeof(p->mac_destination));
	}
	if (type == SLL_LLC)
		return llc(w);
	if (!tags(w, &type))
		return false;
	return ethertype(w, type);
}

bool layer_sll(struct walk *w)
{
	const uint8_t *h = walk_take(w, 16, DECODE_BAD_LINK_LAYER);

	return h && cooked(w, bytes_be16(h + 2), bytes_be16(h + 4), h + 6, bytes_be16(h + 14));
}

bool layer_sll2(struct walk *w)
{
	const uint8_t *h = walk_take(w, 20, DECODE_BAD_LINK_LAYER);

	return h && cooked(w, bytes_be16(h + 8), h[11], h + 12, bytes_be16(h));
}

/* RFC 1661 and 1662: address and control may be there, the protocol may be one byte (odd). */
static bool ppp_protocol(struct walk *w, uint16_t *ret_)
{
	const uint8_t *h = walk_peek(w, DECODE_BAD_LINK_LAYER);

	if (!h)
		return false;
	if (h[0] == 0xff && !walk_take(w, 2, DECODE_BAD_LINK_LAYER))
		return false;
	h = walk_take(w, 1, DECODE_BAD_LINK_LAYER);
	if (!h)
		return false;
	*ret_ = h[0];
	if (h[0] & 1)
		return true;
	if (!walk_take(w, 1, DECODE_BAD_LINK_LAYER))
		return false;
	*ret_ = bytes_be16(h);
	return true;
}

bool layer_ppp(struct walk *w)
{
	uint16_t protocol;

	if (!ppp_protocol(w, &protocol))
		return false;
	switch (protocol) {
	case PPP_IPV4:
		return walk_go(w, LAYER_IPV4);
	case PPP_IPV6:
		return walk_go(w, LAYER_IPV6);
	case PPP_MPLS:
	case PPP_MPLS_UPSTREAM:
		return walk_go(w, LAYER_MPLS);
	default:
		return walk_stop(w, DECODE_NOT_IP);
	}
}

/*
 * A label stack does not say what it carries.  The first nibble does where that is IP; 0 is the
 * control word of a pseudowire (RFC 4385), here taken for one of Ethernet.
 */
static bool mpls_payload(struct walk *w)
{
	const uint8_t *h = walk_peek(w, DECODE_BAD_LINK_LAYER);

	if (!h)
		return false;
	switch (h[0] >> 4) {
	case 4:
		return walk_go(w, LAYER_IPV4);
	case 6:
		return walk_go(w, LAYER_IPV6);
	case 0:
		if (!walk_take(w, 4, DECODE_BAD_LINK_LAYER))
			return false;
		return walk_enter(w, w->packet->tunnel, LAYER_ETHERNET);
	default:
		return walk_stop(w, DECODE_NOT_IP);
	}
}

bool layer_mpls(struct walk *w)
{
	const uint8_t *h;

	for (int i = 0; i < MPLS_LABELS; i++) {
		h = walk_take(w, 4, DECODE_BAD_LINK_LAYER);
		if (!h)
			return false;
		if (h[2] & 1)
			return mpls_payload(w);
	}
	return walk_stop(w, DECODE_TOO_DEEP);
}
