/*
 * rules: what policy says, or a ban on offenders, in the languages of firewalls.
 *
 * A plan is made of the policy and, for a ban, of hosts that it takes one by one and may refuse.
 * Then any firewall writes it, in three parts: what applies it, what shows that it is in force, and
 * what undoes exactly that.  Nothing is written but addresses, numbers and the names of interfaces:
 * no text of the network's or of a note.
 */
#ifndef EGRESS25_QUERY_RULES_H
#define EGRESS25_QUERY_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "judge/policy.h"

#define RULES_INTERFACE 31 /* longest name of an interface or zone */
#define RULES_NOTE	256

enum rules_part { RULES_APPLY, RULES_VERIFY, RULES_UNDO, RULES_PART_COUNT };
const char *rules_part_name(enum rules_part part); /* "apply", "verify", "undo" */

/* Why a host is not banned. */
enum rules_refusal {
	RULES_REFUSED_MAIL_SERVER,
	RULES_REFUSED_PROTECTED, /* stands in never_reset */
	RULES_REFUSED_PERMITTED, /* policy permits it everything */
	RULES_REFUSED_EXTERNAL,
	RULES_REFUSAL_COUNT
};
const char *rules_refusal_text(enum rules_refusal refusal);

struct rules_order {
	bool ban;		    /* hosts alone; else everybody whom policy does not permit */
	int64_t now, duration;	    /* microseconds; a ban's, where the firewall can end it */
	int64_t incident;	    /* 0: none */
	const char *lan, *wan;	    /* names of the firewall's interfaces, borrowed, or NULL */
	const struct prefix *never; /* never banned; borrowed */
	size_t never_count;
};

struct rules_plan;

/*
 * policy and what the order borrows must outlive the plan.  0; -ENOMEM; -ENOENT where policy knows
 * no mail server, so that everything would stop.
 */
int rules_plan_new(const struct policy *policy, const struct rules_order *order,
		   struct rules_plan **ret_);
void rules_plan_free(struct rules_plan *p); /* accepts NULL */

/* Adds a host to a ban.  0, also where it is there already; -EPERM with the reason; -ENOMEM. */
int rules_plan_ban(struct rules_plan *p, const struct addr *host, enum rules_refusal *ret_);
size_t rules_plan_count(const struct rules_plan *p); /* of banned hosts */

/* Whether a name of an interface or zone has only letters, digits and ._/- and begins with one of
 * the first two. */
bool rules_interface_is_plain(const char *name);

struct rules_dialect;

const struct rules_dialect *rules_dialect(const char *name); /* or NULL */
const char *rules_dialect_name(size_t i);		     /* NULL behind the last */
/* Whether what it writes was ever loaded into such a firewall. */
bool rules_dialect_is_tested(const struct rules_dialect *d);

/*
 * The i-th banned host, as text, that this firewall does not ban since it could not leave alone
 * what an allow entry permits the host; false behind the last.
 */
bool rules_left_out(const struct rules_dialect *d, const struct rules_plan *p, size_t i,
		    char buf[ADDR_TEXT]);
/* The i-th banned host; false behind the last. */
bool rules_banned(const struct rules_plan *p, size_t i, char buf[ADDR_TEXT]);

/* One part, in the firewall's own words alone: allocated, NULL without memory. */
char *rules_write(const struct rules_dialect *d, const struct rules_plan *p, enum rules_part part);

/* What to know before it is used; false behind the last. */
bool rules_note(const struct rules_dialect *d, const struct rules_plan *p, size_t i,
		char buf[RULES_NOTE]);

/*
 * For people and for the firewall: a head of comments, then the part; with RULES_PART_COUNT all of
 * them, verify and undo as comments.  0 or a negative errno.
 */
int rules_print(FILE *out, const struct rules_dialect *d, const struct rules_plan *p,
		enum rules_part part);

#endif
