/*
 * request: what commands ask of the running monitor, by way of its record.
 */
#ifndef EGRESS25_MONITOR_REQUEST_H
#define EGRESS25_MONITOR_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/store_freeze.h"
#include "edge/store_incident.h"

/* What became of it: it stands in the record in any case. */
struct request_answer {
	int64_t id;
	bool heard;		      /* the monitor acknowledged it within REQUEST_PATIENCE */
	char effect[INCIDENT_EFFECT]; /* what it does, of one that was opened */
	bool joined;		      /* request_freeze(): the incident was there before */
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

/* Likewise, of a mail server that is frozen: see store_freeze.h.  The monitor is waited for, but
 * not in find, which may say that there is none: 0 with ret_->id 0. */
int request_freeze(const char *path, const struct store_incident *i, const struct store_frozen *f,
		   struct request_answer *ret_, char error[STORE_ERROR]);
int request_renew(const char *path, int64_t id, int64_t now, bool running,
		  struct request_answer *ret_, char error[STORE_ERROR]);
int request_release(const char *path, int64_t id, int64_t now, bool running,
		    struct request_answer *ret_, char error[STORE_ERROR]);
int request_thawed(const char *path, const struct store_frozen *f, bool proven, int64_t now,
		   bool running, struct request_answer *ret_, char error[STORE_ERROR]);
int request_find_frozen(const char *path, struct store_frozen *ret_, char error[STORE_ERROR]);

/* Whether an incident is closed, and whether a monitor runs. */
struct request_look {
	bool closed, watched;
};

int request_look(const char *path, int64_t id, int64_t now, struct request_look *ret_,
		 char error[STORE_ERROR]);

#endif
