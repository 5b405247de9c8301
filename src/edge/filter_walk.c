/*
 * From a link layer to TCP, ICMP or a tunnel.  See filter.c for the plan.
 */
#include "filter_walk.h"

#include <stddef.h>

#define TAGS	   3
#define LABELS	   4
#define EXTENSIONS 4

/* Labels within one walk. */
struct inside {
	int snap, pppoe, mpls;
	int payload; /* A the protocol, X at its header */
	int first6;  /* X at an IPv6 fragment header, CELL_PROTOCOL set */
	int icmp, icmpv6;
	struct tunnel_labels tunnel;
};

static void unless_equal(struct filter_walk *w, uint32_t k, int label)
{
	assembler_jump(w->a, BPF_JEQ, k, LABEL_NEXT, label);
}

static void any_bit(struct filter_walk *w, uint32_t k, int label)
{
	assembler_jump(w->a, BPF_JSET, k, label, LABEL_NEXT);
}

void walk_init(struct filter_walk *w, struct assembler *a)
{
	w->a = a;
	w->tcp = assembler_label(a);
	w->dns = assembler_label(a);
	w->fragment = assembler_label(a);
	w->other = assembler_label(a);
	w->pass = assembler_label(a);
}

void level_init(struct level *l, struct assembler *a)
{
	l->ethernet = assembler_label(a);
	l->type = assembler_label(a);
	l->ip = assembler_label(a);
	l->ipv4 = assembler_label(a);
	l->ipv6 = assembler_label(a);
	l->ppp = assembler_label(a);
}

/* A = the 16 bits at X + k, X += n */
static void take_type(struct filter_walk *w, uint32_t k, uint32_t n)
{
	walk_load(w, BPF_H, k);
	walk_put(w, BPF_ST, CELL_TYPE);
	walk_advance(w, n);
	walk_put(w, BPF_LD | BPF_MEM, CELL_TYPE);
}

/* Common types first: most frames are not tagged and take two comparisons. */
static void emit_ethernet(struct filter_walk *w, const struct level *l, const struct inside *in)
{
	assembler_here(w->a, l->ethernet);
	take_type(w, 12, 14);
	assembler_here(w->a, l->type);
	for (int i = 0; i < TAGS; i++) {
		int tag = assembler_label(w->a);

		walk_equal(w, ETHERTYPE_IPV4, l->ipv4);
		walk_equal(w, ETHERTYPE_IPV6, l->ipv6);
		walk_equal(w, ETHERTYPE_TAG, tag);
		walk_equal(w, ETHERTYPE_TAG_SERVICE, tag);
		walk_equal(w, ETHERTYPE_TAG_QINQ, tag);
		unless_equal(w, ETHERTYPE_TAG_QINQ_2, in->snap);
		assembler_here(w->a, tag);
		take_type(w, 2, 4);
	}
	walk_equal(w, ETHERTYPE_IPV4, l->ipv4);
	walk_equal(w, ETHERTYPE_IPV6, l->ipv6);
}

/* A is a type that is neither IP nor a tag, X behind it.  Tags behind SNAP are passed whole. */
static void emit_snap(struct filter_walk *w, const struct level *l, const struct inside *in)
{
	int oui = assembler_label(w->a), other_type = assembler_label(w->a);

	assembler_here(w->a, in->snap);
	assembler_jump(w->a, BPF_JGE, ETHERTYPE_LEAST, other_type, LABEL_NEXT);
	walk_load(w, BPF_W, 0);
	unless_equal(w, 0xaaaa0300, w->other);
	walk_load(w, BPF_H, 4);
	walk_equal(w, 0, oui);
	unless_equal(w, 0x00f8, w->other);
	assembler_here(w->a, oui);
	take_type(w, 6, 8);
	walk_equal(w, ETHERTYPE_IPV4, l->ipv4);
	walk_equal(w, ETHERTYPE_IPV6, l->ipv6);
	walk_equal(w, ETHERTYPE_TAG, w->pass);
	walk_equal(w, ETHERTYPE_TAG_SERVICE, w->pass);
	walk_equal(w, ETHERTYPE_TAG_QINQ, w->pass);
	walk_equal(w, ETHERTYPE_TAG_QINQ_2, w->pass);
	assembler_here(w->a, other_type);
	walk_equal(w, ETHERTYPE_PPPOE, in->pppoe);
	walk_equal(w, ETHERTYPE_MPLS, in->mpls);
	assembler_jump(w->a, BPF_JEQ, ETHERTYPE_MPLS_UPSTREAM, in->mpls, w->other);
}

