/*
 * world: the Internet's mail domains and servers.  Nothing is stored: what a domain or server is
 * like follows from the seed and its number, so there are as many as anybody asks for.
 */
#ifndef SIMULATE_WORLD_H
#define SIMULATE_WORLD_H

#include "sim.h"

enum soft {
	SOFT_POSTFIX,
	SOFT_EXIM,
	SOFT_SENDMAIL,
	SOFT_EXCHANGE,
	SOFT_OUTLOOK,
	SOFT_GMAIL,
	SOFT_YAHOO,
	SOFT_QMAIL,
	SOFT_PROOFPOINT,
	SOFT_MIMECAST,
	SOFT_BARRACUDA,
	SOFT_CISCO,
	SOFT_COUNT
};

enum life { LIFE_UP, LIFE_SILENT, LIFE_REFUSES, LIFE_UNREACHABLE };

struct server {
	uint64_t id;
	uint32_t ip;
	char name[NAME_SIZE];
	enum soft soft;
	enum life life;
	uint64_t rtt, greets_after;
	uint8_t ttl;
	bool auth, starttls, pipelining, asks_list, greylists,
		fussy; /* fussy: refuses a bad HELO */
	uint32_t list; /* which blacklist it asks */
};

struct domain {
	uint32_t id;
	char name[NAME_SIZE];
	int provider; /* row of the providers, -1: a server of its own */
	uint32_t mx_count, a_count;
	bool dead, missing; /* missing: the name does not exist */
};

/* The provider that hosts companies' mail behind one name a tenant. */
enum { PROVIDER_M365 = 11 };

enum { DOMAIN_FIRST = 1000, DOMAIN_DEAD = 1u << 30 };

/* Providers of consumer mailboxes: their domains are numbered from 0. */
uint32_t world_consumer_count(void);

/* Domain `id`: below world_consumer_count() a consumer provider's, from DOMAIN_FIRST a company's,
 * with DOMAIN_DEAD one of which little answers any more. */
void world_domain(const struct sim *s, uint32_t id, struct domain *ret_d);

/* Name of its MX `j`, and that name's address `k`. */
void world_mx_name(const struct domain *d, uint32_t j, char *ret_name, size_t size);
uint32_t world_mx_address(const struct sim *s, const struct domain *d, uint32_t j, uint32_t k);
void world_server(const struct sim *s, const struct domain *d, uint32_t j, uint32_t k,
		  struct server *ret_v);

/* A server by its address alone, as in a list somebody sold. */
void world_stray(const struct sim *s, uint64_t id, uint32_t dead_permille, struct server *ret_v);

/* A provider's submission server: name, and one of its addresses. */
void world_relay(const struct sim *s, uint64_t id, uint32_t k, struct server *ret_v);

uint32_t world_public_ip(uint64_t a, uint64_t b);

/* Names: of a domain, a person's local part, a computer; always ended. */
void name_domain(struct rng *r, char *ret_name, size_t size);
void name_local(struct rng *r, char *ret_name, size_t size);
void name_computer(struct rng *r, char *ret_name, size_t size);
void name_random(struct rng *r, uint32_t length, char *ret_name, size_t size);
/* As an access provider names its customer's address. */
void name_reverse(struct rng *r, uint32_t ip, char *ret_name, size_t size);

/* Which blacklists there are. */
uint32_t list_count(void);
const char *list_zone(uint32_t list);
const char *list_link(uint32_t list);

#endif
