/*
 * reset: the RST segments that end a TCP connection at both its ends.  Pure: plans what to send,
 * and knows again what was sent; edge/inject.h puts it on the wire.
 *
 * The numbers need no guess (RFC 9293 3.10.7.3 and 3.10.7.4, RFC 5961 3.2).  A client in SYN-SENT
 * takes a RST that acknowledges its SYN; any other end one at its RCV.NXT exactly, which is what it
 * acknowledges itself in each of its segments, and what follows the segment that it is just
 * getting.
 */
#ifndef EGRESS25_WIRE_RESET_H
#define EGRESS25_WIRE_RESET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "wire/packet.h"

/* One segment: RST, or RST and ACK. */
struct reset {
	uint16_t interface; /* that saw the frame which it answers */
	/* As on that frame: whom to send it to, and in what. */
	uint8_t mac[6];
	uint8_t tag_count;
	struct vlan_tag tags[PACKET_TAGS];
	bool pppoe;
	uint16_t pppoe_session;
	struct addr source, destination; /* the source is the other end, in whose name it speaks */
	uint16_t source_port, destination_port;
	uint32_t seq, ack;
	bool has_ack;
	uint16_t window; /* no receiver looks at it in a RST: our mark, see reset_is_own() */
};

struct reset_pair {
	struct reset client, server; /* to whom */
};

/* The next byte of either end that the other one waits for, where it is known. */
struct reset_edges {
	bool client_known, server_known;
	uint32_t client, server;
};

/*
 * Plans both segments in answer to one of the connection, TCP with a SYN or an ACK and without a
 * RST; the edges are as they stand after it.  A segment that repeats what is behind an edge is
 * answered at the edge.
 */
void reset_plan(const struct packet *p, bool from_client, const struct reset_edges *edges,
		const struct hash_key *key, struct reset_pair *ret_);

/* Whether a segment is one of ours, seen again on the mirror.  One foreign RST in 65,536 is taken
 * for one. */
bool reset_is_own(const struct packet *p, const struct hash_key *key);

#endif
