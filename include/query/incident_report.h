/*
 * incident_report: an incident told to those who were not there: the manager, and the operator of
 * the list.  The same content as plain text, as JSON, and as one HTML page.
 */
#ifndef EGRESS25_QUERY_INCIDENT_REPORT_H
#define EGRESS25_QUERY_INCIDENT_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "judge/policy.h"
#include "query/findings.h"
#include "query/incident.h"
#include "query/report.h"
#include "query/timeline.h"
#include "query/watching.h"

#define INCIDENT_HOSTS	  20 /* offenders told one by one; of JSON all that there are */
#define INCIDENT_REASONS  5  /* reasons of one of them */
#define INCIDENT_FINDINGS 10 /* of JSON all that there are */

struct incident_report {
	struct incident incident;
	int64_t made; /* when it was asked for */
	int64_t end;  /* what it covers ends there: its end, or `made` */
	char *sensor; /* or NULL */
	struct findings findings;
	struct watching watching; /* of the whole window */
	struct list listings;	  /* struct notice_row: heard within the window */
	struct timeline timeline;
	struct list marks; /* struct timeline_mark: what timeline holds */

	/* Texts, in sentences. */
	struct list summary; /* what happened */
	struct list done;    /* what was done against it */
	struct list remains; /* what is not known, or not over */
	struct list next;    /* what to do now */

	int64_t attempts, connected, messages, killable; /* sums over the offenders */
	int64_t pressing;		     /* offenders that today's policy does not permit */
	int64_t later_hosts, later_attempts; /* that tried again behind the end */
	int64_t open;			     /* offences whose connections are still open */
};

extern const struct field incident_report_fields[];

/* As incident_load(); 1 and *ret_ filled, to be given to incident_report_done() before the record
 * is closed; not to be moved. */
int incident_report_load(struct record *r, int64_t id, const struct policy *policy, int64_t now,
			 struct incident_report *ret_);
void incident_report_done(struct incident_report *i);

/* 0 or a negative errno: of a write. */
int incident_report_text(const struct incident_report *i, const struct report_options *options);
int incident_report_html(const struct incident_report *i, FILE *out);

/* What was counted: its window, which is of whole minutes, up to `made` where it is open. */
struct window incident_bounds(const struct incident_report *i);

/* "2026-11-24 14:00:00 UTC"; "-" for TIME_UNKNOWN. */
const char *incident_time(int64_t t, char buf[MOMENT_TEXT]);
/* "Incident 3: listed by zen.spamhaus.org" */
#define INCIDENT_TITLE (INCIDENT_TEXT + 64)
const char *incident_title(const struct incident_row *row, char buf[INCIDENT_TITLE]);
/* "alice (10.0.0.7)" */
const char *incident_host(const struct offender *o, char *buf, size_t size);
/* "8 h" */
const char *incident_step(const struct timeline *t, char buf[MOMENT_TEXT]);
/* How many hosts there are findings of, beside those that are told. */
int64_t incident_findings_more(const struct incident_report *i);
/* "bot (0.98)", or "-" */
const char *incident_verdict(const struct offender *o, char buf[64]);

#endif
