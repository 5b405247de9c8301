/* IP, its fragments, TCP and ICMP; and the lies that each may tell. */
#include "segment.h"

/* IPv4. */

static void ipv4_options(struct made *m)
{
	segment(m);
	made_hex(m, "94040000 01010101 01010100"); /* router alert, no-operations, end */
	made_ipv4_with(m, 6, SAMPLE_CLIENT, SAMPLE_SERVER, 12, 1, 0);
	made_ethernet(m, 0x0800);
}

static void tcp_options(struct made *m)
{
	made_begin(m);
	made_text(m, SAMPLE_PAYLOAD);
	made_hex(m, "0101 080a 00000001 00000002");
	made_tcp_with_options(m, 12, SAMPLE_PORT, 25, SAMPLE_SEQ, SAMPLE_ACK, TCP_PSH | TCP_ACK);
	made_ipv4(m, 6, SAMPLE_CLIENT, SAMPLE_SERVER);
	made_ethernet(m, 0x0800);
}

static void ipv4_padded(struct made *m)
{
	made_begin(m);
	made_fill(m, 6, 0xee);
	made_text(m, SAMPLE_PAYLOAD);
	made_tcp(m, SAMPLE_PORT, 25, SAMPLE_SEQ, SAMPLE_ACK, TCP_PSH | TCP_ACK);
	made_ipv4(m, 6, SAMPLE_CLIENT, SAMPLE_SERVER);
	made_put16(m->room + m->at + 2, 20 + 20 + 8);
	made_ethernet(m, 0x0800);
}

static void ipv4_no_total(struct made *m)
{
	packet4(m);
	made_put16(m->room + m->at + 2, 0);
	made_ethernet(m, 0x0800);
}

static void dns4(struct made *m)
{
	made_begin(m);
	made_fill(m, 12, 8);
	made_udp(m, 40001, 53);
	made_ipv4(m, 17, SAMPLE_CLIENT, SAMPLE_SERVER);
	made_ethernet(m, 0x0800);
}

static void dns6(struct made *m)
{
	made_begin(m);
	made_fill(m, 12, 8);
	made_udp(m, 53, 40001);
	made_extension(m, 17);
	made_ipv6(m, 60, SAMPLE_SERVER6, SAMPLE_CLIENT6);
	made_ethernet(m, 0x86dd);
}

static void ipv4_udp(struct made *m)
{
	made_begin(m);
	made_fill(m, 12, 8);
	made_udp(m, 40001, 123);
	made_ipv4(m, 17, SAMPLE_CLIENT, SAMPLE_SERVER);
	made_ethernet(m, 0x0800);
}

/* IPv6. */

static void ipv6_extensions(struct made *m)
{
	segment(m);
	made_hex(m, "06 00 0000 00000000");				      /* shim6: TCP next */
	made_hex(m, "8c 01 010c 0000000000000000 00000000");		      /* destination */
	made_hex(m, "3c 04 0000 00000001 00000001 000000000000000000000000"); /* AH, 24 bytes */
	made_hex(m, "33 00 0000 00000000");				      /* routing */
	made_hex(m, "2b 00 0104 00000000");				      /* hop by hop */
	made_ipv6(m, 0, SAMPLE_CLIENT6, SAMPLE_SERVER6);
	made_ethernet(m, 0x86dd);
}

static void extensions(struct made *m, int count)
{
	segment(m);
	made_extension(m, 6);
	for (int i = 1; i < count; i++)
		made_extension(m, 60);
	made_ipv6(m, 60, SAMPLE_CLIENT6, SAMPLE_SERVER6);
	made_ethernet(m, 0x86dd);
}

static void ipv6_eight_extensions(struct made *m)
{
	extensions(m, 8);
}

static void ipv6_nine_extensions(struct made *m)
{
	extensions(m, 9);
}

static void ipv6_mobility_hip(struct made *m)
{
	segment(m);
	made_extension(m, 6);
	made_extension(m, 139);
	made_ipv6(m, 135, SAMPLE_CLIENT6, SAMPLE_SERVER6);
	made_ethernet(m, 0x86dd);
}

