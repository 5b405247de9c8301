/*
 * names_internal: the tables of names.h and what its files share.
 */
#ifndef EGRESS25_SRC_FLOW_NAMES_INTERNAL_H
#define EGRESS25_SRC_FLOW_NAMES_INTERNAL_H

#include <stddef.h>

#include "flow/names.h"

#define NAMES_SECOND  INT64_C(1000000)
#define NAMES_HOUR    (3600 * NAMES_SECOND)
#define NAMES_DAY     (24 * NAMES_HOUR)
#define NAMES_LONGEST (2 * NAMES_DAY) /* that an answer is remembered */

#define NAMES_QUESTIONS 8192
#define NAMES_ADDRESSES 16384
#define NAMES_RELATIONS 16384
#define NAMES_EXCHANGES 16384
#define NAMES_TOLD	16384
#define NAMES_HOSTS	8192
#define NAMES_DOMAINS	4096
#define NAMES_STREAMS	128

#define NAMES_TEXT    96   /* of a name that is kept, NUL included */
#define NAMES_MESSAGE 4096 /* of a message over TCP; of a longer one the beginning is read */

/* --- names_table.c: what is remembered for a while -------------------------------------------- */

/* What each entry of a table begins with. */
struct mark {
	uint64_t key; /* a keyed hash of all that the entry is found by */
	int64_t time;
	int64_t life; /* microseconds since then; 0 for an empty entry */
};

/*
 * A table of `count` entries (a power of two) of `size` bytes, each of which has its place among
 * the few that its key leads to: no search is longer, and nothing needs to be moved.
 */
struct table {
	void *entries;
	size_t size;
	uint32_t count;
};

bool mark_is_alive(const struct mark *m, int64_t now);

/* The live entry of that key, or NULL. */
void *table_find(struct table t, uint64_t key, int64_t now);

/*
 * That entry, or an empty or dead one, else the oldest in its places, made empty but for the key;
 * *ret_evicted is raised by one where that one was alive.  The caller sets time and life.
 */
void *table_get(struct table t, uint64_t key, int64_t now, uint64_t *ret_evicted);

/*
 * Whether a key may have been put in within the last day, in far less room than a table takes: a
 * Bloom filter of two generations.  It forgets nothing sooner but for want of room, and then says
 * so, and for some keys says "may have" wrongly (one in a hundred at most).
 */
#define SKETCH_BITS (1u << 22)
struct sketch {
	uint64_t bits[2][SKETCH_BITS / 64];
	uint32_t held[2];
	int64_t begun; /* the generation that is written */
	uint8_t current;
	bool started, forgot;
	int64_t forgotten; /* the newest stamp that was given up */
};

void sketch_put(struct sketch *s, uint64_t key, int64_t now);
bool sketch_may_hold(const struct sketch *s, uint64_t key, int64_t now);

/* --- the tables ------------------------------------------------------------------------------- */

struct question {
	struct mark mark;
	bool answered;
};

struct address {
	struct mark mark;
	char name[NAMES_TEXT];
};

struct relation {
	struct mark mark;
	uint64_t name_hash; /* of the whole name */
	bool by_mx;	    /* when it was noted */
	char name[NAMES_TEXT];
};

/* A registered domain, and the networks in which servers of such names were seen. */
struct domain {
	struct mark mark;
	uint64_t networks; /* one bit of 64 for each, by hash */
};

struct host {
	struct mark mark;
	int64_t since;	      /* its DNS is seen */
	int64_t asked_inside; /* when it asked an internal resolver last */
	bool has_asked_inside;
};

/* One direction of a TCP connection. */
struct dns_stream {
	struct mark mark;
	bool synced;
	uint32_t next; /* sequence number */
	uint32_t skip; /* bytes of a message that are not read */
	uint32_t held; /* bytes in the buffer: length field and message */
	uint8_t buffer[2 + NAMES_MESSAGE];
};

struct names {
	struct hash_key key;
	const struct addr *public;
	size_t public_count;
	struct names_counters counters;

	struct question questions[NAMES_QUESTIONS];
	struct address addresses[NAMES_ADDRESSES];
	struct relation relations[NAMES_RELATIONS];
	struct mark exchanges[NAMES_EXCHANGES]; /* client and name that an MX led it to */
	struct mark told[NAMES_TOLD];		/* client and name of an event */
	struct host hosts[NAMES_HOSTS];
	struct domain domains[NAMES_DOMAINS];
	struct dns_stream streams[NAMES_STREAMS];
	struct sketch known; /* client and address */
};

/* A table by the name of its array in struct names; of a constant one for table_find() alone. */
#define NAMES_TABLE(n, array)                                                                      \
	((struct table){(void *)(uintptr_t)(n)->array, sizeof((n)->array[0]),                      \
			sizeof((n)->array) / sizeof((n)->array[0])})

_Static_assert(sizeof(struct names) <= 8u << 20, "more memory than was promised");

/* --- what a packet of port 53 goes through ---------------------------------------------------- */

/* One message on its way, and to whom to tell of it. */
struct names_call {
	struct names *n;
	const struct site *site;
	const struct packet *packet;
	bool one_sided;
	void (*event)(void *context, const struct names_event *e);
	void *context;
};

/* names.c: a message of the packet's addresses and ports. */
void names_message(const struct names_call *c, const uint8_t *data, size_t captured, size_t length);

/*
 * names_group.c: a server of that name was seen; the number of names_of() for what counts as one
 * destination (name may be NULL); and the key of all hashes that outlive a run.
 */
void names_note_domain(struct names *n, const struct addr *server, const char *name, int64_t now);
uint64_t names_group(const struct names *n, const char *name, const struct addr *server,
		     int64_t now);
extern const struct hash_key names_lasting;

/* names_tcp.c: a segment, which may hold any part of one or of several. */
void names_segment(const struct names_call *c);

/*
 * names_zone.c: whether the name asks a blacklist for an address: that address, and the list's zone
 * (within name, without a customer's key).  *ret_known: the zone is one in the table.
 */
bool names_zone(const char *name, struct addr *ret_listed, const char **ret_zone, bool *ret_known);

#endif
