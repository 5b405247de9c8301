/*
 * tcp: one connection as a mirror port beside the client shows it.  The caller tells the story in
 * order (open, client says, server answers, somebody closes); stamps, acknowledgements, segments,
 * loss and what was sent again follow from it.  `now` is the client's time.
 */
#ifndef SIMULATE_TCP_H
#define SIMULATE_TCP_H

#include "world.h"

enum opened { OPENED, OPEN_SILENT, OPEN_REFUSED, OPEN_UNREACHABLE };

struct conn {
	struct sim *sim;
	struct host *host;
	struct rng *rng;
	struct wire_end client, server;
	uint64_t now, rtt;
	uint32_t client_seq, server_seq;
	uint64_t client_due, server_due; /* an acknowledgement owed, 0: none */
	uint32_t mss, loss;		 /* loss: of a flight, in thousandths */
	bool client_closed, server_closed;
};

/* Begins a connection at `now`, and counts it where the port is 25.  `patience`: how long the
 * program waits for an answer; 0: as long as its kernel. */
enum opened conn_open(struct conn *c, struct sim *s, struct host *h, struct rng *r, uint64_t now,
		      const struct server *v, uint16_t port, uint64_t patience);

void conn_wait(struct conn *c, uint64_t time);
void conn_say(struct conn *c, const void *data, size_t length);
/* The server's answer leaves it `think` after what the client said has arrived. */
void conn_answer(struct conn *c, uint64_t think, const void *data, size_t length);

void conn_client_fin(struct conn *c);
void conn_server_fin(struct conn *c, uint64_t think);
void conn_reset(struct conn *c);

#endif
