/*
 * names: what the DNS traffic on the mirror tells: names behind server addresses, and who looked up
 * what before it connected.  Pure, of bounded size; a stranger's answer is believed only where it
 * fits a question that was seen (client, resolver, ports, id, name and type), or where the mirror
 * is one-sided.  (The owner of a zone can lend a server of his any name: names are for reading and
 * for telling destinations apart, never for permission.)
 */
#ifndef EGRESS25_FLOW_NAMES_H
#define EGRESS25_FLOW_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "flow/site.h"
#include "wire/dns.h"
#include "wire/packet.h"

enum names_lookup {
	NAMES_MX,    /* an MX query for a name not asked for by this host in the last hour */
	NAMES_DNSBL, /* a lookup of one of our public addresses in a blacklist: its octets or
		      * nibbles reversed in front of a zone; not made by this host in the last hour
		      */
	NAMES_LOOKUP_COUNT
};

struct names_event {
	int64_t time;
	enum names_lookup lookup;
	struct addr client; /* internal; may be a resolver that asks for others */
	const char *name;   /* MX: the domain; DNSBL: the zone, without a customer's key.  Good
			     * during the call */
	uint64_t name_hash; /* of name; the same in every run */
	struct addr listed; /* DNSBL: the address asked about */
};

/* How a host came by a server's address. */
enum names_origin {
	NAMES_UNSEEN,  /* no DNS of this host was seen of late: nothing can be said */
	NAMES_NONE,    /* its DNS has been seen for five minutes and within the last hour, and no
			* answer of a day held this address: to it, or, unless it is seen to ask an
			* internal resolver, to anybody */
	NAMES_BY_NAME, /* it asked for the name's address, and not for an MX that led to it */
	NAMES_BY_MX,   /* it asked for the MX that led to this name */
	NAMES_ORIGIN_COUNT
};

struct names_counters {
	uint64_t messages, bad, cut;
	uint64_t unasked; /* answers that fit no question */
	uint64_t holes;	  /* TCP connections of which bytes were missing */
	uint64_t evicted; /* names, questions, hosts given up for want of room */
};

struct names;

struct names *names_new(const struct hash_key *key);
void names_free(struct names *n);

/* Addresses configured as public: borrowed until the next call. */
void names_set_public(struct names *n, const struct addr *addresses, size_t count);

/*
 * A packet, which is ignored unless it is of port 53: DECODE_UDP, or DECODE_TCP.  Calls event at
 * most a handful of times.  Where public addresses are not known, a DNSBL lookup is told where its
 * zone is a well-known blacklist and the address is external.
 */
void names_packet(struct names *n, const struct site *site, const struct packet *p, bool one_sided,
		  void (*event)(void *context, const struct names_event *e), void *context);

/*
 * The name of a server: the one that this client asked for, else what anybody did; NULL where none
 * is known.  Good until the next call that takes a packet.  In *ret_origin how this client came by
 * it; in *ret_group a number equal for servers that are one destination to a sender: those of one
 * MX or service name's registered domain ("google.com" for alt1.gmail-smtp-in.l.google.com), else
 * of one network (/24, /48).  Of a domain whose servers lie in more than a few networks (/16, /32)
 * those of one network are one, since the owner of a zone can give any server a name.
 */
const char *names_of(const struct names *n, const struct addr *client, const struct addr *server,
		     int64_t now, enum names_origin *ret_origin, uint64_t *ret_group);

/* The part of a name that one owner registered, by its last two labels, or three where the
 * second-last is a public suffix of a country ("co.uk"): points into name; all of it where short.
 */
const char *names_domain(const char *name);

const struct names_counters *names_counters(const struct names *n);

#endif