/* PPP's protocol may be one byte, which then is odd, and may stand behind HDLC's ff 03 (RFC 1661).
 */
static void emit_ppp(struct filter_walk *w, const struct level *l, const struct inside *in)
{
	int bare = assembler_label(w->a), wide = assembler_label(w->a),
	    have = assembler_label(w->a);

	assembler_here(w->a, in->pppoe);
	walk_advance(w, 6);
	assembler_here(w->a, l->ppp);
	walk_load(w, BPF_B, 0);
	unless_equal(w, 0xff, bare);
	walk_advance(w, 2);
	assembler_here(w->a, bare);
	walk_load(w, BPF_B, 0);
	walk_put(w, BPF_ST, CELL_TYPE);
	assembler_jump(w->a, BPF_JSET, 1, LABEL_NEXT, wide);
	walk_advance(w, 1);
	walk_put(w, BPF_LD | BPF_MEM, CELL_TYPE);
	assembler_go(w->a, have);
	assembler_here(w->a, wide);
	take_type(w, 0, 2);
	assembler_here(w->a, have);
	walk_equal(w, PPP_IPV4, l->ipv4);
	walk_equal(w, PPP_IPV6, l->ipv6);
	walk_equal(w, PPP_MPLS, in->mpls);
	assembler_jump(w->a, BPF_JEQ, PPP_MPLS_UPSTREAM, in->mpls, w->other);
}

/*
 * Behind the label with the bottom bit nothing says what follows but the first nibble: IP's
 * version, or 0 for a pseudowire's control word (RFC 4385), here taken for one of Ethernet: a
 * tunnel.  More labels pass.
 */
static void emit_mpls(struct filter_walk *w, const struct level *l, const struct inside *in,
		      const struct level *inner)
{
	int bottom = assembler_label(w->a), version = assembler_label(w->a);

	assembler_here(w->a, in->mpls);
	for (int i = 0; i < LABELS; i++) {
		walk_load(w, BPF_B, 2);
		any_bit(w, 1, bottom);
		if (i + 1 < LABELS)
			walk_advance(w, 4);
	}
	assembler_go(w->a, w->pass);
	assembler_here(w->a, bottom);
	walk_advance(w, 4);
	walk_load(w, BPF_B, 0);
	assembler_jump(w->a, BPF_JGE, 0x10, version, inner ? LABEL_NEXT : w->pass);
	if (inner) {
		walk_advance(w, 4);
		assembler_go(w->a, inner->ethernet);
	}
	assembler_here(w->a, version);
	assembler_here(w->a, l->ip);
	walk_load(w, BPF_B, 0);
	walk_put(w, BPF_ALU | BPF_AND | BPF_K, 0xf0);
	walk_equal(w, 0x60, l->ipv6);
	unless_equal(w, 0x40, w->other);
}

/* A = length of the IPv4 header at X + k */
static void load_ipv4_length(struct filter_walk *w, uint32_t k)
{
	walk_load(w, BPF_B, k);
	walk_put(w, BPF_ALU | BPF_AND | BPF_K, 15);
	walk_put(w, BPF_ALU | BPF_LSH | BPF_K, 2);
}

/*
 * A first fragment shows the ports, unless it holds less than 8 bytes; those it seems to have then
 * are padding.
 */
static void emit_ipv4(struct filter_walk *w, const struct level *l, const struct inside *in)
{
	int whole = assembler_label(w->a);

	assembler_here(w->a, l->ipv4);
	walk_load(w, BPF_B, 9);
	walk_put(w, BPF_ST, CELL_PROTOCOL);
	walk_load(w, BPF_H, 6);
	any_bit(w, 0x1fff, w->fragment);
	walk_put(w, BPF_ALU | BPF_AND | BPF_K, 0x2000);
	walk_put(w, BPF_ST, CELL_FRAGMENT);
	unless_equal(w, 0x2000, whole);
	load_ipv4_length(w, 0);
	walk_put(w, BPF_ALU | BPF_ADD, 8);
	walk_put(w, BPF_ST, CELL_LENGTH);
	walk_load(w, BPF_H, 2);
	walk_put(w, BPF_STX, CELL_TYPE);
	walk_put(w, BPF_LDX | BPF_MEM, CELL_LENGTH);
	assembler_jump_x(w->a, BPF_JGE, LABEL_NEXT, w->fragment);
	walk_put(w, BPF_LDX | BPF_MEM, CELL_TYPE);
	assembler_here(w->a, whole);
	load_ipv4_length(w, 0);
	walk_advance_a(w);
	walk_put(w, BPF_LD | BPF_MEM, CELL_PROTOCOL);
	assembler_go(w->a, in->payload);
}

