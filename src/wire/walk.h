/*
 * walk: the decoder's own state, shared by its files.
 *
 * Theory of operation.  A frame is a row of layers, and an attacker chooses how many.  So no layer
 * calls the next one: each takes its header off the front, writes what it learnt into the packet,
 * and names the next layer or the outcome; one loop in decode.c goes from layer to layer.  Every
 * layer takes at least a byte or hands on to one that does, VLAN tags, labels, extension headers
 * and encapsulations are counted, so the way through a frame is short whatever it holds.
 *
 * Two lengths go along.  `rest` is what the capture holds; `wire` is how much there was by the
 * innermost length field that spoke.  A header missing from `rest` but not from `wire` was cut by
 * the snapshot length; one missing from `wire` is a lie of the layer below.  A length field that
 * promises more than its surroundings hold is taken at its word, and what is missing counts as cut:
 * remote mirrors shorten frames without mending the lengths inside.
 */
#ifndef EGRESS25_SRC_WIRE_WALK_H
#define EGRESS25_SRC_WIRE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/decode.h"
#include "wire/numbers.h"

/* IPv6 extension headers in one packet. */
#define WALK_EXTENSIONS 8

enum layer {
	LAYER_ETHERNET,
	LAYER_NULL,
	LAYER_SLL,
	LAYER_SLL2,
	LAYER_PPP,
	LAYER_MPLS,
	LAYER_IP, /* either version: the first nibble tells */
	LAYER_IPV4,
	LAYER_IPV6,
	LAYER_PAYLOAD, /* of IP, of the kind packet->protocol */
	LAYER_TCP,
	LAYER_UDP,
	LAYER_GRE,
	LAYER_ICMP,
	LAYER_COUNT
};

struct walk {
	struct bytes rest;
	size_t wire; /* never less than rest.left */
	struct packet *packet;
	enum layer layer;    /* the next one, while the walk goes on */
	enum decode outcome; /* once it has stopped */
	bool v6;	     /* the innermost IP header's version */
	bool reassembled;    /* behind defrag: this IP layer may not be a fragment again */
	uint8_t extensions;  /* passed in this IP packet */
	uint16_t mirror_tci; /* the VLAN that an ERSPAN header gave the frame within, or 0 */
};

/* Each layer: true where the walk goes on. */
static inline bool walk_go(struct walk *w, enum layer next)
{
	w->layer = next;
	return true;
}

static inline bool walk_stop(struct walk *w, enum decode outcome)
{
	w->outcome = outcome;
	return false;
}

/*
 * Takes n bytes, or stops the walk and returns NULL: with DECODE_TRUNCATED where the capture alone
 * lacks them, else with the reason given.
 */
static inline const uint8_t *walk_take(struct walk *w, size_t n, enum decode reason)
{
	const uint8_t *at = bytes_take(&w->rest, n);

	if (at)
		w->wire -= n;
	else
		walk_stop(w, w->wire < n ? reason : DECODE_TRUNCATED);
	return at;
}

/* The next byte, left where it is; NULL as above. */
static inline const uint8_t *walk_peek(struct walk *w, enum decode reason)
{
	if (w->rest.left)
		return w->rest.at;
	walk_stop(w, w->wire ? DECODE_TRUNCATED : reason);
	return NULL;
}

/* A length field spoke: n bytes follow. */
static inline void walk_limit(struct walk *w, size_t n)
{
	bytes_limit(&w->rest, n);
	w->wire = n;
}

/* Into an encapsulation: what is known of the link layer outside holds no longer. */
bool walk_enter(struct walk *w, enum tunnel tunnel, enum layer next);

/* link.c */
bool layer_ethernet(struct walk *w);
bool layer_null(struct walk *w);
bool layer_sll(struct walk *w);
bool layer_sll2(struct walk *w);
bool layer_ppp(struct walk *w);
bool layer_mpls(struct walk *w);

/* ip.c */
bool layer_ip(struct walk *w);
bool layer_ipv4(struct walk *w);
bool layer_ipv6(struct walk *w);
bool layer_payload(struct walk *w);

/* Whether an IPv6 extension header of that kind is one to pass over; a fragment header is not. */
bool ip_is_extension(uint8_t protocol);

/* Passes over one, and makes *protocol that of what follows; or stops the walk. */
bool ip_pass_extension(struct walk *w, uint8_t *protocol, enum decode reason);

/* icmp.c */
bool layer_icmp(struct walk *w);

/* tunnel.c */
bool layer_udp(struct walk *w);
bool layer_gre(struct walk *w);

/* erspan.c: behind the GRE header; type I is headerless. */
bool tunnel_erspan(struct walk *w, bool headerless);

#endif
