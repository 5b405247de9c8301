/*
 * dns: questions and answers as the mirror port shows them, if it does: the host's own, those of
 * the site's resolver for it (which knows an answer until its time is over), or none.
 * Each call returns when the host has its answer.
 */
#ifndef SIMULATE_DNS_H
#define SIMULATE_DNS_H

#include "world.h"

uint64_t dns_address(struct sim *s, struct host *h, struct rng *r, uint64_t t, const char *name,
		     uint32_t ip);
uint64_t dns_mx(struct sim *s, struct host *h, struct rng *r, uint64_t t, const struct domain *d);
uint64_t dns_mx_address(struct sim *s, struct host *h, struct rng *r, uint64_t t,
			const struct domain *d, uint32_t j);

/* Asks a blacklist about the site's public address. */
uint64_t dns_listed(struct sim *s, struct host *h, struct rng *r, uint64_t t, uint32_t list);

#endif