/* One extension header at X, its protocol in A; X behind it and the next protocol in A. */
static void emit_extension(struct filter_walk *w, const struct inside *in)
{
	int plain = assembler_label(w->a), fragment = assembler_label(w->a);
	int pass_over = assembler_label(w->a);

	walk_equal(w, IP_PROTO_HOP_BY_HOP, plain);
	walk_equal(w, IP_PROTO_ROUTING, plain);
	walk_equal(w, IP_PROTO_DESTINATION, plain);
	walk_equal(w, IP_PROTO_MOBILITY, plain);
	walk_equal(w, IP_PROTO_HIP, plain);
	walk_equal(w, IP_PROTO_SHIM6, plain);
	walk_equal(w, IP_PROTO_FRAGMENT, fragment);
	unless_equal(w, IP_PROTO_AH, in->payload);
	walk_load(w, BPF_B, 1);
	walk_put(w, BPF_ALU | BPF_ADD, 2);
	walk_put(w, BPF_ALU | BPF_LSH | BPF_K, 2);
	assembler_go(w->a, pass_over);

	assembler_here(w->a, fragment);
	walk_load(w, BPF_B, 0);
	walk_put(w, BPF_ST, CELL_PROTOCOL);
	walk_load(w, BPF_H, 2);
	any_bit(w, 0xfff8, w->fragment);
	any_bit(w, 1, in->first6);
	walk_put(w, BPF_LD | BPF_IMM, 8);
	assembler_go(w->a, pass_over);

	assembler_here(w->a, plain);
	walk_load(w, BPF_B, 1);
	walk_put(w, BPF_ALU | BPF_ADD, 1);
	walk_put(w, BPF_ALU | BPF_LSH | BPF_K, 3);
	assembler_here(w->a, pass_over);
	walk_put(w, BPF_ST, CELL_LENGTH);
	walk_load(w, BPF_B, 0);
	walk_put(w, BPF_ST, CELL_PROTOCOL);
	walk_put(w, BPF_LD | BPF_MEM, CELL_LENGTH);
	walk_advance_a(w);
	walk_put(w, BPF_LD | BPF_MEM, CELL_PROTOCOL);
}

/* Jumps to label where A is an extension header's number. */
static void if_extension(struct filter_walk *w, int label)
{
	walk_equal(w, IP_PROTO_HOP_BY_HOP, label);
	walk_equal(w, IP_PROTO_ROUTING, label);
	walk_equal(w, IP_PROTO_DESTINATION, label);
	walk_equal(w, IP_PROTO_MOBILITY, label);
	walk_equal(w, IP_PROTO_HIP, label);
	walk_equal(w, IP_PROTO_SHIM6, label);
	walk_equal(w, IP_PROTO_FRAGMENT, label);
	walk_equal(w, IP_PROTO_AH, label);
}

/* A longer chain passes: it is the cheapest way to hide a port, and rare in earnest. */
static void emit_ipv6(struct filter_walk *w, const struct level *l, const struct inside *in)
{
	assembler_here(w->a, l->ipv6);
	walk_put(w, BPF_STX, CELL_IPV6);
	walk_load(w, BPF_B, 6);
	walk_put(w, BPF_ST, CELL_PROTOCOL);
	walk_advance(w, 40);
	walk_put(w, BPF_LD | BPF_MEM, CELL_PROTOCOL);
	for (int i = 0; i < EXTENSIONS; i++)
		emit_extension(w, in);
	if_extension(w, w->pass);
	assembler_go(w->a, in->payload);
}

/* An IPv6 first fragment: as IPv4's; with extension headers behind the fragment header it passes.
 */
static void emit_first6(struct filter_walk *w, const struct inside *in)
{
	assembler_here(w->a, in->first6);
	walk_put(w, BPF_LD | BPF_MEM, CELL_PROTOCOL);
	if_extension(w, w->pass);
	walk_advance(w, 8);
	walk_put(w, BPF_ST, CELL_FRAGMENT);
	walk_put(w, BPF_ST, CELL_LENGTH);
	walk_put(w, BPF_LDX | BPF_MEM, CELL_IPV6);
	walk_load(w, BPF_H, 4);
	walk_put(w, BPF_ALU | BPF_ADD, 40 - 8);
	walk_put(w, BPF_ALU | BPF_ADD | BPF_X, 0);
	walk_put(w, BPF_LDX | BPF_MEM, CELL_LENGTH);
	assembler_jump_x(w->a, BPF_JGE, LABEL_NEXT, w->fragment);
	walk_put(w, BPF_LD | BPF_MEM, CELL_PROTOCOL);
}

