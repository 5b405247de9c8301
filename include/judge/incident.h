/*
 * incident: a window of time in which a blacklisting is looked into, and what is done in it.  Flat
 * values, so that they may cross a thread or a disk.
 */
#ifndef EGRESS25_JUDGE_INCIDENT_H
#define EGRESS25_JUDGE_INCIDENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

#define INCIDENT_REASON 200 /* bytes of a reason, as it was given */
#define INCIDENT_EFFECT 160
#define INCIDENT_TEXT	(4 * INCIDENT_REASON + 1) /* of a reason, escaped */
#define INCIDENT_POLICY 4096			  /* of the rules in force, escaped */

/* How long one is open, unless told. */
#define INCIDENT_LENGTH	      (4 * INT64_C(3600000000))
#define INCIDENT_LENGTH_RESET INT64_C(3600000000)

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

/* Whether a blacklist finding opens one. */
enum incident_on_listing {
	ON_LISTING_OFF,
	ON_LISTING_WATCH,
	ON_LISTING_RESET, /* with resets */
	ON_LISTING_COUNT
};
const char *incident_on_listing_name(enum incident_on_listing mode); /* "off", "watch", "reset" */
/* 0, or -EINVAL for what is no name of one. */
int incident_on_listing_parse(const char *text, enum incident_on_listing *ret_);

/* One that the monitor itself asks for. */
#define INCIDENT_MONITOR "egress25 watch" /* as opened_by; no user is called so */
struct incident_wish {
	int64_t length;
	int64_t since;
	bool reset;
	bool any; /* not opened where any other wish was within a day, else for its address alone */
	char reason[INCIDENT_TEXT], address[ADDR_TEXT], policy[INCIDENT_POLICY];
};

/* What the monitor does, for the record. */
struct incident_answer {
	int64_t id;	  /* of the one in force; 0: none */
	int64_t ended;	  /* of the last one that came to its limit here; 0: none did */
	int64_t revision; /* of the one in force */
	char effect[INCIDENT_EFFECT];
};

#endif
