/*
 * status: is it watching?  What the newest run saw and lost, and every reason to think it blind.
 */
#ifndef EGRESS25_QUERY_STATUS_H
#define EGRESS25_QUERY_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/moment.h"
#include "query/incident.h"
#include "query/notices.h"
#include "query/record.h"
#include "query/value.h"

#define STATUS_BEAT	  (10 * MOMENT_SECOND) /* a running monitor's last write may be so old */
#define STATUS_ONE_SIDED  10   /* frames one way, none the other: a mirror of one direction */
#define STATUS_DROP_SHARE 1000 /* blind when one frame of so many was dropped */

struct status_interface {
	char *name;
	int64_t received, dropped, dropped_by_interface;
	int64_t outward, inward;
	bool both_directions;
	bool down;
	int64_t last_frame;
};

struct status_example {
	char client[ADDR_TEXT], server[ADDR_TEXT];
	int64_t port;
};

struct status_attack {
	char kind[32];
	int64_t since, last; /* frames' time */
	int64_t peak;	     /* a second */
	bool ongoing;
	char text[256];
};

struct status {
	bool running;
	char mode[16]; /* of the run told of: "watch", or "read" where nothing was ever watched */
	char *sensor;
	int64_t started, beat; /* the wall clock */
	int64_t newest;
	struct list interfaces;
	int64_t packets, connections, offenders;
	struct {
		int64_t connections;
		struct list examples;
	} unclassified;
	int64_t stray;
	struct {
		int64_t sent, planned, limited, refused;
		struct maybe_real killed_share;
	} resets;
	struct list lost;
	struct {
		char *path;
		int64_t bytes; /* with its log, */
		int64_t log;   /* which has so many of them */
		int64_t schema;
	} record;
	struct incident_row incident; /* the open one; id 0: none */
	struct status_freeze {
		int64_t incident; /* 0: no mail server is frozen, as far as the record knows */
		struct incident_row row;
		bool over;	 /* its limit has passed, or its thaw began, and nobody proved it */
		char words[512]; /* what to tell an admin, loudly */
	} freeze;
	char *privileges; /* how the monitor runs, in words; NULL where nothing tells */
	struct list blind;
	struct list notes;    /* texts: what makes a running monitor less safe than it could be */
	struct list attacks;  /* struct status_attack of the last day, newest first */
	struct list listings; /* struct notice_row: what remote servers say of us */
	struct list remarks;  /* texts: mail servers unlike themselves */
};

extern const struct field status_fields[];

/* 0 and *ret_ filled, to be given to status_done(); or a negative errno (record_error()). */
int status_load(struct record *r, int64_t silent_after, int64_t now, struct status *ret_);
void status_done(struct status *s);

/* Fills `attacks`. */
int status_load_attacks(const struct record *r, int64_t run, int64_t now, struct status *s);

/* The reasons, from what is filled already: `blind` of *s.  Without memory some are missing. */
void status_judge(struct status *s, int64_t silent_after, int64_t now);

/* Fills `notes`, from what is filled already.  0 or -ENOMEM. */
int status_note(struct status *s);

/* Fills `freeze` but for the row, from that. */
void status_judge_freeze(struct status *s, int64_t now);

#endif
