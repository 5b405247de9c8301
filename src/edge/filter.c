/*
 * Theory of operation.  Classic BPF has no loops and jumps forward only, so every step that may
 * repeat is written out: three tags, four labels, four extension headers.  The index register X
 * runs along with the header being looked at, all loads are relative to it, and a step that passes
 * a header ends with X behind it.
 *
 * The walk from a link layer to TCP is written by one function, twice: for the frame, and for what
 * a remote mirror carries in it.  A tunnel within that is passed whole.  What both share (the
 * ports, fragments, the verdicts) stands once, at the end, where jumps from everywhere may lead.
 *
 * Rather too much than too little: what cannot be resolved but may hide watched TCP (later
 * fragments, too many extension headers or TZSP fields) is passed, and the decoder decides.  What
 * is lost: frames cut so short that a header looked at is missing; a load past the end means "no".
 *
 * Size matters on Linux before 6.8: the program, converted to eBPF where each load relative to X
 * becomes about seven instructions, must fit net.core.optmem_max, 20,480 bytes.
 */
#include "edge/filter.h"

#include <errno.h>
#include <stdlib.h>

#include <linux/filter.h>

#include "filter_assembler.h"
#include "filter_walk.h"

#define PASS 262144 /* bytes: whole */

static void emit_ports(struct filter_walk *w, const uint16_t *ports, size_t count)
{
	struct assembler *a = w->a;

	assembler_here(a, w->tcp);
	for (uint32_t field = 0; field <= 2; field += 2) {
		walk_load(w, BPF_H, field);
		for (size_t i = 0; i < count; i++)
			assembler_jump(a, BPF_JEQ, ports[i], w->pass, LABEL_NEXT);
	}
	assembler_here(a, w->dns);
	walk_load(w, BPF_H, 0);
	assembler_jump(a, BPF_JEQ, UDP_DNS, w->pass, LABEL_NEXT);
	walk_load(w, BPF_H, 2);
	assembler_jump(a, BPF_JEQ, UDP_DNS, w->pass, w->other);
}

/* A fragment without its first header: what may carry or hide TCP passes. */
static void emit_fragment(struct filter_walk *w)
{
	static const uint8_t carriers[] = {
		IP_PROTO_TCP,	      IP_PROTO_UDP,	   IP_PROTO_GRE,     IP_PROTO_IPV4,
		IP_PROTO_IPV6,	      IP_PROTO_HOP_BY_HOP, IP_PROTO_ROUTING, IP_PROTO_AH,
		IP_PROTO_DESTINATION, IP_PROTO_MOBILITY,   IP_PROTO_HIP,     IP_PROTO_SHIM6,
		IP_PROTO_FRAGMENT,
	};

	assembler_here(w->a, w->fragment);
	assembler_put(w->a, BPF_LD | BPF_MEM, CELL_PROTOCOL);
	for (size_t i = 0; i < sizeof(carriers); i++)
		assembler_jump(w->a, BPF_JEQ, carriers[i], w->pass, LABEL_NEXT);
	assembler_go(w->a, w->other);
}

/* Broadcasts and multicasts reach every port of a switch: they prove no mirror. */
static void emit_unicast_only(struct filter_walk *w, enum link link, int drop)
{
	struct assembler *a = w->a;

	if (link == LINK_ETHERNET) {
		assembler_put(a, BPF_LD | BPF_B | BPF_ABS, 0);
		assembler_jump(a, BPF_JSET, 1, drop, LABEL_NEXT);
	} else if (link != LINK_RAW) {
		assembler_put(a, BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE));
		assembler_jump(a, BPF_JEQ, 1, drop, LABEL_NEXT); /* PACKET_BROADCAST */
		assembler_jump(a, BPF_JEQ, 2, drop, LABEL_NEXT); /* PACKET_MULTICAST */
	}
}

static void emit_verdicts(struct filter_walk *w, enum link link, bool live)
{
	struct assembler *a = w->a;
	int drop = assembler_label(a);

	assembler_here(a, w->other);
	if (live) {
		emit_unicast_only(w, link, drop);
		assembler_put(a, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM));
		assembler_jump(a, BPF_JSET, FILTER_SAMPLE - 1, drop, w->pass);
	}
	assembler_here(a, drop);
	assembler_put(a, BPF_RET | BPF_K, 0);
	assembler_here(a, w->pass);
	assembler_put(a, BPF_RET | BPF_K, PASS);
}

/* From the frame's first byte to the outer walk's entry. */
static void emit_start(struct filter_walk *w, enum link link, bool live, const struct level *outer)
{
	struct assembler *a = w->a;
	bool cooked = link == LINK_SLL || link == LINK_SLL2;
	uint32_t start = !cooked || live ? 0 : link == LINK_SLL ? 16 : 20;

	assembler_put(a, BPF_LD | BPF_IMM, 0);
	assembler_put(a, BPF_ST, CELL_FRAGMENT);
	assembler_put(a, BPF_LDX | BPF_IMM, start);
	if (cooked && live)
		assembler_put(a, BPF_LD | BPF_H | BPF_ABS,
			      (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
	else if (cooked)
		assembler_put(a, BPF_LD | BPF_H | BPF_ABS, link == LINK_SLL ? 14 : 0);
	if (cooked)
		assembler_go(a, outer->type);
	else
		assembler_go(a, link == LINK_RAW ? outer->ip : outer->ethernet);
}

static void emit(struct assembler *a, enum link link, const uint16_t *ports, size_t port_count,
		 bool live)
{
	struct filter_walk w;
	struct level outer, inner;

	walk_init(&w, a);
	level_init(&outer, a);
	level_init(&inner, a);
	emit_start(&w, link, live, &outer);
	walk_emit(&w, &outer, &inner);
	walk_emit(&w, &inner, NULL);
	emit_ports(&w, ports, port_count);
	emit_fragment(&w);
	emit_verdicts(&w, link, live);
}

int filter_assemble(enum link link, const uint16_t *ports, size_t port_count, bool live,
		    struct bpf_program *ret_)
{
	struct assembler *a;
	int r;

	if (link != LINK_ETHERNET && link != LINK_RAW && link != LINK_SLL && link != LINK_SLL2)
		return -EINVAL;
	if (port_count > SITE_PORTS)
		return -EINVAL;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	emit(a, link, ports, port_count, live);
	r = assembler_finish(a, ret_);
	free(a);
	return r;
}

void filter_free(struct bpf_program *program)
{
	free(program->bf_insns);
	*program = (struct bpf_program){0};
}
