/*
 * Retention, in small steps that each are a transaction of their own, until a slice of time is used
 * up; the next call goes on where this one stopped.
 *
 * By age first: whole spans that lie before the limit, then hosts not seen since.  By size then:
 * the kinds of rows in the header's order, oldest first within each.  Space given free is used
 * again by later rows, and returned to the file system a few pages at a time where much of it lies
 * idle, or the file is longer than it may be.
 *
 * The size that is configured is that of the file with its log.  So the file itself is kept below
 * it by a reserve: for the log, which is cut to LOG_BYTES each time that it begins anew, and for
 * what one batch adds before retention has its turn.
 *
 * A reader that holds an old state of the record keeps the log from beginning anew, and then all
 * that is taken away only makes it longer.  Beyond LONG_LOG retention rests until that reader has
 * gone; and where the log has outgrown the size that is configured, store_write() refuses, so that
 * the disk is never filled by it.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/moment.h"
#include "base/text.h"

#define SLICE	      (15 * MOMENT_SECOND / 1000)
#define ROWS	      500
#define ROUTERS	      16384
#define LONG_LOG      (32 << 20) /* beyond this a checkpoint is asked for by name */
#define LONGEST_LOG   (64 << 20)
#define RESERVE	      (128 << 20)
#define FRESH_LOG     (INT64_C(5) << 20)  /* it begins anew when so long, or a batch longer */
#define FULL_BATCH    (INT64_C(40) << 20) /* what one of a flood makes of the log */
#define IDLE_PAGES    256		  /* free pages that may stay */
#define PASS_INTERVAL MOMENT_MINUTE
#define HOSTS_SELDOM  (6 * MOMENT_HOUR)

int store_note_pruned(struct store *s, const char *what, int64_t rows, int64_t before)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_PRUNED_ADD, rows, before);

	store_text(st, 3, what);
	return store_do(s, st);
}

struct taken {
	int64_t count, before; /* all of it lies before that time */
};

/* Runs a DELETE that returns times, and notes what went.  1 where rows went, 0 where none. */
static int take(struct store *s, struct sqlite3_stmt *st, const char *what, int64_t span,
		struct taken *ret_)
{
	int64_t count = 0, before = INT64_MIN;
	int r;

	while ((r = store_step(s, st)) > 0) {
		int64_t end = sqlite3_column_int64(st, 0) + (span ? span * MOMENT_SECOND : 1);

		count++;
		if (end > before)
			before = end;
	}
	if (r < 0)
		return r;
	*ret_ = (struct taken){.count = count, .before = before};
	if (count == 0)
		return 0;
	r = store_note_pruned(s, what, count, before);
	return r < 0 ? r : 1;
}

/* Whether a row is older.  Most steps find none, and are spared what a DELETE sets up. */
static int has_older(struct store *s, struct sqlite3_stmt *oldest, int64_t before)
{
	int r = store_step(s, oldest);

	if (r <= 0)
		return r;
	r = sqlite3_column_type(oldest, 0) != SQLITE_NULL &&
	    sqlite3_column_int64(oldest, 0) < before;
	sqlite3_reset(oldest);
	return r;
}

static int take_connections(struct store *s, int64_t before)
{
	struct taken taken;
	int r = has_older(s, store_plain(s, SQL_OLDEST_CONN), before);

	if (r <= 0)
		return r;
	r = take(s, STORE_BIND(s, SQL_PRUNE_CONN, before, ROWS), "connections", 0, &taken);

	if (r > 0)
		store_sweep_want(s);
	return r;
}

static int take_plain(struct store *s)
{
	struct taken taken;
	int r;

	if (s->prune.plain_floor == INT64_MAX)
		return 0;
	r = take(s, STORE_BIND(s, SQL_PRUNE_PLAIN, s->prune.plain_floor, ROWS), "connections", 0,
		 &taken);
	if (r < 0)
		return r;
	if (r > 0)
		store_sweep_want(s);
	/* More rows may have begun at the time of the last one taken. */
	s->prune.plain_floor = taken.count < ROWS ? INT64_MAX : taken.before - 1;
	return r;
}

struct span_kind {
	enum store_sql oldest, sql;
	int64_t span;
	const char *what;
};

