#include "corpus_ip.h"

const char *const l4_names[L4_COUNT] = {"to 25",     "from 25",	  "TCP to 80",	"UDP 25",
					"TCP to 53", "UDP to 53", "UDP from 53"};

void payload(struct builder *b, enum l4 l4)
{
	static const uint16_t ports[L4_COUNT][2] = {{40000, 25}, {25, 40000}, {40000, 80}, {25, 25},
						    {40000, 53}, {40000, 53}, {53, 40000}};
	size_t data = is_udp(l4) ? 8 : 12; /* to a multiple of 8, as a first fragment must be */
	uint8_t *p = front(b, data);

	memset(p, 0x19, data);
	p = front(b, is_udp(l4) ? 8 : 20);
	set16(p, ports[l4][0]);
	set16(p + 2, ports[l4][1]);
	if (is_udp(l4)) {
		set16(p + 4, 16);
	} else {
		p[12] = 0x50;
		p[13] = 2;
	}
}

void ipv4(struct builder *b, uint8_t protocol, size_t options, unsigned int fragment)
{
	size_t total = length(b) + 20 + options;
	uint8_t *p = front(b, 20 + options);

	p[0] = (uint8_t)(0x40 | (20 + options) / 4);
	memset(p + 20, 1, options); /* no operation */
	set16(p + 2, (unsigned int)total);
	set16(p + 6, fragment);
	p[8] = 64;
	p[9] = protocol;
	memcpy(p + 12, "\x0a\x00\x00\x05\xc6\x33\x64\x04", 8);
}

void ipv6(struct builder *b, uint8_t next)
{
	size_t total = length(b);
	uint8_t *p = front(b, 40);

	p[0] = 0x60;
	set16(p + 4, (unsigned int)total);
	p[6] = next;
	p[7] = 64;
	p[8] = 0xfc;
	p[24] = 0x20;
}

/* An extension header of n bytes; AH counts words but two, the others 8 bytes but the first. */
uint8_t extension(struct builder *b, uint8_t kind, uint8_t next, size_t n)
{
	uint8_t *p = front(b, n);

	p[0] = next;
	p[1] = (uint8_t)(kind == 51 ? n / 4 - 2 : n / 8 - 1);
	return kind;
}

static uint8_t fragment6(struct builder *b, uint8_t next, unsigned int offset_and_more)
{
	uint8_t *p = front(b, 8);

	p[0] = next;
	set16(p + 2, offset_and_more);
	return 44;
}

const char *const l3_names[L3_COUNT] = {
	"IPv4",
	"IPv4 with options",
	"IPv4 first fragment",
	"IPv4 later fragment",
	"IPv4 short first fragment",
	"ICMP error",
	"ICMP echo",
	"IPv6",
	"IPv6 hop-by-hop",
	"IPv6 three headers",
	"IPv6 AH",
	"IPv6 atomic fragment",
	"IPv6 first fragment",
	"IPv6 later fragment",
	"IPv6 short first fragment",
	"IPv6 four headers",
	"IPv6 five headers",
	"IPv6 HIP and shim",
	"ICMPv6 error",
};

static void later_data(struct builder *b)
{
	b->at = CORPUS_FRAME;
	memset(front(b, 64), 0xee, 64);
}

void build_v4(struct builder *b, enum l3 l3, enum l4 l4)
{
	uint8_t protocol = is_udp(l4) ? 17 : 6;

	if (l3 == V4_LATER)
		later_data(b);
	if (l3 == V4_SHORT) /* 4 bytes of it are padding: they say TCP to port 80, falsely */
		b->at = CORPUS_FRAME;
	if (l3 == V4_QUOTED || l3 == V4_QUOTED_ECHO) {
		uint8_t *p;

		ipv4(b, protocol, 0, 0);
		p = front(b, 8);
		p[0] = l3 == V4_QUOTED ? 3 : 8;
		p[1] = 1;
		protocol = 1;
	}
	ipv4(b, protocol, l3 == V4_OPTIONS ? 40 : 0,
	     l3 == V4_FIRST || l3 == V4_SHORT ? 0x2000
	     : l3 == V4_LATER		      ? 0x00b9
					      : 0x4000);
	if (l3 == V4_SHORT) {
		memmove(b->room + b->at - 20, b->room + b->at, 20);
		memcpy(b->room + b->at, "\x9c\x40\x00\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
		b->at -= 20;
	}
}

static uint8_t build_chain(struct builder *b, enum l3 l3, uint8_t next)
{
	if (l3 == V6_FIVE)
		next = extension(b, 60, next, 8);
	if (l3 == V6_FIVE || l3 == V6_FOUR)
		next = extension(b, 135, next, 24);
	if (l3 == V6_FIVE || l3 == V6_FOUR || l3 == V6_THREE)
		next = extension(b, 60, extension(b, 43, next, 24), 16);
	if (l3 == V6_FIVE || l3 == V6_FOUR || l3 == V6_THREE || l3 == V6_HOP)
		next = extension(b, 0, next, 8);
	return next;
}

void build_v6(struct builder *b, enum l3 l3, enum l4 l4)
{
	uint8_t next = is_udp(l4) ? 17 : 6;

	if (l3 == V6_LATER)
		later_data(b);
	if (l3 == V6_SHORT)
		b->at = CORPUS_FRAME;
	if (l3 == V6_QUOTED) {
		ipv6(b, next);
		front(b, 8)[0] = 1;
		next = 58;
	}
	if (l3 == V6_HIP)
		next = extension(b, 139, extension(b, 140, next, 8), 40);
	if (l3 == V6_AH)
		next = extension(b, 51, next, 24);
	if (l3 == V6_ATOMIC)
		next = fragment6(b, next, 0);
	if (l3 == V6_FIRST || l3 == V6_SHORT)
		next = fragment6(b, next, 1);
	if (l3 == V6_LATER)
		next = fragment6(b, next, 0x05c8);
	ipv6(b, build_chain(b, l3, next));
}

/* Later and short fragments, and chains that are too long, hide their ports: they must pass. */
bool expected(enum l3 l3, enum l4 l4)
{
	if (l3 == V4_LATER || l3 == V4_SHORT || l3 == V6_LATER || l3 == V6_SHORT || l3 == V6_FIVE)
		return true;
	if (l4 == UDP_TO_53 || l4 == UDP_FROM_53)
		return l3 != V4_QUOTED && l3 != V4_QUOTED_ECHO && l3 != V6_QUOTED;
	return l4 != TCP_80 && l4 != UDP_25 && l3 != V4_QUOTED_ECHO;
}
