/*
 * filter: the one in-kernel program that lets pass what matters and keeps the rest from waking us.
 *
 * Passes, behind any mix of up to three VLAN tags (0x8100, 0x88a8, 0x9100, 0x9200), LLC/SNAP, PPPoE
 * session and MPLS labels: TCP over IPv4 (with options) and IPv6 (with extension headers) from or
 * to a watched port; DNS, that is UDP and TCP from or to port 53; fragments that may belong to such
 * a segment or datagram; ICMP errors that quote such a segment; and the same inside GRE, PPTP, IP
 * in IP, ERSPAN I, II and III, VXLAN, GENEVE, TZSP and Ethernet over MPLS, whose fragments pass
 * too.  What hides its ports passes unread: a tunnel within a tunnel, more than four extension
 * headers, MPLS labels or TZSP fields.  Of other unicast frames it passes a random 1 in
 * FILTER_SAMPLE (live only: a program for files has no random source and passes none).  Nothing
 * else; and nothing in which decode.h finds watched TCP or DNS is kept back.
 *
 * The program asks for no VLAN metadata: it walks the EtherTypes in the data, of which the kernel
 * has taken the outermost tag off; so one program is right live and in files.
 */
#ifndef EGRESS25_EDGE_FILTER_H
#define EGRESS25_EDGE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/site.h"
#include "wire/frame.h"

struct bpf_program;

#define FILTER_SAMPLE 4096

/*
 * Assembles the program for a link type (LINK_ETHERNET, LINK_RAW; LINK_SLL and LINK_SLL2, which
 * live is the "any" device, whose filter sees the packet from its IP header on).  0; -EINVAL for
 * another link type or more than SITE_PORTS ports; -ENOMEM; -E2BIG.  Free with filter_free().
 */
int filter_assemble(enum link link, const uint16_t *ports, size_t port_count, bool live,
		    struct bpf_program *ret_);
void filter_free(struct bpf_program *program);

#endif