static const struct span_kind contact_minutes = {SQL_OLDEST_CONTACT, SQL_PRUNE_CONTACT, 60,
						 "contact minutes"};
static const struct span_kind contact_hours = {SQL_OLDEST_CONTACT, SQL_PRUNE_CONTACT, 3600,
					       "contact hours"};
static const struct span_kind host_minutes = {SQL_OLDEST_HOST_SUM, SQL_PRUNE_HOST_SUM, 60,
					      "host minutes"};
static const struct span_kind host_hours = {SQL_OLDEST_HOST_SUM, SQL_PRUNE_HOST_SUM, 3600,
					    "host hours"};
static const struct span_kind host_days = {SQL_OLDEST_HOST_SUM, SQL_PRUNE_HOST_SUM, 86400,
					   "host days"};

/* Spans that end by `before`. */
static int take_spans(struct store *s, const struct span_kind *kind, int64_t before)
{
	int64_t end = before == INT64_MAX ? before : before - kind->span * MOMENT_SECOND + 1;
	struct taken taken;
	int r = has_older(s, STORE_BIND(s, kind->oldest, kind->span), end);

	if (r <= 0)
		return r;
	return take(s, STORE_BIND(s, kind->sql, kind->span, end, ROWS), kind->what, kind->span,
		    &taken);
}

static int prune_age(struct store *s, int64_t now)
{
	static const struct span_kind *const kinds[] = {&contact_minutes, &contact_hours,
							&host_minutes, &host_hours, &host_days};
	int64_t before = now - s->retention_age;
	int r;

	if (s->retention_age <= 0)
		return 0;
	r = take_connections(s, before);
	if (r == 0) /* a few at most */
		r = store_do(s, STORE_BIND(s, SQL_PRUNE_LISTING, before));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && r == 0; i++)
		r = take_spans(s, kinds[i], before);
	return r == 0 ? store_prune_old_hosts(s, before) : r;
}

struct size {
	int64_t pages, unused, page_size;
};

static int measure(struct store *s, struct size *ret_)
{
	int r = store_number(s, store_plain(s, SQL_PAGES), &ret_->pages);

	if (r >= 0)
		r = store_number(s, store_plain(s, SQL_FREE_PAGES), &ret_->unused);
	if (r >= 0)
		r = store_number(s, store_plain(s, SQL_PAGE_SIZE), &ret_->page_size);
	return r < 0 ? r : 0;
}

/* Of a limit near the length of the log itself, the file alone keeps it. */
static int64_t reserve(const struct store *s)
{
	int64_t share = s->retention_bytes / 8, most = s->retention_bytes / 5 * 2;

	if (s->retention_bytes >= 6 * FRESH_LOG) {
		share += FRESH_LOG;
		if (share < FULL_BATCH)
			share = most < FULL_BATCH ? most : FULL_BATCH;
	}
	return share < RESERVE ? share : RESERVE;
}

static int prune_size(struct store *s, int64_t now)
{
	struct size size = {0};
	int r;

	if (s->retention_bytes <= 0)
		return 0;
	r = measure(s, &size);
	if (r < 0 || (size.pages - size.unused) * size.page_size <= s->retention_bytes - reserve(s))
		return r;
	r = take_plain(s);
	if (r == 0)
		r = take_spans(s, &contact_minutes, INT64_MAX);
	if (r == 0)
		r = take_connections(s, INT64_MAX);
	if (r == 0)
		r = take_spans(s, &contact_hours, INT64_MAX);
	if (r == 0)
		r = take_spans(s, &host_minutes, INT64_MAX);
	if (r == 0)
		r = store_prune_tombs(s);
	/* Servers that nobody names any more go before another host does. */
	if (r == 0 && s->prune.victim_at == s->prune.victim_count)
		r = store_sweep_step(s, now, true);
	return r == 0 ? store_prune_any_host(s) : r;
}

/* Some room is left for the next batches, which else would make the file longer again at once. */
static bool is_too_long(const struct store *s, const struct size *size)
{
	return s->retention_bytes > 0 &&
	       size->pages * size->page_size > s->retention_bytes - reserve(s) + reserve(s) / 4;
}

