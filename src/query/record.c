/*
 * Reading a record in WAL mode needs its -shm file.  Where the monitor runs, or was stopped with
 * its log kept (as store.c asks), that is there, and may be read by who may read the record.  Where
 * it is missing and this user may not create it, SQLite cannot open the record in the common way;
 * if the log is missing or empty too then nothing stands outside the main file and nobody writes,
 * so the file is read as one that does not change ("immutable").  Where the log holds something it
 * is not: the answer would lack the newest rows without saying so.
 */
#include "query/record.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/moment.h"
#include "base/text.h"
#include "judge/schema.h"
#include "query/memory.h"
#include "query/value.h"

#define BUSY_MS 2000

const char *record_name(const struct record *r)
{
	return r->path ? r->path : "record";
}

const char *record_error(const struct record *r)
{
	return sqlite3_errmsg(r->db);
}

int record_errno(const struct record *r)
{
	switch (sqlite3_errcode(r->db) & 0xff) {
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return -EACCES;
	default:
		return -EIO;
	}
}

struct sqlite3_stmt *record_prepare(const struct record *r, const char *sql)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) != SQLITE_OK)
		return NULL;
	return s;
}

int record_step(struct sqlite3_stmt *s)
{
	switch (sqlite3_step(s)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return -EIO;
	}
}

int64_t record_count(struct sqlite3_stmt *s, int column)
{
	int64_t n = sqlite3_column_int64(s, column);

	return n < 0 ? 0 : n > COUNT_MOST ? COUNT_MOST : n;
}

int64_t record_time(struct sqlite3_stmt *s, int column)
{
	int64_t t = sqlite3_column_int64(s, column);

	return t < 0 ? 0 : t > MOMENT_LAST ? MOMENT_LAST : t;
}

int record_number(const struct record *r, const char *sql, int64_t otherwise, int64_t *ret_)
{
	sqlite3_stmt *s = record_prepare(r, sql);
	int rc;

	if (!s)
		return record_errno(r);
	rc = record_step(s);
	if (rc >= 0)
		*ret_ = rc > 0 ? sqlite3_column_int64(s, 0) : otherwise;
	sqlite3_finalize(s);
	return rc < 0 ? record_errno(r) : 0;
}

int record_host(const struct record *r, const char *address, int64_t *ret_)
{
	sqlite3_stmt *s = record_prepare(r, "SELECT id FROM host WHERE address = ?1");
	int rc;

	if (!s)
		return record_errno(r);
	sqlite3_bind_text(s, 1, address, -1, SQLITE_STATIC);
	rc = record_step(s);
	/* The writer counts from 1, and to offenders_load() 0 is all of them. */
	if (rc > 0 && sqlite3_column_int64(s, 0) < 1)
		rc = 0;
	if (rc > 0)
		*ret_ = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return rc < 0 ? record_errno(r) : rc;
}

void record_escape(const char *data, size_t length, char *out, size_t size)
{
	size_t used = 0;

	if (size == 0)
		return;
	out[0] = '\0';
	while (length > 0 && used + 1 < size) {
		const char *slash = memchr(data, '\\', length);
		size_t n = slash ? (size_t)(slash - data) : length;

		if (text_escape(data, n, out + used, size - used) < n)
			return;
		used += strlen(out + used);
		data += n;
		length -= n;
		if (length > 0 && used + 1 < size) {
			out[used++] = '\\';
			data++;
			length--;
		}
		out[used] = '\0';
	}
}

void record_text(struct sqlite3_stmt *s, int column, char *buf, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(s, column);
	size_t length = text ? (size_t)sqlite3_column_bytes(s, column) : 0;

	record_escape(text ? text : "", length < RECORD_TEXT ? length : RECORD_TEXT, buf, size);
}

char *record_text_new(struct sqlite3_stmt *s, int column)
{
	char buf[4 * RECORD_TEXT + 1];

	if (sqlite3_column_type(s, column) == SQLITE_NULL)
		return NULL;
	record_text(s, column, buf, sizeof(buf));
	return memory_copy(buf);
}

