#include "corpus.h"

#include <stdio.h>
#include <string.h>

#include "corpus_ip.h"

#define PUT(b, ...)                                                                                \
	do {                                                                                       \
		static const uint8_t bytes_[] = {__VA_ARGS__};                                     \
		memcpy(front(b, sizeof(bytes_)), bytes_, sizeof(bytes_));                          \
	} while (0)

static void ethernet(struct builder *b, unsigned int type)
{
	uint8_t *p = front(b, 14);

	memcpy(p, "\x02\x00\x00\x00\x00\x25\x02\x00\x00\x00\x00\x26", 12);
	set16(p + 12, type);
}

static void tag(struct builder *b, unsigned int vlan, unsigned int type)
{
	uint8_t *p = front(b, 4);

	set16(p, vlan);
	set16(p + 2, type);
}

static void mpls(struct builder *b, int labels)
{
	for (int i = 0; i < labels; i++) {
		uint8_t *p = front(b, 4);

		p[1] = (uint8_t)(0x40 + i);
		p[2] = i == 0;
		p[3] = 64;
	}
}

static void pppoe(struct builder *b, unsigned int protocol)
{
	size_t n = length(b) + 2;
	uint8_t *p = front(b, 8);

	p[0] = 0x11;
	set16(p + 2, 7);
	set16(p + 4, (unsigned int)n);
	set16(p + 6, protocol);
}

static void snap(struct builder *b, unsigned int type)
{
	PUT(b, 0xaa, 0xaa, 3, 0, 0, 0, 0, 0);
	set16(b->room + b->at + 6, type);
}

static void udp(struct builder *b, unsigned int port)
{
	size_t n = length(b) + 8;
	uint8_t *p = front(b, 8);

	set16(p, 50000);
	set16(p + 2, port);
	set16(p + 4, (unsigned int)n);
}

/* Outermost: what carried the mirror. */
static void carry4(struct builder *b, uint8_t protocol)
{
	ipv4(b, protocol, 0, 0x4000);
	ethernet(b, 0x0800);
}

static void gre(struct builder *b, unsigned int flags, unsigned int type)
{
	uint8_t *p;
	int words = !!(flags & 0x8000) + !!(flags & 0x2000) + !!(flags & 0x1000);

	while (words--)
		memcpy(front(b, 4), "\x12\x34\x56\x78", 4);
	p = front(b, 4);
	set16(p, flags);
	set16(p + 2, type);
}

static void plain(struct builder *b, unsigned int type)
{
	ethernet(b, type);
}
static void tag_8100(struct builder *b, unsigned int type)
{
	tag(b, 7, type);
	ethernet(b, 0x8100);
}
static void tag_88a8(struct builder *b, unsigned int type)
{
	tag(b, 7, type);
	ethernet(b, 0x88a8);
}
static void tag_9100(struct builder *b, unsigned int type)
{
	tag(b, 7, type);
	ethernet(b, 0x9100);
}
static void tag_9200(struct builder *b, unsigned int type)
{
	tag(b, 7, type);
	ethernet(b, 0x9200);
}
static void qinq(struct builder *b, unsigned int type)
{
	tag(b, 7, type);
	tag(b, 8, 0x8100);
	ethernet(b, 0x88a8);
}
static void qinq_old(struct builder *b, unsigned int type)
{
	tag(b, 7, type);
	tag(b, 8, 0x8100);
	ethernet(b, 0x9100);
}

static void three_tags(struct builder *b, unsigned int type)
{
	tag(b, 7, type);
	tag(b, 8, 0x8100);
	tag(b, 9, 0x88a8);
	ethernet(b, 0x9100);
}

static unsigned int ppp_type(unsigned int type)
{
	return type == 0x0800 ? 0x0021 : 0x0057;
}

static void in_pppoe(struct builder *b, unsigned int type)
{
	pppoe(b, ppp_type(type));
	ethernet(b, 0x8864);
}

static void tagged_pppoe(struct builder *b, unsigned int type)
{
	pppoe(b, ppp_type(type));
	tag_8100(b, 0x8864);
}

