/*
 * decode: from a frame's bytes to a packet, or to the reason why not.  Pure: no state, no clock.
 *
 * Understood: Ethernet II and 802.3 with LLC/SNAP, up to three tags 0x8100, 0x88a8, 0x9100, 0x9200
 * (802.1Q, 802.1ad), PPPoE session (RFC 2516), PPP, MPLS (RFC 3032), IPv4 with options (RFC 791),
 * IPv6 with extension headers (RFC 8200, AH by RFC 4302), TCP (RFC 9293), ICMP and ICMPv6 errors
 * (RFC 792, RFC 4443); and, inside one another up to DECODE_DEPTH, GRE (RFC 2784, 2890), NVGRE,
 * IP in IP, ERSPAN I, II and III (draft-foschiano-erspan), VXLAN (RFC 7348; UDP 4789 and 8472),
 * GENEVE (RFC 8926), TZSP (UDP 37008).  Of other UDP datagrams (RFC 768) those of port 53 are told.
 *
 * Lengths of headers are obeyed, lengths of payloads are those of the IP header; where segmentation
 * offload left them 0 the captured bytes count.  Checksums are not judged: a mirror of a host with
 * checksum offload shows wrong ones all day.
 */
#ifndef EGRESS25_WIRE_DECODE_H
#define EGRESS25_WIRE_DECODE_H

#include <stddef.h>

#include "wire/frame.h"
#include "wire/packet.h"

#define DECODE_DEPTH PACKET_CARRIERS /* encapsulations in one another */

enum decode {
	DECODE_TCP,
	DECODE_UDP,	   /* of DNS: from or to port 53, and no tunnel */
	DECODE_ICMP_ERROR, /* quotes a TCP segment: destination unreachable but "fragmentation
			    * needed", time exceeded, parameter problem */
	DECODE_FRAGMENT,   /* for defrag_add(), then decode_datagram() */
	DECODE_OTHER_IP,   /* addresses are known, and it is none of the above */
	DECODE_NOT_IP,	   /* ARP, spanning tree and the like: nothing for us, nothing wrong */
	/* From here on: why a frame was not understood.  Each is counted by name. */
	DECODE_BAD_LINK,       /* link type unknown */
	DECODE_TRUNCATED,      /* the capture's snapshot length cut a header */
	DECODE_BAD_LINK_LAYER, /* a header below IP contradicts itself */
	DECODE_BAD_IP,	       /* version, header length or total length lies */
	DECODE_BAD_ADDRESS,    /* IPv6 with an IPv4-mapped address of its own */
	DECODE_BAD_EXTENSION,  /* an IPv6 extension chain that does not end within its bound */
	DECODE_BAD_FRAGMENT,   /* past 65,535 bytes, or a middle piece not a multiple of 8 */
	DECODE_BAD_TCP,	       /* data offset below 20 or past the segment */
	DECODE_TOO_DEEP, /* more than DECODE_DEPTH encapsulations, four tags, or nine labels */
	DECODE_COUNT
};

/* The name under which an outcome is counted: "truncated frame", "bad TCP header", ... */
const char *decode_name(enum decode outcome);

/*
 * Decodes a frame.  *ret_ is meaningful as far as its comments say for the outcome returned; for a
 * failure nothing of it is.
 */
enum decode decode_frame(const struct frame *frame, struct packet *ret_);

/*
 * Goes on where a fragment stopped: data is the whole payload of the datagram that `outer` began
 * (addresses, tags, MACs, depth and protocol are taken from it; ret_ may be the same place).  May
 * itself yield DECODE_FRAGMENT, for fragments within a tunnel that was fragmented too; never more
 * than DECODE_DEPTH times for one frame.
 */
enum decode decode_datagram(const struct packet *outer, const uint8_t *data, size_t length,
			    struct packet *ret_);

#endif
