/*
 * incident: windows of time in which a blacklisting was looked into, with what they found.
 */
#ifndef EGRESS25_QUERY_INCIDENT_H
#define EGRESS25_QUERY_INCIDENT_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/incident.h"
#include "query/offender.h"
#include "query/record.h"
#include "query/value.h"
#include "query/window.h"

#define INCIDENT_TEXT (4 * INCIDENT_REASON + 1) /* of a reason, escaped */
#define INCIDENT_USER 64

struct incident_row {
	int64_t id; /* 0: none */
	int64_t opened, since, until;
	int64_t closed; /* TIME_UNKNOWN while it is open */
	char opened_by[INCIDENT_USER], closed_by[16];
	char reason[INCIDENT_TEXT], address[ADDR_TEXT];
	bool reset, freeze;
	int64_t acknowledged;
	char effect[INCIDENT_EFFECT];
};

struct incident {
	struct incident_row row;
	char *policy;
	struct list offenders; /* struct offender, of the window */
	int64_t resets;
	struct maybe killed;
	struct offenders found; /* what offenders points to */
};

extern const struct field incident_row_fields[]; /* for a list */
extern const struct field incident_fields[];	 /* for one */

/*
 * The one with that number, or with 0 the one that is open at `now`; one past its limit is closed
 * by it, whether or not anybody has written that down.  1, 0 where there is none, or a negative
 * errno (record_error()).
 */
int incident_find(const struct record *r, int64_t id, int64_t now, struct incident_row *ret_);
/* The number of the newest, 0 where there is none. */
int incident_newest(const struct record *r, int64_t *ret_);

/* Calls each, newest first; what that returns but 0 ends it. */
int incident_walk(const struct record *r, int64_t now,
		  int (*each)(void *context, const struct incident_row *row), void *context);

/* From its beginning to its end, whole minutes; open where it is. */
struct window incident_window(const struct incident_row *row);

/* What it found, as incident_find(); to be given to incident_done(). */
int incident_load(struct record *r, int64_t id, const struct policy *policy, int64_t now,
		  struct incident *ret_);
void incident_done(struct incident *i);

#endif
