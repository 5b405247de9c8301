/*
 * packet: what the decoder understood of a frame.  Plain data; pointers borrow the frame's bytes
 * (or, behind defrag, the reassembly buffer) until the next frame.
 */
#ifndef EGRESS25_WIRE_PACKET_H
#define EGRESS25_WIRE_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

#define PACKET_TAGS	3
#define PACKET_CARRIERS 6

/* TCP flags, RFC 9293. */
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10

/* The remote mirror that delivered the inner frame, if any: nothing can be sent back through it. */
enum tunnel {
	TUNNEL_NONE,
	TUNNEL_GRE,    /* IP or Ethernet in GRE, or IP in IP */
	TUNNEL_ERSPAN, /* I, II, III */
	TUNNEL_VXLAN,
	TUNNEL_GENEVE,
	TUNNEL_TZSP,
	TUNNEL_COUNT
};

struct vlan_tag {
	uint16_t tpid; /* 0x8100, 0x88a8, 0x9100, 0x9200; 0 where an ERSPAN header told the VLAN */
	uint16_t tci;  /* priority, DEI and the VLAN's number in the low 12 bits */
};

struct packet {
	int64_t time;
	uint16_t interface;

	/* The innermost link layer: the host's own, also behind a remote mirror. */
	struct vlan_tag tags[PACKET_TAGS]; /* outermost first */
	uint8_t tag_count;
	bool has_mac; /* a cooked capture tells the source alone: mac_destination is then all 0 */
	uint8_t mac_source[6], mac_destination[6];
	bool pppoe;
	uint16_t pppoe_session;
	enum tunnel tunnel; /* the innermost one */

	/* The innermost IP header. */
	struct addr source, destination;
	uint8_t hops;	  /* TTL or hop limit */
	uint8_t protocol; /* of the payload, extension headers passed over */

	/* TCP: DECODE_TCP only; ports and payload of DECODE_UDP too. */
	uint16_t source_port, destination_port;
	uint32_t seq, ack;
	uint8_t flags; /* TCP_*; CWR and ECE in the high bits as on the wire */
	uint16_t window;
	const uint8_t *payload;
	uint32_t payload_captured; /* bytes at payload */
	uint32_t payload_length;   /* bytes on the wire, from the IP header */

	/*
	 * An ICMP error: DECODE_ICMP_ERROR only.  source, destination, ports and seq are then those
	 * of the quoted TCP segment, and reporter sent the error.
	 */
	struct addr reporter;
	uint8_t icmp_type, icmp_code;

	/* A fragment: DECODE_FRAGMENT only.  protocol is that of the whole datagram's payload. */
	uint32_t fragment_id;
	uint32_t fragment_offset; /* bytes */
	bool fragment_more;
	const uint8_t *fragment;
	uint32_t fragment_captured; /* bytes at fragment */
	uint32_t fragment_length;   /* bytes on the wire */

	uint8_t depth; /* encapsulations passed so far; the decoder's own bound */

	/* Who sent the tunnels passed, outermost first: whoever it is chose all that is inside. */
	uint8_t carrier_count;
	struct addr carriers[PACKET_CARRIERS];
};

#endif
