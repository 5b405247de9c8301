/*
 * query: what the commands that ask a record have in common: the configuration, the records, the
 * window, the way of printing.
 */
#ifndef EGRESS25_COMMANDS_QUERY_H
#define EGRESS25_COMMANDS_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "commands/command.h"
#include "query/record.h"
#include "query/report.h"
#include "query/window.h"

struct query {
	struct config *config;
	struct record **records;
	size_t count;
	struct window window;
	struct report_options report;
	int64_t now;
	bool reading; /* the record is one that `read` just made, and nobody can ask again */
};

/*
 * Loads the configuration and opens the records named, or the configured one.  Without --since and
 * --until the window is that of --all where `all` says so.  EXIT_DONE, or an exit status with the
 * reason said; query_close() in either case.
 */
int query_open(const struct options *options, bool all, struct query *ret_);
void query_close(struct query *q);

/* How and where to print. */
void query_report(const struct options *options, int64_t now, struct report_options *ret_);

/* The window the options name; says why not.  An exit status. */
int query_window(const struct options *options, bool all, int64_t newest, int64_t now,
		 struct window *ret_);

/*
 * Without --since, --until and --all: narrows the window to the open incident of the first record
 * that has one; its number in *ret_id, or 0.  An exit status.
 */
int query_incident(struct query *q, const struct options *options, int64_t *ret_id);

/* Says that a record could not be read; EXIT_FAILED. */
int query_failed(const struct record *r);

/*
 * The exit status of what was written to standard output: `status`, or EXIT_FAILED where rc is
 * negative; says why unless nobody reads any more.
 */
int query_written(int rc, int status);

#endif
