/*
 * incident_fixture: a record with an incident of ten minutes, for the tests of its report.
 */
#ifndef EGRESS25_TESTS_INCIDENT_FIXTURE_H
#define EGRESS25_TESTS_INCIDENT_FIXTURE_H

#include "query/incident_report.h"
#include "scratch.h"

#define T0 INT64_C(1700000040000000) /* 2023-11-14T22:14:00Z: it is opened */

/* T0 to ten minutes later, reset and frozen, with a monitor that saw well; no offender. */
int incident_setup(void **state);
int incident_teardown(void **state);

/* Attempts of a host, all at once; host 1 is 10.0.0.1 and so on up to 250. */
void incident_attempts(struct scratch *s, int host, int64_t when, int count);
void incident_listing(struct scratch *s, int64_t first, int64_t last, const char *list,
		      const char *reply);

/* Sums up what was attempted; the report of incident 1 an hour behind T0, good until the
 * next one. */
void incident_load_report(struct scratch *s, struct incident_report *ret_);
/* The same as HTML, or as text of 80 columns; freed by the caller. */
char *incident_page_of(struct scratch *s);
char *incident_text_of(struct scratch *s);

#endif
