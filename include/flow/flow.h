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
	FLOW_EMBRYO,	   /* frames that start nothing yet, kept for what may explain them */
	FLOW_ATTEMPT,	   /* internal client, external server, watched or also watched port */
	FLOW_UNCLASSIFIED, /* both ends external, watched port */
	FLOW_INBOUND,	   /* opened from the watched port, towards us: begins nothing */
	FLOW_KIND_COUNT
};

struct flow {
	struct addr client, server;
	uint16_t client_port, server_port;
	uint16_t interface; /* that saw the first frame */
	uint8_t kind;	    /* enum flow_kind */
	uint8_t port_class; /* enum port_class of server_port */

	int64_t started; /* stamp of the first frame; never changes once the attempt began */
	int64_t last;	 /* greatest stamp of any of its frames */
	uint64_t serial; /* 1, 2, ... in the order in which attempts began; 0 for an embryo */

	uint64_t bytes_sent, bytes_received; /* payload, each byte of the sequence counted once */
	uint64_t told_bytes_sent; /* the part of bytes_sent that was told: see offence.h */

	uint32_t client_isn;
	uint32_t client_next, server_next; /* sequence edges: the next byte expected of either */
	/* As far as its own segments came: the rest, up to the edge, was but acknowledged. */
	uint32_t client_shown, server_shown;

	bool syn_seen : 1;  /* client_isn is known */
	bool connected : 1; /* the handshake is proven */
	bool refused : 1;
	bool unreachable : 1;
	bool encrypted : 1;   /* also watched port: the client's first byte began a TLS record */
	bool ended : 1;	      /* RST, or FIN of both sides; what comes later starts nothing */
	bool client_edge : 1; /* client_next is known */
	bool server_edge : 1; /* server_next is known */
	bool client_fin : 1;
	bool server_fin : 1;
	bool told : 1; /* the attempt itself was told */
	bool told_connected : 1;
	uint8_t told_outcome : 4;

	/* The caller's: the judgement made when the attempt began.  The tracker never reads them.
	 */
	uint8_t standing : 4;
	bool weighed : 1;  /* it was taken as evidence */
	bool answered : 1; /* that a server answered was */

	/* Set by dialogs.c. */
	bool dialogue : 1; /* one was begun; there is no second one */
	bool sent : 1;	   /* a message was accepted */
	bool rejected : 1; /* the server answered 4xx or 5xx */
	/* Of a connection that was resumed: before that, already. */
	bool sent_before : 1;
	bool rejected_before : 1;
	bool shaken : 1; /* the client acknowledged what the server sent */

	uint8_t reason; /* the caller's, like standing */

	/* The client's own frames, from the copy with the highest hops. */
	bool has_mac : 1;
	uint8_t tag_count : 2;
	uint8_t hops;
	uint8_t mac[6];
	uint16_t vlans[PACKET_TAGS]; /* outermost first */

	/* The tracker's own: see tracker.c. */
	struct {
		uint8_t list;
		uint8_t strays;	       /* frames counted as stray, should they be explained */
		uint8_t prospect;      /* an embryo: the enum flow_kind it could become */
		uint8_t queue;	       /* of changed flows: 0 none, else 1 + enum flows_queue */
		uint32_t newer, older; /* other flows of this four-tuple */
		uint32_t tuple_link, syn_link;	    /* hash chains */
		uint32_t before, after;		    /* list of its state, oldest first */
		uint32_t dirty_before, dirty_after; /* queue of changed flows */
		uint32_t active;		    /* tracker ticks at the last frame */
	} own;
};

/* A million of them must leave room for a dialogue's state within 256 MiB. */
_Static_assert(sizeof(struct flow) <= 168, "struct flow has grown");

enum outcome flow_outcome(const struct flow *f);

/*
 * Either side was heard of it, and the client of the server.  Segments of a client alone, payload
 * too, may be forged, and a server answers a forged SYN; but whoever forged it does not see the
 * number that has to be acknowledged.
 */
static inline bool flow_is_proven(const struct flow *f)
{
	return f->connected && f->client_edge && f->server_edge && f->shaken;
}

#endif
