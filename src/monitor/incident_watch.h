/*
 * incident_watch: the incident in force, held in memory, so that it ends at its limit whether or
 * not the record can be reached.  Pure: it is told the times.
 */
#ifndef EGRESS25_SRC_MONITOR_INCIDENT_WATCH_H
#define EGRESS25_SRC_MONITOR_INCIDENT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/incident.h"

/* All zero at first. */
struct incident_watch {
	struct incident_order order; /* the one in force; id 0: none */
	struct incident_order ended; /* came to its limit, and the record may call it open still */
	int64_t deadline;	     /* of the steady clock */
	int64_t thaw;		     /* likewise, of a freeze in it */
};

enum incident_change {
	INCIDENT_SAME,
	INCIDENT_OPENED,
	INCIDENT_CHANGED, /* a command wrote another revision: a freeze, or its end */
	INCIDENT_THAWED,  /* its freeze came to its limit */
	INCIDENT_CLOSED,
	INCIDENT_LIMIT
};

/*
 * Compares with what the record says, as it was read last, and with the clocks: the wall clock and
 * one that nobody sets.  Of two things that happen at once the end comes first, and the other with
 * the next call.
 */
enum incident_change incident_watch_update(struct incident_watch *w,
					   const struct incident_order *record, int64_t now,
					   int64_t steady);

#endif
