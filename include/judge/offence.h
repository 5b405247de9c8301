/*
 * offence: flat values that may cross a thread, a pipe or a disk: a connection as it stands, and
 * what of its host's numbers has changed.
 */
#ifndef EGRESS25_JUDGE_OFFENCE_H
#define EGRESS25_JUDGE_OFFENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "flow/flow.h"
#include "judge/policy.h"

struct connection {
	uint64_t id;	 /* unique within a record */
	int64_t started; /* stamp of its first frame: decides to which minute it belongs */
	int64_t last;
	struct addr client, server;
	uint16_t client_port, server_port;
	uint16_t interface;
	bool begun; /* the attempt itself is new to the record: set in the first telling only */
	bool open;  /* more may come */
	bool connected;
	uint8_t standing, reason, outcome;
	bool has_mac;
	uint8_t mac[6];
	uint8_t hops;
	uint8_t tag_count;
	uint16_t vlans[PACKET_TAGS]; /* outermost first */
	uint64_t bytes_sent, bytes_received;
};

/* Numbers of a host, or what is to be added to them; outcomes may be negative in a change. */
struct tally {
	int64_t attempts, connected, messages, recipients, bytes_sent, resets, killed;
	int64_t outcomes[OUTCOME_COUNT];
};

/* Its row is kept whatever comes: what was sent, or could not be seen, is what is asked for. */
static inline bool connection_is_precious(const struct connection *c)
{
	return c->outcome == OUTCOME_SENT || c->outcome == OUTCOME_ENCRYPTED;
}

void tally_add(struct tally *to, const struct tally *change);

/*
 * Fills *ret_connection from an attempt, and *ret_change with what is new since the flow was told
 * last.  id_base is added to the flow's serial.
 */
void offence_of_flow(const struct flow *f, uint64_t id_base, bool final,
		     struct connection *ret_connection, struct tally *ret_change);

/* Marks the flow as told, as it stands: its change was taken. */
void offence_told(struct flow *f);

#endif
