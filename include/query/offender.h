/*
 * offender: the hosts that did what they may not, with their numbers within a window.
 *
 * The numbers are added up from the sums that the writer keeps, so they cost what the window holds
 * of hosts; connections are not looked at.  All offenders are held in memory, since they must be
 * ranked: about a kilobyte each.
 */
#ifndef EGRESS25_QUERY_OFFENDER_H
#define EGRESS25_QUERY_OFFENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "judge/offence.h"
#include "judge/policy.h"
#include "query/record.h"
#include "query/value.h"
#include "query/window.h"

struct offender {
	int64_t host; /* its number within its record */
	const struct record *record;
	struct addr parsed; /* all zero where the record's text is no address */

	char address[ADDR_TEXT];
	char *name;
	char mac[MAC_TEXT];
	const char *mac_note; /* why mac is not known */
	const char *vendor;
	struct numbers vlans;
	const char *sensor; /* the record's */
	int64_t first_seen, last_seen;
	int64_t attempts, connected;
	struct maybe messages, recipients;
	int64_t destinations;
	bool destinations_exact;
	int64_t bytes_sent, resets;
	struct maybe killed; /* of killable: connections reset when established */
	int64_t killable;
	struct list helo; /* first seen first */
	int64_t outcomes[OUTCOME_COUNT];
	char verdict[16]; /* "" where nothing is known */
	struct maybe_real score;
	struct list reasons; /* strongest first */
	bool now_permitted;
	int crowded; /* set by offenders_rank(): 0, or one of many that no server spoke to (1), or
		      * that reached nobody (2) */
};

/* For report_begin(), and at the head of what `host` shows. */
extern const struct field offender_fields[];

/* For report_set_style(). */
const char *offender_style(const void *offender);

/* More than so many that no server ever answered are a crowd, which ranks behind all others. */
#define OFFENDERS_CROWD 256

struct offenders {
	struct offender *items;
	size_t count, room;
};

/*
 * Adds the offenders of a record within the window; with host other than 0, that one alone (also
 * where it offended not at all; its destinations are then exact only where the window reaches up to
 * the newest frame), at the cost of that host alone.  *ret_outside: how many offenders of the
 * record the window leaves out; untouched for a single host.  policy may be NULL: nothing is
 * permitted then.  0, or a negative errno (record_error()).
 */
int offenders_load(struct record *r, const struct window *w, int64_t host,
		   const struct policy *policy, int64_t now, struct offenders *into,
		   uint64_t *ret_outside);

/* In the order of display, most pressing first. */
void offenders_rank(struct offenders *o);

/* How many of them today's policy does not permit. */
size_t offenders_pressing(const struct offenders *o);

void offender_done(struct offender *o);
void offenders_done(struct offenders *o);

/* The number of the innermost tag of "100.20", or -1 for none. */
int vlan_innermost(const char *tags);

#endif
