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

#define INCIDENT_USER 64
#define INCIDENT_HOST 256

struct incident_row {
	int64_t id; /* 0: none */
	int64_t opened, since, until;
	int64_t closed; /* TIME_UNKNOWN while it is open */
	char opened_by[INCIDENT_USER], closed_by[16];
	char reason[INCIDENT_TEXT], address[ADDR_TEXT];
	bool reset, freeze;
	int64_t acknowledged;
	char effect[INCIDENT_EFFECT];
	/* Of the freeze, where there was one, else TIME_UNKNOWN and empty. */
	int64_t frozen, frozen_until; /* mail servers may not send between these */
	int64_t thawed;		      /* proven; TIME_UNKNOWN before */
	char mta[16];
	char mta_host[INCIDENT_HOST]; /* where its recipe runs by ssh; empty: on this machine */
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
/* The newest whose mail server is not known to be thawed, closed or not.  Likewise. */
int incident_unthawed(const struct record *r, int64_t now, struct incident_row *ret_);
/* The number of the newest, 0 where there is none. */
int incident_newest(const struct record *r, int64_t *ret_);
/* Of the one that is open, else of the newest; 0 where there is none. */
int incident_latest(const struct record *r, int64_t now, int64_t *ret_);

/* Calls each, newest first; what that returns but 0 ends it. */
int incident_walk(const struct record *r, int64_t now,
		  int (*each)(void *context, const struct incident_row *row), void *context);

/* From its beginning to its end, whole minutes; open where it is. */
struct window incident_window(const struct incident_row *row);

/* When the mail server was frozen, and until when; TIME_UNKNOWN where it was not. */
int64_t incident_frozen(const struct incident_row *row);
int64_t incident_frozen_until(const struct incident_row *row);

/* What it found, as incident_find(); to be given to incident_done(). */
int incident_load(struct record *r, int64_t id, const struct policy *policy, int64_t now,
		  struct incident *ret_);
void incident_done(struct incident *i);

#endif
