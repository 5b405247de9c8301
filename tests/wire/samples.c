#include "samples.h"

/* The segment, and the packets that carry it. */

static void segment(struct made *m)
{
	made_begin(m);
	made_text(m, SAMPLE_PAYLOAD);
	made_tcp(m, SAMPLE_PORT, 25, SAMPLE_SEQ, SAMPLE_ACK, TCP_PSH | TCP_ACK);
}

static void packet4(struct made *m)
{
	segment(m);
	made_ipv4(m, 6, SAMPLE_CLIENT, SAMPLE_SERVER);
}

static void packet6(struct made *m)
{
	segment(m);
	made_ipv6(m, 6, SAMPLE_CLIENT6, SAMPLE_SERVER6);
}

static void frame4(struct made *m)
{
	packet4(m);
	made_ethernet(m, 0x0800);
}

static void frame6(struct made *m)
{
	packet6(m);
	made_ethernet(m, 0x86dd);
}

/* VLAN tags. */

static void tagged(struct made *m)
{
	packet4(m);
	made_be16(m, 0x0800);
	made_tag(m, 0x8100, 0x6064);
	made_macs(m);
}

static void tagged_twice(struct made *m)
{
	packet6(m);
	made_be16(m, 0x86dd);
	made_tag(m, 0x8100, 20);
	made_tag(m, 0x88a8, 10);
	made_macs(m);
}

static void tagged_thrice(struct made *m)
{
	packet4(m);
	made_be16(m, 0x0800);
	made_tag(m, 0x8100, 30);
	made_tag(m, 0x9200, 20);
	made_tag(m, 0x9100, 10);
	made_macs(m);
}

static void tagged_four_times(struct made *m)
{
	packet4(m);
	made_be16(m, 0x0800);
	for (uint16_t i = 0; i < 4; i++)
		made_tag(m, 0x8100, i);
	made_macs(m);
}

/* LLC and SNAP. */

static void snap(struct made *m)
{
	packet4(m);
	made_hex(m, "aaaa03 000000 0800");
	made_be16(m, (uint16_t)made_length(m));
	made_macs(m);
}

static void snap_tagged(struct made *m)
{
	packet4(m);
	made_hex(m, "aaaa03 000000 0800");
	made_be16(m, (uint16_t)made_length(m));
	made_tag(m, 0x8100, 7);
	made_macs(m);
}

static void snap_padded(struct made *m)
{
	uint16_t length;

	made_begin(m);
	made_fill(m, 6, 0xee);
	made_text(m, SAMPLE_PAYLOAD);
	made_tcp(m, SAMPLE_PORT, 25, SAMPLE_SEQ, SAMPLE_ACK, TCP_PSH | TCP_ACK);
	made_ipv4(m, 6, SAMPLE_CLIENT, SAMPLE_SERVER);
	made_put16(m->room + m->at + 2, 20 + 20 + 8);
	made_hex(m, "aaaa03 000000 0800");
	length = (uint16_t)(made_length(m) - 6);
	made_be16(m, length);
	made_macs(m);
}

static void spanning_tree(struct made *m)
{
	made_begin(m);
	made_fill(m, 35, 0);
	made_hex(m, "0026 424203");
	made_macs(m);
}

static void cisco_snap(struct made *m)
{
	made_begin(m);
	made_fill(m, 20, 0);
	made_hex(m, "001c aaaa03 00000c 2000");
	made_macs(m);
}

static void arp(struct made *m)
{
	made_begin(m);
	made_hex(m, "0001 0800 06 04 0001 02005e100001 0a010203 000000000000 0a010201");
	made_ethernet(m, 0x0806);
}

/* PPPoE and PPP. */

static void pppoe_wrap(struct made *m, const char *protocol)
{
	made_hex(m, protocol);
	made_be16(m, (uint16_t)made_length(m));
	made_hex(m, "11 00 1234");
	made_ethernet(m, 0x8864);
}

static void pppoe4(struct made *m)
{
	packet4(m);
	pppoe_wrap(m, "0021");
}

static void pppoe6_compressed(struct made *m)
{
	packet6(m);
	pppoe_wrap(m, "57");
}

static void pppoe_lcp(struct made *m)
{
	made_begin(m);
	made_hex(m, "09010008 01020304");
	pppoe_wrap(m, "c021");
}

static void ppp_bare(struct made *m)
{
	packet4(m);
	made_hex(m, "0021");
}