static void pppoe_mpls(struct builder *b, unsigned int type)
{
	(void)type;
	mpls(b, 2);
	pppoe(b, 0x0281);
	ethernet(b, 0x8864);
}

static void mpls_1(struct builder *b, unsigned int type)
{
	(void)type;
	mpls(b, 1);
	ethernet(b, 0x8847);
}
static void mpls_4(struct builder *b, unsigned int type)
{
	(void)type;
	mpls(b, 4);
	ethernet(b, 0x8848);
}
static void tagged_mpls(struct builder *b, unsigned int type)
{
	(void)type;
	mpls(b, 2);
	qinq(b, 0x8847);
}

static void llc_snap(struct builder *b, unsigned int type)
{
	snap(b, type);
	ethernet(b, (unsigned int)length(b));
}

static void tagged_snap(struct builder *b, unsigned int type)
{
	snap(b, type);
	tag_8100(b, (unsigned int)length(b));
}

static void in_gre(struct builder *b, unsigned int type)
{
	gre(b, 0, type);
	carry4(b, 47);
}
static void gre_fields(struct builder *b, unsigned int type)
{
	gre(b, 0xb000, type);
	carry4(b, 47);
}
static void gre_mpls(struct builder *b, unsigned int type)
{
	(void)type;
	mpls(b, 1);
	gre(b, 0, 0x8847);
	carry4(b, 47);
}

static void gre_ethernet(struct builder *b, unsigned int type)
{
	ethernet(b, type);
	gre(b, 0x2000, 0x6558);
	carry4(b, 47);
}

static void gre_over_6(struct builder *b, unsigned int type)
{
	tag_8100(b, type);
	gre(b, 0x2000, 0x6558);
	ipv6(b, extension(b, 0, 47, 8));
	ethernet(b, 0x86dd);
}

static void erspan_1(struct builder *b, unsigned int type)
{
	ethernet(b, type);
	gre(b, 0, 0x88be);
	carry4(b, 47);
}

static void erspan_2(struct builder *b, unsigned int type)
{
	qinq(b, type);
	PUT(b, 0x10, 0x07, 0x08, 0x01, 0, 0, 0, 0);
	gre(b, 0x1000, 0x88be);
	ipv4(b, 47, 0, 0x4000);
	tag_8100(b, 0x0800);
}

static void erspan_3(struct builder *b, unsigned int type)
{
	ethernet(b, type);
	PUT(b, 0x20, 0x07, 0, 1, 1, 2, 3, 4, 0, 0, 0, 0);
	gre(b, 0x1000, 0x22eb);
	carry4(b, 47);
}

static void erspan_3_more(struct builder *b, unsigned int type)
{
	tag_8100(b, type);
	PUT(b, 0x20, 0x07, 0, 1, 1, 2, 3, 4, 0, 0, 0, 1, 0x0c, 0, 0, 0, 0, 0, 0, 0);
	gre(b, 0x1000, 0x22eb);
	carry4(b, 47);
}

static void erspan_3_ip(struct builder *b, unsigned int type)
{
	(void)type;
	PUT(b, 0x20, 0x07, 0, 1, 1, 2, 3, 4, 0, 0, 0x08, 0);
	gre(b, 0x1000, 0x22eb);
	carry4(b, 47);
}

static void vxlan(struct builder *b, unsigned int type)
{
	ethernet(b, type);
	PUT(b, 8, 0, 0, 0, 0, 0, 7, 0);
	udp(b, 4789);
	carry4(b, 17);
}

static void vxlan_linux(struct builder *b, unsigned int type)
{
	three_tags(b, type);
	PUT(b, 8, 0, 0, 0, 0, 0, 7, 0);
	udp(b, 8472);
	ipv4(b, 17, 24, 0x4000);
	qinq(b, 0x0800);
}

static void vxlan_over_6(struct builder *b, unsigned int type)
{
	in_pppoe(b, type);
	PUT(b, 8, 0, 0, 0, 0, 0, 7, 0);
	udp(b, 4789);
	ipv6(b, 17);
	ethernet(b, 0x86dd);
}

static void geneve(struct builder *b, unsigned int type)
{
	ethernet(b, type);
	PUT(b, 3, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 3, 2, 0, 0, 0, 25, 0, 25, 0, 0);
	udp(b, 6081);
	carry4(b, 17);
}

