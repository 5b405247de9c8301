/*
 * watching: what a monitor could see within a stretch of time, so that nobody takes what it did not
 * see for what did not happen.
 */
#ifndef EGRESS25_QUERY_WATCHING_H
#define EGRESS25_QUERY_WATCHING_H

#include <stdint.h>

#include "query/record.h"
#include "query/value.h"

#define WATCHING_SLACK (10 * INT64_C(1000000)) /* shorter gaps are not told of */
#define WATCHING_GAPS  8		       /* so many are told of one by one */

struct watching {
	int64_t watched;   /* microseconds of the stretch in which a monitor ran */
	struct list blind; /* texts: every reason to think that something was missed */
};

/*
 * Of since <= t < until, the wall clock.  Drops and one-sidedness are those of whole runs, since
 * the record knows no more.  0 and *ret_ filled, to be given to watching_done(), or a negative
 * errno (record_error()).
 */
int watching_load(const struct record *r, int64_t since, int64_t until, struct watching *ret_);
void watching_done(struct watching *w);

#endif