static void ppp_hdlc(struct made *m)
{
	packet6(m);
	made_hex(m, "ff03 0057");
}

static void ppp_compressed(struct made *m)
{
	packet4(m);
	made_hex(m, "21");
}

static void ppp_mpls(struct made *m)
{
	packet4(m);
	made_hex(m, "00010140");
	made_hex(m, "ff03 0281");
}

/* MPLS: label, 3 bits of class, bottom of stack, TTL. */

static void mpls4(struct made *m)
{
	packet4(m);
	made_hex(m, "00011140");
	made_ethernet(m, 0x8847);
}

static void mpls6_eight_labels(struct made *m)
{
	packet6(m);
	made_hex(m, "00008140");
	for (int i = 0; i < 7; i++)
		made_hex(m, "00007040");
	made_ethernet(m, 0x8848);
}

static void mpls_nine_labels(struct made *m)
{
	packet4(m);
	made_hex(m, "00008140");
	for (int i = 0; i < 8; i++)
		made_hex(m, "00007040");
	made_ethernet(m, 0x8847);
}

static void mpls_pseudowire(struct made *m)
{
	tagged(m);
	made_hex(m, "00000000");
	made_hex(m, "00011140");
	made_outer_ethernet(m, 0x8847);
}

static void tagged_mpls(struct made *m)
{
	packet4(m);
	made_hex(m, "00011140");
	made_be16(m, 0x8847);
	made_tag(m, 0x8100, 5);
	made_macs(m);
}

/* Link types other than Ethernet. */

static void null_little(struct made *m)
{
	packet4(m);
	made_hex(m, "02000000");
}

static void null_big6(struct made *m)
{
	packet6(m);
	made_hex(m, "0000001e");
}

static void sll(struct made *m)
{
	packet4(m);
	made_hex(m, "0000 0001 0006 02005e100001 0000 0800");
}

static void sll_tagged(struct made *m)
{
	packet4(m);
	made_be16(m, 0x0800);
	made_tag(m, 0x8100, 9);
	m->at += 2; /* the header's protocol is the TPID */
	made_hex(m, "0004 0001 0006 02005e100001 0000 8100");
}

static void sll2(struct made *m)
{
	packet6(m);
	made_hex(m, "86dd 0000 00000002 0001 00 06 02005e100001 0000");
}

static void sll2_no_mac(struct made *m)
{
	packet4(m);
	made_hex(m, "0800 0000 00000005 fffe 00 00 0000000000000000");
}

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
	snap_padded(m);
	m->at += 22;
	made_ethernet(m, 0x0800);
}

static void ipv4_no_total(struct made *m)
{
	packet4(m);
	made_put16(m->room + m->at + 2, 0);
	made_ethernet(m, 0x0800);
}

static void ipv4_udp(struct made *m)
{
	made_begin(m);
	made_fill(m, 12, 8);
	made_udp(m, 40001, 53);
	made_ipv4(m, 17, SAMPLE_CLIENT, SAMPLE_SERVER);
	made_ethernet(m, 0x0800);
}

/* IPv6. */

