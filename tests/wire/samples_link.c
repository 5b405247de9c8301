/* Link layers: Ethernet, tags, LLC, PPP, MPLS, cooked. */
#include "segment.h"

/* VLAN tags. */

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

/* PPPoE and PPP. */

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

static void pppoe_code(struct made *m)
{
	pppoe4(m);
	m->room[m->at + 15] = 0x09;
}

/* clang-format off: a table */
const struct sample samples_link[] = {
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
};
/* clang-format on */

const size_t samples_link_count = sizeof(samples_link) / sizeof(samples_link[0]);