static void geneve_ip(struct builder *b, unsigned int type)
{
	PUT(b, 0, 0, 0, 0, 0, 0, 7, 0);
	set16(b->room + b->at + 2, type);
	udp(b, 6081);
	carry4(b, 17);
}

static void tzsp(struct builder *b, unsigned int type)
{
	ethernet(b, type);
	PUT(b, 1, 0, 0, 1, 1);
	udp(b, 37008);
	carry4(b, 17);
}

static void tzsp_fields(struct builder *b, unsigned int type)
{
	tag_8100(b, type);
	PUT(b, 1, 1, 0, 1, 10, 1, 0xd0, 0, 11, 1, 3, 40, 4, 0, 0, 0, 1, 1);
	udp(b, 37008);
	carry4(b, 17);
}

static void tzsp_many(struct builder *b, unsigned int type)
{
	ethernet(b, type);
	PUT(b, 1, 0, 0, 1, 10, 1, 1, 10, 1, 1, 10, 1, 1, 10, 1, 1, 10, 1, 1, 1);
	udp(b, 37008);
	carry4(b, 17);
}

static void in_ip(struct builder *b, unsigned int type)
{
	carry4(b, type == 0x0800 ? 4 : 41);
}

static void in_ip6(struct builder *b, unsigned int type)
{
	ipv6(b, type == 0x0800 ? 4 : 41);
	ethernet(b, 0x86dd);
}

static void gre_in_vxlan(struct builder *b, unsigned int type)
{
	in_gre(b, type);
	PUT(b, 8, 0, 0, 0, 0, 0, 7, 0);
	udp(b, 4789);
	carry4(b, 17);
}

static void gre_first(struct builder *b, unsigned int type)
{
	gre(b, 0, type);
	ipv4(b, 47, 0, 0x2000);
	ethernet(b, 0x0800);
}

static void vxlan_later(struct builder *b, unsigned int type)
{
	ethernet(b, type);
	ipv4(b, 17, 0, 0x00b9);
	ethernet(b, 0x0800);
}

static void mpls_ethernet(struct builder *b, unsigned int type)
{
	tag_8100(b, type);
	front(b, 4); /* control word */
	mpls(b, 2);
	ethernet(b, 0x8847);
}

static void pppoe_short(struct builder *b, unsigned int type)
{
	uint8_t protocol = (uint8_t)ppp_type(type);
	size_t n = length(b) + 3;
	uint8_t *p = front(b, 9);

	memcpy(p, "\x11\0\0\7\0\0\xff\3", 8);
	p[5] = (uint8_t)n;
	p[8] = protocol;
	ethernet(b, 0x8864);
}

static void snap_bridge(struct builder *b, unsigned int type)
{
	snap(b, type);
	b->room[b->at + 5] = 0xf8;
	ethernet(b, (unsigned int)length(b));
}

static void snap_tag(struct builder *b, unsigned int type)
{
	tag(b, 7, type);
	snap(b, 0x8100);
	ethernet(b, (unsigned int)length(b));
}

static void pptp(struct builder *b, unsigned int type)
{
	size_t n = length(b) + 2;
	uint8_t *p = front(b, 18);

	memcpy(p, "\x30\x81\x88\x0b\0\0\0\5\0\0\0\1\0\0\0\1", 16);
	set16(p + 4, (unsigned int)n);
	set16(p + 16, ppp_type(type));
	carry4(b, 47);
}

static void gre_version_1(struct builder *b, unsigned int type)
{
	gre(b, 0x2001, type);
	carry4(b, 47);
}

static void arp(struct builder *b, unsigned int type)
{
	(void)type;
	ethernet(b, 0x0806);
}

enum answer { AS_INNER, ALWAYS, NEVER };

