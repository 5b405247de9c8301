/*
 * rules_parts: a plan as the dialects see it; between the files of rules and for nobody else.
 *
 *   rules.c          the table of dialects, and what is printed around their words
 *   rules_plan.c     from policy to a plan
 *   rules_linux.c    nftables, iptables
 *   rules_bsd.c      pf, opnsense
 *   rules_cisco.c    cisco-ios, cisco-asa
 *   rules_zones.c    fortios, junos
 *   rules_hosts.c    routeros, windows, unifi
 */
#ifndef EGRESS25_QUERY_RULES_PARTS_H
#define EGRESS25_QUERY_RULES_PARTS_H

#include "query/rules.h"

#define RULES_PORTS (SITE_PORTS + 2)
#define RULES_LAN   "lan0" /* placeholders */
#define RULES_WAN   "wan0"

/* Prefixes, none within another, IPv4 first. */
struct rules_set {
	struct prefix *items;
	size_t count;
};

/* Who may send where: each source to each destination of its family. */
struct rules_permit {
	struct rules_set sources, destinations;
	bool anywhere; /* destinations is empty */
	uint16_t port; /* 0: all of the plan's */
	int64_t until; /* 0: for ever */
};

struct rules_plan {
	struct rules_order order;
	const struct policy *policy;
	struct rules_set internal, banned;
	struct rules_permit *permits; /* mail servers first */
	size_t permit_count;
	uint16_t ports[RULES_PORTS]; /* what is blocked */
	size_t port_count;
	char mark[48]; /* "egress25 incident 42": the comment of all that is made */
};

struct rules_dialect {
	const char *name;
	const char *comment; /* what begins one */
	const char *use;     /* how its words get into the firewall */
	bool tested;
	bool lan, wan; /* cannot do without the names of these interfaces */
	bool listed;   /* undoes what it is told of the hosts, and nothing else */
	bool whole;    /* cannot except from a ban what an allow entry covers */
	void (*write[RULES_PART_COUNT])(FILE *out, const struct rules_plan *p);
	const char *notes[4];
};

extern const struct rules_dialect rules_nftables, rules_iptables, rules_pf, rules_opnsense,
	rules_cisco_ios, rules_cisco_asa, rules_fortios, rules_routeros, rules_junos, rules_windows,
	rules_unifi;

/* Whether policy permits a prefix's first address anything that the plan knows of. */
bool rules_is_spared(const struct rules_plan *p, const struct prefix *host);

/* How many prefixes of a family a set has; a set's items of a family follow one another. */
size_t rules_set_count(const struct rules_set *s, bool v4);
/* The first of them. */
const struct prefix *rules_set_first(const struct rules_set *s, bool v4);

/* "10.0.0.0/8, 10.1.0.0/16": a family's prefixes with something between them. */
void rules_put_set(FILE *out, const struct rules_set *s, bool v4, const char *between);
/* "25, 465": the ports of a permit, or all of the plan's where port is 0. */
void rules_put_ports(FILE *out, const struct rules_plan *p, uint16_t port, const char *between);

/* A source that may send to a destination. */
struct rules_pair {
	const struct prefix *source, *destination; /* NULL: anywhere */
	uint16_t port;				   /* 0: all of the plan's */
	bool v4;
	size_t number; /* from 1, through both families */
};

/* Walks the pairs: begin with {0}; false behind the last. */
struct rules_walk {
	size_t permit, source, destination;
	struct rules_pair pair;
};
bool rules_next_pair(const struct rules_plan *p, struct rules_walk *w);

/* The ports of a pair, one after the other: 0 behind the last. */
uint16_t rules_port(const struct rules_plan *p, uint16_t port, size_t i);

/* The names of interfaces: the order's or placeholders. */
const char *rules_lan(const struct rules_plan *p);
const char *rules_wan(const struct rules_plan *p);

/* A time as one of them writes it. */
enum rules_time {
	RULES_TIME_PLAIN, /* 2026-11-24 18:30 */
	RULES_TIME_CISCO, /* 18:30 24 November 2026 */
	RULES_TIME_FORTI, /* 18:30 2026/11/24 */
	RULES_TIME_JUNOS, /* 2026-11-24.18:30 */
	RULES_TIME_UTC	  /* 2026-11-24T17:30:00; the others are local */
};
#define RULES_TIME 64
const char *rules_time(int64_t t, enum rules_time form, char buf[RULES_TIME]);
/* When a ban ends, and how long it is. */
int64_t rules_end(const struct rules_plan *p);
int64_t rules_seconds(const struct rules_plan *p);

/* The length of a prefix in bits of its own family. */
unsigned int rules_length(const struct prefix *p);
/* "255.0.0.0", or inverted "0.255.255.255": of an IPv4 prefix. */
const char *rules_mask(const struct prefix *p, bool inverted, char buf[ADDR_TEXT]);
/* "10.0.0.0": without a length. */
const char *rules_address(const struct prefix *p, char buf[ADDR_TEXT]);

#endif
