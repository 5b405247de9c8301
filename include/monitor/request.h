/*
 * request: what commands ask of the running monitor, by way of its record.
 */
#ifndef EGRESS25_MONITOR_REQUEST_H
#define EGRESS25_MONITOR_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/store_incident.h"

/* What became of it: it stands in the record in any case. */
struct request_answer {
	int64_t id;
	bool heard;		      /* the monitor acknowledged it within REQUEST_PATIENCE */
	char effect[INCIDENT_EFFECT]; /* what it does, of one that was opened */
};

#define REQUEST_PATIENCE INT64_C(2000000)

/*
 * Opens an incident, and closes the open one; waits for the monitor where one is running.  0, or a
 * negative errno with one line in error, as store_incident_enter(), store_incident_open() and
 * store_incident_close(); ret_->id is that of the open one with -EEXIST.
 */
int request_open(const char *path, const struct store_incident *i, bool running,
		 struct request_answer *ret_, char error[STORE_ERROR]);
int request_close(const char *path, int64_t now, bool running, struct request_answer *ret_,
		  char error[STORE_ERROR]);

#endif
