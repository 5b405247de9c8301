/*
 * store: the record's writer, by SQLite.  Used by one thread.
 *
 * WAL, synchronous NORMAL, one transaction per batch: after a kill -9 the record holds every batch
 * that store_write() had returned from, and is never corrupt.  One writer per record: a lock on
 * PATH-lock (an open file description lock), which also tells readers whether a monitor runs.
 */
#ifndef EGRESS25_EDGE_STORE_H
#define EGRESS25_EDGE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/batch.h"

#define STORE_ERROR 512

struct store;
struct sqlite3;

struct store_options {
	const char *path;	     /* NULL: a temporary record of this process alone */
	const char *sensor;	     /* this monitor's name */
	const char *mode;	     /* "watch" or "read" */
	bool totals_only;	     /* no rows of connections, and sums of all time alone */
	uint32_t rows_per_host_hour; /* connection rows kept; 0: no limit */
	int64_t retention_age;	     /* microseconds; 0: for ever */
	int64_t retention_bytes;     /* of the record with its log; 0: no limit */
};

/* What may change while the record is open. */
struct store_limits {
	uint32_t rows_per_host_hour;
	int64_t retention_age, retention_bytes;
};

/* A host's first offence in this record, told after it was written. */
struct store_news {
	struct addr client, server;
	uint16_t server_port;
	int64_t when;
	char mac[MAC_TEXT]; /* "" where not known */
};
typedef void store_news_fn(void *context, const struct store_news *news);

/*
 * Opens or creates, migrates, starts a row in `run`.  0, or a negative errno with one line in
 * error: -EBUSY another monitor has it, -EINVAL no record of egress25, -EPROTO newer than this
 * program, -EACCES, -ENOSPC, -EIO.  A file that is refused is left untouched.
 */
int store_open(const struct store_options *options, struct store **ret_, char error[STORE_ERROR]);

/* From the next write on. */
void store_set_limits(struct store *s, const struct store_limits *limits);

/* Ends the run and closes; connections that are open stay so where the mode is "watch".  Accepts
 * NULL. */
void store_close(struct store *s);

/* The same for a run that came to nothing: no row of it is left. */
void store_abandon(struct store *s);

/*
 * Writes a batch in one transaction, with the heartbeat of time `now` (wall clock).  0, or a
 * negative errno with nothing written, to be tried again later (-ENOSPC, -EBUSY, -EIO, ...); -EBUSY
 * also where a reader has made the log longer than retention_bytes.
 */
int store_write(struct store *s, const struct batch *b, int64_t now, store_news_fn *news,
		void *context, char error[STORE_ERROR]);

/*
 * A share of retention's work, bounded in time; 1 where more waits, 0 where none, or negative with
 * one line in error.
 * By age: rows of conn, contact_sum and host_sum (minutes, hours, days) go when older than
 * retention_age; a host's totals (span 0) stay exact since its first offence, and go with the host
 * when its last connection is older than that.  By size, oldest first: plain connection rows, then
 * contact minutes, then rows sent or encrypted, contact hours, host minutes, then whole hosts,
 * permitted ones first.  What was taken, and before which time, stands in `pruned`.  While a reader
 * holds an old state of the record, so that its log cannot be cut, nothing is taken.
 */
int store_prune(struct store *s, int64_t now, char error[STORE_ERROR]);

/*
 * The evidence against the hosts observed last, as many as are held at once, the longest idle
 * first: called with each host's blob, which may be of another version or damaged
 * (suspects_restore() looks).  0, or a negative errno.  Only while no writer runs.
 */
typedef void store_evidence_fn(void *context, const struct addr *address, const void *blob,
			       size_t size);
int store_load_evidence(struct store *s, store_evidence_fn *each, void *context);

/* The last heartbeat of earlier runs, wall clock; 0 where there was none. */
int64_t store_last_written(const struct store *s);

/*
 * The connections that an earlier run left open, and those with a frame in the last four minutes,
 * the longest silent first, as far as they have rows: each with its id and what the row tells of
 * its flow.  Where `each` returns false an open one is closed.  At most STORE_RESUMED of either.
 * 0, or a negative errno.  Only while no writer runs; `now` is the wall clock's.
 */
#define STORE_RESUMED 65536
typedef bool store_resume_fn(void *context, uint64_t id, const struct flow *f);
int store_load_open(struct store *s, int64_t now, store_resume_fn *each, void *context);

/*
 * First id that no connection of the record ever had.  The caller counts on from there; where
 * another record takes this one's place, the store moves his ids behind those that stand in it.
 */
uint64_t store_next_id(const struct store *s);

/* Whether that capture file was read into this record before.  0, or a negative errno. */
enum store_source {
	STORE_SOURCE_NEW,
	STORE_SOURCE_READ,
	STORE_SOURCE_PARTLY /* was interrupted */
};
int store_find_source(struct store *s, const char *digest, enum store_source *ret_);
/* Notes files before they are read, all or none, and once all of this run's have been.  Only while
 * no writer runs. */
struct store_file {
	const char *digest, *name;
	uint64_t bytes;
};
int store_add_sources(struct store *s, const struct store_file *files, size_t count, int64_t now);
int store_finish_sources(struct store *s);

/* For a query in the same process, once the writer is at rest. */
struct sqlite3 *store_database(struct store *s);

#endif
