/*
 * The segment that every sample holds, and the packets and frames that carry it.
 */
#ifndef EGRESS25_TESTS_WIRE_SEGMENT_H
#define EGRESS25_TESTS_WIRE_SEGMENT_H

#include "samples.h"

static inline void segment(struct made *m)
{
	made_begin(m);
	made_text(m, SAMPLE_PAYLOAD);
	made_tcp(m, SAMPLE_PORT, 25, SAMPLE_SEQ, SAMPLE_ACK, TCP_PSH | TCP_ACK);
}

static inline void packet4(struct made *m)
{
	segment(m);
	made_ipv4(m, 6, SAMPLE_CLIENT, SAMPLE_SERVER);
}

static inline void packet6(struct made *m)
{
	segment(m);
	made_ipv6(m, 6, SAMPLE_CLIENT6, SAMPLE_SERVER6);
}

static inline void frame4(struct made *m)
{
	packet4(m);
	made_ethernet(m, 0x0800);
}

static inline void frame6(struct made *m)
{
	packet6(m);
	made_ethernet(m, 0x86dd);
}

static inline void tagged(struct made *m)
{
	packet4(m);
	made_be16(m, 0x0800);
	made_tag(m, 0x8100, 0x6064);
	made_macs(m);
}

static inline void tagged_twice(struct made *m)
{
	packet6(m);
	made_be16(m, 0x86dd);
	made_tag(m, 0x8100, 20);
	made_tag(m, 0x88a8, 10);
	made_macs(m);
}

static inline void arp(struct made *m)
{
	made_begin(m);
	made_hex(m, "0001 0800 06 04 0001 02005e100001 0a010203 000000000000 0a010201");
	made_ethernet(m, 0x0806);
}

static inline void pppoe_wrap(struct made *m, const char *protocol)
{
	made_hex(m, protocol);
	made_be16(m, (uint16_t)made_length(m));
	made_hex(m, "11 00 1234");
	made_ethernet(m, 0x8864);
}

#define ETH   .link = LINK_ETHERNET
#define TCP   .outcome = DECODE_TCP
#define OTHER .outcome = DECODE_OTHER_IP

#endif
