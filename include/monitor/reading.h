/*
 * reading: capture files through the way into a temporary record of this process alone, so that an
 * answer comes by the same way as a query's; and into one that is named, to keep it.
 */
#ifndef EGRESS25_MONITOR_READING_H
#define EGRESS25_MONITOR_READING_H

#include <stdbool.h>

#include "edge/config.h"
#include "judge/health.h"

struct reading;
struct sqlite3;

struct reading_options {
	char *const *files; /* read one after another as one capture; "-" is standard input */
	int file_count;
	const char *record; /* to keep what was read; NULL: nothing is kept */
	bool totals_only;   /* the answer will be asked for no window and no connections */
	bool again;	    /* read also what was read into this record before */
	bool progress;	    /* a bar on standard error */
	const struct config *config;
};

/*
 * Opens the record and notes the files in it.  0, or a negative errno, the reason having been said;
 * *ret_ is then untouched, and the record holds nothing new.
 */
int reading_open(const struct reading_options *options, struct reading **ret_);

/*
 * For a process that does nothing else from now on, between opening and reading: no new privileges;
 * by Landlock nothing can be opened but these files, the record's directory and that of temporary
 * files; by seccomp nothing that a reader does not need, see sandbox.h.  0, also where the kernel
 * lacks these, or a negative errno, which was said.
 */
int reading_seal(const struct reading_options *options);

/*
 * Reads.  0, or a negative errno where a file could not be opened, or ended early, or the record
 * could not be written; the reason was said, and what was read before stands in the record.
 */
int reading_run(struct reading *r);

/* What was seen; and a temporary record of these files alone, for a query in the same process. */
const struct health *reading_health(const struct reading *r);
struct sqlite3 *reading_database(const struct reading *r);

void reading_close(struct reading *r); /* accepts NULL */

#endif
