/*
 * Nothing is walked: whatever is not where the plainest frame has it makes the answer "no", and no
 * reason is found.  So each comparison here must be at least as strict as the decoder's.
 */
#include "wire/glance.h"

#include "base/bytes.h"
#include "wire/numbers.h"
#include "wire/packet.h"

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_HEADER  20
#define UDP_HEADER  8

static bool is_tag(uint16_t type)
{
	return type == ETHERTYPE_TAG || type == ETHERTYPE_TAG_SERVICE ||
	       type == ETHERTYPE_TAG_QINQ || type == ETHERTYPE_TAG_QINQ_2;
}

/* h: the TCP header, of a segment of `length` bytes. */
static bool glance_tcp(const uint8_t *h, size_t length, struct glance *ret_)
{
	size_t header = (size_t)(h[12] >> 4) * 4;

	if (header < TCP_HEADER || header > length)
		return false;
	*ret_ = (struct glance){DECODE_TCP, bytes_be16(h), bytes_be16(h + 2)};
	return true;
}

static bool glance_udp(const uint8_t *h, struct glance *ret_)
{
	switch (bytes_be16(h + 2)) {
	case UDP_DNS:
	case UDP_VXLAN:
	case UDP_VXLAN_LINUX:
	case UDP_GENEVE:
	case UDP_TZSP:
		return false;
	default:
		break;
	}
	if (bytes_be16(h) == UDP_DNS)
		return false;
	*ret_ = (struct glance){.outcome = DECODE_OTHER_IP};
	return true;
}

/* h: what IP carries, `left` bytes of it captured, of `length` as IP says. */
static bool glance_payload(const uint8_t *h, size_t left, uint8_t protocol, size_t length,
			   struct glance *ret_)
{
	size_t have = left < length ? left : length;

	if (protocol == IP_PROTO_TCP)
		return have >= TCP_HEADER && glance_tcp(h, length, ret_);
	return protocol == IP_PROTO_UDP && have >= UDP_HEADER && glance_udp(h, ret_);
}

static bool glance_ipv4(const uint8_t *h, size_t left, struct glance *ret_)
{
	size_t total;

	if (left < IPV4_HEADER || h[0] != 0x45 || bytes_be16(h + 6) & 0x3fff)
		return false;
	total = bytes_be16(h + 2);
	return total >= IPV4_HEADER &&
	       glance_payload(h + IPV4_HEADER, left - IPV4_HEADER, h[9], total - IPV4_HEADER, ret_);
}

/* Addresses that begin like IPv4-mapped ones are the decoder's to judge. */
static bool glance_ipv6(const uint8_t *h, size_t left, struct glance *ret_)
{
	size_t length;

	if (left < IPV6_HEADER || h[0] >> 4 != 6 || bytes_be32(h + 8) == 0 ||
	    bytes_be32(h + 24) == 0)
		return false;
	length = bytes_be16(h + 4);
	return length > 0 &&
	       glance_payload(h + IPV6_HEADER, left - IPV6_HEADER, h[6], length, ret_);
}

bool glance_frame(const struct frame *frame, struct glance *ret_)
{
	const uint8_t *h = frame->data;
	size_t left = frame->captured;
	uint16_t type;

	if (frame->link != LINK_ETHERNET || left < 14)
		return false;
	type = bytes_be16(h + 12);
	h += 14;
	left -= 14;
	for (int tags = 0; is_tag(type); tags++) {
		if (tags == PACKET_TAGS || left < 4)
			return false;
		type = bytes_be16(h + 2);
		h += 4;
		left -= 4;
	}
	if (type == ETHERTYPE_IPV4)
		return glance_ipv4(h, left, ret_);
	return type == ETHERTYPE_IPV6 && glance_ipv6(h, left, ret_);
}