/* Gives pages back where more than an eighth of the file lies idle, or it is too long. */
static int give_back(struct store *s)
{
	struct size size = {0};
	int r = s->path ? measure(s, &size) : 0;

	if (r < 0 || size.unused == 0 ||
	    (size.unused <= IDLE_PAGES + size.pages / 8 && !is_too_long(s, &size)))
		return r;
	r = store_do(s, store_plain(s, SQL_VACUUM));
	return r < 0 ? r : 1;
}

static int prune_step(struct store *s, int64_t now)
{
	int64_t floor = s->prune.plain_floor;
	int r = store_begin(s), end;

	if (r < 0)
		return r;
	r = prune_age(s, now);
	if (r == 0)
		r = prune_size(s, now);
	if (r == 0)
		r = store_prune_tombs(s);
	if (r == 0)
		r = store_sweep_step(s, now, false);
	if (r == 0)
		r = give_back(s);
	end = store_end(s, r < 0 ? r : 0);
	if (end < 0)
		s->prune.plain_floor = floor; /* what was taken is back */
	return end < 0 ? end : r;
}

/* SQLITE_FCNTL_FILE_POINTER or SQLITE_FCNTL_JOURNAL_POINTER. */
static int64_t file_bytes(const struct store *s, int which)
{
	sqlite3_file *file = NULL;
	sqlite3_int64 bytes = 0;

	if (!s->path || sqlite3_file_control(s->db, "main", which, &file) || !file ||
	    !file->pMethods || file->pMethods->xFileSize(file, &bytes))
		return 0;
	return bytes;
}

static int64_t log_bytes(const struct store *s)
{
	return file_bytes(s, SQLITE_FCNTL_JOURNAL_POINTER);
}

/* Whether the log is at most that long, or could be cut. */
static bool cut_log(struct store *s, int64_t most)
{
	int rc;

	if (log_bytes(s) <= most)
		return true;
	sqlite3_busy_timeout(s->db, 0);
	rc = sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(s->db, WRITE_BUSY_MS);
	return rc == SQLITE_OK;
}

int store_bound_log(struct store *s)
{
	/* File and log together are what the limit is for. */
	int64_t most = s->retention_bytes - file_bytes(s, SQLITE_FCNTL_FILE_POINTER);

	if (s->retention_bytes <= 0 || cut_log(s, most > LONGEST_LOG ? most : LONGEST_LOG))
		return 0;
	text_print(s->error, sizeof(s->error),
		   "%s: its log has grown to %lld MiB, for another program holds an old state of "
		   "the record: end it (fuser %s-shm names it); till then nothing is written",
		   s->path, (long long)(log_bytes(s) >> 20), s->path);
	return -EBUSY;
}

/* A pass over all hosts, which may be many: see store_hosts.c. */
static void begin_hosts(struct store *s, int64_t now)
{
	int64_t interval = s->retention_age / 64;

	if (interval > HOSTS_SELDOM)
		interval = HOSTS_SELDOM;
	if (s->prune.host_cursor > 0 ||
	    (s->prune.next_hosts > now && s->prune.next_hosts <= now + interval))
		return;
	s->prune.host_cursor = 1;
	s->prune.next_hosts = now + interval;
}

static int prune_seldom(struct store *s, int64_t now)
{
	int r;

	if (s->prune.next_pass > now && s->prune.next_pass <= now + PASS_INTERVAL)
		return 0;
	begin_hosts(s, now);
	s->prune.rests = !cut_log(s, LONG_LOG);
	r = store_do(s, STORE_BIND(s, SQL_ROUTER_LIMIT, ROUTERS));
	if (r == 0)
		s->prune.next_pass = now + PASS_INTERVAL;
	return r;
}

int store_prune(struct store *s, int64_t now, char error[STORE_ERROR])
{
	int64_t until = moment_steady() + SLICE;
	int r;

	if (!s->db)
		return 0;
	s->error[0] = '\0';
	r = prune_seldom(s, now);
	while (r == 0 && !s->prune.rests && (r = prune_step(s, now)) > 0) {
		if (moment_steady() >= until)
			return 1;
		r = 0;
	}
	return r < 0 ? store_tell(s, r, error) : 0;
}
