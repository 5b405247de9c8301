/*
 * record: a record opened for reading, while the monitor writes it or when it is stopped, by a user
 * who may do no more than read.
 *
 * A record is taken for what it is, a file that someone may have tampered with: its schema is not
 * trusted, its texts are escaped again.  Read transactions are short, so the writer's log is not
 * kept from being folded back.
 */
#ifndef EGRESS25_QUERY_RECORD_H
#define EGRESS25_QUERY_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_ERROR 1024
#define RECORD_TEXT  1024 /* longest text taken from a record, before it is escaped */

struct sqlite3;
struct sqlite3_stmt;

struct record {
	struct sqlite3 *db;
	bool borrowed;
	int depth;	/* of record_begin() */
	bool immutable; /* nobody writes it, and its log was empty: see record.c */
	char *path;	/* NULL where borrowed */
	char *sensor;	/* of the newest run; NULL where there is none */
	int64_t newest; /* greatest stamp of any frame; 0 where none came */
	int64_t pruned; /* retention has taken away sums of before this time; INT64_MIN: none */
};

/*
 * Opens path.  0, or a negative errno with one line in error, "PATH: why, and what to do": -ENOENT,
 * -EACCES, -EINVAL (no record of egress25), -EPROTO (of another schema), -EIO.
 */
int record_open(const char *path, struct record **ret_, char error[RECORD_ERROR]);

/* The same on the writer's own handle, which stays the caller's.  NULL without memory. */
struct record *record_borrow(struct sqlite3 *db);
void record_close(struct record *r); /* accepts NULL */

/* The name used in messages. */
const char *record_name(const struct record *r);

/* Reads sensor and newest again. */
int record_refresh(struct record *r);

/* All that is read between the two is of one moment, that of the outermost pair where they stand
 * within one another.  0 or a negative errno. */
int record_begin(struct record *r);
void record_end(struct record *r);

/*
 * A statement, prepared; or NULL, and record_error() says why.  record_step: 1 with a row, 0 at the
 * end, or negative.  Statements are finalized by the caller.
 */
struct sqlite3_stmt *record_prepare(const struct record *r, const char *sql);
int record_step(struct sqlite3_stmt *s);
const char *record_error(const struct record *r);
/* The negative errno of the handle's last error. */
int record_errno(const struct record *r);

/*
 * A column of a row as a count, within 0 and COUNT_MOST, and as a stamp, within 0 and MOMENT_LAST:
 * whoever wrote the record may have written anything, and what is added up must not overflow.
 * Other numbers (of rows, hosts, truths) are compared and printed alone, and are taken as they are.
 */
int64_t record_count(struct sqlite3_stmt *s, int column);
int64_t record_time(struct sqlite3_stmt *s, int column);

/* The first column of the first row as a number; `otherwise` where there is no row. */
int record_number(const struct record *r, const char *sql, int64_t otherwise, int64_t *ret_);

/* The number of a host, above 0.  1; 0 where the record does not know it; or a negative errno. */
int record_host(const struct record *r, const char *address, int64_t *ret_);

/*
 * A column's text, escaped again with existing escapes left alone: into buf, or allocated.  The
 * latter is NULL for NULL (and without memory).
 */
void record_text(struct sqlite3_stmt *s, int column, char *buf, size_t size);
char *record_text_new(struct sqlite3_stmt *s, int column);

/* The escaping of these: text_escape() but for backslashes. */
void record_escape(const char *data, size_t length, char *out, size_t size);

#endif
