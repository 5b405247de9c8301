#include "wire/probe.h"

#include <string.h>

#include "base/bytes.h"
#include "wire/numbers.h"

#define ETHERTYPE_ARP 0x0806
#define ARP_LENGTH    28
#define ARP_REQUEST   1
#define ARP_REPLY     2
#define IPV6_LENGTH   40
#define ND_LENGTH     24 /* without options */
#define ND_HOPS	      255
#define SOLICITATION  135
#define ADVERTISEMENT 136

static const uint8_t arp_ethernet_ipv4[6] = {0, 1, 0x08, 0x00, 6, 4};

static uint8_t *put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *put(uint8_t *at, const void *data, size_t n)
{
	memcpy(at, data, n);
	return at + n;
}

static uint8_t *put_zeros(uint8_t *at, size_t n)
{
	memset(at, 0, n);
	return at + n;
}

static uint8_t *put_ethernet(uint8_t *at, const struct probe *p, const uint8_t own[6],
			     uint16_t type)
{
	at = put(at, p->mac, sizeof(p->mac));
	at = put(at, own, 6);
	for (unsigned int i = 0; i < p->tag_count; i++) {
		at = put16(at, p->tags[i].tpid);
		at = put16(at, p->tags[i].tci);
	}
	return put16(at, type);
}

static uint8_t *put_arp(uint8_t *at, const struct probe *p, const uint8_t own[6])
{
	at = put(at, arp_ethernet_ipv4, sizeof(arp_ethernet_ipv4));
	at = put16(at, ARP_REQUEST);
	at = put(at, own, 6);
	at = put_zeros(at, 4 + 6); /* from nobody; the MAC address is what is asked */
	return put(at, p->target.b + 12, 4);
}

/* RFC 1071, over an even number of bytes. */
static uint32_t add_words(uint32_t sum, const uint8_t *at, size_t n)
{
	for (size_t i = 0; i < n; i += 2)
		sum += bytes_be16(at + i);
	return sum;
}

static uint8_t *put_solicitation(uint8_t *at, const struct probe *p)
{
	/* The solicited-node group of the target, RFC 4291 2.7.1. */
	uint8_t group[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
	uint8_t *nd;
	uint32_t sum;

	memcpy(group + 13, p->target.b + 13, 3);
	at = put(at, "\x60\0\0\0\0\x18\x3a\xff", 8); /* 24 bytes of ICMPv6, ND_HOPS */
	at = put_zeros(at, 16);
	at = put(at, group, sizeof(group));
	nd = at;
	at = put16(at, SOLICITATION << 8);
	at = put_zeros(at, 2 + 4);
	at = put(at, p->target.b, 16);
	sum = add_words(ND_LENGTH + IP_PROTO_ICMPV6, group, sizeof(group));
	sum = add_words(sum, nd, ND_LENGTH);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(nd + 2, ~(sum + (sum >> 16)) & 0xffff);
	return at;
}

size_t probe_build(const struct probe *p, const uint8_t own[6], uint8_t out[PROBE_ROOM])
{
	bool v4 = addr_is_v4(&p->target);
	uint8_t *at = put_ethernet(out, p, own, v4 ? ETHERTYPE_ARP : ETHERTYPE_IPV6);

	at = v4 ? put_arp(at, p, own) : put_solicitation(at, p);
	return (size_t)(at - out);
}

static bool read_arp(struct bytes *b, struct neighbour_talk *t)
{
	const uint8_t *h = bytes_take(b, ARP_LENGTH);
	uint16_t operation;

	if (!h || memcmp(h, arp_ethernet_ipv4, sizeof(arp_ethernet_ipv4)) != 0)
		return false;
	operation = bytes_be16(h + 6);
	if (operation != ARP_REQUEST && operation != ARP_REPLY)
		return false;
	t->question = operation == ARP_REQUEST;
	memcpy(t->sender_mac, h + 8, 6);
	t->sender = addr_from_v4(h + 14);
	t->to_all = false;
	memcpy(t->target_mac, h + 18, 6);
	t->target = addr_from_v4(h + 24);
	return true;
}

static bool read_nd(struct bytes *b, const struct packet *p, struct neighbour_talk *t)
{
	const uint8_t *h = bytes_take(b, IPV6_LENGTH + ND_LENGTH);

	if (!h || h[0] >> 4 != 6 || h[6] != IP_PROTO_ICMPV6 || h[7] != ND_HOPS)
		return false;
	t->to_all = h[24] == 0xff;
	t->target = addr_from_v6(h + IPV6_LENGTH + 8);
	memcpy(t->sender_mac, p->mac_source, 6);
	memcpy(t->target_mac, p->mac_destination, 6);
	h += IPV6_LENGTH;
	if (h[1] != 0 || (h[0] != SOLICITATION && h[0] != ADVERTISEMENT))
		return false;
	t->question = h[0] == SOLICITATION;
	t->sender = t->question ? p->source : t->target;
	return true;
}

bool probe_read(const struct frame *frame, const struct packet *p, struct neighbour_talk *ret_)
{
	struct bytes b = bytes_of(frame->data, frame->captured);
	struct neighbour_talk t;
	uint16_t type;
	bool read;

	if (frame->link != LINK_ETHERNET || p->depth != 0 || p->pppoe ||
	    !bytes_skip(&b, 12 + 4 * (size_t)p->tag_count) || !bytes_take_be16(&b, &type))
		return false;
	read = type == ETHERTYPE_ARP ? read_arp(&b, &t)
				     : type == ETHERTYPE_IPV6 && read_nd(&b, p, &t);
	if (read)
		*ret_ = t;
	return read;
}
