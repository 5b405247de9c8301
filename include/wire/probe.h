/*
 * probe: a question that the owner of an address answers, and of which nobody else takes note: an
 * ARP probe (RFC 5227 2.1.1, from 0.0.0.0) or for IPv6 a neighbour solicitation as duplicate
 * address detection sends it (RFC 4862 5.4.2, from ::).  Neither says anything of who asks, so no
 * host's table changes.  It goes to the owner's MAC address alone.  Pure.
 */
#ifndef EGRESS25_WIRE_PROBE_H
#define EGRESS25_WIRE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/frame.h"
#include "wire/packet.h"

struct probe {
	struct addr target;
	uint8_t mac[6]; /* the target's */
	uint8_t tag_count;
	struct vlan_tag tags[PACKET_TAGS];
};

#define PROBE_ROOM (14 + 4 * PACKET_TAGS + 40 + 24)

/* The whole Ethernet frame, from the MAC address given.  Its length. */
size_t probe_build(const struct probe *p, const uint8_t own[6], uint8_t out[PROBE_ROOM]);

/* What hosts of a link say of their MAC addresses: ARP (RFC 826) and neighbour discovery (RFC 4861)
 * over Ethernet. */
struct neighbour_talk {
	bool question;
	struct addr sender; /* whose MAC address it tells; unspecified where it tells none */
	uint8_t sender_mac[6];
	struct addr target; /* of a question */
	/* To whom an answer goes; of IPv6 not told where it goes to all. */
	bool to_all;
	uint8_t target_mac[6];
};

/*
 * Reads one off a frame that decode_frame() has made p of, with the outcome DECODE_NOT_IP or
 * DECODE_OTHER_IP; false for any other frame, those within tunnels among them.
 */
bool probe_read(const struct frame *frame, const struct packet *p, struct neighbour_talk *ret_);

#endif