int record_begin(struct record *r)
{
	if (r->depth > 0) {
		r->depth++;
		return 0;
	}
	if (sqlite3_exec(r->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		return record_errno(r);
	r->depth = 1;
	return 0;
}

void record_end(struct record *r)
{
	if (--r->depth == 0)
		sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL);
}

int record_refresh(struct record *r)
{
	sqlite3_stmt *s = record_prepare(r, "SELECT sensor, (SELECT max(newest) FROM run),"
					    " (SELECT max(before) FROM pruned"
					    "  WHERE what <> 'connections')"
					    " FROM run ORDER BY id DESC LIMIT 1");
	int rc;

	if (!s)
		return record_errno(r);
	rc = record_step(s);
	if (rc > 0 && !r->sensor)
		r->sensor = record_text_new(s, 0);
	if (rc > 0) {
		r->newest = record_time(s, 1);
		r->pruned =
			sqlite3_column_type(s, 2) == SQLITE_NULL ? INT64_MIN : record_time(s, 2);
	}
	sqlite3_finalize(s);
	return rc < 0 ? record_errno(r) : 0;
}

/* Whether the file is there, may be read, and is a file. */
static int check_file(const char *path, char *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int rc = 0;

	if (fd < 0) {
		rc = -errno;
		if (rc == -ENOENT)
			text_print(error, RECORD_ERROR,
				   "%s: no record yet: run egress25 watch, or "
				   "name one with --record",
				   path);
		else if (rc == -EACCES)
			text_print(error, RECORD_ERROR,
				   "%s: may not be read by this user: become "
				   "root or a member of the record's group",
				   path);
		else
			text_print(error, RECORD_ERROR, "%s: %s: name a record with --record", path,
				   strerror(-rc));
		return rc;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		text_print(error, RECORD_ERROR, "%s: is no file: name a record with --record",
			   path);
		rc = -EINVAL;
	}
	close(fd);
	return rc;
}

static int refuse(char *error, const char *path)
{
	text_print(error, RECORD_ERROR, "%s: is no record of egress25: name one with --record",
		   path);
	return -EINVAL;
}

/* Which program's file it is, and of which version. */
static int check_kind(const struct record *r, char *error)
{
	int64_t id, version;

	if (record_number(r, "PRAGMA application_id", 0, &id) < 0 ||
	    record_number(r, "PRAGMA user_version", 0, &version) < 0) {
		if (sqlite3_errcode(r->db) == SQLITE_NOTADB)
			return refuse(error, r->path);
		text_print(error, RECORD_ERROR, "%s: cannot be read: %s", r->path, record_error(r));
		return record_errno(r);
	}
	if (id != SCHEMA_APPLICATION_ID || version < 1)
		return refuse(error, r->path);
	if (version == SCHEMA_VERSION)
		return 0;
	if (version > SCHEMA_VERSION)
		text_print(error, RECORD_ERROR,
			   "%s: written by a newer egress25 (schema %lld, this "
			   "one knows %d): update this program",
			   r->path, (long long)version, SCHEMA_VERSION);
	else
		text_print(error, RECORD_ERROR,
			   "%s: written by an older egress25 (schema %lld, now "
			   "%d): start egress25 watch on it once, which brings it up to date",
			   r->path, (long long)version, SCHEMA_VERSION);
	return -EPROTO;
}

/* Nothing waits in the log of the record. */
static bool log_is_empty(const char *path)
{
	char *log = sqlite3_mprintf("%s-wal", path);
	struct stat st;
	bool empty = log && (stat(log, &st) < 0 ? errno == ENOENT : st.st_size == 0);

	sqlite3_free(log);
	return empty;
}

/* "file:PATH?immutable=1" with what a URI gives a meaning to written as %XX. */
static char *immutable_uri(const char *path)
{
	char *uri = malloc(3 * strlen(path) + 32), *at = uri;

	if (!uri)
		return NULL;
	at += sprintf(at, "file:");
	for (; *path; path++) {
		if (strchr("%?#", *path))
			at += sprintf(at, "%%%02X", (unsigned char)*path);
		else
			*at++ = *path;
	}
	sprintf(at, "?immutable=1");
	return uri;
}

static int open_database(struct record *r)
{
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	char *uri = r->immutable ? immutable_uri(r->path) : NULL;
	int rc;

	sqlite3_close(r->db);
	r->db = NULL;
	if (r->immutable && !uri)
		return -ENOMEM;
	rc = sqlite3_open_v2(uri ? uri : r->path, &r->db, flags | (uri ? SQLITE_OPEN_URI : 0),
			     NULL);
	free(uri);
	if (rc != SQLITE_OK)
		return r->db ? record_errno(r) : -ENOMEM;
	sqlite3_busy_timeout(r->db, BUSY_MS);
	sqlite3_db_config(r->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(r->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_exec(r->db, "PRAGMA cache_size = -16384", NULL, NULL, NULL);
	return 0;
}

/* A record whose log cannot be read by this user: see above. */
static bool lacks_log(const struct record *r)
{
	int code = r->db ? sqlite3_errcode(r->db) & 0xff : SQLITE_OK;

	return code == SQLITE_CANTOPEN || code == SQLITE_READONLY;
}

static int open_checked(struct record *r, char *error)
{
	int rc = open_database(r);

	if (rc == 0)
		rc = check_kind(r, error);
	else
		text_print(error, RECORD_ERROR, "%s: cannot be opened: %s", r->path,
			   r->db ? record_error(r) : "no memory");
	if (rc == 0 || r->immutable || !lacks_log(r))
		return rc;
	if (!log_is_empty(r->path)) {
		text_print(
			error, RECORD_ERROR,
			"%s: its newest part (%s-wal) cannot be read by this "
			"user while no monitor runs: start egress25 watch, or ask as the record's "
			"owner",
			r->path, r->path);
		return -EACCES;
	}
	r->immutable = true;
	return open_checked(r, error);
}

int record_open(const char *path, struct record **ret_, char error[RECORD_ERROR])
{
	struct record *r;
	int rc = check_file(path, error);

	if (rc < 0)
		return rc;
	r = calloc(1, sizeof(*r));
	if (r)
		r->path = strdup(path);
	if (!r || !r->path) {
		text_print(error, RECORD_ERROR, "%s: no memory", path);
		record_close(r);
		return -ENOMEM;
	}
	rc = open_checked(r, error);
	if (rc == 0) {
		rc = record_refresh(r);
		if (rc < 0)
			text_print(error, RECORD_ERROR, "%s: cannot be read: %s", path,
				   record_error(r));
	}
	if (rc < 0) {
		record_close(r);
		return rc;
	}
	*ret_ = r;
	return 0;
}

struct record *record_borrow(struct sqlite3 *db)
{
	struct record *r = memory_noted(calloc(1, sizeof(*r)));

	if (!r)
		return NULL;
	r->db = db;
	r->borrowed = true;
	record_refresh(r);
	return r;
}

void record_close(struct record *r)
{
	if (!r)
		return;
	if (!r->borrowed)
		sqlite3_close(r->db);
	free(r->path);
	free(r->sensor);
	free(r);
}
