/*
 * neighbours: which IP addresses are reached by which MAC address, so that a router's MAC is never
 * shown as a workstation's.  Told by frames' destinations: a host can forge the source of what it
 * sends, but not who answers to it.
 *
 * Bound: NEIGHBOURS_MACS addresses; when full, the one longest unseen of a small bucket goes, and
 * is counted.  A MAC is taken for a router's where it carries 4 IPv4 addresses, or 4 IPv6 /64
 * networks (link-local ones aside), or is a virtual router's by its prefix (VRRP 00:00:5e:00:01 and
 * 00:00:5e:00:02, HSRP 00:00:0c:07:ac and 00:00:0c:9f:f, GLBP 00:07:b4).
 */
#ifndef EGRESS25_FLOW_NEIGHBOURS_H
#define EGRESS25_FLOW_NEIGHBOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "wire/packet.h"

#define NEIGHBOURS_MACS 16384
#define NEIGHBOURS_MANY 4

struct neighbours;

struct neighbours *neighbours_new(const struct hash_key *key); /* NULL without memory */
void neighbours_free(struct neighbours *n);

/* Notes the destination of any frame that was decoded up to its IP header and has a MAC. */
void neighbours_note(struct neighbours *n, const struct packet *p);

/* Takes one MAC that has proved to be a router's and was not told yet.  False where there is none.
 */
bool neighbours_next_router(struct neighbours *n, uint8_t ret_mac[6]);

/* Whether a MAC is known as a router's. */
bool neighbours_is_router(const struct neighbours *n, const uint8_t mac[6]);

uint64_t neighbours_evicted(const struct neighbours *n);

#endif