/*
 * ICMP errors that quote TCP: the header, then the IP packet it is about.  Quoted later fragments
 * have no ports; quoted IPv6 extension headers pass.
 */
static void emit_icmp(struct filter_walk *w, const struct inside *in)
{
	int error = assembler_label(w->a);

	assembler_here(w->a, in->icmp);
	walk_load(w, BPF_B, 0);
	walk_equal(w, 3, error);
	walk_equal(w, 11, error);
	unless_equal(w, 12, w->other);
	assembler_here(w->a, error);
	walk_load(w, BPF_B, 8 + 9);
	unless_equal(w, IP_PROTO_TCP, w->other);
	walk_load(w, BPF_H, 8 + 6);
	any_bit(w, 0x1fff, w->other);
	load_ipv4_length(w, 8);
	walk_put(w, BPF_ALU | BPF_ADD, 8);
	walk_advance_a(w);
	assembler_go(w->a, w->tcp);
}

static void emit_icmpv6(struct filter_walk *w, const struct inside *in)
{
	int error = assembler_label(w->a), tcp = assembler_label(w->a);

	assembler_here(w->a, in->icmpv6);
	walk_load(w, BPF_B, 0);
	walk_equal(w, 1, error);
	walk_equal(w, 3, error);
	unless_equal(w, 4, w->other);
	assembler_here(w->a, error);
	walk_load(w, BPF_B, 8 + 6);
	walk_equal(w, IP_PROTO_TCP, tcp);
	if_extension(w, w->pass);
	assembler_go(w->a, w->other);
	assembler_here(w->a, tcp);
	walk_advance(w, 8 + 40);
	assembler_go(w->a, w->tcp);
}

/* A tunnel's first fragment may lack what the walk would look at: it passes. */
static void pass_fragment(struct filter_walk *w, int label, int target)
{
	assembler_here(w->a, label);
	walk_put(w, BPF_LD | BPF_MEM, CELL_FRAGMENT);
	assembler_jump(w->a, BPF_JEQ, 0, target, w->pass);
}

static void emit_payload(struct filter_walk *w, const struct inside *in, const struct level *inner)
{
	int ipv4 = assembler_label(w->a), ipv6 = assembler_label(w->a);

	assembler_here(w->a, in->payload);
	walk_equal(w, IP_PROTO_TCP, w->tcp);
	walk_equal(w, IP_PROTO_UDP, in->tunnel.udp);
	walk_equal(w, IP_PROTO_ICMP, in->icmp);
	walk_equal(w, IP_PROTO_ICMPV6, in->icmpv6);
	walk_equal(w, IP_PROTO_GRE, inner ? in->tunnel.gre : w->pass);
	walk_equal(w, IP_PROTO_IPV4, inner ? ipv4 : w->pass);
	assembler_jump(w->a, BPF_JEQ, IP_PROTO_IPV6, inner ? ipv6 : w->pass, w->other);
	if (!inner)
		return;
	pass_fragment(w, ipv4, inner->ipv4);
	pass_fragment(w, ipv6, inner->ipv6);
}

void walk_emit(struct filter_walk *w, const struct level *l, const struct level *inner)
{
	struct assembler *a = w->a;
	struct inside in = {
		.snap = assembler_label(a),
		.pppoe = assembler_label(a),
		.mpls = assembler_label(a),
		.payload = assembler_label(a),
		.first6 = assembler_label(a),
		.icmp = assembler_label(a),
		.icmpv6 = assembler_label(a),
		.tunnel = {.gre = assembler_label(a), .udp = assembler_label(a)},
	};

	emit_ethernet(w, l, &in);
	emit_snap(w, l, &in);
	emit_ppp(w, l, &in);
	emit_mpls(w, l, &in, inner);
	emit_ipv4(w, l, &in);
	emit_ipv6(w, l, &in);
	emit_first6(w, &in);
	emit_payload(w, &in, inner);
	emit_icmp(w, &in);
	emit_icmpv6(w, &in);
	walk_emit_tunnels(w, &in.tunnel, inner);
}
