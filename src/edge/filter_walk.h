/*
 * filter_walk: the part of the kernel filter that is written twice, for the frame and for the frame
 * within it.  Of no concern outside src/edge/filter*.c.
 */
#ifndef EGRESS25_EDGE_FILTER_WALK_H
#define EGRESS25_EDGE_FILTER_WALK_H

#include <stdint.h>

#include "filter_assembler.h"
#include "wire/numbers.h"

/* The program's memory. */
enum {
	CELL_PROTOCOL, /* of the IP header's payload */
	CELL_FRAGMENT, /* not 0 within a first fragment */
	CELL_IPV6,     /* where the IPv6 header begins */
	CELL_TYPE,     /* an EtherType, while X moves on */
	CELL_LENGTH    /* of a header, likewise */
};

/* Where the walks end; the same labels for both. */
struct filter_walk {
	struct assembler *a;
	int tcp;      /* X at the TCP header */
	int dns;      /* X at a header that begins with ports: TCP's or UDP's */
	int fragment; /* CELL_PROTOCOL set */
	int other;    /* nothing of ours */
	int pass;
};

/* Where a walk may be entered. */
struct level {
	int ethernet; /* X at the destination MAC */
	int type;     /* A the EtherType, X behind it */
	int ip;	      /* X at an IP header of either version */
	int ipv4, ipv6;
	int ppp; /* X at the PPP header */
};

void walk_init(struct filter_walk *w, struct assembler *a);
void level_init(struct level *l, struct assembler *a);

/* A walk at one level; inner is where its tunnels lead, or NULL where they are passed whole. */
void walk_emit(struct filter_walk *w, const struct level *l, const struct level *inner);

/* The tunnels' part of it: X at the GRE or UDP header. */
struct tunnel_labels {
	int gre, udp;
};
void walk_emit_tunnels(struct filter_walk *w, const struct tunnel_labels *t,
		       const struct level *inner);

/* Any instruction but a jump. */
static inline void walk_put(struct filter_walk *w, int code, uint32_t k)
{
	assembler_put(w->a, code, k);
}

/* Jumps to label where A == k. */
static inline void walk_equal(struct filter_walk *w, uint32_t k, int label)
{
	assembler_jump(w->a, BPF_JEQ, k, label, LABEL_NEXT);
}

/* A = size bytes at X + k */
static inline void walk_load(struct filter_walk *w, int size, uint32_t k)
{
	assembler_put(w->a, BPF_LD | BPF_IND | size, k);
}

/* X += A.  (Of BPF's operands, BPF_K is 0 and goes without saying.) */
static inline void walk_advance_a(struct filter_walk *w)
{
	assembler_put(w->a, BPF_ALU | BPF_ADD | BPF_X, 0);
	assembler_put(w->a, BPF_MISC | BPF_TAX, 0);
}

/* X += n, A lost */
static inline void walk_advance(struct filter_walk *w, uint32_t n)
{
	assembler_put(w->a, BPF_MISC | BPF_TXA, 0);
	assembler_put(w->a, BPF_ALU | BPF_ADD, n);
	assembler_put(w->a, BPF_MISC | BPF_TAX, 0);
}

#endif
