/*
 * flow: one TCP connection as the tracker knows it.  Plain data, of fixed size, in the tracker's
 * table; others read it, and set only what is marked as theirs.
 */
#ifndef EGRESS25_FLOW_FLOW_H
#define EGRESS25_FLOW_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "wire/packet.h"

/* Read when a connection ends or is asked for: the first that holds. */
enum outcome {
	OUTCOME_SENT,
	OUTCOME_ENCRYPTED,
	OUTCOME_REJECTED,
	OUTCOME_CONNECTED,
	OUTCOME_REFUSED,
	OUTCOME_UNREACHABLE,
	OUTCOME_UNANSWERED,
	OUTCOME_COUNT
};

/* "sent", "encrypted", ... as in the record and in JSON. */
const char *outcome_name(enum outcome outcome);

enum flow_kind {
	FLOW_EMBRYO,       /* frames that start nothing yet, kept for what may explain them */
	FLOW_ATTEMPT,      /* internal client, external server, watched or also watched port */
	FLOW_UNCLASSIFIED, /* both ends external, watched port */
	FLOW_KIND_COUNT
};

/* What of a flow has been handed to the sink already: the sink's own, so that it can tell deltas. */
struct flow_told {
	uint64_t bytes_sent;
	bool begun, connected;
	uint8_t outcome;
};

struct flow {
	struct addr client, server;
	uint16_t client_port, server_port;
	uint16_t interface; /* that saw the first frame */
	uint8_t kind;       /* enum flow_kind */
	uint8_t port_class; /* enum port_class of server_port */

	int64_t started; /* stamp of the first frame */
	int64_t last;    /* greatest stamp of any of its frames */
	uint64_t serial; /* 1, 2, ... in the order in which attempts began; 0 for an embryo */

	bool syn_seen;   /* client_isn is known */
	bool connected;  /* the handshake is proven */
	bool refused, unreachable, encrypted;
	bool ended;      /* RST, or FIN of both sides; what comes later starts nothing */

	uint64_t bytes_sent, bytes_received; /* payload, each byte of the sequence counted once */

	/* The client's own frames, from the copy with the highest hops. */
	bool has_mac;
	uint8_t mac[6];
	uint8_t hops;
	uint8_t tag_count;
	struct vlan_tag tags[PACKET_TAGS];

	/* The caller's: judgement made when the attempt began.  The tracker never reads them. */
	uint8_t standing, reason;
	struct flow_told told;

	/* The tracker's own: see tracker.c. */
	struct {
		uint32_t client_isn;
		uint32_t client_next, server_next; /* sequence edges: next byte expected */
		uint8_t flags;
		uint8_t list;
		uint32_t newer, older;          /* other flows of this four-tuple */
		uint32_t tuple_link, syn_link;  /* hash chains */
		uint32_t before, after;         /* list of its state, oldest first */
		uint32_t dirty;                 /* next in the queue of changed flows */
		uint32_t active;                /* tracker seconds at the last frame */
		uint32_t strays;                /* frames counted as stray, should they be explained */
	} own;
};

enum outcome flow_outcome(const struct flow *f);

#endif
