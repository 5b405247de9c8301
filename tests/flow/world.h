/*
 * world: a tracker, a site (10.0.0.0/8 and fd00::/8 are internal; 25 is watched, 465 also watched)
 * and short words for segments, so that a test reads like a trace.
 */
#ifndef EGRESS25_TESTS_FLOW_WORLD_H
#define EGRESS25_TESTS_FLOW_WORLD_H

#include "flow/tracker.h"

#define MS  INT64_C(1000)
#define SEC INT64_C(1000000)

struct world {
	struct tracker *tracker;
	struct site site;
	struct lpm *internal;
	int64_t now; /* stamp of the next segment */

	/* What the sink was told. */
	unsigned int begun, unclassified, finals, open_at_end;
	unsigned int connected, outcomes[OUTCOME_COUNT];
	uint64_t sent, received;
	struct flow last; /* the flow told as final last */
	const struct tracker_counters *counters;
};

void world_open(struct world *at, uint32_t capacity);
void world_close(struct world *at); /* finishes the tracker; the sums stay readable */
void world_finish(struct world *at);

/* A conversation's ends; the client is internal unless said otherwise. */
struct talk {
	const char *client, *server;
	uint16_t client_port, server_port;
};

/* Segments at its `now`: flags as TCP_*, length bytes of payload. */
struct flow *from_client(struct world *at, const struct talk *t, uint8_t flags, uint32_t seq,
			 uint32_t ack, uint32_t length);
struct flow *from_server(struct world *at, const struct talk *t, uint8_t flags, uint32_t seq,
			 uint32_t ack, uint32_t length);
struct flow *icmp_quotes(struct world *at, const struct talk *t, uint32_t seq);

/* The world of a test, and what most tests begin and end with. */
extern struct world w;
extern const struct talk bot; /* 10.0.3.77:40000 to 198.51.100.4:25 */
int world_setup(void **state);
int world_teardown(void **state);
void handshake(const struct talk *t, uint32_t isn, uint32_t server_isn);
/* Finishes, and asserts that so many attempts were begun and told, and so many connected. */
void expect(unsigned int attempts, unsigned int connected);

/* The next segments carry this link layer. */
void world_link(uint8_t hops, uint8_t mac_last, int vlan);

#endif
