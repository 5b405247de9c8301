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
	bool proven; /* and either side was heard */
	bool has_isn;
	uint32_t isn; /* of its SYN */
	uint8_t standing, reason, outcome;
	bool has_mac;
	uint8_t mac[6];
	uint8_t hops;
	uint8_t tag_count;
	uint16_t vlans[PACKET_TAGS]; /* outermost first */
	uint64_t bytes_sent, bytes_received;
	bool has_dialogue; /* the next two are known */
	uint32_t messages, recipients;
	uint32_t resets; /* segments of ours that answered it */
	int8_t killed;	 /* by them: 1, or 0; -1 where there was nothing to kill */
	uint32_t texts;	 /* where the batch keeps its texts; 0: it has none, or none that are new */
};

/* What was said in a connection: escaped, "" where there is nothing.  Borrowed. */
struct connection_texts {
	const char *server_name, *helo, *banner, *reply;
	const char *senders; /* one behind the other, each with its NUL */
	uint16_t senders_length;
};

/* Numbers of a host, or what is to be added to them; outcomes may be negative in a change. */
struct tally {
	int64_t attempts, connected, messages, recipients, bytes_sent;
	int64_t resets;		  /* segments of ours */
	int64_t killable, killed; /* connections that were reset when established; by success */
	int64_t outcomes[OUTCOME_COUNT];
};

/* Its row is kept whatever comes: what was sent, or could not be seen, is what is asked for. */
static inline bool connection_is_precious(const struct connection *c)
{
	return c->outcome == OUTCOME_SENT || c->outcome == OUTCOME_ENCRYPTED;
}

void tally_add(struct tally *to, const struct tally *change);

/*
 * Fills *ret_connection from an attempt and its dialogue (NULL where it has none), and *ret_change
 * with what is new since the flow was told last.  id_base is added to the flow's serial.
 */
struct dialogue;
void offence_of_flow(const struct flow *f, const struct dialogue *dialogue, uint64_t id_base,
		     bool final, struct connection *ret_connection, struct tally *ret_change);

/* Whether anything was said since the dialogue was told last. */
bool offence_has_words(const struct dialogue *dialogue);

/* Marks the flow and its dialogue as told, as they stand: their change was taken. */
void offence_told(struct flow *f, struct dialogue *dialogue);

#endif
