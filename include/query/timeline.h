/*
 * timeline: attempts of offenders over a window, step by step: of the few that made the most each
 * for itself, of the others in one; and the moments at which something was done.
 */
#ifndef EGRESS25_QUERY_TIMELINE_H
#define EGRESS25_QUERY_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "query/offender.h"
#include "query/record.h"
#include "query/value.h"
#include "query/window.h"

#define TIMELINE_HOSTS	6
#define TIMELINE_SERIES (TIMELINE_HOSTS + 1) /* the others are the last */
#define TIMELINE_POINTS 120
#define TIMELINE_MARKS	12

struct timeline_series {
	int64_t host;		 /* 0: the others */
	char address[ADDR_TEXT]; /* "" for them */
	int64_t attempts;	 /* all */
	int64_t at[TIMELINE_POINTS];
	int64_t messages[TIMELINE_POINTS];
};

struct timeline_mark {
	int64_t at;
	const char *what; /* static: "opened" */
};

/* What is not 0, for tables and JSON. */
struct timeline_row {
	int64_t at;
	char address[ADDR_TEXT];
	int64_t attempts, messages;
};

struct timeline {
	int64_t since, until; /* first point's beginning, and the last one's end */
	int64_t step;
	size_t points, series_count;
	struct timeline_series *series;
	int64_t most; /* attempts of all in the fullest point */
	struct list rows;
	struct timeline_mark marks[TIMELINE_MARKS];
	size_t mark_count;
};

extern const struct field timeline_fields[]; /* of a struct timeline_row */

/*
 * Of a window with two ends.  Steps are whole minutes, in at most TIMELINE_POINTS.  0 and *ret_
 * filled, to be given to timeline_done(), or a negative errno (record_error()).
 */
int timeline_load(const struct record *r, const struct window *w, const struct offenders *offenders,
		  struct timeline *ret_);
void timeline_done(struct timeline *t);

/* In order of time; nothing where it is TIME_UNKNOWN, outside of the timeline, or one too many. */
void timeline_mark(struct timeline *t, int64_t at, const char *what);

#endif
