/*
 * The remote mirrors' headers: GRE with ERSPAN I, II and III, and by UDP VXLAN, GENEVE and TZSP.
 */
#include <stddef.h>

#include "filter_walk.h"

#define UDP_HEADER  8
#define TZSP_FIELDS 4

/* X += 4 where a flag of the GRE header says so; the flags stay in CELL_LENGTH. */
static void pass_optional(struct filter_walk *w, uint32_t flag)
{
	int absent = assembler_label(w->a);

	walk_put(w, BPF_LD | BPF_MEM, CELL_LENGTH);
	assembler_jump(w->a, BPF_JSET, flag, LABEL_NEXT, absent);
	walk_advance(w, 4);
	assembler_here(w->a, absent);
}

/*
 * ERSPAN: the version is the header's first nibble, whatever GRE's type says.  II: 8 bytes.  III:
 * 12 bytes, 8 more with the O bit; its frame type says 0 for Ethernet, 2 for IP.
 */
static void emit_erspan(struct filter_walk *w, const struct level *inner)
{
	int plain = assembler_label(w->a), third = assembler_label(w->a);
	int second = assembler_label(w->a);

	walk_load(w, BPF_B, 0);
	walk_put(w, BPF_ALU | BPF_AND | BPF_K, 0xf0);
	walk_equal(w, 0x10, second);
	assembler_jump(w->a, BPF_JEQ, 0x20, third, w->other);
	assembler_here(w->a, second);
	walk_advance(w, 8);
	assembler_go(w->a, inner->ethernet);
	assembler_here(w->a, third);
	walk_load(w, BPF_H, 10);
	walk_put(w, BPF_ST, CELL_TYPE);
	assembler_jump(w->a, BPF_JSET, 1, LABEL_NEXT, plain);
	walk_advance(w, 8);
	assembler_here(w->a, plain);
	walk_advance(w, 12);
	walk_put(w, BPF_LD | BPF_MEM, CELL_TYPE);
	walk_put(w, BPF_ALU | BPF_AND | BPF_K, 0x7c00);
	assembler_jump(w->a, BPF_JEQ, 0x0800, inner->ip, inner->ethernet);
}

/* PPTP (RFC 2637), version 1: PPP behind key, sequence number and perhaps acknowledgement. */
static void emit_pptp(struct filter_walk *w, int label, const struct level *inner)
{
	int silent = assembler_label(w->a);

	assembler_here(w->a, label);
	walk_load(w, BPF_H, 2);
	assembler_jump(w->a, BPF_JEQ, ETHERTYPE_PPP, LABEL_NEXT, w->other);
	walk_put(w, BPF_LD | BPF_MEM, CELL_LENGTH);
	walk_put(w, BPF_ALU | BPF_AND | BPF_K, 0x3007);
	assembler_jump(w->a, BPF_JEQ, 0x3001, LABEL_NEXT, w->other);
	walk_advance(w, 12);
	walk_put(w, BPF_LD | BPF_MEM, CELL_LENGTH);
	assembler_jump(w->a, BPF_JSET, 0x0080, LABEL_NEXT, silent);
	walk_advance(w, 4);
	assembler_here(w->a, silent);
	assembler_go(w->a, inner->ppp);
}

/* RFC 2784 and 2890; routing (RFC 1701) carries no mirror. */
static void emit_gre(struct filter_walk *w, int label, const struct level *inner)
{
	int erspan = assembler_label(w->a), erspan_3 = assembler_label(w->a);
	int pptp = assembler_label(w->a);

	assembler_here(w->a, label);
	walk_put(w, BPF_LD | BPF_MEM, CELL_FRAGMENT);
	assembler_jump(w->a, BPF_JEQ, 0, LABEL_NEXT, w->pass);
	walk_load(w, BPF_H, 0);
	walk_put(w, BPF_ST, CELL_LENGTH);
	assembler_jump(w->a, BPF_JSET, 0x0007, pptp, LABEL_NEXT);
	assembler_jump(w->a, BPF_JSET, 0x4000, w->other, LABEL_NEXT);
	walk_load(w, BPF_H, 2);
	walk_put(w, BPF_ST, CELL_TYPE);
	walk_advance(w, 4);
	pass_optional(w, 0x8000); /* checksum */
	pass_optional(w, 0x2000); /* key */
	pass_optional(w, 0x1000); /* sequence number */
	walk_put(w, BPF_LD | BPF_MEM, CELL_TYPE);
	walk_equal(w, ETHERTYPE_BRIDGED, inner->ethernet);
	walk_equal(w, ETHERTYPE_ERSPAN, erspan);
	assembler_jump(w->a, BPF_JEQ, ETHERTYPE_ERSPAN_III, erspan_3, inner->type);

	/* I has no header of its own, and no sequence number either: that tells it from II. */
	assembler_here(w->a, erspan);
	walk_put(w, BPF_LD | BPF_MEM, CELL_LENGTH);
	assembler_jump(w->a, BPF_JSET, 0x1000, LABEL_NEXT, inner->ethernet);
	assembler_here(w->a, erspan_3);
	emit_erspan(w, inner);
	emit_pptp(w, pptp, inner);
}

