/* Encapsulations over IP, and in one another. */
#include "segment.h"

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

/* clang-format off: a table */
const struct sample samples_tunnel[] = {
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
	{"ERSPAN II, no VLAN", erspan_2_no_vlan, ETH, TCP, .has_mac = true, .tunnel = TUNNEL_ERSPAN,
	 .depth = 1},
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
};
/* clang-format on */

const size_t samples_tunnel_count = sizeof(samples_tunnel) / sizeof(samples_tunnel[0]);