static const struct encapsulation {
	const char *name;
	void (*build)(struct builder *b, unsigned int type);
	enum answer answer;
} encapsulations[] = {
	{"plain", plain, AS_INNER},
	{"0x8100", tag_8100, AS_INNER},
	{"0x88a8", tag_88a8, AS_INNER},
	{"0x9100", tag_9100, AS_INNER},
	{"0x9200", tag_9200, AS_INNER},
	{"0x88a8 0x8100", qinq, AS_INNER},
	{"0x9100 0x8100", qinq_old, AS_INNER},
	{"three tags", three_tags, AS_INNER},
	{"PPPoE", in_pppoe, AS_INNER},
	{"tag PPPoE", tagged_pppoe, AS_INNER},
	{"PPPoE MPLS", pppoe_mpls, AS_INNER},
	{"MPLS", mpls_1, AS_INNER},
	{"MPLS 4", mpls_4, AS_INNER},
	{"QinQ MPLS 2", tagged_mpls, AS_INNER},
	{"SNAP", llc_snap, AS_INNER},
	{"tag SNAP", tagged_snap, AS_INNER},
	{"GRE", in_gre, AS_INNER},
	{"GRE checksum key sequence", gre_fields, AS_INNER},
	{"GRE MPLS", gre_mpls, AS_INNER},
	{"GRE Ethernet", gre_ethernet, AS_INNER},
	{"IPv6 GRE tag", gre_over_6, AS_INNER},
	{"ERSPAN I", erspan_1, AS_INNER},
	{"tag ERSPAN II QinQ", erspan_2, AS_INNER},
	{"ERSPAN III", erspan_3, AS_INNER},
	{"ERSPAN III subheader tag", erspan_3_more, AS_INNER},
	{"ERSPAN III IP", erspan_3_ip, AS_INNER},
	{"VXLAN", vxlan, AS_INNER},
	{"QinQ options VXLAN 8472 three tags", vxlan_linux, AS_INNER},
	{"IPv6 VXLAN PPPoE", vxlan_over_6, AS_INNER},
	{"GENEVE options", geneve, AS_INNER},
	{"GENEVE IP", geneve_ip, AS_INNER},
	{"TZSP", tzsp, AS_INNER},
	{"TZSP fields tag", tzsp_fields, AS_INNER},
	{"TZSP many fields", tzsp_many, ALWAYS},
	{"IP in IPv4", in_ip, AS_INNER},
	{"IP in IPv6", in_ip6, AS_INNER},
	{"VXLAN GRE", gre_in_vxlan, ALWAYS},
	{"GRE first fragment", gre_first, ALWAYS},
	{"VXLAN later fragment", vxlan_later, ALWAYS},
	{"MPLS Ethernet tag", mpls_ethernet, AS_INNER},
	{"PPPoE ff 03 short", pppoe_short, AS_INNER},
	{"SNAP 802.1H", snap_bridge, AS_INNER},
	{"SNAP tag", snap_tag, ALWAYS},
	{"PPTP", pptp, AS_INNER},
	{"GRE version 1 without PPP", gre_version_1, NEVER},
	{"ARP", arp, NEVER},
};

#define ENCAPSULATIONS (sizeof(encapsulations) / sizeof(*encapsulations))

size_t corpus_count(void)
{
	return ENCAPSULATIONS * L3_COUNT * L4_COUNT;
}

void corpus_build(size_t i, struct sample *ret_)
{
	const struct encapsulation *e = &encapsulations[i / (L3_COUNT * L4_COUNT)];
	enum l3 l3 = (enum l3)(i / L4_COUNT % L3_COUNT);
	enum l4 l4 = (enum l4)(i % L4_COUNT);
	struct builder b = {.at = CORPUS_FRAME};

	payload(&b, l4);
	if (l3 < V6)
		build_v4(&b, l3, l4);
	else
		build_v6(&b, l3, l4);
	e->build(&b, l3 < V6 ? 0x0800 : 0x86dd);
	ret_->length = length(&b);
	memcpy(ret_->data, b.room + b.at, ret_->length);
	ret_->data[0] = 3; /* a group address: the sampler leaves those alone */
	set16(ret_->data + 10, (unsigned int)i);
	ret_->must = e->answer == AS_INNER ? expected(l3, l4) : e->answer == ALWAYS;
	snprintf(ret_->name, sizeof(ret_->name), "%s, %s, %s", e->name, l3_names[l3], l4_names[l4]);
}
