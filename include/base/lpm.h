/*
 * lpm: longest-prefix match over IPv4 and IPv6 prefixes: a path-compressed binary trie (Morrison's
 * PATRICIA).  A lookup visits at most as many nodes as there are nested prefixes on its path plus
 * branchings, never more than 129.  The families are apart: ::/0 holds no IPv4 address.
 */
#ifndef EGRESS25_BASE_LPM_H
#define EGRESS25_BASE_LPM_H

#include <stdbool.h>

#include "base/addr.h"

struct lpm;

struct lpm *lpm_new(void); /* NULL without memory */
/* free_value, where not NULL, is called for each value.  Accepts NULL. */
void lpm_free(struct lpm *t, void (*free_value)(void *value));

/*
 * The slot of a prefix, created with NULL where it is new; NULL without memory.  Addresses of slots
 * stay good until lpm_free().
 */
void **lpm_get(struct lpm *t, const struct prefix *p);

/* The value of the longest prefix that holds a and has a value other than NULL, or NULL. */
void *lpm_find(const struct lpm *t, const struct addr *a);

/*
 * Calls visit for the value of every prefix that holds a, shortest first, until it returns true;
 * returns whether it did.
 */
bool lpm_walk(const struct lpm *t, const struct addr *a, bool (*visit)(void *value, void *context),
	      void *context);

#endif
