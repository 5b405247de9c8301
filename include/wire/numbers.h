/*
 * numbers: what protocols call one another: EtherTypes, PPP and IP protocol numbers, the UDP ports
 * of tunnels.  The decoder and the kernel filter must mean the same by them.
 */
#ifndef EGRESS25_WIRE_NUMBERS_H
#define EGRESS25_WIRE_NUMBERS_H

#define ETHERTYPE_LEAST		0x0600 /* below: a length, and LLC follows (IEEE 802.3, 3.2.6) */
#define ETHERTYPE_IPV4		0x0800
#define ETHERTYPE_ERSPAN_III	0x22eb
#define ETHERTYPE_BRIDGED	0x6558 /* transparent Ethernet bridging; NVGRE (RFC 7637) too */
#define ETHERTYPE_TAG		0x8100 /* IEEE 802.1Q */
#define ETHERTYPE_IPV6		0x86dd
#define ETHERTYPE_PPP		0x880b
#define ETHERTYPE_MPLS		0x8847
#define ETHERTYPE_MPLS_UPSTREAM 0x8848
#define ETHERTYPE_PPPOE		0x8864
#define ETHERTYPE_TAG_SERVICE	0x88a8 /* IEEE 802.1ad */
#define ETHERTYPE_ERSPAN	0x88be
#define ETHERTYPE_TAG_QINQ	0x9100 /* before 802.1ad */
#define ETHERTYPE_TAG_QINQ_2	0x9200

#define PPP_IPV4	  0x0021
#define PPP_IPV6	  0x0057
#define PPP_MPLS	  0x0281
#define PPP_MPLS_UPSTREAM 0x0283

#define IP_PROTO_HOP_BY_HOP  0
#define IP_PROTO_ICMP	     1
#define IP_PROTO_IPV4	     4
#define IP_PROTO_TCP	     6
#define IP_PROTO_UDP	     17
#define IP_PROTO_IPV6	     41
#define IP_PROTO_ROUTING     43
#define IP_PROTO_FRAGMENT    44
#define IP_PROTO_GRE	     47
#define IP_PROTO_AH	     51
#define IP_PROTO_ICMPV6	     58
#define IP_PROTO_DESTINATION 60
#define IP_PROTO_MOBILITY    135
#define IP_PROTO_HIP	     139
#define IP_PROTO_SHIM6	     140

#define UDP_DNS		53
#define UDP_VXLAN	4789
#define UDP_VXLAN_LINUX 8472 /* what Linux used before IANA had given a port, and still does */
#define UDP_GENEVE	6081
#define UDP_TZSP	37008

#endif