static void emit_geneve(struct filter_walk *w, int label, const struct level *inner)
{
	assembler_here(w->a, label);
	walk_load(w, BPF_H, UDP_HEADER + 2);
	walk_put(w, BPF_ST, CELL_TYPE);
	walk_load(w, BPF_B, UDP_HEADER);
	walk_put(w, BPF_ALU | BPF_AND | BPF_K, 0x3f);
	walk_put(w, BPF_ALU | BPF_LSH | BPF_K, 2);
	walk_put(w, BPF_ALU | BPF_ADD, UDP_HEADER + 8);
	walk_advance_a(w);
	walk_put(w, BPF_LD | BPF_MEM, CELL_TYPE);
	assembler_jump(w->a, BPF_JEQ, ETHERTYPE_BRIDGED, inner->ethernet, inner->type);
}

/* One tagged field at X: 1 ends them, 0 is a single byte, all others tell their length. */
static void emit_tzsp_field(struct filter_walk *w, int end)
{
	int padding = assembler_label(w->a), next = assembler_label(w->a);

	walk_load(w, BPF_B, 0);
	walk_equal(w, 1, end);
	walk_equal(w, 0, padding);
	walk_load(w, BPF_B, 1);
	walk_put(w, BPF_ALU | BPF_ADD, 2);
	walk_advance_a(w);
	assembler_go(w->a, next);
	assembler_here(w->a, padding);
	walk_advance(w, 1);
	assembler_here(w->a, next);
}

/* Version, type (0 received, 1 to be sent), and 1 for Ethernet. */
static void emit_tzsp(struct filter_walk *w, int label, const struct level *inner)
{
	int frame = assembler_label(w->a), end = assembler_label(w->a);

	assembler_here(w->a, label);
	walk_load(w, BPF_B, UDP_HEADER + 1);
	assembler_jump(w->a, BPF_JGT, 1, w->other, LABEL_NEXT);
	walk_load(w, BPF_H, UDP_HEADER + 2);
	assembler_jump(w->a, BPF_JEQ, 1, frame, w->other);
	assembler_here(w->a, frame);
	walk_advance(w, UDP_HEADER + 4);
	for (int i = 0; i < TZSP_FIELDS; i++)
		emit_tzsp_field(w, end);
	walk_load(w, BPF_B, 0);
	assembler_jump(w->a, BPF_JEQ, 1, end, w->pass);
	assembler_here(w->a, end);
	walk_advance(w, 1);
	assembler_go(w->a, inner->ethernet);
}

static void emit_udp(struct filter_walk *w, int label, const struct level *inner)
{
	int vxlan = assembler_label(w->a), geneve = assembler_label(w->a);
	int tzsp = assembler_label(w->a), whole = assembler_label(w->a);

	assembler_here(w->a, label);
	walk_load(w, BPF_H, 2);
	walk_equal(w, UDP_VXLAN, inner ? whole : w->pass);
	walk_equal(w, UDP_VXLAN_LINUX, inner ? whole : w->pass);
	walk_equal(w, UDP_GENEVE, inner ? whole : w->pass);
	assembler_jump(w->a, BPF_JEQ, UDP_TZSP, inner ? whole : w->pass, w->dns);
	if (!inner)
		return;
	assembler_here(w->a, whole);
	walk_put(w, BPF_ST, CELL_TYPE);
	walk_put(w, BPF_LD | BPF_MEM, CELL_FRAGMENT);
	assembler_jump(w->a, BPF_JEQ, 0, LABEL_NEXT, w->pass);
	walk_put(w, BPF_LD | BPF_MEM, CELL_TYPE);
	walk_equal(w, UDP_GENEVE, geneve);
	assembler_jump(w->a, BPF_JEQ, UDP_TZSP, tzsp, vxlan);

	assembler_here(w->a, vxlan);
	walk_advance(w, UDP_HEADER + 8);
	assembler_go(w->a, inner->ethernet);
	emit_geneve(w, geneve, inner);
	emit_tzsp(w, tzsp, inner);
}

void walk_emit_tunnels(struct filter_walk *w, const struct tunnel_labels *t,
		       const struct level *inner)
{
	if (inner)
		emit_gre(w, t->gre, inner);
	emit_udp(w, t->udp, inner);
}
