/*
 * incident: a window of time in which a blacklisting is looked into, and what is done in it.  Flat
 * values, so that they may cross a thread or a disk.
 */
#ifndef EGRESS25_JUDGE_INCIDENT_H
#define EGRESS25_JUDGE_INCIDENT_H

#include <stdbool.h>
#include <stdint.h>

#define INCIDENT_REASON 200 /* bytes of a reason, as it was given */
#define INCIDENT_EFFECT 160

/* For so long after the freeze a frozen mail server accuses nobody: what was under way ends. */
#define INCIDENT_GRACE INT64_C(60000000)

/* What the monitor is to do, as the record says.  id 0: nothing, no incident is open. */
struct incident_order {
	int64_t id;
	int64_t opened, until; /* wall clock */
	bool reset;	       /* offenders' connections are reset */
	bool freeze;	       /* the mail servers' permission is withdrawn, from */
	int64_t frozen;	       /* here and INCIDENT_GRACE on, */
	int64_t frozen_until;  /* to here */
	int64_t revision;      /* grows with each change that a command makes */
};

/* What the monitor does, for the record. */
struct incident_answer {
	int64_t id;	  /* of the one in force; 0: none */
	int64_t ended;	  /* of the last one that came to its limit here; 0: none did */
	int64_t revision; /* of the one in force */
	char effect[INCIDENT_EFFECT];
};

#endif
