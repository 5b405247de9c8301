/*
 * batch: what the capture thread hands to the writer at one go, in memory of a fixed size.
 *
 * Two batches exist.  The capture thread fills one while the writer stores the other; they change
 * places when the writer is idle.  So a stalled disk never stalls capture: the batch being filled
 * just grows fuller:
 *   - sums: one entry per host, server, port, standing and minute.  When BATCH_SUMS are taken,
 *     further ones are folded per host, standing and minute, with the server left out; when
 *     BATCH_FOLDED of those are taken too, counts are lost.  Changed connections wait in the
 *     tracker while batch_is_full(), so only what can wait no longer is ever folded.
 *   - connections: the newest state of each.  When BATCH_CONNECTIONS are taken no further row is
 *     kept; the last eighth is reserved for those sent or encrypted.
 *   - texts of connections, in BATCH_TEXTS bytes; when they are full, rows go without.
 * Of each the last eighth is reserved for connections that are proven, so that none who floods it
 * with forged ones crowds out what was real.
 *   - hosts: the evidence against each host in which something changed, the newest state.
 * Identities (MAC, VLANs) go with the sums, so they survive the loss of rows.
 */
#ifndef EGRESS25_JUDGE_BATCH_H
#define EGRESS25_JUDGE_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "judge/evidence.h"
#include "judge/health.h"
#include "judge/notice.h"
#include "judge/offence.h"

#define BATCH_SUMS	  32768
#define BATCH_FOLDED	  8192
#define BATCH_CONNECTIONS 32768
#define BATCH_ROUTERS	  64
#define BATCH_TEXTS	  (6u << 20)
#define BATCH_HOSTS	  256
#define BATCH_LISTINGS	  NOTICE_ADDRESSES
#define BATCH_SLACK	  1024

struct sum {
	struct addr client, server; /* server is all zero where folded */
	uint16_t port;		    /* 0 where folded */
	uint8_t standing;
	bool folded;
	int64_t minute;	     /* start of the minute in which the connections began */
	int64_t first, last; /* earliest start, newest frame among them */
	struct tally tally;
	/* The host's own frames, from the copy with the highest hops. */
	bool has_mac;
	uint8_t hops, tag_count;
	uint8_t mac[6];
	uint16_t vlans[PACKET_TAGS];
};

struct batch;

struct batch *batch_new(const struct hash_key *key); /* NULL without memory */
/* From now on a connection has a row only for the sake of its texts. */
void batch_set_totals_only(struct batch *b);
void batch_free(struct batch *b);
void batch_clear(struct batch *b);

/*
 * Takes a connection as it stands and the change to its host's numbers; NULL where only its row
 * changes, since it has ended without a further frame.  texts may be NULL.  An update to a
 * connection that is in the batch already replaces its row (`begun` and texts stay).  Returns what
 * could not be kept, as a set of 1u << enum batch_loss; 0 where all was.
 */
unsigned int batch_add(struct batch *b, const struct connection *c,
		       const struct connection_texts *texts, const struct tally *change);

/* A MAC address that proved to be a router's.  Beyond BATCH_ROUTERS they are offered again later:
 * false says so. */
bool batch_add_router(struct batch *b, const uint8_t mac[6]);
uint32_t batch_router_count(const struct batch *b);
const uint8_t *batch_router(const struct batch *b, uint32_t i);

/* The evidence against a host, as it stands now; false where there is no room: offer it later. */
struct batch_host {
	struct addr address;
	struct evidence evidence;
};
bool batch_add_host(struct batch *b, const struct addr *address, const struct evidence *e);
bool batch_has_room_for_host(const struct batch *b);
uint32_t batch_host_count(const struct batch *b);
const struct batch_host *batch_host(const struct batch *b, uint32_t i);

/* What remote servers say of a public address of ours, as it stands; false: offer it later. */
bool batch_add_listing(struct batch *b, const struct listing *listing);
uint32_t batch_listing_count(const struct batch *b);
const struct listing *batch_listing(const struct batch *b, uint32_t i);

/* No room for BATCH_SLACK further changes: time to hand over, for a file to wait, and for changed
 * connections to stay where they are. */
bool batch_is_full(const struct batch *b);
/* The same of what is reserved for proven connections. */
bool batch_is_brimful(const struct batch *b);
bool batch_is_empty(const struct batch *b);

/* Reading, in the order of first arrival. */
uint32_t batch_sum_count(const struct batch *b);
const struct sum *batch_sum(const struct batch *b, uint32_t i);
uint32_t batch_connection_count(const struct batch *b);
const struct connection *batch_connection(const struct batch *b, uint32_t i);
/* False where it has none. */
bool batch_texts(const struct batch *b, const struct connection *c, struct connection_texts *ret_);

enum batch_loss {
	BATCH_SERVER_FOLDED, /* attempts whose server is no longer told apart */
	BATCH_ROW_DROPPED,   /* connections without a row of their own */
	BATCH_COUNTS_LOST,   /* attempts not counted at any host */
	BATCH_TEXTS_DROPPED, /* connections whose names and replies are not kept */
	BATCH_LOSS_COUNT
};
const char *batch_loss_name(enum batch_loss loss);

/*
 * The state of the monitor, which goes along.  Clearing sets it all to 0, and the writer passes
 * over one in which no interface is named and no frame was seen: fill it before handing over.
 */
struct health *batch_health(struct batch *b);
const struct health *batch_read_health(const struct batch *b);

#endif