static void ipv6_extensions(struct made *m)
{
	segment(m);
	made_hex(m, "06 00 0000 00000000");                                 /* shim6: TCP next */
	made_hex(m, "8c 01 010c 0000000000000000 00000000");           /* destination */
	made_hex(m, "3c 04 0000 00000001 00000001 000000000000000000000000"); /* AH, 24 bytes */
	made_hex(m, "33 00 0000 00000000");                                 /* routing */
	made_hex(m, "2b 00 0104 00000000");                                 /* hop by hop */
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

/* GRE. */

static void outer4(struct made *m, uint8_t protocol)
{
	made_ipv4(m, protocol, SAMPLE_ROUTER, "192.0.2.9");
	made_be16(m, 0x0800);
	made_tag(m, 0x8100, 666); /* the mirror's own VLAN, never the host's */
	made_bytes(m, MADE_MAC_OUTER, 6);
	made_bytes(m, MADE_MAC_OUTER, 6);
}

static void outer6(struct made *m, uint8_t protocol)
{
	made_ipv6(m, protocol, SAMPLE_ROUTER6, "2001:db8:ffff::9");
	made_outer_ethernet(m, 0x86dd);
}

static void gre4(struct made *m)
{
	packet4(m);
	made_hex(m, "0000 0800");
	outer4(m, 47);
}

static void gre6_all_fields(struct made *m)
{
	packet6(m);
	made_hex(m, "b000 86dd 12340000 00000007 00000001");
	outer6(m, 47);
}

static void gre_ethernet(struct made *m)
{
	tagged(m);
	made_hex(m, "2000 6558 00123400"); /* NVGRE: the key is the subnet */
	outer4(m, 47);
}

static void gre_mpls(struct made *m)
{
	packet4(m);
	made_hex(m, "00011140");
	made_hex(m, "0000 8847");
	outer4(m, 47);
}

static void gre_pptp(struct made *m)
{
	packet4(m);
	made_hex(m, "ff03 0021");
	made_be32(m, 7); /* acknowledges */
	made_be32(m, 9); /* sequence */
	made_be16(m, 0x0042);
	made_be16(m, (uint16_t)(made_length(m) - 10));
	made_hex(m, "3081 880b");
	outer4(m, 47);
}

static void gre_pptp_ack(struct made *m)
{
	made_begin(m);
	made_hex(m, "2081 880b 0000 0042 00000007");
	outer4(m, 47);
}

static void gre_routing(struct made *m)
{
	packet4(m);
	made_hex(m, "4000 0800 00000000 00000000");
	outer4(m, 47);
}

static void gre_keepalive(struct made *m)
{
	made_begin(m);
	made_hex(m, "0000 0000");
	outer4(m, 47);
}

static void gre_version_2(struct made *m)
{
	packet4(m);
	made_hex(m, "0002 0800");
	outer4(m, 47);
}

static void ip_in_ip(struct made *m)
{
	packet4(m);
	outer4(m, 4);
}

static void six_in_four(struct made *m)
{
	packet6(m);
	outer4(m, 41);
}

static void four_in_six(struct made *m)
{
	packet4(m);
	made_hex(m, "04 00 04 01 01 010100"); /* RFC 2473's encapsulation limit */
	outer6(m, 60);
}

/* ERSPAN. */

static void erspan_1(struct made *m)
{
	frame4(m);
	made_hex(m, "0000 88be");
	outer4(m, 47);
}

static void erspan_2(struct made *m)
{
	frame4(m);
	made_hex(m, "1064 6005 00000001"); /* version 1, VLAN 100; class 3, session 5 */
	made_hex(m, "1000 88be 00000011");
	outer4(m, 47);
}

static void erspan_2_tagged(struct made *m)
{
	tagged(m);
	made_hex(m, "1064 1805 00000001");
	made_hex(m, "1000 88be 00000011");
	outer4(m, 47);
}

static void erspan_2_no_vlan(struct made *m)
{
	frame4(m);
	made_hex(m, "1000 0005 00000001");
	made_hex(m, "1000 88be 00000011");
	outer4(m, 47);
}

static void erspan_3(struct made *m)
{
	frame6(m);
	made_hex(m, "20c8 0005 00112233 0000 0000");
	made_hex(m, "1000 22eb 00000011");
	outer4(m, 47);
}

static void erspan_3_subheader(struct made *m)
{
	frame4(m);
	made_hex(m, "20c8 0005 00112233 0000 0001 1122334455667788");
	made_hex(m, "1000 22eb 00000011");
	outer6(m, 47);
}

static void erspan_3_ip(struct made *m)
{
	packet4(m);
	made_hex(m, "20c8 0005 00112233 0000 0800"); /* frame type 2 */
	made_hex(m, "1000 22eb 00000011");
	outer4(m, 47);
}

static void erspan_version_7(struct made *m)
{
	frame4(m);
	made_hex(m, "7064 0005 00000001");
	made_hex(m, "1000 88be 00000011");
	outer4(m, 47);
}

/* Over UDP. */

static void over_udp(struct made *m, uint16_t port)
{
	made_udp(m, 54321, port);
	outer4(m, 17);
}

static void vxlan(struct made *m)
{
	frame4(m);
	made_hex(m, "08000000 00002a00");
	over_udp(m, 4789);
}

static void vxlan_linux6(struct made *m)
{
	tagged_twice(m);
	made_hex(m, "08000000 00002a00");
	made_udp(m, 54321, 8472);
	outer6(m, 17);
}

static void vxlan_no_flag(struct made *m)
{
	frame4(m);
	made_hex(m, "00000000 00002a00");
	over_udp(m, 4789);
}

static void vxlan_short(struct made *m)
{
	made_begin(m);
	made_hex(m, "08000000");
	over_udp(m, 4789);
}

static void vxlan_arp(struct made *m)
{
	arp(m);
	made_hex(m, "08000000 00002a00");
	over_udp(m, 4789);
}

static void vxlan_no_udp_length(struct made *m)
{
	frame4(m);
	made_hex(m, "08000000 00002a00");
	made_udp(m, 54321, 4789);
	made_put16(m->room + m->at + 4, 0);
	outer6(m, 17);
}

static void geneve(struct made *m)
{
	frame4(m);
	made_hex(m, "0200 6558 00002a00 0102000100000000"); /* 8 bytes of options */
	over_udp(m, 6081);
}

static void geneve_ip(struct made *m)
{
	packet6(m);
	made_hex(m, "0040 86dd 00002a00");
	over_udp(m, 6081);
}

static void geneve_version_1(struct made *m)
{
	frame4(m);
	made_hex(m, "4000 6558 00002a00");
	over_udp(m, 6081);
}

static void geneve_long_options(struct made *m)
{
	made_begin(m);
	made_hex(m, "3f00 6558 00002a00 00000000");
	over_udp(m, 6081);
}

static void tzsp(struct made *m)
{
	frame4(m);
	made_hex(m, "0100 0001 0a 01 c8 00 00 0d 04 00000001 01");
	over_udp(m, 37008);
}

static void tzsp_transmit(struct made *m)
{
	tagged(m);
	made_hex(m, "0101 0001 01");
	over_udp(m, 37008);
}

static void tzsp_wireless(struct made *m)
{
	made_begin(m);
	made_fill(m, 40, 8);
	made_hex(m, "0100 0012 01");
	over_udp(m, 37008);
}

static void tzsp_keepalive(struct made *m)
{
	made_begin(m);
	made_hex(m, "0104 0000 01");
	over_udp(m, 37008);
}

static void tzsp_endless(struct made *m)
{
	made_begin(m);
	made_hex(m, "0100 0001 0a ff 00");
	over_udp(m, 37008);
}

/* Inside one another. */

static void gre_levels(struct made *m, int levels)
{
	packet4(m);
	for (int i = 0; i < levels; i++) {
		made_hex(m, "0000 0800");
		made_ipv4(m, 47, SAMPLE_ROUTER, "192.0.2.9");
	}
	made_outer_ethernet(m, 0x0800);
}

static void six_levels(struct made *m)
{
	gre_levels(m, 6);
}

static void seven_levels(struct made *m)
{
	gre_levels(m, 7);
}

/* A host's VXLAN over PPPoE, seen by ERSPAN. */
static void mixed_levels(struct made *m)
{
	frame4(m);
	made_hex(m, "08000000 00002a00");
	made_udp(m, 54321, 4789);
	made_ipv4(m, 17, SAMPLE_ROUTER, "192.0.2.9");
	pppoe_wrap(m, "0021");
	made_hex(m, "1064 0005 00000001");
	made_hex(m, "1000 88be 00000011");
	outer4(m, 47);
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

static void pppoe_code(struct made *m)
{
	pppoe4(m);
	m->room[m->at + 15] = 0x09;
}

#define ETH   .link = LINK_ETHERNET
#define TCP   .outcome = DECODE_TCP
#define OTHER .outcome = DECODE_OTHER_IP

/* clang-format off: a table */
const struct sample samples[] = {
	{"Ethernet, IPv4", frame4, ETH, TCP, .has_mac = true},
	{"Ethernet, IPv6", frame6, ETH, TCP, .v6 = true, .has_mac = true},
	{"one tag", tagged, ETH, TCP, .has_mac = true, .tag_count = 1, .tags = {{0x8100, 0x6064}}},
	{"two tags", tagged_twice, ETH, TCP, .v6 = true, .has_mac = true, .tag_count = 2,
	 .tags = {{0x88a8, 10}, {0x8100, 20}}},
	{"three tags", tagged_thrice, ETH, TCP, .has_mac = true, .tag_count = 3,
	 .tags = {{0x9100, 10}, {0x9200, 20}, {0x8100, 30}}},
	{"four tags", tagged_four_times, ETH, .outcome = DECODE_TOO_DEEP},
	{"SNAP", snap, ETH, TCP, .has_mac = true},
	{"SNAP in a tag", snap_tagged, ETH, TCP, .has_mac = true, .tag_count = 1,
	 .tags = {{0x8100, 7}}},
	{"SNAP with padding", snap_padded, ETH, TCP, .has_mac = true},
	{"spanning tree", spanning_tree, ETH, .outcome = DECODE_NOT_IP},
	{"Cisco discovery in SNAP", cisco_snap, ETH, .outcome = DECODE_NOT_IP},
	{"ARP", arp, ETH, .outcome = DECODE_NOT_IP},
	{"PPPoE", pppoe4, ETH, TCP, .has_mac = true, .pppoe = true},
	{"PPPoE, one byte of protocol", pppoe6_compressed, ETH, TCP, .v6 = true, .has_mac = true,
	 .pppoe = true},
	{"PPPoE, LCP", pppoe_lcp, ETH, .outcome = DECODE_NOT_IP},
	{"PPPoE with a code", pppoe_code, ETH, .outcome = DECODE_BAD_LINK_LAYER},
	{"PPP", ppp_bare, LINK_PPP, TCP},
	{"PPP in HDLC framing", ppp_hdlc, LINK_PPP, TCP, .v6 = true},
	{"PPP, one byte of protocol", ppp_compressed, LINK_PPP, TCP},
	{"PPP, MPLS", ppp_mpls, LINK_PPP, TCP},
	{"MPLS", mpls4, ETH, TCP, .has_mac = true},
	{"eight labels", mpls6_eight_labels, ETH, TCP, .v6 = true, .has_mac = true},
	{"nine labels", mpls_nine_labels, ETH, .outcome = DECODE_TOO_DEEP},
	{"pseudowire", mpls_pseudowire, ETH, TCP, .has_mac = true, .depth = 1, .tag_count = 1,
	 .tags = {{0x8100, 0x6064}}},
	{"MPLS in a tag", tagged_mpls, ETH, TCP, .has_mac = true, .tag_count = 1,
	 .tags = {{0x8100, 5}}},
	{"raw IPv4", packet4, LINK_RAW, TCP},
	{"raw IPv6", packet6, LINK_RAW, TCP, .v6 = true},
	{"null, little-endian", null_little, LINK_NULL, TCP},
	{"null, big-endian, IPv6 of macOS", null_big6, LINK_NULL, TCP, .v6 = true},
	{"cooked v1", sll, LINK_SLL, TCP, .has_mac = true},
	{"cooked v1, tagged", sll_tagged, LINK_SLL, TCP, .has_mac = true, .tag_count = 1,
	 .tags = {{0x8100, 9}}},
	{"cooked v2", sll2, LINK_SLL2, TCP, .v6 = true, .has_mac = true},
	{"cooked v2 of a tunnel", sll2_no_mac, LINK_SLL2, TCP},
	{"IPv4 options", ipv4_options, ETH, TCP, .has_mac = true},
	{"TCP options", tcp_options, ETH, TCP, .has_mac = true},
	{"Ethernet padding", ipv4_padded, ETH, TCP, .has_mac = true},
	{"IPv4 of total length 0", ipv4_no_total, ETH, TCP, .has_mac = true},
	{"UDP", ipv4_udp, ETH, OTHER},
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
	{"GRE", gre4, ETH, TCP, .tunnel = TUNNEL_GRE, .depth = 1},
	{"GRE, all fields", gre6_all_fields, ETH, TCP, .v6 = true, .tunnel = TUNNEL_GRE,
	 .depth = 1},
	{"NVGRE", gre_ethernet, ETH, TCP, .has_mac = true, .tunnel = TUNNEL_GRE, .depth = 1,
	 .tag_count = 1, .tags = {{0x8100, 0x6064}}},
	{"MPLS in GRE", gre_mpls, ETH, TCP, .tunnel = TUNNEL_GRE, .depth = 1},
	{"PPTP", gre_pptp, ETH, TCP, .tunnel = TUNNEL_GRE, .depth = 1},
	{"PPTP acknowledgement", gre_pptp_ack, ETH, OTHER},
	{"GRE with routing", gre_routing, ETH, OTHER},
	{"GRE keepalive", gre_keepalive, ETH, OTHER},
	{"GRE version 2", gre_version_2, ETH, OTHER},
	{"IP in IP", ip_in_ip, ETH, TCP, .tunnel = TUNNEL_GRE, .depth = 1},
	{"IPv6 in IPv4", six_in_four, ETH, TCP, .v6 = true, .tunnel = TUNNEL_GRE, .depth = 1},
	{"IPv4 in IPv6", four_in_six, ETH, TCP, .tunnel = TUNNEL_GRE, .depth = 1},
	{"ERSPAN I", erspan_1, ETH, TCP, .has_mac = true, .tunnel = TUNNEL_ERSPAN, .depth = 1},
	{"ERSPAN II, VLAN in its header", erspan_2, ETH, TCP, .has_mac = true,
	 .tunnel = TUNNEL_ERSPAN, .depth = 1, .tag_count = 1, .tags = {{0, 0x6064}}},
	{"ERSPAN II, tag in the frame", erspan_2_tagged, ETH, TCP, .has_mac = true,
	 .tunnel = TUNNEL_ERSPAN, .depth = 1, .tag_count = 1, .tags = {{0x8100, 0x6064}}},
	{"ERSPAN II, no VLAN", erspan_2_no_vlan, ETH, TCP, .has_mac = true,
	 .tunnel = TUNNEL_ERSPAN, .depth = 1},
	{"ERSPAN III", erspan_3, ETH, TCP, .v6 = true, .has_mac = true, .tunnel = TUNNEL_ERSPAN,
	 .depth = 1, .tag_count = 1, .tags = {{0, 200}}},
	{"ERSPAN III with a subheader", erspan_3_subheader, ETH, TCP, .has_mac = true,
	 .tunnel = TUNNEL_ERSPAN, .depth = 1, .tag_count = 1, .tags = {{0, 200}}},
	{"ERSPAN III of an IP packet", erspan_3_ip, ETH, TCP, .tunnel = TUNNEL_ERSPAN, .depth = 1},
	{"ERSPAN of unknown version", erspan_version_7, ETH, OTHER},
	{"VXLAN", vxlan, ETH, TCP, .has_mac = true, .tunnel = TUNNEL_VXLAN, .depth = 1},
	{"VXLAN over IPv6 on Linux's port", vxlan_linux6, ETH, TCP, .v6 = true, .has_mac = true,
	 .tunnel = TUNNEL_VXLAN, .depth = 1, .tag_count = 2, .tags = {{0x88a8, 10}, {0x8100, 20}}},
	{"VXLAN's port, not VXLAN", vxlan_no_flag, ETH, OTHER},
	{"VXLAN's port, 4 bytes", vxlan_short, ETH, OTHER},
	{"VXLAN, ARP", vxlan_arp, ETH, .outcome = DECODE_NOT_IP},
	{"VXLAN, UDP of length 0", vxlan_no_udp_length, ETH, TCP, .has_mac = true,
	 .tunnel = TUNNEL_VXLAN, .depth = 1},
	{"GENEVE with options", geneve, ETH, TCP, .has_mac = true, .tunnel = TUNNEL_GENEVE,
	 .depth = 1},
	{"GENEVE of IPv6", geneve_ip, ETH, TCP, .v6 = true, .tunnel = TUNNEL_GENEVE, .depth = 1},
	{"GENEVE's port, not GENEVE", geneve_version_1, ETH, OTHER},
	{"GENEVE's port, options past the end", geneve_long_options, ETH, OTHER},
	{"TZSP with tagged fields", tzsp, ETH, TCP, .has_mac = true, .tunnel = TUNNEL_TZSP,
	 .depth = 1},
	{"TZSP to be sent", tzsp_transmit, ETH, TCP, .has_mac = true, .tunnel = TUNNEL_TZSP,
	 .depth = 1, .tag_count = 1, .tags = {{0x8100, 0x6064}}},
	{"TZSP of 802.11", tzsp_wireless, ETH, OTHER},
	{"TZSP keepalive", tzsp_keepalive, ETH, OTHER},
	{"TZSP without an end", tzsp_endless, ETH, OTHER},
	{"six levels of GRE", six_levels, ETH, TCP, .tunnel = TUNNEL_GRE, .depth = 6},
	{"seven levels of GRE", seven_levels, ETH, .outcome = DECODE_TOO_DEEP},
	{"VXLAN in PPPoE in ERSPAN", mixed_levels, ETH, TCP, .has_mac = true,
	 .tunnel = TUNNEL_VXLAN, .depth = 2},
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

const size_t sample_count = sizeof(samples) / sizeof(samples[0]);