static void ipv6_atomic(struct made *m)
{
	segment(m);
	made_fragment6(m, 6, 77, 0, false);
	made_ipv6(m, 44, SAMPLE_CLIENT6, SAMPLE_SERVER6);
	made_ethernet(m, 0x86dd);
}

static void ipv6_jumbo(struct made *m)
{
	segment(m);
	made_hex(m, "06 00 c2 04 00000024"); /* RFC 2675 */
	made_ipv6(m, 0, SAMPLE_CLIENT6, SAMPLE_SERVER6);
	made_put16(m->room + m->at + 4, 0);
	made_ethernet(m, 0x86dd);
}

static void ipv6_esp(struct made *m)
{
	made_begin(m);
	made_fill(m, 40, 0x55);
	made_ipv6(m, 50, SAMPLE_CLIENT6, SAMPLE_SERVER6);
	made_ethernet(m, 0x86dd);
}

static void ipv6_no_next(struct made *m)
{
	made_begin(m);
	made_ipv6(m, 59, SAMPLE_CLIENT6, SAMPLE_SERVER6);
	made_ethernet(m, 0x86dd);
}

static void ipv6_mapped(struct made *m)
{
	packet6(m);
	memcpy(m->room + m->at + 8, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x01\x02\x03", 16);
	made_ethernet(m, 0x86dd);
}

/* Fragments. */

static void fragment4(struct made *m)
{
	segment(m);
	made_ipv4_with(m, 6, SAMPLE_CLIENT, SAMPLE_SERVER, 0, 99, 0x0003);
	made_ethernet(m, 0x0800);
}

static void fragment6(struct made *m)
{
	made_begin(m);
	made_fill(m, 16, 1);
	made_fragment6(m, 6, 0xdeadbeef, 8, true);
	made_extension(m, 44);
	made_ipv6(m, 60, SAMPLE_CLIENT6, SAMPLE_SERVER6);
	made_ethernet(m, 0x86dd);
}

/* ICMP errors. */

static void icmp4(struct made *m)
{
	packet4(m);
	made_hex(m, "0b00 0000 00000000");
	made_ipv4(m, 1, SAMPLE_ROUTER, SAMPLE_CLIENT);
	made_ethernet(m, 0x0800);
}

/* The least that RFC 792 has a router quote, behind IPv4 options. */
static void icmp4_short(struct made *m)
{
	made_begin(m);
	made_be32(m, SAMPLE_SEQ);
	made_be16(m, 25);
	made_be16(m, SAMPLE_PORT);
	made_hex(m, "94040000");
	made_ipv4_with(m, 6, SAMPLE_CLIENT, SAMPLE_SERVER, 4, 1, 0);
	made_put16(m->room + m->at + 2, 1500);
	made_hex(m, "0301 0000 00000000");
	made_ipv4(m, 1, SAMPLE_ROUTER, SAMPLE_CLIENT);
	made_ethernet(m, 0x0800);
}

static void icmp4_too_short(struct made *m)
{
	made_begin(m);
	made_hex(m, "9c41 0019 a1b2c3");
	made_ipv4(m, 6, SAMPLE_CLIENT, SAMPLE_SERVER);
	made_hex(m, "0301 0000 00000000");
	made_ipv4(m, 1, SAMPLE_ROUTER, SAMPLE_CLIENT);
	made_ethernet(m, 0x0800);
}

static void icmp4_needs_fragmentation(struct made *m)
{
	packet4(m);
	made_hex(m, "0304 0000 000005dc");
	made_ipv4(m, 1, SAMPLE_ROUTER, SAMPLE_CLIENT);
	made_ethernet(m, 0x0800);
}

static void icmp4_later_fragment(struct made *m)
{
	segment(m);
	made_ipv4_with(m, 6, SAMPLE_CLIENT, SAMPLE_SERVER, 0, 1, 0x0001);
	made_hex(m, "0301 0000 00000000");
	made_ipv4(m, 1, SAMPLE_ROUTER, SAMPLE_CLIENT);
	made_ethernet(m, 0x0800);
}

static void icmp4_udp(struct made *m)
{
	made_begin(m);
	made_udp(m, 1, 2);
	made_ipv4(m, 17, SAMPLE_CLIENT, SAMPLE_SERVER);
	made_hex(m, "0303 0000 00000000");
	made_ipv4(m, 1, SAMPLE_ROUTER, SAMPLE_CLIENT);
	made_ethernet(m, 0x0800);
}

static void icmp4_echo(struct made *m)
{
	packet4(m);
	made_hex(m, "0800 0000 00010001");
	made_ipv4(m, 1, SAMPLE_ROUTER, SAMPLE_CLIENT);
	made_ethernet(m, 0x0800);
}

static void icmp6(struct made *m)
{
	segment(m);
	made_fragment6(m, 6, 5, 0, true);
	made_extension(m, 44);
	made_ipv6(m, 60, SAMPLE_CLIENT6, SAMPLE_SERVER6);
	made_hex(m, "0101 0000 00000000");
	made_ipv6(m, 58, SAMPLE_ROUTER6, SAMPLE_CLIENT6);
	made_ethernet(m, 0x86dd);
}

static void icmp6_mapped(struct made *m)
{
	packet6(m);
	memcpy(m->room + m->at + 24, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc6\x33\x64\x19", 16);
	made_hex(m, "0101 0000 00000000");
	made_ipv6(m, 58, SAMPLE_ROUTER6, SAMPLE_CLIENT6);
	made_ethernet(m, 0x86dd);
}

static void icmp6_too_big(struct made *m)
{
	packet6(m);
	made_hex(m, "0200 0000 00000500");
	made_ipv6(m, 58, SAMPLE_ROUTER6, SAMPLE_CLIENT6);
	made_ethernet(m, 0x86dd);
}

/* Lies. */

static void ipv4_header_short(struct made *m)
{
	packet4(m);
	m->room[m->at] = 0x44;
	made_ethernet(m, 0x0800);
}

static void ipv4_header_past_total(struct made *m)
{
	packet4(m);
	m->room[m->at] = 0x4f;
	made_put16(m->room + m->at + 2, 40);
	made_ethernet(m, 0x0800);
}

static void ipv4_version_5(struct made *m)
{
	packet4(m);
	m->room[m->at] = 0x55;
	made_ethernet(m, 0x0800);
}

static void ipv6_extension_past_end(struct made *m)
{
	segment(m);
	made_hex(m, "06 30 0000 00000000");
	made_ipv6(m, 60, SAMPLE_CLIENT6, SAMPLE_SERVER6);
	made_ethernet(m, 0x86dd);
}

static void fragment_odd(struct made *m)
{
	made_begin(m);
	made_fill(m, 15, 1);
	made_ipv4_with(m, 6, SAMPLE_CLIENT, SAMPLE_SERVER, 0, 99, 0x2000);
	made_ethernet(m, 0x0800);
}

static void fragment_past_end(struct made *m)
{
	made_begin(m);
	made_fill(m, 16, 1);
	made_ipv4_with(m, 6, SAMPLE_CLIENT, SAMPLE_SERVER, 0, 99, 0x1fff);
	made_ethernet(m, 0x0800);
}

static void fragment_empty(struct made *m)
{
	made_begin(m);
	made_ipv4_with(m, 6, SAMPLE_CLIENT, SAMPLE_SERVER, 0, 99, 0x2000);
	made_ethernet(m, 0x0800);
}

static void tcp_offset_small(struct made *m)
{
	packet4(m);
	m->room[m->at + 20 + 12] = 0x40;
	made_ethernet(m, 0x0800);
}

static void tcp_offset_large(struct made *m)
{
	packet4(m);
	m->room[m->at + 20 + 12] = 0xf0;
	made_ethernet(m, 0x0800);
}

static void tcp_short(struct made *m)
{
	made_begin(m);
	made_fill(m, 19, 0);
	made_ipv4(m, 6, SAMPLE_CLIENT, SAMPLE_SERVER);
	made_ethernet(m, 0x0800);
}

/* clang-format off: a table */
const struct sample samples_ip[] = {
	{"IPv4 options", ipv4_options, ETH, TCP, .has_mac = true},
	{"TCP options", tcp_options, ETH, TCP, .has_mac = true},
	{"Ethernet padding", ipv4_padded, ETH, TCP, .has_mac = true},
	{"IPv4 of total length 0", ipv4_no_total, ETH, TCP, .has_mac = true},
	{"UDP", ipv4_udp, ETH, OTHER},
	{"DNS", dns4, ETH, .outcome = DECODE_UDP},
	{"IPv6, an answer of DNS", dns6, ETH, .outcome = DECODE_UDP},
	{"IPv6 extension headers", ipv6_extensions, ETH, TCP, .v6 = true, .has_mac = true},
	{"eight extension headers", ipv6_eight_extensions, ETH, TCP, .v6 = true, .has_mac = true},
	{"nine extension headers", ipv6_nine_extensions, ETH, .outcome = DECODE_BAD_EXTENSION},
	{"mobility and HIP", ipv6_mobility_hip, ETH, TCP, .v6 = true, .has_mac = true},
	{"atomic fragment", ipv6_atomic, ETH, TCP, .v6 = true, .has_mac = true},
	{"jumbogram", ipv6_jumbo, ETH, TCP, .v6 = true, .has_mac = true},
	{"ESP", ipv6_esp, ETH, OTHER},
	{"no next header", ipv6_no_next, ETH, OTHER},
	{"IPv4-mapped address", ipv6_mapped, ETH, .outcome = DECODE_BAD_ADDRESS},
	{"IPv4 fragment", fragment4, ETH, .outcome = DECODE_FRAGMENT},
	{"IPv6 fragment", fragment6, ETH, .outcome = DECODE_FRAGMENT},
	{"time exceeded", icmp4, ETH, .outcome = DECODE_ICMP_ERROR, .has_mac = true},
	{"unreachable, shortest quote", icmp4_short, ETH, .outcome = DECODE_ICMP_ERROR,
	 .has_mac = true},
	{"unreachable, too short a quote", icmp4_too_short, ETH, OTHER},
	{"fragmentation needed", icmp4_needs_fragmentation, ETH, OTHER},
	{"unreachable, quotes a later fragment", icmp4_later_fragment, ETH, OTHER},
	{"unreachable, quotes UDP", icmp4_udp, ETH, OTHER},
	{"echo", icmp4_echo, ETH, OTHER},
	{"ICMPv6 unreachable, extension headers", icmp6, ETH, .outcome = DECODE_ICMP_ERROR,
	 .v6 = true, .has_mac = true},
	{"ICMPv6 quotes a mapped address", icmp6_mapped, ETH, .outcome = DECODE_BAD_ADDRESS},
	{"ICMPv6 packet too big", icmp6_too_big, ETH, OTHER},
	{"IPv4 header of 16 bytes", ipv4_header_short, ETH, .outcome = DECODE_BAD_IP},
	{"IPv4 header longer than the packet", ipv4_header_past_total, ETH,
	 .outcome = DECODE_BAD_IP},
	{"IP version 5", ipv4_version_5, ETH, .outcome = DECODE_BAD_IP},
	{"extension header past the end", ipv6_extension_past_end, ETH,
	 .outcome = DECODE_BAD_EXTENSION},
	{"middle fragment of 15 bytes", fragment_odd, ETH, .outcome = DECODE_BAD_FRAGMENT},
	{"fragment past 65,535", fragment_past_end, ETH, .outcome = DECODE_BAD_FRAGMENT},
	{"empty fragment", fragment_empty, ETH, .outcome = DECODE_BAD_FRAGMENT},
	{"TCP data offset of 16", tcp_offset_small, ETH, .outcome = DECODE_BAD_TCP},
	{"TCP data offset past the segment", tcp_offset_large, ETH, .outcome = DECODE_BAD_TCP},
	{"TCP of 19 bytes", tcp_short, ETH, .outcome = DECODE_BAD_TCP},
};
/* clang-format on */

const size_t samples_ip_count = sizeof(samples_ip) / sizeof(samples_ip[0]);
