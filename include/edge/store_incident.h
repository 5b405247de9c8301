/*
 * store_incident: the rows of `incident`, by which the commands speak to the running monitor.  A
 * command opens the record beside the monitor, without its lock, and waits for its turn to write.
 */
#ifndef EGRESS25_EDGE_STORE_INCIDENT_H
#define EGRESS25_EDGE_STORE_INCIDENT_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/store.h"
#include "judge/incident.h"

/* A new row.  Texts are escaped already; address is NULL where none was named. */
struct store_incident {
	const char *opened_by, *reason, *address, *policy;
	int64_t opened, since, until;
	bool reset, freeze;
};

/* How far the monitor is with a row. */
struct store_incident_state {
	bool acknowledged; /* it was taken up, as it stands now */
	bool released;	   /* its end was */
	bool closed;
	char effect[INCIDENT_EFFECT];
};

/*
 * Opens a record that is there, for the rows of incidents alone; store_incident_leave() closes it.
 * 0, or a negative errno with one line in error, as store_open(); also -ENOENT where there is no
 * record, -EPROTO where it is of another version than this program, older ones included: only the
 * monitor brings a record up to date.
 */
int store_incident_enter(const char *path, struct store **ret_, char error[STORE_ERROR]);
void store_incident_leave(struct store *s); /* accepts NULL */

/*
 * Each 0 or a negative errno with one line in error.  An incident past its limit is none that is
 * open: open and close write its end first.
 * open: -EEXIST with the number of the one that is open in *ret_id.
 * close: the one that is open, as closed by `by`; -ENOENT where none is.
 */
int store_incident_open(struct store *s, const struct store_incident *i, int64_t *ret_id,
			char error[STORE_ERROR]);
int store_incident_close(struct store *s, const char *by, int64_t now, int64_t *ret_id,
			 char error[STORE_ERROR]);
int store_incident_state(struct store *s, int64_t id, struct store_incident_state *ret_,
			 char error[STORE_ERROR]);

/*
 * Whether a monitor runs: it holds the record's lock; where that may not be looked at, it wrote
 * within the last five seconds.  1, 0, or a negative errno with one line in error.
 */
int store_incident_watched(struct store *s, int64_t now, char error[STORE_ERROR]);

/*
 * For the monitor's own store: writes down what it does, where that is news, and reads what it is
 * to do.  0, or a negative errno with *ret_ untouched.
 */
int store_incident_poll(struct store *s, const struct incident_answer *answer, int64_t now,
			struct incident_order *ret_);

/*
 * Also for the monitor's own: opens what it wishes, unless one is open, or one of its own wishes
 * was within a day.  It begins now, however long the wish has waited.  0, also where nothing was
 * opened, or a negative errno.
 */
int store_incident_wish(struct store *s, const struct incident_wish *wish, int64_t now);

#endif
